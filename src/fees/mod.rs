//! 收费项目.

mod model;

pub use model::*;
