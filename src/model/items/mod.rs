//! 政务服务事项: powers, with their responsibilities, and public services.
//!
//! It may know the other kinds that an item names. It must not know where they are kept: it asks the register for them.

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
