//! The register itself: the log of what was made public and its keys, the snapshot that is folded from it, publication, stored
//! files, quality, and the tables on which imports and exports agree.
//!
//! It may know the records ([`model`](crate::model)) and is the only door to the database. It must not know of requests and answers:
//! no endpoint is in it.

pub mod db;
pub mod log_keys;
pub mod changes;
pub mod upstream;
pub mod catalog;
pub mod notary;
pub mod witnesses;
pub mod files;
pub mod quality;
pub mod publication;
pub mod tables;
pub mod display_value;
pub mod spans;
pub mod compare;
