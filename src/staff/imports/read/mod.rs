//! Stage one: a file is read into tables or records, as they stand in it.
//!
//! It may know formats of files and the names of kinds. It must not know the register, nor the meaning of a column.

mod limits;
mod hidden;
mod cells;
mod census;
mod results;
pub mod workbook;
mod biff;
pub mod old_workbook;
mod text;
mod quotes;
pub mod csv;
pub mod json;
mod foreign;
mod file;

pub use cells::{Cell, Row, Sheet, Unreadable, address, column_name, column_of};
pub use file::{FileContent, read};
pub use hidden::Hidden;
pub use limits::{MOST_COLUMNS, MOST_ROWS, MOST_ROWS_TOGETHER, too_large};
