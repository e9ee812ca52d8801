//! The process that a register runs in: settings, addresses and who a client is, private files, threads that may block, turns at what is scarce.
//!
//! It may know the libraries below `crates/` and the system. It must not know what a record is, and opens no database.

pub mod network;
pub mod config;
pub mod client;
pub mod turns;
pub mod public_address;
pub mod merge_patch;
pub mod secret_files;
pub mod threads;
pub mod blocking;
