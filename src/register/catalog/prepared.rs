//! An answer that is serialised once: its bytes, its compressed twins and the headers that belong to them.

use std::{fmt, sync::Arc, time::SystemTime};

use actix_web::{
    http::header::{HeaderValue, HttpDate},
    web::Bytes,
};
use chrono::{DateTime, Utc};

use super::twins::{Encoding, Twins};
use crate::register::changes::Seq;

/// Version of how records are represented; a part of every entity tag, because another version of the software may
/// write the same record in other bytes (RFC 9110 §8.8.3).
const REPRESENTATION: &str = env!("CARGO_PKG_VERSION");

/// The bytes of one answer, ready to be sent in any encoding.
pub struct Prepared {
    twins: Arc<Twins>,
    tags: [HeaderValue; 4],
    last_modified: HeaderValue,
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
