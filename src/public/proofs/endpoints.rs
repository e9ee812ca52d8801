//! The endpoints of the transparency log.

use super::{describe, http};
use crate::{
    model::kinds::Kind,
    web::{
        contract::{Operation, Schemas},
        endpoint::{Endpoint, EndpointOf, operations, operations_of_each},
    },
};

/// The endpoints of the log as a whole.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/v1/log/checkpoint", &http::get_checkpoint).promises(&[describe::checkpoint]),
    Endpoint::get("/v1/log/proof", &http::get_proof).promises(&[describe::proof]),
    Endpoint::get("/v1/log/tile/{path:.*}", &http::get_tile).promises(&[describe::tile, describe::entries]),
    Endpoint::get("/v1/changes/{seq}/proof", &http::get_proof_of_change).promises(&[describe::of_change]),
];

/// The endpoints of each kind of record.
pub const OF_KINDS: &[EndpointOf<Kind>] = &[
    EndpointOf::get("/v1/*/{key}/proof", &http::get_newest_proof).promises(&[describe::newest]),
    EndpointOf::get("/v1/*/{key}/revisions/{n}/proof", &http::get_numbered_proof).promises(&[describe::numbered]),
];

/// Describes the endpoints for OpenAPI.
pub fn describe_all(kinds: &[&'static Kind], schemas: &mut Schemas) -> Vec<Operation> {
    describe::add_schemas(schemas);
    operations(ENDPOINTS).chain(operations_of_each(kinds.iter().copied(), OF_KINDS)).collect()
}
