//! Exports: the published register as files, whole or filtered, as it is or as it was.
//!
//! A format is a table of functions ([`Format`]) that write one record after the other, so that an export needs the memory
//! of one piece of it, however large the register is. Each ends with the number of its records and the `seq` of the
//! register, so that a cut file is noticed. A workbook is written to a temporary file and sent from there.
//!
//! It may know the lists of `reading`, the catalog and its tables. It must not know pages, nor anything that is not public.

mod extract;
mod item_record;
mod text;
mod workbook;
mod cpsv;
mod hsds;
mod gbt39554;
mod stream;

pub mod http;
mod catalogue;
mod sitemap;
mod describe;
mod endpoints;

pub use describe::TAG;
pub use endpoints::{ENDPOINTS, OF_KINDS, OF_STANDARDS, describe_all};
pub use extract::{Extract, Format};
pub use http::{Asking, STANDARDS, WORKBOOK, format};
pub use stream::{Piece, write_to};
pub use workbook::write_workbook;
