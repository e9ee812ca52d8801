//! The difference between two bodies, field by field, with the Chinese term of each.
//!
//! Lists of objects are compared by what identifies their elements, not by position: a new first material is one addition
//! and not a change of every line.
//!
//! The work grows as the two bodies do: drafts hold lists of whatever length, and a comparison of each element with each is how a
//! processor is kept from everybody else. All that one answer tells shares one [`Room`]: for differences, for bytes, and for the work that
//! the texts among them take.

mod difference;
mod identity;
mod matching;
mod comparison;

pub use comparison::{compare_within, differ};
pub use difference::{Difference, Kind, Room};
