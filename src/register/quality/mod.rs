//! 质量: the rules of docs/DOMAIN.md §8 over one body, and over the whole register.
//!
//! It may know the catalog and the rules of the kinds. It must not know who asks, nor drafts.

mod finding;
mod report;
pub mod inspection;
pub mod survey;

pub use finding::{Finding, findings, in_order};
pub use report::{Mean, Survey, Surveyed};
