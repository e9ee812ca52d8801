//! Everything before a handler: the price of the request, and the refusals that need no handler.

use std::net::IpAddr;

use actix_web::{
    HttpMessage,
    dev::ServiceRequest,
    http::header::{self, HeaderName, HeaderValue},
    web::Data,
};
use percent_encoding::percent_decode_str;

use super::in_progress::{Edge, RequestInProgress};
use crate::{
    app::ops::health::METRICS,
    base::{client::Client, turns::Turn},
    problem::{Code, FieldError, Problem, Wrong},
    public::feed::Feed,
    register::catalog::Catalog,
    web::{
        answer::REGISTRY_SEQ_MIN,
        cursor::Cursor,
        limits::{Admission, RequestedWork, Work},
        query::{Parameters, escapes_are_whole},
    },
};

/// Bytes of a path and query at most: 200 codes fit.
const LONGEST_ADDRESS: usize = 16 << 10;
/// Bytes of the names and values of all headers at most. Past 128 kB or 96 headers actix refuses by itself, with an empty
/// 431.
const LARGEST_HEADERS: usize = 32 << 10;

/// Draws the price of a request from the bucket of its client; `None` where nothing limits it.
pub fn admit<'a>(
    request: &ServiceRequest,
    edge: &'a Data<Edge>,
    in_progress: &mut RequestInProgress,
) -> Option<Admission<'a>> {
    let asked = asked(request, edge);
    let client = in_progress.line.client;
    if let (Work::Feed, Some(client)) = (asked.work, client) {
        request.extensions_mut().insert(Client::from(client));
    }
    let token = request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let admission = client.and_then(|client| edge.rates.admit(asked, client, token, in_progress.started));
    if let Some(client) = admission.as_ref().map(Admission::client).or(client.map(Client::from)) {
        in_progress.turn = Turn::of(client);
    }
    if let (Work::Feed, Some(admission)) = (asked.work, &admission) {
        request.extensions_mut().insert(edge.rates.meter(admission));
    }
    admission
}

/// Returns the work that a request asks for: by its address, and by whether the state of the register in which a walk goes on is at hand.
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

/// Refuses what needs no handler.
pub async fn before(
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
    let wrong = match text {
        Some(text) if !text.chars().any(char::is_control) => return Ok(()),
        Some(_) => Wrong::ControlCharacter,
        None => Wrong::PercentEncoding,
    };
    Err(Problem::from(Code::InvalidPath).naming(FieldError::parameter("path", wrong).with_value(path)))
}

/// Waits until the register has reached the change that the client must see. A request that waits has a seat, like whoever stays for the feed:
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
