//! Which pages of other origins may read an answer (the CORS protocol of the Fetch standard).
//!
//! Public answers, pages of any origin; answers of the staff part, or to a request with a token, only those of configured origins. Cookies are
//! not used, so `Access-Control-Allow-Credentials` is never sent: no browser adds anything by itself.

use actix_web::{
    HttpRequest,
    body::BoxBody,
    dev::ServiceResponse,
    http::{
        Method,
        header::{self, HeaderValue},
    },
};

use crate::{base::network::Origins, staff::requests::StaffPart};

const ANY: HeaderValue = HeaderValue::from_static("*");
const BY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
/// The headers of an answer that a page of another origin may read.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Last-Modified, Link, Location, Content-Range, Retry-After, Registry-Seq, API-Version, X-Request-Id, RateLimit, RateLimit-Policy, \
     WWW-Authenticate, Idempotent-Replayed, Content-Disposition, Deprecation, Sunset",
);
/// The headers that a page may send to the staff part.
const TAKEN: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Registry-Seq-Min, Traceparent, X-Request-Id",
);
/// How long a browser may remember what it was told: a day.
const PREFLIGHT_AGE: HeaderValue = HeaderValue::from_static("86400");

/// Says to the browser whether the page that asked may read the answer, and to a preflight what it may ask for.
pub fn share(response: &mut ServiceResponse<BoxBody>, origins: &Origins) {
    let request = response.request();
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else { return };
    let restricted = is_restricted(request);
    let asked = preflight(request).then(|| request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned());
    let headers = response.headers_mut();
    if restricted {
        headers.append(header::VARY, BY_ORIGIN);
        if !origins.contain(origin.as_bytes()) {
            return;
        }
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, if restricted { origin } else { ANY });
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    let Some(asked) = asked else { return };
    if let Some(methods) = headers.get(header::ALLOW).cloned() {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    if let Some(taken) = if restricted { Some(TAKEN) } else { asked } {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, taken);
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE);
}

fn preflight(request: &HttpRequest) -> bool {
    *request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Whether it is not for everybody's pages: the staff part, whatever comes or wants to come with a token, and whatever is
/// no read.
fn is_restricted(request: &HttpRequest) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|asked| asked.to_str().ok());
    let wants_token =
        || asked.is_some_and(|asked| asked.split(',').any(|name| name.trim().eq_ignore_ascii_case("authorization")));
    !reads
        || request.headers().contains_key(header::AUTHORIZATION)
        || request.app_data::<StaffPart>().is_some()
        || wants_token()
}
