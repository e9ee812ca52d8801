//! What endpoints are made of: a resource that is only read, the parts of its path, the record that it names, the link to the next page.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, Resource, Route,
    guard::{self, Guard},
    http::header::{self, HeaderValue},
    web::{self, Data},
};
use percent_encoding::percent_decode_str;

use crate::{
    model::kinds::Kind,
    problem::{Code, FieldError, Problem, Wrong},
    register::catalog::{Catalog, Entry, Snapshot},
    web::{
        answer::RouteName,
        one::{FoundRecord, find_record},
        query::Parameters,
    },
};

/// A resource that is only read: `GET` and `HEAD`, and 405 for everything else.
pub fn reads<F, R>(path: &'static str, handler: F) -> Resource
where
    F: Fn(HttpRequest, Data<Catalog>) -> R + Clone + 'static,
    R: Future<Output = Result<HttpResponse, Problem>> + 'static,
{
    let route = Route::new().guard(reading()).to(move |request: HttpRequest, catalog: Data<Catalog>| {
        let handler = handler.clone();
        async move { handler(request, catalog).await }
    });
    web::resource(path).app_data(RouteName(path)).route(route).default_service(web::to(refuse_method))
}

fn reading() -> impl Guard {
    guard::Any(guard::Get()).or(guard::Head())
}

/// Answers a method that a resource does not know.
pub async fn refuse_method() -> Result<HttpResponse, Problem> {
    Err(Code::MethodNotAllowed.into())
}

/// A part of the path, decoded.
pub fn part(request: &HttpRequest, name: &str) -> Result<String, Problem> {
    let raw = request.match_info().get(name).unwrap_or_default();
    if !raw.contains('%') {
        return Ok(raw.to_owned());
    }
    let decoded = percent_decode_str(raw).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| Code::InvalidPath.into())
}

/// The record that the path names, or the redirection to where it is now.
pub fn named<'a>(
    kind: &'static Kind,
    request: &HttpRequest,
    snapshot: &'a Snapshot,
) -> Result<Result<&'a Arc<Entry>, HttpResponse>, Problem> {
    let key = part(request, "key")?;
    let shelf = snapshot.shelf(kind.name).ok_or(Code::NotFound)?;
    match find_record(shelf, &key)? {
        FoundRecord::Record(entry) => Ok(Ok(entry)),
        FoundRecord::Moved(entry) => Ok(Err(moved(kind, request, entry))),
    }
}

fn moved(kind: &Kind, request: &HttpRequest, entry: &Entry) -> HttpResponse {
    let base = format!("/v1/{}/", kind.path);
    let rest = request.path().strip_prefix(&base).and_then(|rest| rest.split_once('/')).map_or("", |(_, rest)| rest);
    let mut location = format!("{base}{}", entry.key);
    for (mark, more) in [("/", rest), ("?", request.query_string())] {
        if !more.is_empty() {
            location.push_str(mark);
            location.push_str(more);
        }
    }
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, location)).finish()
}

/// Refuses every query parameter.
pub fn no_parameters(request: &HttpRequest) -> Result<(), Problem> {
    match request.query_string() {
        "" => Ok(()),
        query => Parameters::read(query).finish(),
    }
}

/// Adds `Link: rel="next"` (RFC 8288).
pub fn with_next(request: &HttpRequest, mut answer: HttpResponse, next: Option<&str>) -> HttpResponse {
    let Some(next) = next else { return answer };
    let link = format!("<{}?{}>; rel=\"next\"", request.path(), with_parameter(request, "cursor", next));
    if let Ok(value) = HeaderValue::try_from(link) {
        answer.headers_mut().insert(header::LINK, value);
    }
    answer
}

/// The query of a request with another value of one parameter.
pub fn with_parameter(request: &HttpRequest, name: &str, value: &str) -> String {
    let is_it = |part: &&str| part.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
    let others = request.query_string().split('&').filter(|part| !part.is_empty() && !is_it(part));
    let query: Vec<_> = others.map(str::to_owned).chain([format!("{name}={value}")]).collect();
    query.join("&")
}

/// A revision number from the path.
pub fn revision_number(text: &str) -> Result<i64, Problem> {
    let number = text.parse().ok().filter(|number| *number > 0);
    let mistake = || FieldError::parameter("n", Wrong::OutOfRange("≥ 1".into())).with_value(text);
    number.ok_or_else(|| Problem::from(Code::InvalidPath).naming(mistake()))
}
