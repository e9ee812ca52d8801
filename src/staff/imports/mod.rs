//! 导入: what offices send, read tolerantly and accepted strictly.
//!
//! A file becomes sheets of cells or records of JSON; what a sheet's columns mean is told by its headers; each row becomes values
//! at places of a record; all rows of a record together become a body, to which the rules of its kind are asked. What comes
//! of each row is told (the dry run); applying it makes drafts, all or none.

mod cells;
mod tidy;
mod model;
mod census;
mod workbook;
mod csv;
mod tables;
mod rows;
mod special;
mod complete;
mod around;
mod records;
mod subjects;
mod bodies;
mod voices;
mod changes;
mod rehearse;
mod source;
mod apply;
mod coloured;
mod template;
pub mod http;
pub mod describe;

pub use apply::{Applying, Scope, Sent, apply, check};
pub use model::{Outcome, RowProblem, RowReport};
