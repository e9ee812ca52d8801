//! Functions that handlers of reads share: how they fail, parts of the path, the record that it names, the link to the next page.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
    web::Data,
};
use percent_encoding::percent_decode_str;

use crate::{
    model::kinds::Kind,
    problem::{Code, FieldError, Problem, Wrong},
    register::catalog::{Entry, Snapshot},
    web::{
        one::{FoundRecord, find_record},
        query::Parameters,
    },
};

/// Why a read ends before its answer: `?` carries it out of the handler.
#[derive(Debug)]
pub enum ReadError {
    /// The record has another address now (308): the value of `Location`.
    Moved(Box<str>),
    /// The read is refused.
    Problem(Problem),
}

impl<E> From<E> for ReadError
where
    Problem: From<E>,
{
    fn from(error: E) -> Self {
        Self::Problem(error.into())
    }
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

/// Finds the record that the path names by `key`. Fails with [`ReadError::Moved`] where the key is a former one, or written otherwise.
pub fn named<'a>(
    kind: &'static Kind,
    request: &HttpRequest,
    snapshot: &'a Snapshot,
) -> Result<&'a Arc<Entry>, ReadError> {
    let key = part(request, "key")?;
    let shelf = snapshot.shelf(kind.name).ok_or(Code::NotFound)?;
    match find_record(shelf, &key)? {
        FoundRecord::Record(entry) => Ok(entry),
        FoundRecord::Moved(entry) => Err(moved(kind, request, entry)),
    }
}

/// Leads to the present key of a record: the rest of the path and the query stay, in the API and in pages.
fn moved(kind: &Kind, request: &HttpRequest, entry: &Entry) -> ReadError {
    let version = if request.match_info().as_str().starts_with("/v1/") { "/v1" } else { "" };
    let base = format!("{version}/{}/", kind.path);
    let rest = request.path().strip_prefix(&base).and_then(|rest| rest.split_once('/')).map_or("", |(_, rest)| rest);
    let mut location = format!("{base}{}", entry.key);
    for (mark, more) in [("/", rest), ("?", request.query_string())] {
        if !more.is_empty() {
            location.push_str(mark);
            location.push_str(more);
        }
    }
    ReadError::Moved(location.into())
}

/// Finds what the process shares under its type; 500 where the server was put together without it.
pub fn shared<T: 'static>(request: &HttpRequest) -> Result<&Data<T>, Problem> {
    request.app_data::<Data<T>>().ok_or_else(|| Code::Internal.into())
}

/// Refuses a name in the path that is none of the known ones, and names these after the sentence.
pub fn not_among<'a>(known: impl Iterator<Item = &'a str>, chinese: &str, english: &str) -> Problem {
    let known = known.collect::<Vec<_>>().join(", ");
    Problem::with_detail(Code::NotFound, format!("{chinese}：{known}"), format!("{english} {known}"))
}

/// Refuses every query parameter.
pub fn no_parameters(request: &HttpRequest) -> Result<(), Problem> {
    match request.query_string() {
        "" => Ok(()),
        query => Parameters::read(query).finish(),
    }
}

/// Adds `Link: rel="next"` (RFC 8288), where there is a next page.
pub fn with_next(request: &HttpRequest, answer: HttpResponse, next: Option<&str>) -> HttpResponse {
    match next {
        Some(next) => with_next_from(request, answer, ("cursor", next)),
        None => answer,
    }
}

/// Adds `Link: rel="next"` with another value of one parameter.
pub fn with_next_from(request: &HttpRequest, mut answer: HttpResponse, (name, value): (&str, &str)) -> HttpResponse {
    let link = format!("<{}?{}>; rel=\"next\"", request.path(), with_parameter(request, name, value));
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
