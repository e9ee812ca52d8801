//! Stage three: the claims about one record are merged into one body. It asks no rule and knows nothing of the register but the
//! body that the record has.

mod edits;
mod fields_from_code;
mod record;

pub use edits::{differs, present};
pub use record::{MergedRecord, merge, says_more};
