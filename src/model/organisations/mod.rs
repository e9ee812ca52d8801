//! 机构: organisations that hold items, run places or are named by them.

mod model;
mod rules;
mod kind;

pub use kind::KIND;
pub use model::Organisation;
