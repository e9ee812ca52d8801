//! 导入: what offices send, read tolerantly and accepted strictly.
//!
//! A file becomes sheets of cells or records of JSON; the headers of a sheet say what its columns mean; each row becomes claims:
//! values at places of a record; the claims about one record are merged into a body, which is judged by the rules of its kind. The dry
//! run reports what would come of each row; applying it makes drafts, all or none.
//!
//! It may know drafts, uploads and what is kept of imports. It must not know webhooks, nor a way to publish of its own.

mod cells;
mod normalise_cell;
mod model;
mod census;
mod workbook;
mod csv;
mod tables;
mod rows;
mod office_columns;
mod fields_from_code;
mod register_with_import;
mod records;
mod records_in_file;
mod edits;
mod row_claims;
mod changes;
mod rehearse;
mod source;
mod apply;
mod coloured;
mod template;
pub mod http;
pub mod describe;

pub use apply::{Applying, ImportScope, Sent, apply, check};
pub use model::{RowOutcome, RowProblem, RowReport};
