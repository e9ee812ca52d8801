//! Handlers of what changes only with the software: code lists, divisions, the schemas of the kinds.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::{
    divisions::{DivisionRequest, division, row},
    http::rows,
};
use crate::{
    problem::{Code, Problem},
    register::catalog::Catalog,
    values::code_lists,
    web::{
        answer::{self, Caching, Version, Written, must_accept_json},
        cursor::Walk,
        page::PageRequest,
        query::Parameters,
        rendered,
        routes::{no_parameters, not_among, part},
    },
};

/// How long an answer may be used.
const STATIC: Caching = Caching::Seconds(3600);

/// Answers a page of the code lists.
pub async fn get_code_lists(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    let walk = Walk::of(catalog.cursor_key(), request.path(), request.query_string());
    let mut parameters = Parameters::read(request.query_string());
    let page = PageRequest::from_query(&mut parameters, &walk);
    parameters.finish()?;
    static_rows(request, catalog, &page, code_lists::LISTS.iter().collect(), &walk)
}

/// A page of rows that change only with the software; its `seq` is that of the walk.
fn static_rows<T: Serialize>(
    request: &HttpRequest,
    catalog: &Catalog,
    page: &PageRequest,
    all: Vec<T>,
    walk: &Walk,
) -> Result<HttpResponse, Problem> {
    let snapshot = catalog.snapshot();
    let seq = page.cursor.as_ref().map_or(snapshot.seq(), |cursor| cursor.seq);
    rows(request, &snapshot, &page.of(all, walk, seq)?, (Version::of(&snapshot), Caching::Revalidate))
}

/// Answers one code list.
pub async fn get_code_list(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    no_parameters(request)?;
    let name = part(request, "name")?;
    let known = code_lists::LISTS.iter().map(|list| list.name);
    let list = code_lists::list(&name).ok_or_else(|| not_among(known, "代码表有", "The code lists are"))?;
    let snapshot = catalog.snapshot();
    Ok(Written::json(&snapshot, list)?.version(Version::software()).cached(STATIC).answer(request, &snapshot))
}

/// Answers a page of the divisions that are asked for.
pub async fn get_divisions(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    let walk = Walk::of(catalog.cursor_key(), request.path(), request.query_string());
    let mut parameters = Parameters::read(request.query_string());
    let page = PageRequest::from_query(&mut parameters, &walk);
    let asked = DivisionRequest::from_query(&mut parameters);
    parameters.finish()?;
    static_rows(request, catalog, &page, asked.rows().into_iter().map(row).collect(), &walk)
}

/// Answers one division.
pub async fn get_division(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    no_parameters(request)?;
    let code = part(request, "code")?;
    let division = division(&code).ok_or_else(|| {
        Problem::with_detail(
            Code::NotFound,
            format!("没有代码为 {code} 的行政区划。"),
            format!("There is no division {code}."),
        )
    })?;
    let snapshot = catalog.snapshot();
    Ok(Written::json(&snapshot, &division)?.version(Version::software()).cached(STATIC).answer(request, &snapshot))
}

/// Answers the JSON Schema of a kind.
pub async fn get_schema(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    answer::negotiate(request, &["application/schema+json", answer::JSON])?;
    let file = part(request, "file")?;
    let snapshot = catalog.snapshot();
    let kind = file.strip_suffix(".json").and_then(|name| snapshot.shelf(name)).map(|shelf| shelf.kind);
    let kind = kind.ok_or_else(|| {
        let known: Vec<_> = snapshot.kinds().map(|kind| format!("{}.json", kind.name)).collect();
        not_among(known.iter().map(String::as_str), "可用的模式", "The schemas are")
    })?;
    let written = async {
        let schema = (kind.shape)().json_schema(&format!("/v1/schemas/{file}"));
        Ok(Written::text(&snapshot, "application/schema+json", serde_json::to_vec(&schema)?))
    };
    let schema = rendered::kept(request, "schema", kind.name, Version::software(), written).await?;
    Ok(schema.cached(STATIC).answer(request, &snapshot))
}
