//! The headers that every public answer has, caching among them.

use actix_web::{
    HttpResponse,
    body::MessageBody,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};

use crate::register::catalog::{Encoding, Snapshot};

/// The last change that is part of an answer.
pub const REGISTRY_SEQ: HeaderName = HeaderName::from_static("registry-seq");
/// The last change that an answer is asked to have.
pub const REGISTRY_SEQ_MIN: HeaderName = HeaderName::from_static("registry-seq-min");

/// Always revalidated: a 304 costs almost nothing, and a cancelled item must not linger.
pub const REVALIDATE: HeaderValue = HeaderValue::from_static("public, no-cache");
/// Cacheable indefinitely.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// `Cache-Control` of an answer that names the register as its request did: no cache may hand it to others.
pub const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// The request headers on which every public answer depends.
pub const VARY: HeaderValue = HeaderValue::from_static("Accept-Encoding, Origin");

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
    /// The value of `Cache-Control`.
    pub fn value(self) -> HeaderValue {
        match self {
            Self::Revalidate => REVALIDATE,
            Self::Immutable => IMMUTABLE,
            Self::Seconds(seconds) => HeaderValue::try_from(format!("public, max-age={seconds}")).unwrap_or(REVALIDATE),
        }
    }
}

/// The headers that every public answer has.
pub struct Head<'a> {
    /// Entity tag.
    pub tag: HeaderValue,
    /// Time of the last change of its content.
    pub last_modified: Option<HeaderValue>,
    /// `Cache-Control`.
    pub caching: HeaderValue,
    /// The request headers on which it depends.
    pub vary: HeaderValue,
    /// The register that it shows.
    pub snapshot: &'a Snapshot,
}

impl Head<'_> {
    /// The response with this body; `content` is its media type and encoding.
    pub fn respond(
        self,
        status: StatusCode,
        content: Option<(&'static str, Encoding)>,
        body: impl MessageBody + 'static,
    ) -> HttpResponse {
        let mut response = HttpResponse::with_body(status, body);
        let headers = response.headers_mut();
        // Reserved at once: the map would grow in steps otherwise.
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
