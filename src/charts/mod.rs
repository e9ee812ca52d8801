//! 流程图.

mod model;

pub use model::*;
