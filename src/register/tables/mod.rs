//! Tables: the columns on which exports and imports agree, and a value as a cell.
//!
//! It may know the kinds and the catalog. It must not know formats of files, nor how offices name their columns.

mod cell;
mod paths;
mod sheet;
mod continued;
mod schema;
mod book;
mod printed;

pub use book::{ABOUT, Book, CellPlace, END, Misread};
pub use cell::{Form, guarded, guarded_from_spreadsheets, unguarded};
pub use continued::{CONTINUED, LONGEST_CELL, joined, split};
pub use paths::{pointer, put, value_at};
pub use printed::{LISTS, PrintedItem, PrintedList, Shows};
pub use schema::{Layout, listed};
pub use sheet::{Column, Row, Sheet};
