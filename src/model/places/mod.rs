//! 办事场所: where items are handled.
//!
//! It may know the kinds, the shared checks of `model`. It must not know the kinds that point at places,
//! such as items.

mod model;
mod rules;
mod kind;

pub use kind::KIND;
pub use model::Place;
