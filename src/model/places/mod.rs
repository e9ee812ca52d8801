//! 办事场所: where items are handled.

mod model;
mod rules;
mod kind;

pub use kind::KIND;
pub use model::Place;
