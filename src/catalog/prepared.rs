//! An answer that is serialised once: its bytes, its compressed twins and the headers that belong to them.

use std::{
    fmt,
    io::Write,
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use actix_web::{
    http::header::{HeaderValue, HttpDate},
    web::Bytes,
};
use chrono::{DateTime, Utc};

use crate::changes::Seq;

/// Version of how records are represented; a part of every entity tag, because another version of the software may
/// write the same record in other bytes (RFC 9110 §8.8.3).
const REPRESENTATION: &str = env!("CARGO_PKG_VERSION");

/// How the bytes of an answer are coded (RFC 9110 §8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As they are.
    Identity,
    /// gzip
    Gzip,
    /// Brotli
    Brotli,
    /// Zstandard
    Zstd,
}

/// Bytes and their compressed twins.
pub struct Twins {
    plain: Bytes,
    /// Made when first asked for and kept: a pure function of `plain`.
    encoded: [OnceLock<Option<Bytes>>; 3],
}

/// The bytes of one answer, ready to be sent in any encoding.
pub struct Prepared {
    twins: Arc<Twins>,
    tags: [HeaderValue; 4],
    last_modified: HeaderValue,
}

impl Encoding {
    /// All, in the order of preference among equally liked ones.
    pub const ALL: [Self; 4] = [Self::Zstd, Self::Brotli, Self::Gzip, Self::Identity];

    /// The token of `Content-Encoding`.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Identity => 0,
            Self::Gzip => 1,
            Self::Brotli => 2,
            Self::Zstd => 3,
        }
    }

    /// `bytes` in this encoding; `None` when they could not be encoded.
    pub fn encode(self, bytes: &Bytes) -> Option<Bytes> {
        let encoded = match self {
            Self::Identity => return Some(bytes.clone()),
            Self::Gzip => gzip(bytes),
            Self::Brotli => brotli(bytes),
            Self::Zstd => zstd::bulk::compress(bytes, 3),
        };
        encoded.map(Bytes::from).map_err(|error| log::error!("{} failed: {error}", self.token())).ok()
    }
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 3), flate2::Compression::new(6));
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 5, lgwin: 20, ..Default::default() };
    let mut encoded = Vec::with_capacity(bytes.len() / 3);
    brotli::BrotliCompress(&mut &bytes[..], &mut encoded, &parameters)?;
    Ok(encoded)
}

/// The strong entity tag of what was last altered by change `seq`, of one variant (`""`, or such as `"-svg"` where one
/// address has several) in one encoding: `"412-0.1.0-gzip"`.
pub fn entity_tag(seq: Seq, variant: &str, encoding: Encoding) -> HeaderValue {
    let tag = match encoding {
        Encoding::Identity => format!("\"{seq}-{REPRESENTATION}{variant}\""),
        other => format!("\"{seq}-{REPRESENTATION}{variant}-{}\"", other.token()),
    };
    HeaderValue::try_from(tag).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

/// An HTTP date.
pub fn http_date(at: DateTime<Utc>) -> HeaderValue {
    let date = HttpDate::from(SystemTime::from(at.max(DateTime::UNIX_EPOCH)));
    HeaderValue::try_from(date.to_string())
        .unwrap_or_else(|_| HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
}

impl Twins {
    /// Bytes without twins yet.
    pub fn new(plain: impl Into<Bytes>) -> Self {
        Self { plain: plain.into(), encoded: Default::default() }
    }

    /// The bytes as they are.
    pub fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// Whether [`Twins::bytes`] has nothing to encode any more.
    pub fn is_at_hand(&self, encoding: Encoding) -> bool {
        self.twin(encoding).is_none_or(|twin| twin.get().is_some())
    }

    /// The bytes in an encoding, or as they are where that fails, and which of both; shared, never copied.
    pub fn bytes(&self, encoding: Encoding) -> (Encoding, Bytes) {
        let encoded = self.twin(encoding).and_then(|twin| match twin.get() {
            Some(encoded) => encoded.clone(),
            // Made here and not inside a lock: who asks meanwhile makes the same bytes and does not wait.
            None => {
                let encoded = encoding.encode(&self.plain);
                twin.get_or_init(|| encoded).clone()
            }
        });
        encoded.map_or_else(|| (Encoding::Identity, self.plain.clone()), |bytes| (encoding, bytes))
    }

    fn twin(&self, encoding: Encoding) -> Option<&OnceLock<Option<Bytes>>> {
        self.encoded.get(encoding.index().checked_sub(1)?)
    }
}

impl Prepared {
    /// Bytes that were last altered by change `seq` at `at`.
    pub fn new(plain: impl Into<Bytes>, seq: Seq, at: DateTime<Utc>) -> Self {
        let mut tags = [const { HeaderValue::from_static("\"\"") }; 4];
        for encoding in Encoding::ALL {
            tags[encoding.index()] = entity_tag(seq, "", encoding);
        }
        Self { twins: Arc::new(Twins::new(plain)), tags, last_modified: http_date(at) }
    }

    /// The bytes as they are.
    pub fn plain(&self) -> &Bytes {
        self.twins.plain()
    }

    /// The bytes and their compressed twins.
    pub fn twins(&self) -> &Arc<Twins> {
        &self.twins
    }

    /// The entity tag in an encoding.
    pub fn tag(&self, encoding: Encoding) -> &HeaderValue {
        &self.tags[encoding.index()]
    }

    /// The tags of all encodings: a cache may revalidate any of them.
    pub fn tags(&self) -> &[HeaderValue] {
        &self.tags
    }

    /// When it was last altered.
    pub fn last_modified(&self) -> &HeaderValue {
        &self.last_modified
    }
}

impl PartialEq for Prepared {
    fn eq(&self, other: &Self) -> bool {
        self.plain() == other.plain() && self.tags == other.tags && self.last_modified == other.last_modified
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.tags[0], String::from_utf8_lossy(self.plain()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn every_twin_decodes_to_the_same_bytes_and_has_a_tag_of_its_own() {
        let plain = "低保 ".repeat(400);
        let prepared = Prepared::new(plain.clone(), 7, DateTime::UNIX_EPOCH);
        let mut text = String::new();
        let (_, gzip) = prepared.twins().bytes(Encoding::Gzip);
        flate2::read::GzDecoder::new(&gzip[..]).read_to_string(&mut text).expect("gzip");
        assert_eq!(text, plain);
        let mut decoded = Vec::new();
        brotli::BrotliDecompress(&mut &prepared.twins().bytes(Encoding::Brotli).1[..], &mut decoded).expect("brotli");
        assert_eq!(decoded, plain.as_bytes());
        let zstd = zstd::bulk::decompress(&prepared.twins().bytes(Encoding::Zstd).1, 1 << 20).expect("zstd");
        assert_eq!(zstd, plain.as_bytes());
        let tags: std::collections::BTreeSet<_> = prepared.tags().iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(tags.len(), 4);
    }
}
