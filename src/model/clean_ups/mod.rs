//! 清理结果: rounds that decide which items stay.

mod model;
mod rules;
mod kind;

pub use kind::KIND;
pub use model::{CleanUp, CleanUpEntry};
