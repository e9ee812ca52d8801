//! Everything after a handler: problems in the reader's language, compression, the headers that all answers share.

use actix_web::{
    HttpMessage, HttpResponse,
    body::BoxBody,
    dev::ServiceResponse,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    web::Data,
};

use super::{
    ids::REQUEST_ID,
    in_progress::{Edge, RequestInProgress},
};
use crate::{
    app::ops::cors,
    problem::{Code, Problem},
    public::pages,
    register::catalog::Catalog,
    staff::requests::{JSON_TYPES, bearer},
    web::{
        answer::{self, MadeAfter, REGISTRY_SEQ},
        contract::API_VERSION,
        limits::{Admission, Ready, Settlement},
    },
};

const VERSION: HeaderName = HeaderName::from_static("api-version");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// A page that says nothing else may load nothing.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'");
/// A drawing has its style inside; others may show it in their pages.
const DRAWING: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const DENY: HeaderValue = HeaderValue::from_static("DENY");
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
/// A token came, and does not hold (RFC 6750, 3.1); without one, no error is told.
const INVALID_TOKEN: HeaderValue = HeaderValue::from_static("Bearer realm=\"qingdan\", error=\"invalid_token\"");
/// A year.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");
/// The methods of public reads.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// Completes what a handler answered: an error becomes a problem, a long body is compressed, `OPTIONS` is answered.
pub async fn completed(
    mut response: ServiceResponse<BoxBody>,
    in_progress: &mut RequestInProgress,
) -> ServiceResponse<BoxBody> {
    if response.response().error().is_some() {
        response = with_problem(response);
    }
    if let Some(MadeAfter(erasures)) = response.request().extensions().get::<MadeAfter>().copied() {
        in_progress.erasures = erasures;
    }
    if answer::is_uncompressed(response.response()) {
        response = in_progress.turn.clone().scope(compressed(response, in_progress)).await;
    }
    if *response.request().method() == Method::OPTIONS && response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response = options(response);
    }
    response
}

/// Writes an error as a problem document: ours as it is, one of the framework by its status.
fn with_problem(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let allow = response.headers().get(header::ALLOW).cloned();
    let links: Vec<_> = response.headers().get_all(header::LINK).cloned().collect();
    let problem = match response.response().error().and_then(|error| error.as_error::<Problem>()) {
        Some(problem) => problem.clone(),
        None => by_status(status),
    };
    let request = response.into_parts().0;
    let mut answer = pages::refuse(&request, &problem);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        answer.headers_mut().insert(header::ALLOW, allow.unwrap_or(METHODS));
    }
    if problem.code == Code::Unauthenticated && bearer(&request).is_ok() {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, INVALID_TOKEN);
    }
    if problem.code == Code::UnsupportedMediaType && *request.method() == Method::PATCH {
        answer.headers_mut().insert(ACCEPT_PATCH, taken_as_changes());
    }
    for link in links {
        answer.headers_mut().append(header::LINK, link);
    }
    ServiceResponse::new(request, answer)
}

fn by_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Code::NotFound.into(),
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed.into(),
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge.into(),
        StatusCode::URI_TOO_LONG => Code::UriTooLong.into(),
        status if status.is_client_error() => Code::InvalidPath.into(),
        _ => Code::Internal.into(),
    }
}

/// Compresses an answer that was left uncompressed. It may wait for that, and is not sent when something was erased meanwhile.
async fn compressed(response: ServiceResponse<BoxBody>, in_progress: &RequestInProgress) -> ServiceResponse<BoxBody> {
    let (request, answer) = response.into_parts();
    let compressed = answer::compressed(answer).await.and_then(|answer| match in_progress.is_outdated() {
        true => Err(Code::Unavailable.into()),
        false => Ok(answer),
    });
    let answer = compressed.unwrap_or_else(|problem| pages::refuse(&request, &problem));
    ServiceResponse::new(request, answer)
}

/// Answers `OPTIONS` with the methods of the resource, which refused the method with them in `Allow`.
fn options(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let allow = response.headers().get(header::ALLOW).cloned().unwrap_or(METHODS);
    let request = response.into_parts().0;
    let mut answer = HttpResponse::new(StatusCode::NO_CONTENT);
    if allow.as_bytes().windows(b"PATCH".len()).any(|method| method == b"PATCH") {
        answer.headers_mut().insert(ACCEPT_PATCH, taken_as_changes());
    }
    answer.headers_mut().insert(header::ALLOW, allow);
    ServiceResponse::new(request, answer)
}

/// The media types of changes (RFC 5789, 2.2 and 3.1).
fn taken_as_changes() -> HeaderValue {
    HeaderValue::try_from(JSON_TYPES.join(", ")).unwrap_or(HeaderValue::from_static(JSON_TYPES[0]))
}

/// Gives back what the request did not cost after all, and writes the headers of the limits.
pub fn settle(admission: &mut Admission<'_>, response: &mut ServiceResponse<BoxBody>) {
    if let Some(settlement) = settlement(response) {
        admission.settle(settlement);
    }
    let ready = response.request().extensions().get::<Ready>().copied();
    if let Some(ready) = ready {
        admission.settle_ready(ready);
    }
    admission.write_headers(response.headers_mut());
}

/// Returns the fact that changes the price of a request, known only with its answer.
fn settlement(response: &ServiceResponse<BoxBody>) -> Option<Settlement> {
    match response.status() {
        StatusCode::UNAUTHORIZED => Some(Settlement::BadToken),
        _ => response.request().extensions().get().copied(),
    }
}

/// Adds the headers that all answers share.
pub fn share_headers(response: &mut ServiceResponse<BoxBody>, in_progress: &RequestInProgress, edge: &Edge) {
    let seq = match response.headers().contains_key(REGISTRY_SEQ) {
        true => None,
        false => response.request().app_data::<Data<Catalog>>().map(|catalog| catalog.peek().seq_header().clone()),
    };
    let headers = response.headers_mut();
    if let Some(seq) = seq {
        headers.insert(REGISTRY_SEQ, seq);
    }
    headers.insert(REQUEST_ID, in_progress.line.id.clone());
    headers.insert(VERSION, HeaderValue::from_static(API_VERSION));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if edge.https_only {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
    secure_pages(headers);
    if response.request().headers().contains_key(header::ORIGIN) {
        cors::share(response, &edge.origins);
    }
}

/// Says what browsers must not do with a page or a drawing, where the answer does not say it itself.
fn secure_pages(headers: &mut HeaderMap) {
    let Some(kind) = headers.get(header::CONTENT_TYPE).map(|kind| kind.as_bytes()) else { return };
    let policy = match kind {
        kind if kind.starts_with(b"text/html") => NOTHING,
        kind if kind.starts_with(b"image/svg+xml") => DRAWING,
        _ => return,
    };
    if policy == NOTHING {
        headers.insert(header::REFERRER_POLICY, SAME_ORIGIN);
        headers.insert(header::X_FRAME_OPTIONS, DENY);
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}
