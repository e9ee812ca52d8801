//! Stage two: the cells of tables and the members of records become claims, values at places of a record.
//!
//! A sheet is recognised by its name and its headers; the code in a row says of which record it speaks; each cell is read in the form
//! of its column. Of the register it is only told the body that a record has, and the codes of names.

mod normalise_cell;
mod office_headers;
mod headers;
mod tables;
mod column_cell;
mod names;
mod reading;
mod citations;
mod office_columns;
mod rows;
mod json_records;
mod records_in_file;
mod claims;

pub use claims::{RecordClaims, UnitClaims, claims_of};
pub use names::Names;
pub use office_headers::{ITEM, Meaning};
pub use reading::Edit;
pub use records_in_file::records_in_file;
pub use tables::ImportSource;
