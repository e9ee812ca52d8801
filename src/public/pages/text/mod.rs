//! Text of pages, in both languages: `values` and `hours` write values in either language; `view_text` and `records` write in the
//! language of a view: words, values and dates, and names of records with links.
//!
//! It may know the catalog and the addresses of pages. It must not know any one page, nor the frame around it.

mod values;
mod hours;
mod view_text;
mod records;

pub use hours::openings;
pub use records::*;
pub use values::*;
