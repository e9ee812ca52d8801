//! 清理结果: rounds that decide which items stay.

mod model;
mod rules;
mod kind;
pub mod results;

pub use kind::KIND;
pub use model::{CleanUp, CleanUpEntry};
pub use results::{ResultCount, Results, result_counts};
