//! What all answers have in common: negotiation, conditional requests (RFC 9110 §12, §13), caching and compressed bytes.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody, SizedStream},
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue, HttpDate},
    },
    web::Bytes,
};
use chrono::{DateTime, Utc};
use futures_util::{Stream, future::ready, stream::unfold};
use serde::Serialize;

use crate::{
    base::{
        blocking::{self, Length},
        public_address::Base,
    },
    preference::weighted,
    problem::{Code, FieldError, Language, Problem, Wrong},
    register::{
        catalog::{Encoding, Entry, Prepared, Snapshot, Twins, entity_tag, http_date},
        changes::Seq,
    },
    web::limits::Settlement,
};

/// The last change that is part of an answer.
pub const REGISTRY_SEQ: HeaderName = HeaderName::from_static("registry-seq");
/// The last change that an answer is asked to have.
pub const REGISTRY_SEQ_MIN: HeaderName = HeaderName::from_static("registry-seq-min");
/// The pattern of a route, for figures about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteName(pub &'static str);

/// After how many erasures what an answer shows was read from the register, where that was long after it was asked for.
#[derive(Clone, Copy, Debug)]
pub struct MadeAfter(pub i64);

/// JSON.
pub const JSON: &str = "application/json";
/// Pictures in pixels.
pub const PNG: &str = "image/png";

/// Always revalidated: a 304 costs almost nothing, and a cancelled item must not linger.
const REVALIDATE: HeaderValue = HeaderValue::from_static("public, no-cache");
/// Whoever has it has it for ever.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// `Cache-Control` of an answer that names the register as its request did: no cache may hand it to others.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// What every public answer depends on.
const VARY: HeaderValue = HeaderValue::from_static("Accept-Encoding, Origin");
/// Bodies shorter than this are sent as they are.
const WORTH_COMPRESSING: usize = 860;
/// Bodies longer than this are compressed where work may take its time, and handed to the connection in pieces.
const LONG: usize = 64 << 10;
/// Bodies longer than this take long to compress.
const LONGER: usize = 256 << 10;
/// Bytes that are handed to the connection at a time. It copies them: they are all that a slow reader has of its own.
const PIECE: usize = 16 << 10;

/// Which state of what an answer shows: what its entity tag and `Last-Modified` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// The change that last altered it; 0 for what depends on the software alone.
    pub seq: Seq,
    /// The time of that change.
    pub at: DateTime<Utc>,
    /// Tells the representations of one address apart: `""`, or such as `"-svg"`.
    pub variant: &'static str,
    /// What else the answer depends on, such as the day or the address by which the register is known; 0 for nothing.
    mark: u64,
    /// Whether it names the register as one request did, so that it is for nobody else.
    is_private: bool,
}

/// An answer that is written for one request, or kept for the next that ask for the same.
#[derive(Clone)]
pub struct Written {
    media_type: &'static str,
    body: Arc<Twins>,
    version: Version,
    caching: Caching,
    varies: &'static str,
    is_dense: bool,
}

/// How long an answer may be used without asking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Not at all.
    Revalidate,
    /// So many seconds: a picture of one moment, still to be given up after an erasure.
    Seconds(u32),
    /// For ever: what never changes under its address, and that no erasure touches.
    Immutable,
}

impl Caching {
    /// As the header says it.
    pub fn value(self) -> HeaderValue {
        match self {
            Self::Revalidate => REVALIDATE,
            Self::Immutable => IMMUTABLE,
            Self::Seconds(seconds) => HeaderValue::try_from(format!("public, max-age={seconds}")).unwrap_or(REVALIDATE),
        }
    }
}

impl Version {
    /// The register as `snapshot` shows it.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self::altered(snapshot.seq(), snapshot.at())
    }

    /// What was last altered by this change, at its time.
    pub fn altered(seq: Seq, at: DateTime<Utc>) -> Self {
        Self { seq, at, variant: "", mark: 0, is_private: false }
    }

    /// What a record shows.
    pub fn shown(entry: &Entry) -> Self {
        Self::altered(entry.shown.seq, entry.shown.at)
    }

    /// What changes only with the software.
    pub fn software() -> Self {
        Self::altered(0, DateTime::UNIX_EPOCH)
    }

    /// The same of another representation.
    pub fn variant(self, variant: &'static str) -> Self {
        Self { variant, ..self }
    }

    /// The same of an answer that depends on more than the register. It has no `Last-Modified`: it may differ although
    /// nothing was published.
    pub fn depending_on(self, what: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        (self.mark, what).hash(&mut hasher);
        Self { mark: hasher.finish().max(1), ..self }
    }

    /// Makes the version depend on the register's whole address, which the answer names; private where none is configured.
    pub fn naming(self, base: &Base) -> Self {
        Self { is_private: self.is_private || !base.is_configured, ..self.depending_on(&**base) }
    }

    /// The `Cache-Control` of an answer of this version.
    pub fn cache_control(&self, caching: Caching) -> HeaderValue {
        if self.is_private { PRIVATE } else { caching.value() }
    }

    fn tag(&self, encoding: Encoding) -> HeaderValue {
        match self.mark {
            0 => entity_tag(self.seq, self.variant, encoding),
            mark => entity_tag(self.seq, &format!("{}-{mark:x}", self.variant), encoding),
        }
    }

    fn tags(&self) -> [HeaderValue; 4] {
        Encoding::ALL.map(|encoding| self.tag(encoding))
    }

    fn last_modified(&self) -> Option<HeaderValue> {
        (self.seq > 0 && self.mark == 0).then(|| http_date(self.at))
    }

    /// 304 when the client has this version already: ask before the work of writing it.
    pub fn known(&self, request: &HttpRequest, snapshot: &Snapshot) -> Option<HttpResponse> {
        let last_modified = self.last_modified();
        let tag = known_tag(request, &self.tags(), last_modified.as_ref())?.unworked(request);
        let head = Head { tag, last_modified, caching: self.cache_control(Caching::Revalidate), vary: VARY, snapshot };
        Some(head.respond(StatusCode::NOT_MODIFIED, None, Bytes::new()))
    }
}

impl Written {
    /// A JSON answer about the register as `snapshot` shows it.
    pub fn json(snapshot: &Snapshot, body: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self::text(snapshot, JSON, serde_json::to_vec(body)?))
    }

    /// An answer of any type about the register as `snapshot` shows it.
    pub fn text(snapshot: &Snapshot, media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let version = Version::of(snapshot);
        let body = Arc::new(Twins::new(bytes));
        Self { media_type, body, version, caching: Caching::Revalidate, varies: "", is_dense: media_type == PNG }
    }

    /// The same, of another version.
    pub fn version(self, version: Version) -> Self {
        Self { version, ..self }
    }

    /// The same, cacheable otherwise.
    pub fn cached(self, caching: Caching) -> Self {
        Self { caching, ..self }
    }

    /// The same, depending on one more request header.
    pub fn varying(self, varies: &'static str) -> Self {
        Self { varies, ..self }
    }

    /// The same, never compressed: bytes that look like chance, which nothing makes fewer.
    pub fn as_it_is(self) -> Self {
        Self { is_dense: true, ..self }
    }

    /// The response, or 304 when the client has it already.
    pub fn answer(self, request: &HttpRequest, snapshot: &Snapshot) -> HttpResponse {
        let last_modified = self.version.last_modified();
        let head = |tag| Head {
            tag,
            last_modified: last_modified.clone(),
            caching: self.version.cache_control(self.caching),
            vary: self.vary(),
            snapshot,
        };
        if let Some(known) = known_tag(request, &self.version.tags(), last_modified.as_ref()) {
            return head(known.tag).respond(StatusCode::NOT_MODIFIED, None, Bytes::new());
        }
        let wanted = if self.is_compressible() { wanted_encoding(request) } else { Encoding::Identity };
        encoded((self.media_type, &self.body), wanted, |encoding| self.version.tag(encoding), head)
    }

    /// The bytes as they are.
    pub fn plain(&self) -> &Bytes {
        self.body.plain()
    }

    /// How many bytes it may come to hold: itself and its compressed twins, which together are no longer.
    pub fn weight(&self) -> u64 {
        let length = u64::try_from(self.body.plain().len()).unwrap_or(u64::MAX);
        if self.is_compressible() { length.saturating_mul(2) } else { length }
    }

    /// Pictures are compressed already.
    fn is_compressible(&self) -> bool {
        self.body.plain().len() >= WORTH_COMPRESSING && !self.is_dense
    }

    fn vary(&self) -> HeaderValue {
        match self.varies {
            "" => VARY,
            more => HeaderValue::try_from(format!("Accept-Encoding, Origin, {more}")).unwrap_or(VARY),
        }
    }
}

/// Answers with bytes that were serialised once, or with 304 when the client has them already.
pub fn prepared(request: &HttpRequest, snapshot: &Snapshot, prepared: &Prepared) -> HttpResponse {
    let last_modified = Some(prepared.last_modified());
    let head = |tag| Head { tag, last_modified: last_modified.cloned(), caching: REVALIDATE, vary: VARY, snapshot };
    if let Some(known) = known_tag(request, prepared.tags(), last_modified) {
        return head(known.unworked(request)).respond(StatusCode::NOT_MODIFIED, None, Bytes::new());
    }
    encoded((JSON, prepared.twins()), wanted_encoding(request), |encoding| prepared.tag(encoding).clone(), head)
}

/// An answer that is sent as it is unless [`compressed`] makes it the wanted one first.
struct Uncompressed {
    twins: Arc<Twins>,
    wanted: Encoding,
    tag: HeaderValue,
}

/// An answer in the encoding that is wanted, or as it is where that fails. One that is long, and that nobody asked for in this
/// encoding lately, is left to [`compressed`].
fn encoded<'a>(
    (media_type, twins): (&'static str, &Arc<Twins>),
    wanted: Encoding,
    tag: impl Fn(Encoding) -> HeaderValue,
    head: impl FnOnce(HeaderValue) -> Head<'a>,
) -> HttpResponse {
    let (encoding, bytes) = match twins.at_hand(wanted) {
        Some(bytes) => (wanted, bytes),
        None if twins.plain().len() > LONG => (Encoding::Identity, twins.plain().clone()),
        None => twins.bytes(wanted),
    };
    let is_left = encoding != wanted && bytes.len() > LONG;
    let mut answer = head(tag(encoding)).respond(StatusCode::OK, Some((media_type, encoding)), body(bytes));
    if is_left {
        answer.extensions_mut().insert(Uncompressed { twins: twins.clone(), wanted, tag: tag(wanted) });
    }
    answer
}

/// Whether an answer was left to [`compressed`].
pub fn is_uncompressed(answer: &HttpResponse) -> bool {
    answer.extensions().contains::<Uncompressed>()
}

/// Compresses an answer that was left to be, where work may take its time, for all who ask for the same. It is not promised to the
/// client before: an answer whose head has been sent could only be cut.
///
/// Errors: 503 when there is no place for it in time.
pub async fn compressed(mut answer: HttpResponse) -> Result<HttpResponse, Problem> {
    let left = answer.extensions_mut().remove::<Uncompressed>();
    let Some(Uncompressed { twins, wanted, tag }) = left else { return Ok(answer) };
    let length = if twins.plain().len() > LONGER { Length::Long } else { Length::Short };
    let (encoding, bytes) = blocking::run_as(length, move || twins.bytes(wanted)).await?;
    if encoding != wanted {
        return Ok(answer);
    }
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(wanted.token()));
    headers.insert(header::ETAG, tag);
    Ok(answer.set_body(body(bytes)))
}

/// A body of bytes that are shared: the connection copies no more of a long one than it can send.
pub fn body(bytes: Bytes) -> BoxBody {
    match bytes.len() > LONG {
        true => SizedStream::new(bytes.len() as u64, Box::pin(pieces(bytes))).boxed(),
        false => bytes.boxed(),
    }
}

/// Streams the bytes piece by piece.
fn pieces(bytes: Bytes) -> impl Stream<Item = Result<Bytes, Problem>> {
    unfold(bytes, |mut rest| {
        let piece = rest.split_to(rest.len().min(PIECE));
        ready((!piece.is_empty()).then_some((Ok(piece), rest)))
    })
}

/// An answer of any length whose body is written while it is sent, or 304 when the client has it already. A body that
/// `is_encoded` is so in the encoding that [`wanted_encoding`] names.
pub fn streamed(
    request: &HttpRequest,
    snapshot: &Snapshot,
    (media_type, is_encoded): (&'static str, bool),
    (version, caching): (Version, Caching),
    body: BoxBody,
) -> Result<HttpResponse, Problem> {
    if let Some(unchanged) = version.known(request, snapshot) {
        return Ok(unchanged);
    }
    let encoding = if is_encoded { wanted_encoding(request) } else { Encoding::Identity };
    let (tag, last_modified) = (version.tag(encoding), version.last_modified());
    let head = Head { tag, last_modified, caching: version.cache_control(caching), vary: VARY, snapshot };
    Ok(head.respond(StatusCode::OK, Some((media_type, encoding)), body))
}

/// The headers that every public answer has.
struct Head<'a> {
    tag: HeaderValue,
    last_modified: Option<HeaderValue>,
    caching: HeaderValue,
    vary: HeaderValue,
    snapshot: &'a Snapshot,
}

impl Head<'_> {
    fn respond(
        self,
        status: StatusCode,
        content: Option<(&'static str, Encoding)>,
        body: impl MessageBody + 'static,
    ) -> HttpResponse {
        let mut response = HttpResponse::with_body(status, body);
        let headers = response.headers_mut();
        // Once for all: the map would grow in steps otherwise.
        headers.reserve(16);
        if let Some((media_type, encoding)) = content {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
            if encoding != Encoding::Identity {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.token()));
            }
        }
        headers.insert(header::ETAG, self.tag);
        if let Some(date) = self.last_modified {
            headers.insert(header::LAST_MODIFIED, date);
        }
        headers.insert(header::CACHE_CONTROL, self.caching);
        headers.insert(header::VARY, self.vary);
        headers.insert(REGISTRY_SEQ, self.snapshot.seq_header().clone());
        response.map_into_boxed_body()
    }
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
    if !request.headers().contains_key(header::ACCEPT) {
        return Ok(0);
    }
    let lines = request.headers().get_all(header::ACCEPT).filter_map(|line| line.to_str().ok());
    let ranges: Vec<_> = lines.flat_map(weighted).filter(|(range, _)| range.contains('/')).collect();
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
            .naming(FieldError::header("Accept", Wrong::NotInCodeList(list)))
    })
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
pub fn wanted_encoding(request: &HttpRequest) -> Encoding {
    match request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) {
        None => Encoding::Identity,
        Some(accept) => best_encoding(accept),
    }
}

fn best_encoding(accept: &str) -> Encoding {
    let accepted: Vec<_> = weighted(accept).collect();
    let quality_of = |token: &str| accepted.iter().find(|(name, _)| name == token).map(|(_, quality)| *quality);
    let any = quality_of("*");
    let mut best = (0.0, Encoding::Identity);
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

/// Whether the client has what has this entity tag, by `If-None-Match`.
pub fn has_tag(request: &HttpRequest, tag: &HeaderValue) -> bool {
    known_by_tag(request, std::slice::from_ref(tag)).is_some()
}

/// Returns whether the client has what has this tag and, as nothing was worked out yet, lets one that named it pay nothing.
pub fn has_tag_of_what_is_ready(request: &HttpRequest, tag: &HeaderValue) -> bool {
    known_by_tag(request, std::slice::from_ref(tag)).map(|known| known.unworked(request)).is_some()
}

/// The version that a client has already.
struct Known {
    tag: HeaderValue,
    /// Whether it named the tag, and did not just say `*` or a date, which anybody can.
    is_named: bool,
}

impl Known {
    /// The tag, of an answer for which nothing was worked out: who named it is given back what the request cost.
    fn unworked(self, request: &HttpRequest) -> HeaderValue {
        if self.is_named {
            request.extensions_mut().insert(Settlement::Unchanged);
        }
        self.tag
    }
}

/// The entity tag among `tags` that the client has, by `If-None-Match`, or by `If-Modified-Since` in its absence.
fn known_tag(request: &HttpRequest, tags: &[HeaderValue], last_modified: Option<&HeaderValue>) -> Option<Known> {
    let headers = request.headers();
    if headers.contains_key(header::IF_NONE_MATCH) {
        return known_by_tag(request, tags);
    }
    let since = headers.get(header::IF_MODIFIED_SINCE)?.to_str().ok()?;
    let since: HttpDate = since.parse().ok()?;
    let modified: HttpDate = last_modified?.to_str().ok()?.parse().ok()?;
    (modified <= since).then(|| tags.first().cloned())?.map(|tag| Known { tag, is_named: false })
}

fn known_by_tag(request: &HttpRequest, tags: &[HeaderValue]) -> Option<Known> {
    request.headers().get_all(header::IF_NONE_MATCH).find_map(|value| listed_tag(value, tags))
}

fn listed_tag(value: &HeaderValue, tags: &[HeaderValue]) -> Option<Known> {
    let list = value.to_str().ok()?;
    if list.trim() == "*" {
        return tags.first().cloned().map(|tag| Known { tag, is_named: false });
    }
    let mut listed = list.split(',').map(str::trim).map(|tag| tag.strip_prefix("W/").unwrap_or(tag).as_bytes());
    let tag = listed.find_map(|tag| tags.iter().find(|known| known.as_bytes() == tag)).cloned()?;
    Some(Known { tag, is_named: true })
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::pin};

    use actix_web::{body::BodySize, test::TestRequest};

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

    /// The bytes of a body that comes in pieces.
    async fn whole(answer: HttpResponse) -> Vec<u8> {
        let mut body = pin!(answer.into_body());
        let mut bytes = Vec::new();
        while let Some(piece) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {
            let piece = piece.expect("it is at hand");
            assert!(piece.len() <= PIECE);
            bytes.extend_from_slice(&piece);
        }
        bytes
    }

    #[actix_web::test]
    async fn a_long_answer_is_compressed_before_it_is_sent_and_comes_in_pieces() {
        let plain = "低保 ".repeat(20_000);
        let written = Written::text(&Snapshot::empty(&[]), "text/plain", plain.clone());
        for encoding in [Encoding::Brotli, Encoding::Zstd, Encoding::Identity] {
            let request = TestRequest::default().insert_header((header::ACCEPT_ENCODING, encoding.token()));
            let request = request.to_http_request();
            for is_made in [false, true] {
                let answer = written.clone().answer(&request, &Snapshot::empty(&[]));
                assert_eq!(is_uncompressed(&answer), !is_made && encoding != Encoding::Identity);
                let answer = compressed(answer).await.expect("there is a place");
                assert!(!is_uncompressed(&answer) && matches!(answer.body().size(), BodySize::Sized(_)));
                let told = |name: HeaderName| answer.headers().get(name).cloned();
                let encoded = told(header::CONTENT_ENCODING).unwrap_or(HeaderValue::from_static("identity"));
                assert_eq!(encoded, encoding.token());
                assert_eq!(told(header::ETAG), Some(written.version.tag(encoding)));
                assert_eq!(whole(answer).await, encoding.encode(&plain.clone().into()).expect("it can be"));
            }
        }
    }

    #[actix_web::test]
    async fn a_long_answer_that_nobody_compresses_is_whole_and_says_that_it_is_as_it_is() {
        let plain = "低保 ".repeat(20_000);
        let written = Written::text(&Snapshot::empty(&[]), "text/plain", plain.clone());
        let request = TestRequest::default().insert_header((header::ACCEPT_ENCODING, "br")).to_http_request();
        let answer = written.clone().answer(&request, &Snapshot::empty(&[]));
        assert!(!answer.headers().contains_key(header::CONTENT_ENCODING));
        assert_eq!(answer.headers().get(header::ETAG), Some(&written.version.tag(Encoding::Identity)));
        assert_eq!(whole(answer).await, plain.as_bytes());
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
    fn what_depends_on_more_than_the_register_has_a_tag_of_its_own_and_no_date() {
        let plain = Version { seq: 7, ..Version::software() };
        let (monday, tuesday) = (plain.depending_on("1"), plain.depending_on("2"));
        assert_ne!(monday.tags()[0], tuesday.tags()[0]);
        assert_eq!(monday.tags(), plain.depending_on("1").tags());
        assert!(plain.last_modified().is_some() && monday.last_modified().is_none());
    }

    #[test]
    fn a_tag_is_compared_weakly_and_a_date_only_without_tags() {
        let tags = [entity_tag(7, "", Encoding::Identity), entity_tag(7, "", Encoding::Gzip)];
        let date = http_date(DateTime::UNIX_EPOCH);
        let known = |name: HeaderName, value: &str| {
            let request = TestRequest::default().insert_header((name, value)).to_http_request();
            known_tag(&request, &tags, Some(&date)).map(|known| known.is_named)
        };
        let tag = tags[1].to_str().expect("ASCII");
        assert_eq!(known(header::IF_NONE_MATCH, &format!("\"x\", W/{tag}")), Some(true));
        assert_eq!(known(header::IF_NONE_MATCH, "*"), Some(false));
        assert_eq!(known(header::IF_NONE_MATCH, "\"8\""), None);
        assert_eq!(known(header::IF_MODIFIED_SINCE, "Thu, 01 Jan 1970 00:00:00 GMT"), Some(false));
        assert_eq!(known(header::IF_MODIFIED_SINCE, "nonsense"), None);
    }
}
