//! Stage two: the cells of tables and the members of records become claims, values at places of a record.
//!
//! A sheet is recognised by its name and its headers; the code in a row says of which record it speaks; each cell is read in the form
//! of its column.
//!
//! It may know what was read, the columns of a kind, and of the register the codes of names and how lists print a record. It must not know formats of files, nor rules.

mod normalise_cell;
mod numbered;
mod spelled;
mod left_digits;
mod office_headers;
mod header_text;
mod mapping;
mod defaults;
mod headers;
mod merged;
mod tables;
pub mod chosen;
mod names;
mod named_cell;
mod column_cell;
mod law_library;
mod derived;
mod reading;
mod as_printed;
mod edited;
mod citations;
mod duty_bases;
mod sub_items;
mod by_name;
mod office_columns;
mod several_rows;
mod rows;
mod labels;
mod json_records;
mod named;
mod records_in_file;
mod claims;

pub use as_printed::Known;
pub use claims::{Base, RecordClaims, UnitClaims, base_of, claims_of};
pub use defaults::Defaults;
pub use law_library::LAWS;
pub use mapping::Mapped;
pub use named::add_named;
pub use names::Names;
pub use office_headers::{ITEM, Meaning};
pub use reading::Edit;
pub use records_in_file::records_in_file;
pub use tables::{ImportSource, Table};
