//! The promises of endpoints, as data: from them come `/openapi.json`, the interactive page and the tests that hold every
//! endpoint to what it promises.

mod pieces;
mod headers;
mod problems;
mod operation;
mod responses;
mod schemas;
mod document;

/// The version of the interface: its major is that of the paths (`/v1`), and the rest is that of the software, which changes with it.
pub const API_VERSION: &str = concat!("1.", env!("CARGO_PKG_VERSION_MINOR"), ".", env!("CARGO_PKG_VERSION_PATCH"));

pub use document::document;
pub use operation::Operation;
pub use pieces::{any_object, path_parameter, query_parameter, repeated_parameter, schema};
pub use schemas::Schemas;
