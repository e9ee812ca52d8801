//! 清理结果: rounds that decide which items stay.
//!
//! It may know the kinds and the shared checks of `model`. It must not know items: it asks the register for their state.

mod model;
mod rules;
mod kind;

pub use kind::KIND;
pub use model::{CleanUp, CleanUpEntry};
