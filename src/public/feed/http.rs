//! `GET /v1/changes` and `GET /v1/changes/stream`.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderName},
    },
};
use tokio::time::{Instant, sleep_until, timeout};

use super::{
    page::{DEFAULT_LIMIT, FeedRequest, MOST},
    shared::Feed,
    stream::Reader,
};
use crate::{
    base::client::Client,
    problem::{Code, FieldError, Problem, Wrong},
    register::{
        catalog::{Catalog, Lag, Snapshot},
        changes::Seq,
    },
    web::{
        answer::{self, Caching, MadeAfter},
        interest::Interest,
        limits::{Meter, Seat},
        query::Parameters,
        routes::{shared, with_next_from},
    },
};

/// Seconds that a request may wait for something new.
pub const LONGEST_WAIT: usize = 60;
/// The media type of server-sent events.
pub const EVENT_STREAM: &str = "text/event-stream";

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// nginx keeps answers together otherwise.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How long a page before the last one may be used: it never changes, but for an erasure.
const PAST: Caching = Caching::Seconds(60);
/// How long it may take until the head of the log has been looked at again.
const A_LOOK: Duration = Duration::from_secs(1);

/// Answers a page of changes; waits up to `wait` seconds for one that has something.
pub async fn get_changes(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    answer::must_accept_json(request)?;
    let mut parameters = Parameters::read(request.query_string());
    let since = take_since(&mut parameters).unwrap_or(0);
    let limit = parameters.number("limit", 1, MOST).unwrap_or(DEFAULT_LIMIT);
    let wait = parameters.number("wait", 0, LONGEST_WAIT).unwrap_or(0);
    let asked = take_asked(&mut parameters, limit, &catalog.snapshot());
    parameters.finish()?;
    let feed = shared::<Feed>(request)?;
    let stays = wait > 0 || catalog.peek().seq() < since;
    let _seat = if stays { seat(request, feed)? } else { None };
    let until = Instant::now() + Duration::from_secs(u64::try_from(wait).unwrap_or(0));
    let (mut moved, mut stopping) = (catalog.listen(), feed.stopping.listen());
    register_at(catalog, since).await?;
    let mut since = since;
    loop {
        let erasures = catalog.erasures();
        let snapshot = catalog.snapshot();
        let page = match feed.page(catalog, &snapshot, &asked, since).await {
            // There is a page without what was erased meanwhile.
            Err(_) if catalog.erasures() != erasures => continue,
            page => page?,
        };
        let is_last = page.next == snapshot.seq();
        if !page.is_empty || !is_last || Instant::now() >= until || *stopping.borrow() {
            let caching = if wait > 0 || is_last { Caching::Revalidate } else { PAST };
            request.extensions_mut().insert(MadeAfter(erasures));
            let answer = page.written.cached(caching).answer(request, &snapshot);
            let next = page.next.to_string();
            return Ok(if is_last { answer } else { with_next_from(request, answer, ("since", &next)) });
        }
        since = page.next;
        tokio::select! {
            _ = moved.wait_for(|seq| *seq > snapshot.seq()) => {}
            _ = stopping.changed() => {}
            () = sleep_until(until) => {}
        }
    }
}

/// Answers the stream of events, which ends with the reader or the process.
pub async fn get_stream(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    answer::negotiate(request, &[EVENT_STREAM])?;
    let mut parameters = Parameters::read(request.query_string());
    let since = take_since(&mut parameters);
    let asked = take_asked(&mut parameters, DEFAULT_LIMIT, &catalog.snapshot());
    parameters.finish()?;
    // A reader that comes back asks for the same address: the event that it saw last counts for more.
    let since = last_event_id(request)?.or(since).unwrap_or(0);
    let feed = shared::<Feed>(request)?.clone();
    let seat = seat(request, &feed)?;
    register_at(catalog, since).await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_TYPE, EVENT_STREAM));
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    answer.insert_header((X_ACCEL_BUFFERING, "no"));
    if request.method() == Method::HEAD {
        return Ok(answer.finish());
    }
    let meter = request.extensions().get::<Meter>().cloned();
    let catalog = shared::<Catalog>(request)?.clone();
    Ok(answer.streaming(Reader::new(catalog, feed, asked, since, seat).paying(meter).into_stream()))
}

/// A seat for the client that the edge found behind the request.
fn seat(request: &HttpRequest, feed: &Feed) -> Result<Option<Seat>, Problem> {
    let client = request.extensions().get::<Client>().copied();
    client.map(|client| feed.seat(client)).transpose()
}

fn take_since(parameters: &mut Parameters) -> Option<Seq> {
    parameters.parsed("since", read_seq)
}

fn read_seq(text: &str) -> Result<Seq, Wrong> {
    let seq = text.parse().map_err(|_| Wrong::WrongType("integer".into()))?;
    if seq < 0 { Err(Wrong::OutOfRange("≥ 0".into())) } else { Ok(seq) }
}

fn take_asked(parameters: &mut Parameters, limit: usize, register: &Snapshot) -> FeedRequest {
    let with_bodies = parameters.parsed("body", |text| match text {
        "full" => Ok(true),
        "none" => Ok(false),
        _ => Err(Wrong::NotInCodeList("full, none".into())),
    });
    FeedRequest {
        limit,
        with_bodies: with_bodies.unwrap_or(true),
        interest: Interest::from_query(parameters, register),
    }
}

fn last_event_id(request: &HttpRequest) -> Result<Option<Seq>, Problem> {
    let Some(id) = request.headers().get(LAST_EVENT_ID) else { return Ok(None) };
    let text = id.to_str().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let mistake = |wrong| Problem::from(Code::InvalidHeader).naming(FieldError::header("Last-Event-ID", wrong));
    read_seq(text).map(Some).map_err(mistake)
}

/// The register with everything up to `since`, which a reader says it has.
///
/// Errors: 409 when the log ends before it, 503 when only this process has not read so far yet.
async fn register_at(catalog: &Catalog, since: Seq) -> Result<Arc<Snapshot>, Problem> {
    let began = Instant::now();
    if catalog.peek().seq() < since && timeout(A_LOOK, catalog.reach(since)).await.is_err() {
        must_not_be_ahead(catalog.lag(), since, began)?;
        if let Err(behind) = catalog.reach(since).await {
            must_not_be_ahead(catalog.lag(), since, began)?;
            return Err(behind);
        }
    }
    Ok(catalog.snapshot())
}

/// Refuses a reader who has seen more than the log holds, once the log was read after it asked.
fn must_not_be_ahead(lag: Lag, since: Seq, asked: Instant) -> Result<(), Problem> {
    let was_read = lag.since.is_some_and(|ago| ago < asked.elapsed());
    if since <= lag.head || !was_read {
        return Ok(());
    }
    Err(Problem::with_detail(
        Code::AheadOfLog,
        format!("日志到 {} 为止，而 since 为 {since}", lag.head),
        format!("the log ends at {}, and since is {since}", lag.head),
    ))
}
