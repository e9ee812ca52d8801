//! 收费项目: fees and their charging rules.

mod model;
mod kind;

pub use kind::KIND;
pub use model::*;
