//! What all answers have in common: negotiation, conditional requests (RFC 9110 §12, §13), caching and compressed bytes.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::Bytes,
};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    catalog::{Encoding, Prepared, Snapshot, entity_tag, http_date},
    changes::Seq,
    problem::{Code, Language, Problem},
};

/// The last change that is part of an answer.
pub const REGISTRY_SEQ: HeaderName = HeaderName::from_static("registry-seq");
/// The pattern of a route, for figures about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteName(pub &'static str);

/// JSON.
pub const JSON: &str = "application/json";

/// Always revalidated: a 304 costs almost nothing, and a cancelled item must not linger.
const REVALIDATE: HeaderValue = HeaderValue::from_static("public, no-cache");
/// Bodies shorter than this are sent as they are.
const WORTH_COMPRESSING: usize = 860;

/// An answer that is written for one request.
pub struct Written {
    /// Media type.
    pub media_type: &'static str,
    /// The bytes.
    pub bytes: Bytes,
    /// The change that last altered it: its entity tag.
    pub seq: Seq,
    /// The time of that change.
    pub at: DateTime<Utc>,
    /// `Cache-Control`.
    pub caching: Caching,
    /// Request headers that it depends on, beside `Accept-Encoding`.
    pub varies: &'static str,
}

/// How long an answer may be used without asking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Not at all.
    Revalidate,
    /// So many seconds: a picture of one moment, still to be given up after an erasure.
    Seconds(u32),
}

impl Written {
    /// A JSON answer about the register as `snapshot` shows it.
    pub fn json(snapshot: &Snapshot, body: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self::text(snapshot, JSON, serde_json::to_vec(body)?))
    }

    /// An answer of any type about the register as `snapshot` shows it.
    pub fn text(snapshot: &Snapshot, media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self {
            media_type,
            bytes: bytes.into(),
            seq: snapshot.seq(),
            at: snapshot.at(),
            caching: Caching::Revalidate,
            varies: "",
        }
    }

    /// The same, last altered by another change.
    pub fn altered(self, seq: Seq, at: DateTime<Utc>) -> Self {
        Self { seq, at, ..self }
    }

    /// The same, cacheable otherwise.
    pub fn cached(self, caching: Caching) -> Self {
        Self { caching, ..self }
    }

    /// The same, depending on more request headers.
    pub fn varying(self, varies: &'static str) -> Self {
        Self { varies, ..self }
    }

    /// The response, or 304 when the client has it already.
    pub fn answer(self, request: &HttpRequest, snapshot: &Snapshot) -> HttpResponse {
        let encoding = match self.bytes.len() {
            length if length < WORTH_COMPRESSING => Encoding::Identity,
            _ => wanted_encoding(request),
        };
        let tags = Encoding::ALL.map(|encoding| entity_tag(self.seq, encoding));
        let last_modified = http_date(self.at);
        let caching = match self.caching {
            Caching::Revalidate => REVALIDATE,
            Caching::Seconds(seconds) => {
                HeaderValue::try_from(format!("public, max-age={seconds}")).unwrap_or(REVALIDATE)
            }
        };
        let vary = match self.varies {
            "" => HeaderValue::from_static("Accept-Encoding"),
            more => HeaderValue::try_from(format!("Accept-Encoding, {more}"))
                .unwrap_or(HeaderValue::from_static("Accept-Encoding")),
        };
        let known = known_tag(request, &tags, &last_modified);
        let (status, bytes, tag) = match known {
            Some(tag) => (StatusCode::NOT_MODIFIED, Bytes::new(), tag),
            None => (StatusCode::OK, encoding.encode(&self.bytes), entity_tag(self.seq, encoding)),
        };
        let mut response = HttpResponse::with_body(status, bytes);
        let headers = response.headers_mut();
        headers.reserve(16);
        if status == StatusCode::OK {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
            if encoding != Encoding::Identity {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.token()));
            }
        }
        headers.insert(header::ETAG, tag);
        headers.insert(header::LAST_MODIFIED, last_modified);
        headers.insert(header::CACHE_CONTROL, caching);
        headers.insert(header::VARY, vary);
        headers.insert(REGISTRY_SEQ, snapshot.seq_header().clone());
        response.map_into_boxed_body()
    }
}

/// Answers with bytes that were serialised once, or with 304 when the client has them already.
pub fn prepared(request: &HttpRequest, snapshot: &Snapshot, prepared: &Prepared) -> HttpResponse {
    let (mut response, tag) = match known_tag(request, prepared.tags(), prepared.last_modified()) {
        Some(tag) => (HttpResponse::with_body(StatusCode::NOT_MODIFIED, Bytes::new()), tag),
        None => {
            let encoding = wanted_encoding(request);
            let mut response = HttpResponse::with_body(StatusCode::OK, prepared.bytes(encoding));
            let headers = response.headers_mut();
            headers.reserve(16);
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
            if encoding != Encoding::Identity {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.token()));
            }
            (response, prepared.tag(encoding).clone())
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::LAST_MODIFIED, prepared.last_modified().clone());
    headers.insert(header::CACHE_CONTROL, REVALIDATE);
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(REGISTRY_SEQ, snapshot.seq_header().clone());
    response.map_into_boxed_body()
}

/// Refuses a request that takes no JSON.
pub fn must_accept_json(request: &HttpRequest) -> Result<(), Problem> {
    match request.headers().get(header::ACCEPT) {
        None => Ok(()),
        Some(accept) if accept.as_bytes() == b"*/*" => Ok(()),
        Some(_) => negotiate(request, &[JSON]).map(|_| ()),
    }
}

/// Which of the offered media types the client likes best (RFC 9110 §12.5.1); the first one when it does not say.
pub fn negotiate(request: &HttpRequest, offered: &[&'static str]) -> Result<usize, Problem> {
    let Some(accept) = request.headers().get(header::ACCEPT) else { return Ok(0) };
    let ranges: Vec<_> = accept.to_str().unwrap_or_default().split(',').filter_map(media_range).collect();
    let quality = |media_type: &str| {
        let fitting = ranges.iter().filter_map(|(range, quality)| Some((specificity(range, media_type)?, *quality)));
        fitting.max_by(|a, b| a.0.cmp(&b.0)).map_or(0.0, |(_, quality)| quality)
    };
    let mut best = (0.0, None);
    for (index, media_type) in offered.iter().enumerate() {
        let liked = quality(media_type);
        if liked > best.0 {
            best = (liked, Some(index));
        }
    }
    best.1.ok_or_else(|| {
        let list = offered.join(", ");
        Problem::with_detail(Code::NotAcceptable, format!("可提供的格式：{list}"), format!("offered: {list}"))
    })
}

fn media_range(range: &str) -> Option<(String, f32)> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().filter(|name| name.contains('/'))?.to_ascii_lowercase();
    Some((name, parts.find_map(|part| part.strip_prefix("q=")?.trim().parse().ok()).unwrap_or(1.0)))
}

/// How exactly a range names a media type; `None` when it does not.
fn specificity(range: &str, media_type: &str) -> Option<u8> {
    let media_type = media_type.split(';').next().unwrap_or(media_type);
    match range {
        "*/*" => Some(0),
        _ if range == media_type => Some(2),
        _ => {
            let family = range.strip_suffix("/*")?;
            (media_type.split('/').next() == Some(family)).then_some(1)
        }
    }
}

/// The language that the client prefers.
pub fn language(request: &HttpRequest) -> Language {
    Language::of(request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
}

/// The encoding that the client likes best (RFC 9110 §12.5.3).
fn wanted_encoding(request: &HttpRequest) -> Encoding {
    match request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) {
        None => Encoding::Identity,
        Some(accept) => best_encoding(accept),
    }
}

fn best_encoding(accept: &str) -> Encoding {
    let mut best = (0.0, Encoding::Identity);
    let quality_of = |token: &str| {
        accept.split(',').find_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(token));
            named.then(|| parts.find_map(|part| part.strip_prefix("q=")?.trim().parse::<f32>().ok()).unwrap_or(1.0))
        })
    };
    let any = quality_of("*");
    for encoding in [Encoding::Zstd, Encoding::Brotli, Encoding::Gzip] {
        let quality = quality_of(encoding.token()).or(any).unwrap_or(0.0);
        if quality > best.0 {
            best = (quality, encoding);
        }
    }
    match quality_of("identity") {
        Some(quality) if quality > best.0 => Encoding::Identity,
        _ => best.1,
    }
}

/// The entity tag among `tags` that the client has, by `If-None-Match`, or by `If-Modified-Since` in its absence.
fn known_tag(request: &HttpRequest, tags: &[HeaderValue], last_modified: &HeaderValue) -> Option<HeaderValue> {
    let headers = request.headers();
    if headers.contains_key(header::IF_NONE_MATCH) {
        return headers.get_all(header::IF_NONE_MATCH).find_map(|value| listed_tag(value, tags));
    }
    let since = headers.get(header::IF_MODIFIED_SINCE)?.to_str().ok()?;
    let since = httpdate::parse_http_date(since).ok()?;
    let modified = httpdate::parse_http_date(last_modified.to_str().ok()?).ok()?;
    (modified <= since).then(|| tags.first().cloned())?
}

fn listed_tag(value: &HeaderValue, tags: &[HeaderValue]) -> Option<HeaderValue> {
    let list = value.to_str().ok()?;
    if list.trim() == "*" {
        return tags.first().cloned();
    }
    let mut listed = list.split(',').map(str::trim).map(|tag| tag.strip_prefix("W/").unwrap_or(tag).as_bytes());
    listed.find_map(|tag| tags.iter().find(|known| known.as_bytes() == tag)).cloned()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_best_liked_encoding_is_chosen() {
        assert_eq!(best_encoding("gzip"), Encoding::Gzip);
        assert_eq!(best_encoding("gzip, deflate, br, zstd"), Encoding::Zstd);
        assert_eq!(best_encoding("gzip;q=0.8, br;q=0.9"), Encoding::Brotli);
        assert_eq!(best_encoding("gzip;q=0, *"), Encoding::Zstd);
        assert_eq!(best_encoding("identity, gzip;q=0.5"), Encoding::Identity);
        assert_eq!(best_encoding("deflate"), Encoding::Identity);
    }

    #[test]
    fn the_most_exact_range_decides_over_a_media_type() {
        let pick = |accept: &'static str| {
            let request = TestRequest::default().insert_header((header::ACCEPT, accept)).to_http_request();
            negotiate(&request, &[JSON, "image/svg+xml"]).ok()
        };
        assert_eq!(pick("*/*"), Some(0));
        assert_eq!(pick("image/*, */*;q=0.1"), Some(1));
        assert_eq!(pick("image/svg+xml, application/json;q=0.9"), Some(1));
        assert_eq!(pick("*/*, application/json;q=0"), Some(1));
        assert_eq!(pick("text/html"), None);
    }

    #[test]
    fn a_tag_is_compared_weakly_and_a_date_only_without_tags() {
        let tags = [entity_tag(7, Encoding::Identity), entity_tag(7, Encoding::Gzip)];
        let date = http_date(DateTime::UNIX_EPOCH);
        let known = |name: HeaderName, value: &str| {
            let request = TestRequest::default().insert_header((name, value)).to_http_request();
            known_tag(&request, &tags, &date).is_some()
        };
        let tag = tags[1].to_str().expect("ASCII");
        assert!(known(header::IF_NONE_MATCH, &format!("\"x\", W/{tag}")));
        assert!(known(header::IF_NONE_MATCH, "*"));
        assert!(!known(header::IF_NONE_MATCH, "\"8\""));
        assert!(known(header::IF_MODIFIED_SINCE, "Thu, 01 Jan 1970 00:00:00 GMT"));
        assert!(!known(header::IF_MODIFIED_SINCE, "nonsense"));
    }
}
