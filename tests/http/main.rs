//! The specification, through the interface that clients use: one file per subject, on both databases.

#![allow(missing_docs, reason = "the names of tests are sentences")]
#![allow(clippy::disallowed_methods, reason = "no test answers anybody")]

use mimalloc::MiMalloc;

/// As in the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

mod helpers;
mod architecture;
mod as_of;
mod audit;
mod backup;
mod charts;
mod conditional;
mod conformance;
mod check;
mod clients;
mod contract;
mod crash;
mod databases;
mod day;
mod disk;
mod drafts;
mod edge;
mod exports;
mod feed;
mod fees;
mod files;
mod forks;
mod guide;
mod hostile;
mod embedding;
mod history;
mod imports;
mod interleavings;
mod leaks;
mod limits;
mod lists;
mod log_keys;
mod matrix;
mod mirror;
mod pages;
mod problems;
mod proofs;
mod properties;
mod publishing;
mod quality;
mod races;
mod records;
mod register;
mod replicas;
mod search;
mod verify;
mod accounts;
mod external;
mod sessions;
mod shut_out;
mod tokens;
mod staff;
mod tampering;
mod walks;
mod webhooks;
mod witnesses;
mod yearly;
