//! The endpoints that only items have: the workflow chart.

use actix_web::{HttpRequest, HttpResponse, web::ServiceConfig};

use crate::{
    catalog::Catalog,
    problem::{Code, Problem},
    reading::http::reads,
};

/// Adds the endpoints.
pub fn configure(config: &mut ServiceConfig) {
    config.service(reads("/v1/items/{key}/chart", |request, catalog| async move { get_chart(&request, &catalog) }));
}

fn get_chart(_request: &HttpRequest, _catalog: &Catalog) -> Result<HttpResponse, Problem> {
    Err(Code::NotFound.into())
}

/// What these endpoints promise.
pub fn describe(_: &mut crate::contract::Schemas) -> Vec<crate::contract::Operation> {
    Vec::new()
}
