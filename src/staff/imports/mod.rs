//! 导入: what offices send, read tolerantly and accepted strictly.
//!
//! Four stages, each a folder, each testable alone:
//!
//! 1. `read/`: bytes into tables or records, as they stand in the file (`FileContent`).
//! 2. `interpret/`: cells into claims about records (`RecordClaims`).
//! 3. `merge/`: the claims about one record into its body (`MergedRecord`).
//! 4. `judge/`: the body by the rules of its kind, in the register as it would be (`Judged`).
//!
//! A row of a workbook walks through eight files, in this order and never back: `read/workbook.rs` (it becomes cells),
//! `interpret/tables.rs` (its columns have meanings), `interpret/records_in_file.rs` (its code says of which record it speaks),
//! `interpret/claims.rs`, `interpret/rows.rs` (its cells become values at places of the record), `merge/record.rs`,
//! `judge/record.rs`, `findings.rs` (its report is written). `rehearse.rs` takes it from stage to stage: the dry run, which reports
//! what would come of each row. `apply.rs` makes drafts of what was judged, all or none.
//!
//! A workbook in another shape: `read/workbook.rs` for what is taken of a cell, `interpret/headers.rs` for headers,
//! `interpret/office_headers.rs` for their words, `interpret/records_in_file.rs` for the rows of a record.
//!
//! It may know drafts, uploads and what is kept of imports. It must not know webhooks, nor a way to publish of its own.

mod notice;
mod removals;
mod report;
mod read;
mod interpret;
mod merge;
mod judge;
mod findings;
mod rehearse;
mod check;
mod saved;
mod apply;
mod summary;
mod coloured;
mod template;
pub mod http;
pub mod describe;

pub use apply::{Applying, Removals, apply};
pub use check::{ImportScope, Sent, check};
pub use coloured::workbook as coloured_workbook;
pub use interpret::LAWS;
pub use judge::Proposal;
pub use report::{RowNotice, RowOutcome, RowProblem, RowReport};
