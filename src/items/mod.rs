//! 政务服务事项.

mod model;

pub use model::*;
