//! Text of pages, in both languages: `values` writes dates, periods, hours, articles of laws and money; `records` writes what several
//! pages show of records, with links.

mod values;
mod records;

pub use records::*;
pub use values::*;
