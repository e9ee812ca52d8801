//! 质量: the rules of docs/DOMAIN.md §8 over one body, and over the whole register.

mod finding;
mod report;
pub mod inspection;
pub mod survey;

pub use finding::{Finding, findings, in_order};
pub use report::{Mean, Survey, Surveyed};
