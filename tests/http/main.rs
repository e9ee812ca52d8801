//! The specification, through the interface that clients use: a folder for each area, a file for each subject, on both databases.

#![allow(missing_docs, reason = "the names of tests are sentences")]
#![allow(clippy::disallowed_methods, reason = "no test answers anybody")]

use qingdan_allocator::Allocator;

/// As in the program.
#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

mod helpers;
mod architecture;
mod reading;
mod staff;
mod integration;
mod trust;
mod operations;
