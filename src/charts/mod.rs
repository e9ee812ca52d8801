//! 流程图.

mod model;

pub use model::*;

/// stub until merge
pub fn check(_: &Chart, _: &[u32]) -> Vec<crate::problem::FieldError> {
    Vec::new()
}
