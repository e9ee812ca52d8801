//! The endpoints of exports, and those that describe the register to harvesters.

use super::{
    catalogue, describe,
    http::{self, STANDARDS, Standard},
    sitemap,
};
use crate::{
    model::kinds::Kind,
    web::{
        contract::{Operation, Schemas},
        endpoint::{Endpoint, EndpointOf, operations, operations_of_each},
    },
};

/// The exports of each kind of record.
pub const OF_KINDS: &[EndpointOf<Kind>] =
    &[EndpointOf::get("/v1/exports/*.{format}", &http::get).promises(&[describe::of_kind])];

/// The exports of items in the form of each of [`STANDARDS`].
pub const OF_STANDARDS: &[EndpointOf<Standard>] =
    &[EndpointOf::get("/v1/exports/*.json", &http::get_standard).promises(&[describe::of_standard])];

/// The catalogue and the maps of the site.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/v1/catalog.jsonld", &catalogue::get).promises(&[describe::catalogue]),
    Endpoint::get("/sitemap.xml", &sitemap::whole),
    Endpoint::get("/sitemaps/{file}", &sitemap::one),
    Endpoint::get("/robots.txt", &sitemap::robots),
];

/// Describes the endpoints for OpenAPI.
pub fn describe_all(kinds: &[&'static Kind], schemas: &mut Schemas) -> Vec<Operation> {
    describe::add_schemas(kinds, schemas);
    let of_kinds = operations_of_each(kinds.iter().copied(), OF_KINDS);
    of_kinds.chain(operations_of_each(STANDARDS, OF_STANDARDS)).chain(operations(ENDPOINTS)).collect()
}
