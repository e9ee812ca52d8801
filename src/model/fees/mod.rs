//! 收费项目: fees and their charging rules, and what they come to.
//!
//! It may know the kinds, the shared checks and instruments. It must not know items, nor who asks for a quotation:
//! arithmetic is pure.

mod model;
mod rules;
mod kind;
mod exact;
mod circumstances;
mod quote;
mod unit;
#[cfg(test)]
mod worked;
#[cfg(test)]
mod properties;

pub use circumstances::{Circumstances, Given};
pub use exact::{money, plain};
pub use kind::KIND;
pub use model::*;
pub use quote::{Limit, Quote, QuoteLine, Range, TierPart, Undecided, quote};
pub use unit::unit_name;
