//! Answers of the staff part.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use serde_json::Value;

use super::idempotency::Stored;

/// An answer for one person is kept nowhere: neither by what stands between nor on the disk of a machine that others use.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// An answer with this body, for one person.
pub fn written(status: StatusCode, body: Option<&Value>) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((header::CACHE_CONTROL, NO_STORE));
    match body {
        Some(body) => answer.json(body),
        None => answer.finish(),
    }
}

/// The answer to a request that comes again.
pub fn replayed(stored: Stored) -> HttpResponse {
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
    let mut answer = written(status, stored.body.as_ref());
    for (name, value) in &stored.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str())) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer.headers_mut().insert(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
    answer
}
