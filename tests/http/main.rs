//! The specification, through the interface that clients use: a folder for each area, a file for each subject, on both databases.

#![allow(missing_docs, reason = "the names of tests are sentences")]
#![allow(clippy::disallowed_methods, reason = "no test answers anybody")]

use mimalloc::MiMalloc;

/// As in the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

mod helpers;
mod architecture;
mod reading;
mod staff;
mod integration;
mod trust;
mod operations;
