//! Stage three: the claims about one record are merged into one body.
//!
//! It may know claims. It must not know the register, from which it is given the body that the record has and how lists print one, nor rules.

mod edits;
mod fields_from_code;
mod contradictions;
mod record;

pub use edits::{differs, present};
pub use record::{MergedRecord, merge, says_more};
