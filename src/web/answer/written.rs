//! Answers in bytes: written for one request or kept for many, prepared with the snapshot, or streamed.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    body::BoxBody,
    http::{StatusCode, header::HeaderValue},
    web::Bytes,
};
use serde::Serialize;

use super::{
    body::encoded,
    conditions::known_tag,
    head::{Caching, Head, REVALIDATE, VARY},
    negotiation::{JSON, PNG, wanted_encoding},
    version::Version,
};
use crate::{
    problem::Problem,
    register::catalog::{Encoding, Prepared, Snapshot, Twins},
};

/// Bodies shorter than this are sent as they are.
pub const WORTH_COMPRESSING: usize = 860;

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

    /// Sets the version.
    pub fn version(self, version: Version) -> Self {
        Self { version, ..self }
    }

    /// Sets how long it may be used without asking again.
    pub fn cached(self, caching: Caching) -> Self {
        Self { caching, ..self }
    }

    /// Says that it depends on one more request header.
    pub fn varying(self, varies: &'static str) -> Self {
        Self { varies, ..self }
    }

    /// Never compresses it: its bytes look like chance, and nothing makes them fewer.
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

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::pin};

    use actix_web::{
        body::{BodySize, MessageBody},
        http::header::{self, HeaderName},
        test::TestRequest,
    };

    use super::*;
    use crate::web::answer::body::{PIECE, compressed, is_uncompressed};

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
}
