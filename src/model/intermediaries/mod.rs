//! 中介机构: third parties whose paid service an approval needs.

mod model;
mod rules;
mod kind;

pub use kind::KIND;
pub use model::{Intermediary, IntermediaryService, Qualification};
