//! Stage two: the cells of tables and the members of records become claims, values at places of a record.
//!
//! A sheet is recognised by its name and its headers; the code in a row says of which record it speaks; each cell is read in the form
//! of its column.
//!
//! It may know what was read, the columns of a kind, and of the register the codes of names. It must not know formats of files, nor rules.

mod normalise_cell;
mod numbered;
mod office_headers;
mod header_text;
mod mapping;
mod headers;
mod tables;
mod column_cell;
mod names;
mod reading;
mod citations;
mod office_columns;
mod several_rows;
mod rows;
mod json_records;
mod records_in_file;
mod claims;

pub use claims::{RecordClaims, UnitClaims, claims_of};
pub use mapping::Mapped;
pub use names::Names;
pub use office_headers::{ITEM, Meaning};
pub use reading::Edit;
pub use records_in_file::records_in_file;
pub use tables::ImportSource;
