//! Stage one: a file is read into tables or records, as they stand in it. It knows nothing of the register.

mod limits;
mod cells;
mod census;
pub mod workbook;
mod text;
pub mod csv;
pub mod json;
mod file;

pub use cells::{Cell, Row, Sheet, address, column_name};
pub use file::{FileContent, read};
pub use limits::{MOST_COLUMNS, MOST_ROWS, MOST_ROWS_TOGETHER, too_large};
