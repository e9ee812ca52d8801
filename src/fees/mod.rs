//! 收费项目: fees and their charging rules.

mod model;
mod rules;
mod kind;

pub use kind::KIND;
pub use model::*;
