//! 政务服务事项: powers, with their responsibilities, and public services.

mod model;
mod rules;
mod kind;
pub mod http;

pub use kind::KIND;
pub use model::*;
