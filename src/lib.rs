//! qingdan (清单): the register of a government's power, responsibility and public service lists.
//!
//! The modules are listed in reading order. Each imports only from those above it, so the first can be understood alone
//! and the last may know everything (a test checks). What knows nothing of a register stands in crates of its own (`crates/`).

pub use qingdan_base::{fields, preference, problem, values};
pub use qingdan_charts as charts;
pub use qingdan_search as search;
pub use qingdan_transparency as transparency;

pub mod base;
pub mod model;
pub mod register;
pub mod web;
pub mod mirror;
pub mod public;
pub mod staff;
pub mod app;
