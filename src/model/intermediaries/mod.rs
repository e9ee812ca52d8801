//! 中介机构: third parties whose paid service an approval needs.
//!
//! It may know the kinds and the shared checks of `model`. It must not know the items whose approvals need an intermediary.

mod model;
mod rules;
mod kind;

pub use kind::KIND;
pub use model::{Intermediary, IntermediaryService, Qualification};
