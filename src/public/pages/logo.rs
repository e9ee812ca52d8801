//! The logo of the site, where the settings name one.

use actix_web::{HttpRequest, HttpResponse};

use crate::{
    problem::{Code, Problem},
    register::catalog::Catalog,
    web::{
        answer::{Version, Written},
        owner::{Logo, Owner},
    },
};

/// `GET /logo.svg`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let owner = Owner::of(request);
    let Some(Logo(drawing)) = &owner.logo else { return Err(Code::NotFound.into()) };
    let (snapshot, version) = (catalog.snapshot(), Version::software().depending_on(drawing));
    if let Some(unchanged) = version.known(request, &snapshot) {
        return Ok(unchanged);
    }
    let written = Written::text(&snapshot, "image/svg+xml; charset=utf-8", drawing.clone());
    Ok(written.version(version).answer(request, &snapshot))
}
