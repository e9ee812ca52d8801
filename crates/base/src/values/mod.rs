//! Values with rules of their own: codes, money, periods, hours; and the national code lists.
//!
//! Each has one `parse`; what exists is valid. JSON names them by the `format` of their schema, and [`normalise`] is the
//! table from that name to the parser.

pub mod code_lists;
mod code;
mod uscc;
pub mod division;
mod item_code;
mod money;
mod coordinate;
mod day;
mod period;
mod hours;
mod digest;
mod normal;
mod resident;

pub use code::{Key, fold};
pub use coordinate::{latitude, longitude};
pub use day::{day_of_serial, written_day};
pub use digest::{hex, is_sha256, of_hex, of_strict_hex, sha256};
pub use division::Division;
pub use hours::{Closure, Hours, Phone, Season, is_open, local_time};
pub use item_code::{CatalogueCode, HandlingCode, ImplementationCode, ItemCode};
pub use money::DecimalText;
pub use normal::{escaped, is_hidden, normalise};
pub use period::{Period, Unit};
pub use resident::has_resident_check;
pub use uscc::Uscc;

pub use qingdan_characters::{garbled, is_unseen, private, visible};
