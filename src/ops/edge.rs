//! The edge: one middleware through which every request passes. It gives the request its id, refuses what cannot be
//! read, waits for the asked state of the register, writes problems in the reader's language, adds the headers that all
//! answers share, counts and logs.

use std::{
    cell::RefCell,
    fmt::Write as _,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use chrono::Utc;
use percent_encoding::percent_decode_str;

use super::{logging::ACCESS, metrics::Metrics};
use crate::{
    answer::{REGISTRY_SEQ, RouteName, language},
    catalog::Catalog,
    problem::{Code, FieldError, Problem, Wrong},
    reading::escapes_are_whole,
    staff,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const API_VERSION: HeaderName = HeaderName::from_static("api-version");
const REGISTRY_SEQ_MIN: HeaderName = HeaderName::from_static("registry-seq-min");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const VERSION: HeaderValue = HeaderValue::from_static(env!("CARGO_PKG_VERSION"));
const ANY_ORIGIN: HeaderValue = HeaderValue::from_static("*");
/// The headers that a page of another origin may read.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Last-Modified, Link, Location, Retry-After, Registry-Seq, API-Version, X-Request-Id, Deprecation, Sunset",
);
/// The methods of public reads.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
/// What a preflight may be used for: a day.
const PREFLIGHT_AGE: HeaderValue = HeaderValue::from_static("86400");

/// Bytes of a path and query at most: 200 codes fit.
const LONGEST_ADDRESS: usize = 16 << 10;

/// What the edge knows of a request while it is handled.
struct Passage {
    started: Instant,
    id: HeaderValue,
    trace: Option<String>,
    from_another_origin: bool,
}

/// The middleware.
pub async fn edge(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let passage = Passage {
        started: Instant::now(),
        id: request_id(request.headers()),
        trace: trace_id(request.headers()).map(str::to_owned),
        from_another_origin: request.headers().contains_key(header::ORIGIN),
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) || request.headers().contains_key(header::AUTHORIZATION)
    {
        let id = passage.id.to_str().unwrap_or_default().to_owned();
        let address = request.peer_addr().map(|peer| peer.ip());
        request.extensions_mut().insert(staff::Passage { id, address });
    }
    let mut response = match before(&request).await {
        Ok(None) => next.call(request).await?.map_into_boxed_body(),
        Ok(Some(answer)) => request.into_response(answer),
        Err(problem) => {
            let answer = problem.answer(language(request.request()), request.path());
            request.into_response(answer)
        }
    };
    if response.response().error().is_some() {
        response = with_problem(response);
    }
    share_headers(&mut response, &passage);
    finish(&response, &passage);
    Ok(response)
}

/// Refuses or answers what needs no handler.
async fn before(request: &ServiceRequest) -> Result<Option<HttpResponse>, Problem> {
    let address = request.uri().path_and_query().map_or("", |address| address.as_str());
    if address.len() > LONGEST_ADDRESS {
        return Err(Code::UriTooLong.into());
    }
    if request.path().contains('%') {
        check_path(request.uri().path())?;
    }
    if request.method() == Method::OPTIONS {
        return Ok(Some(preflight(request)));
    }
    match request.headers().get(REGISTRY_SEQ_MIN) {
        None => Ok(None),
        Some(least) => reach(request, least).await.map(|()| None),
    }
}

fn check_path(path: &str) -> Result<(), Problem> {
    let text = escapes_are_whole(path).then(|| percent_decode_str(path).decode_utf8().ok()).flatten();
    match text.is_some_and(|text| !text.chars().any(char::is_control)) {
        true => Ok(()),
        false => {
            let mistake = FieldError::parameter("path", Wrong::PercentEncoding).with_value(path);
            Err(Problem::from(Code::InvalidPath).naming(mistake))
        }
    }
}

fn preflight(request: &ServiceRequest) -> HttpResponse {
    let mut answer = HttpResponse::new(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    headers.insert(header::ALLOW, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE);
    if let Some(asked) = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    answer
}

/// Waits until the register has reached the change that the client must see.
async fn reach(request: &ServiceRequest, least: &HeaderValue) -> Result<(), Problem> {
    let seq = least.to_str().ok().and_then(|text| text.trim().parse().ok()).filter(|seq| *seq >= 0);
    let mistake = || FieldError::header("Registry-Seq-Min", Wrong::OutOfRange("≥ 0".into()));
    let seq = seq.ok_or_else(|| Problem::from(Code::InvalidHeader).naming(mistake()))?;
    match request.app_data::<Data<Catalog>>() {
        Some(catalog) if catalog.peek().seq() < seq => catalog.reach(seq).await,
        _ => Ok(()),
    }
}

/// Every error as a problem document: ours as it is, one of the framework by its status.
fn with_problem(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let allow = response.headers().get(header::ALLOW).cloned();
    let problem = match response.response().error().and_then(|error| error.as_error::<Problem>()) {
        Some(problem) => problem.clone(),
        None => by_status(status),
    };
    let request = response.into_parts().0;
    let mut answer = problem.answer(language(&request), request.path());
    if status == StatusCode::METHOD_NOT_ALLOWED {
        answer.headers_mut().insert(header::ALLOW, allow.unwrap_or(METHODS));
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

fn share_headers(response: &mut ServiceResponse<BoxBody>, passage: &Passage) {
    let seq = match response.headers().contains_key(REGISTRY_SEQ) {
        true => None,
        false => response.request().app_data::<Data<Catalog>>().map(|catalog| catalog.peek().seq_header().clone()),
    };
    let headers = response.headers_mut();
    if let Some(seq) = seq {
        headers.insert(REGISTRY_SEQ, seq);
    }
    headers.insert(REQUEST_ID, passage.id.clone());
    headers.insert(API_VERSION, VERSION);
    if passage.from_another_origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY_ORIGIN);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

fn finish(response: &ServiceResponse<BoxBody>, passage: &Passage) {
    let duration = passage.started.elapsed();
    let status = response.status().as_u16();
    let request = response.request();
    if let Some(metrics) = request.app_data::<Data<Metrics>>() {
        let route = request.app_data::<RouteName>().copied().unwrap_or(RouteName("other"));
        metrics.count(route, status, duration);
    }
    if log::log_enabled!(target: ACCESS, log::Level::Info) {
        LINE.with_borrow_mut(|line| {
            line.clear();
            write_access_line(line, response, passage, status, duration);
            log::info!(target: ACCESS, "{line}");
        });
    }
}

thread_local! {
    /// The line that is being written, kept for its memory.
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
    /// The last second that was written out, and how.
    static SECOND: RefCell<(i64, String)> = const { RefCell::new((0, String::new())) };
}

/// One JSON object: no value of it comes unescaped from outside.
fn write_access_line(
    line: &mut String,
    response: &ServiceResponse<BoxBody>,
    passage: &Passage,
    status: u16,
    duration: Duration,
) {
    let request = response.request();
    line.push_str(r#"{"time":""#);
    write_time(line);
    line.push_str(r#"","level":"info","target":"access","request_id":"#);
    escaped(line, passage.id.to_str().unwrap_or_default());
    if let Some(trace) = &passage.trace {
        let _ = write!(line, r#","trace_id":"{trace}""#);
    }
    line.push_str(r#","method":"#);
    escaped(line, request.method().as_str());
    line.push_str(r#","path":"#);
    escaped(line, request.uri().path_and_query().map_or("", |address| address.as_str()));
    let bytes = match response.response().body().size() {
        BodySize::Sized(bytes) => bytes,
        BodySize::None | BodySize::Stream => 0,
    };
    let _ = write!(line, r#","status":{status},"bytes":{bytes},"us":{}"#, duration.as_micros());
    if let Some(peer) = request.peer_addr() {
        let _ = write!(line, r#","client":"{}""#, peer.ip());
    }
    if let Some(agent) = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()) {
        line.push_str(r#","user_agent":"#);
        escaped(line, agent.get(..200).unwrap_or(agent));
    }
    line.push('}');
}

/// Now, RFC 3339 in milliseconds. The part down to the second is written once a second.
fn write_time(line: &mut String) {
    let now = Utc::now();
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != now.timestamp() {
            *second = now.timestamp();
            *text = now.format("%Y-%m-%dT%H:%M:%S").to_string();
        }
        line.push_str(text);
    });
    let _ = write!(line, ".{:03}Z", now.timestamp_subsec_millis());
}

/// A JSON string.
fn escaped(line: &mut String, text: &str) {
    let plain = text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        line.push('"');
        line.push_str(text);
        line.push('"');
    } else if let Ok(json) = serde_json::to_string(text) {
        line.push_str(&json);
    }
}

/// The client's id where it is a plain word, else a new one: unlike any other of this process, and hardly like one of
/// another.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    if let Some(given) = headers.get(REQUEST_ID).filter(|given| is_plain(given.as_bytes())) {
        return given.clone();
    }
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
        let mut seed = [0; 8];
        // Without randomness the ids are still unlike each other.
        let _ = getrandom::fill(&mut seed);
        AtomicU64::new(u64::from_le_bytes(seed))
    });
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let digit = |place: usize| b"0123456789abcdef"[(id >> (60 - 4 * place)) as usize & 15];
    HeaderValue::from_bytes(&std::array::from_fn::<u8, 16, _>(digit)).unwrap_or(HeaderValue::from_static("0"))
}

fn is_plain(id: &[u8]) -> bool {
    (1..=64).contains(&id.len()) && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// The trace id of a `traceparent` header (W3C Trace Context), when it is well formed.
fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(TRACEPARENT)?.to_str().ok()?;
    let mut parts = value.split('-');
    let (version, trace, parent) = (parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    (hex(version, 2) && hex(trace, 32) && hex(parent, 16)).then_some(trace)
}
