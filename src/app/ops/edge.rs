//! The edge: one middleware through which every request passes. It gives the request its id, finds the client behind it,
//! holds it to its limits, refuses what cannot be read, waits for the asked state of the register, writes problems in the
//! reader's language, adds the headers that all answers share, counts and logs.

use std::{
    cell::RefCell,
    fmt::Write as _,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        ConnectionType, Method, StatusCode, Uri,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::{Bytes, Data},
};
use chrono::Utc;
use percent_encoding::percent_decode_str;

use super::{
    addresses::{cut, without_secrets},
    cors,
    health::METRICS,
    logging::ACCESS,
    metrics::{Metrics, MetricsAddress},
};
use crate::{
    base::{
        client::{Client, client_address},
        config::ServerSettings,
        network::{Networks, Origins},
        turns::Turn,
    },
    problem::{Code, FieldError, Problem, Wrong},
    public::{
        feed::{EVENT_STREAM, Feed},
        pages,
    },
    register::catalog::Catalog,
    staff::requests,
    values,
    web::{
        answer::{self, MadeAfter, REGISTRY_SEQ, REGISTRY_SEQ_MIN, RouteName},
        cursor::Cursor,
        limits::{Admission, Rates, Ready, RequestedWork, Settlement, Work},
        query::{Parameters, escapes_are_whole},
    },
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const API_VERSION: HeaderName = HeaderName::from_static("api-version");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const VERSION: HeaderValue = HeaderValue::from_static(env!("CARGO_PKG_VERSION"));
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const CONTENT_SECURITY_POLICY: HeaderName = HeaderName::from_static("content-security-policy");
/// A page that says nothing else may load nothing.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'");
/// A drawing has its style inside; others may show it in their pages.
const DRAWING: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const DENY: HeaderValue = HeaderValue::from_static("DENY");
/// A year.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");
/// The methods of public reads.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// Bytes of a path and query at most: 200 codes fit.
const LONGEST_ADDRESS: usize = 16 << 10;
/// Bytes of the names and values of all headers at most. Past 128 kB or 96 headers actix refuses by itself, with an empty
/// 431.
const LARGEST_HEADERS: usize = 32 << 10;
/// Status in the log of a request whose client went away before it had its answer; as nginx does.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// The edge: its settings from the start, the buckets of its clients, and the metrics it counts in.
pub struct Edge {
    catalog: Data<Catalog>,
    metrics: Data<Metrics>,
    metrics_address: MetricsAddress,
    rates: Arc<Rates>,
    trusted_proxies: Networks,
    origins: Origins,
    https_only: bool,
}

impl Edge {
    /// The edge by its settings.
    pub fn new(
        settings: &ServerSettings,
        metrics: Data<Metrics>,
        metrics_address: MetricsAddress,
        catalog: Data<Catalog>,
    ) -> Self {
        Self {
            catalog,
            metrics,
            metrics_address,
            rates: Arc::new(Rates::new(&settings.limits)),
            trusted_proxies: settings.edge.trusted_proxies.clone(),
            origins: settings.edge.cors_origins.clone(),
            https_only: settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://")),
        }
    }

    /// Forgets clients that asked for nothing lately.
    pub fn forget_idle_clients(&self) {
        self.rates.forget_idle(Instant::now());
    }
}

/// A request while the edge handles it, with what its line in the log needs. Where the client goes away, the server drops the
/// request wherever it is: then this tells of it.
struct RequestInProgress {
    edge: Data<Edge>,
    started: Instant,
    id: HeaderValue,
    trace: Option<String>,
    client: Option<IpAddr>,
    /// In whose turn its work is done.
    turn: Turn,
    method: Method,
    address: Uri,
    agent: Option<HeaderValue>,
    /// How many erasures what the answer shows comes after.
    erasures: i64,
    /// Bytes that were sent of a body that is written while it is sent.
    sent: u64,
    is_over: bool,
}

/// The middleware.
pub async fn edge(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(edge) = request.app_data::<Data<Edge>>().cloned() else {
        log::error!("the server was started without its edge");
        return Ok(request.into_response(HttpResponse::InternalServerError()));
    };
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    let mut in_progress = RequestInProgress {
        edge: edge.clone(),
        started: Instant::now(),
        id: request_id(request.headers()),
        trace: trace_id(request.headers()).map(str::to_owned),
        client: peer.map(|peer| client_address(peer, request.headers(), &edge.trusted_proxies)),
        turn: Turn::here(),
        method: request.method().clone(),
        address: request.uri().clone(),
        agent: request.headers().get(header::USER_AGENT).cloned(),
        erasures: edge.catalog.erasures(),
        sent: 0,
        is_over: false,
    };
    let with_token = request.headers().contains_key(header::AUTHORIZATION);
    if with_token || !matches!(*request.method(), Method::GET | Method::HEAD) {
        let id = in_progress.id.to_str().unwrap_or_default().to_owned();
        request.extensions_mut().insert(requests::RequestOrigin { id, address: in_progress.client });
    }
    let asked = asked(&request, &edge);
    if let (Work::Feed, Some(client)) = (asked.work, in_progress.client) {
        request.extensions_mut().insert(Client::from(client));
    }
    let token = request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let mut admission =
        in_progress.client.and_then(|client| edge.rates.admit(asked, client, token, in_progress.started));
    let drawing = admission.as_ref().map(Admission::client).or(in_progress.client.map(Client::from));
    if let Some(client) = drawing {
        in_progress.turn = Turn::of(client);
    }
    if let (Work::Feed, Some(admission)) = (asked.work, &admission) {
        request.extensions_mut().insert(edge.rates.meter(admission));
    }
    let mut response = match before(&request, &edge, admission.as_ref(), in_progress.client).await {
        Ok(()) => {
            // It may have waited for another state of the register.
            in_progress.erasures = edge.catalog.erasures();
            in_progress.turn.clone().scope(next.call(request)).await?.map_into_boxed_body()
        }
        Err(problem) => {
            let answer = pages::refuse(request.request(), &problem);
            request.into_response(answer)
        }
    };
    if response.response().error().is_some() {
        response = with_problem(response);
    }
    if let Some(MadeAfter(erasures)) = response.request().extensions().get::<MadeAfter>().copied() {
        in_progress.erasures = erasures;
    }
    if answer::is_uncompressed(response.response()) {
        response = in_progress.turn.clone().scope(compressed(response, &in_progress)).await;
    }
    if *response.request().method() == Method::OPTIONS && response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response = options(response);
    }
    if let Some(admission) = &mut admission {
        if let Some(settlement) = settlement(&response) {
            admission.settle(settlement);
        }
        let ready = response.request().extensions().get::<Ready>().copied();
        if let Some(ready) = ready {
            admission.settle_ready(ready);
        }
        admission.write_headers(response.headers_mut());
    }
    if response.status() == StatusCode::TOO_MANY_REQUESTS && in_progress.client == peer {
        // Not a proxy's connection, over which others ask, too.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    share_headers(&mut response, &in_progress, &edge);
    finish(&response, &mut in_progress);
    Ok(watched(response, in_progress))
}

/// What a request asks for: by its address, and by whether the state of the register in which a walk goes on is at hand.
fn asked(request: &ServiceRequest, edge: &Edge) -> RequestedWork {
    if edge.metrics_address.is_asked(request.request()) {
        return RequestedWork::METRICS;
    }
    let asked = RequestedWork::of(request.method(), request.path(), request.query_string());
    let is_to_be_made = || {
        let parameters = Parameters::read(request.query_string());
        let cursor = parameters.peek("cursor").map(Cursor::state_of);
        cursor.is_some_and(|state| state.is_none_or(|seq| !edge.catalog.has_at_hand(seq)))
    };
    match asked.of_then && is_to_be_made() {
        true => asked.in_a_state_to_be_made(),
        false => asked,
    }
}

/// Compresses an answer that was left to be. It may wait for that, and is not sent when something was erased meanwhile.
async fn compressed(response: ServiceResponse<BoxBody>, in_progress: &RequestInProgress) -> ServiceResponse<BoxBody> {
    let (request, answer) = response.into_parts();
    let compressed = answer::compressed(answer).await.and_then(|answer| match in_progress.is_outdated() {
        true => Err(Code::Unavailable.into()),
        false => Ok(answer),
    });
    let answer = compressed.unwrap_or_else(|problem| pages::refuse(&request, &problem));
    ServiceResponse::new(request, answer)
}

/// Wraps a body that is handed over piece by piece, so that nothing of it goes out that was erased meanwhile; and, where nobody
/// knows its length before, to notice that the client went away. Not a stream of events, which has no end of its own and sees to
/// this itself.
fn watched(response: ServiceResponse<BoxBody>, mut in_progress: RequestInProgress) -> ServiceResponse<BoxBody> {
    let size = response.response().body().size();
    if matches!(size, BodySize::None | BodySize::Sized(0)) {
        return response;
    }
    response.map_body(|head, body| match body.try_into_bytes() {
        Ok(whole) => whole.boxed(),
        Err(body) => {
            let body = InTurn { body, turn: in_progress.turn.clone() };
            if head.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == EVENT_STREAM) {
                return body.boxed();
            }
            in_progress.is_over = size != BodySize::Stream;
            Watched { body, in_progress }.boxed()
        }
    })
}

/// A body that is made while it is sent: in the turn of who asked for it, like the rest of its answer.
struct InTurn {
    body: BoxBody,
    turn: Turn,
}

impl MessageBody for InTurn {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let turn = self.turn.clone();
        turn.within(|| Pin::new(&mut self.body).poll_next(context))
    }
}

/// A body that is handed over piece by piece, each when the client takes more.
struct Watched {
    body: InTurn,
    in_progress: RequestInProgress,
}

impl MessageBody for Watched {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let piece = Pin::new(&mut self.body).poll_next(context);
        if matches!(piece, Poll::Ready(Some(_))) && self.in_progress.is_outdated() {
            let path = without_secrets(&self.in_progress.address);
            log::warn!("an answer was cut, since something was erased while it was sent: {path}");
            return Poll::Ready(Some(Err(Erased.into())));
        }
        match &piece {
            Poll::Ready(Some(Ok(bytes))) => self.in_progress.sent += u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Poll::Ready(None) => self.in_progress.is_over = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        piece
    }
}

/// Why an answer was cut.
#[derive(Debug, thiserror::Error)]
#[error("something was erased while it was sent")]
struct Erased;

impl RequestInProgress {
    /// Whether something was erased since what the answer shows was read.
    fn is_outdated(&self) -> bool {
        self.edge.catalog.erasures() != self.erasures
    }
}

/// Returns what turned out about the request that changes what it costs.
fn settlement(response: &ServiceResponse<BoxBody>) -> Option<Settlement> {
    match response.status() {
        StatusCode::UNAUTHORIZED => Some(Settlement::BadToken),
        _ => response.request().extensions().get().copied(),
    }
}

/// Refuses what needs no handler.
async fn before(
    request: &ServiceRequest,
    edge: &Edge,
    admission: Option<&Admission<'_>>,
    client: Option<IpAddr>,
) -> Result<(), Problem> {
    if edge.metrics_address.is_asked(request.request()) && request.path() != METRICS {
        return Err(Code::NotFound.into());
    }
    if let Some(admission) = admission {
        admission.check()?;
    }
    let bytes = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len();
    if request.headers().iter().map(bytes).sum::<usize>() > LARGEST_HEADERS {
        return Err(Code::HeadersTooLarge.into());
    }
    let address = request.uri().path_and_query().map_or("", |address| address.as_str());
    if address.len() > LONGEST_ADDRESS {
        return Err(Code::UriTooLong.into());
    }
    if request.path().contains('%') {
        check_path(request.uri().path())?;
    }
    match request.headers().get(REGISTRY_SEQ_MIN) {
        None => Ok(()),
        Some(least) => reach(request, least, client).await,
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

/// What a resource answers to `OPTIONS`: its methods. It refused the method with them in `Allow`.
fn options(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let allow = response.headers().get(header::ALLOW).cloned().unwrap_or(METHODS);
    let request = response.into_parts().0;
    let mut answer = HttpResponse::new(StatusCode::NO_CONTENT);
    answer.headers_mut().insert(header::ALLOW, allow);
    ServiceResponse::new(request, answer)
}

/// Waits until the register has reached the change that the client must see. Who waits has a seat, like whoever stays for the feed:
/// without it, anybody could let as many requests wait as there are connections.
async fn reach(request: &ServiceRequest, least: &HeaderValue, client: Option<IpAddr>) -> Result<(), Problem> {
    let seq = least.to_str().ok().and_then(|text| text.trim().parse().ok()).filter(|seq| *seq >= 0);
    let mistake = || FieldError::header("Registry-Seq-Min", Wrong::OutOfRange("≥ 0".into()));
    let seq = seq.ok_or_else(|| Problem::from(Code::InvalidHeader).naming(mistake()))?;
    match request.app_data::<Data<Catalog>>() {
        Some(catalog) if catalog.peek().seq() < seq => {
            let feed = request.app_data::<Data<Feed>>();
            let _seat = feed.zip(client).map(|(feed, client)| feed.seat(client.into())).transpose()?;
            catalog.reach(seq).await
        }
        _ => Ok(()),
    }
}

/// Every error as a problem document: ours as it is, one of the framework by its status.
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

fn share_headers(response: &mut ServiceResponse<BoxBody>, in_progress: &RequestInProgress, edge: &Edge) {
    let seq = match response.headers().contains_key(REGISTRY_SEQ) {
        true => None,
        false => response.request().app_data::<Data<Catalog>>().map(|catalog| catalog.peek().seq_header().clone()),
    };
    let headers = response.headers_mut();
    if let Some(seq) = seq {
        headers.insert(REGISTRY_SEQ, seq);
    }
    headers.insert(REQUEST_ID, in_progress.id.clone());
    headers.insert(API_VERSION, VERSION);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if edge.https_only {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
    secure_pages(headers);
    if response.request().headers().contains_key(header::ORIGIN) {
        cors::share(response, &edge.origins);
    }
}

/// What browsers must not do with a page or a drawing, where the answer does not say it itself.
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
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
}

fn finish(response: &ServiceResponse<BoxBody>, in_progress: &mut RequestInProgress) {
    in_progress.is_over = true;
    let duration = in_progress.started.elapsed();
    let status = response.status().as_u16();
    let route = response.request().app_data::<RouteName>().copied().unwrap_or(RouteName("other"));
    in_progress.edge.metrics.count(route, status, duration);
    let bytes = match response.response().body().size() {
        BodySize::Sized(bytes) => bytes,
        BodySize::None | BodySize::Stream => 0,
    };
    log_access(in_progress, status, bytes, duration, "");
}

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        if !self.is_over {
            self.edge.metrics.count_aborted();
            log_access(self, CLIENT_CLOSED_REQUEST, self.sent, self.started.elapsed(), r#","outcome":"aborted""#);
        }
    }
}

thread_local! {
    /// The line that is being written, kept for its memory.
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
    /// The last second that was written out, and how.
    static SECOND: RefCell<(i64, String)> = const { RefCell::new((0, String::new())) };
}

fn log_access(in_progress: &RequestInProgress, status: u16, bytes: u64, duration: Duration, outcome: &str) {
    if log::log_enabled!(target: ACCESS, log::Level::Info) {
        LINE.with_borrow_mut(|line| {
            line.clear();
            write_access_line(line, in_progress, status, bytes, duration, outcome);
            log::info!(target: ACCESS, "{line}");
        });
    }
}

/// One JSON object: no value of it comes unescaped from outside.
fn write_access_line(
    line: &mut String,
    in_progress: &RequestInProgress,
    status: u16,
    bytes: u64,
    duration: Duration,
    outcome: &str,
) {
    line.push_str(r#"{"time":""#);
    write_time(line);
    line.push_str(r#"","level":"info","target":"access","request_id":"#);
    escaped(line, in_progress.id.to_str().unwrap_or_default());
    if let Some(trace) = &in_progress.trace {
        let _ = write!(line, r#","trace_id":"{trace}""#);
    }
    line.push_str(r#","method":"#);
    escaped(line, cut(in_progress.method.as_str()));
    line.push_str(r#","path":"#);
    escaped(line, &without_secrets(&in_progress.address));
    let _ = write!(line, r#","status":{status}{outcome},"bytes":{bytes},"us":{}"#, duration.as_micros());
    if let Some(client) = in_progress.client {
        let _ = write!(line, r#","client":"{client}""#);
    }
    if let Some(agent) = in_progress.agent.as_ref().and_then(|agent| agent.to_str().ok()) {
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
    let plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\');
    if plain {
        line.push('"');
        line.push_str(text);
        line.push('"');
    } else if let Ok(json) = serde_json::to_string(text) {
        line.push_str(&values::escaped(&json));
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
