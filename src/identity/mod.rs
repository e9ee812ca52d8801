//! People, clients, roles and grants; passwords, sign-in and tokens.

mod model;
mod authority;

pub use authority::Authority;
pub use model::{Belongs, Caller, Grant, Permission, permissions};
