//! Access tokens of another issuer (OpenID Connect), when one is configured: who comes with one needs no account here.

mod keys;
mod claims;
mod roles;
mod issuer;

pub use issuer::External;
