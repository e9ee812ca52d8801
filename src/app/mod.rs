//! The parts put together: the server, its operation, the commands, the demonstration, and previews, which show a draft as the public
//! would see it.
//!
//! It may know everything. Nothing may know it.

pub mod ops;
pub mod background_jobs;
pub mod demo;
pub mod demo_accounts;
pub mod previews;
pub mod server;
pub mod cli;
