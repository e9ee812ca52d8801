//! qingdan (清单): the register of a government's power, responsibility and public service lists.
//!
//! The modules are listed in reading order. Each imports only from those above it, so the first can be understood alone
//! and the last may know everything (a test checks). What knows nothing of a register stands in crates of its own (`crates/`).

pub use qingdan_base::{fields, preference, problem, values};
pub use qingdan_charts as charts;
pub use qingdan_search as search;
pub use qingdan_transparency as transparency;

// The process that a register runs in: settings, addresses, private files, threads, turns at what is scarce.
pub mod base;
// The records: what each kind is, its rules and its arithmetic.
pub mod model;
// The database, the log and its keys, the snapshot, publication, stored files, quality, tables.
pub mod register;
// One request and one answer: parameters, negotiation, conditions, limits, pages of rows, OpenAPI.
pub mod web;
// Mirrors: other registers are followed.
pub mod mirror;
// Public reads: lists and records, the feed, proofs, the summary, exports, pages.
pub mod public;
// The work of people and systems that have signed in: accounts, drafts, imports, uploads, webhooks, the audit trail.
pub mod staff;
// The parts put together: the server, its operation, the commands, the demonstration, previews.
pub mod app;
