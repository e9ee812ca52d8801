//! The promises of endpoints, as data: from them come `/openapi.json`, the interactive page and the tests that hold every
//! endpoint to what it promises.

mod pieces;
mod headers;
mod problems;
mod operation;
mod document;

pub use document::{Schemas, document};
pub use operation::Operation;
pub use pieces::{any_object, path_parameter, query_parameter, repeated_parameter, schema};
