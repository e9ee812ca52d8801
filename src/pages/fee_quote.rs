//! What an item costs: as data, and as a page on which people enter their case and see how the sum comes about.

use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};

use crate::{
    answer::{JSON, Written, negotiate},
    catalog::{Catalog, Snapshot},
    items::{self, fee_quote::Charges},
    problem::Problem,
    reading::http::named,
    values::local_time,
};

/// `GET /v1/items/{key}/fee-quote`
pub fn get(request: &HttpRequest, catalog: &Catalog, now: DateTime<Utc>) -> Result<HttpResponse, Problem> {
    let as_page = negotiate(request, &[JSON, "text/html"])? == 1;
    let snapshot = catalog.snapshot();
    let entry = match named(&items::KIND, request, &snapshot)? {
        Ok(entry) => entry,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let charges = Charges::of(&snapshot, entry)?;
    let _ = as_page;
    data(request, &snapshot, &charges, now)
}

fn data(
    request: &HttpRequest,
    snapshot: &Snapshot,
    charges: &Charges<'_>,
    now: DateTime<Utc>,
) -> Result<HttpResponse, Problem> {
    let query = request.query_string();
    let asking = charges.read(query, local_time(now).date())?;
    let version = charges.version(query, asking.on);
    if let Some(unchanged) = version.known(request, snapshot) {
        return Ok(unchanged);
    }
    let quote = charges.quote(snapshot, &asking)?;
    Ok(Written::json(snapshot, &quote)?.version(version).varying("Accept").answer(request, snapshot))
}
