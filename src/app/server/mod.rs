//! The server: a register is opened, its parts are put together, and its endpoints are served.
//!
//! It may know everything but the commands. It must not know how the process was started, nor by which command.

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
