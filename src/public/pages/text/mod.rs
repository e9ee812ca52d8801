//! Text of pages, in both languages: `values` writes dates, periods, hours, articles of laws and money; `records` writes what several
//! pages show of records, with links.
//!
//! It may know the catalog and the addresses of pages. It must not know any one page, nor the frame around it.

mod values;
mod records;

pub use records::*;
pub use values::*;
