//! The endpoints of the feed.

use super::{describe, http};
use crate::web::{
    contract::{Operation, Schemas},
    endpoint::{Endpoint, operations},
};

/// Pages first: followers ask for them again and again.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/v1/changes", &http::get_changes).promises(&[describe::list]),
    Endpoint::get("/v1/changes/stream", &http::get_stream).promises(&[describe::stream]),
];

/// Describes the endpoints for OpenAPI.
pub fn describe_all(schemas: &mut Schemas) -> Vec<Operation> {
    describe::add_schemas(schemas);
    operations(ENDPOINTS).collect()
}
