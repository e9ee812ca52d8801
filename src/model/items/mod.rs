//! 政务服务事项: powers, with their responsibilities, and public services.

mod model;
mod references;
mod identity;
mod authority;
mod handling;
mod duties;
mod rules;
mod kind;

pub use kind::KIND;
pub use model::*;
