//! Imports that are kept: the file, the reports on its rows, the drafts that would be made. Not for ever, and of an erased record
//! nothing. How files are read and applied is for `imports`.
//!
//! It may know the database. It must not know drafts, nor the formats of files.

mod store;

pub use store::{
    ImportParts, State, Summary, each, file, forget, forget_old, forget_record, insert, load, lock, mark_applied,
    of_account, taken_by,
};
