//! The endpoints that only items have, but for those that answer with pages.

use super::{
    chart_comparison,
    chart_document::ChartDocument,
    chart_format::{ChartFormat, files},
    describe, http,
};
use crate::web::{
    contract::{Operation, Schemas},
    endpoint::{Endpoint, EndpointOf, operations, operations_of_each},
};

/// The chart by negotiation.
pub const CHART: &[Endpoint] =
    &[Endpoint::get("/v1/items/{key}/chart", &http::get_negotiated).promises(&[describe::chart])];

/// The chart in each notation that has an address of its own.
pub const FILES: &[EndpointOf<ChartFormat>] =
    &[EndpointOf::get("/v1/items/{key}/chart.*", &http::get_file).promises(&[describe::file])];

/// The comparison of charts.
pub const COMPARISON: &[Endpoint] =
    &[Endpoint::get("/v1/items/{key}/compare.svg", &chart_comparison::get).promises(&[describe::comparison])];

/// Describes the endpoints for OpenAPI.
pub fn describe_all(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<ChartDocument>();
    operations(CHART).chain(operations_of_each(files(), FILES)).chain(operations(COMPARISON)).collect()
}
