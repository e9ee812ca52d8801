//! The ids of a request: its own, and that of the trace that it belongs to.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// The header with the id of a request, which its answer repeats.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Returns the client's id where it is a plain word, else a new one: unlike any other of this process, and hardly like one of
/// another.
pub fn request_id(headers: &HeaderMap) -> HeaderValue {
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

/// Reads the trace id of a `traceparent` header (W3C Trace Context), when it is well formed.
pub fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(TRACEPARENT)?.to_str().ok()?;
    let mut parts = value.split('-');
    let (version, trace, parent) = (parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    (hex(version, 2) && hex(trace, 32) && hex(parent, 16)).then_some(trace)
}
