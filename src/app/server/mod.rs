//! The server: a register is opened, its parts are put together, and its endpoints are served.

mod start_error;
mod open;
mod connections;
mod endpoints;
mod shared;
mod jobs;
mod serve;

pub use endpoints::{endpoints, examples, openapi, operations};
pub use open::Register;
pub use serve::{Running, serve, serve_with};
pub use start_error::StartError;
