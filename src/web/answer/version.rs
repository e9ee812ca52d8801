//! The version of an answer: its entity tag and `Last-Modified`.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::HeaderValue},
    web::Bytes,
};
use chrono::{DateTime, Utc};

use super::{
    conditions::known_tag,
    head::{Caching, Head, PRIVATE, VARY},
};
use crate::{
    base::public_address::Base,
    register::{
        catalog::{Encoding, Entry, Snapshot, entity_tag, http_date},
        changes::Seq,
    },
};

/// The state that an answer shows, as its entity tag and `Last-Modified` say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// The change that last altered it; 0 for what depends on the software alone.
    pub seq: Seq,
    /// The time of that change.
    pub at: DateTime<Utc>,
    /// Tells the representations of one address apart: `""`, or such as `"-svg"`.
    pub variant: &'static str,
    /// A hash of whatever else the answer depends on, such as the day or the address by which the register is known; 0 for nothing.
    mark: u64,
    /// Whether it names the register as one request did, so that it is for nobody else.
    is_private: bool,
}

impl Version {
    /// The register as `snapshot` shows it.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self::altered(snapshot.seq(), snapshot.at())
    }

    /// The version of an answer that this change altered last, at its time.
    pub fn altered(seq: Seq, at: DateTime<Utc>) -> Self {
        Self { seq, at, variant: "", mark: 0, is_private: false }
    }

    /// The version of a record, with all that it shows of others.
    pub fn shown(entry: &Entry) -> Self {
        Self::altered(entry.shown.seq, entry.shown.at)
    }

    /// The version of an answer that changes only with the software.
    pub fn software() -> Self {
        Self::altered(0, DateTime::UNIX_EPOCH)
    }

    /// The version of another representation.
    pub fn variant(self, variant: &'static str) -> Self {
        Self { variant, ..self }
    }

    /// Makes the version depend on more than the register. It has no `Last-Modified` then: the answer may differ although
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

    /// The entity tag in this encoding.
    pub(super) fn tag(&self, encoding: Encoding) -> HeaderValue {
        match self.mark {
            0 => entity_tag(self.seq, self.variant, encoding),
            mark => entity_tag(self.seq, &format!("{}-{mark:x}", self.variant), encoding),
        }
    }

    /// The entity tags in every encoding.
    pub(super) fn tags(&self) -> [HeaderValue; 4] {
        Encoding::ALL.map(|encoding| self.tag(encoding))
    }

    /// `Last-Modified`, unless the answer depends on more than the register.
    pub(super) fn last_modified(&self) -> Option<HeaderValue> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_more_than_the_register_has_a_tag_of_its_own_and_no_date() {
        let plain = Version { seq: 7, ..Version::software() };
        let (monday, tuesday) = (plain.depending_on("1"), plain.depending_on("2"));
        assert_ne!(monday.tags()[0], tuesday.tags()[0]);
        assert_eq!(monday.tags(), plain.depending_on("1").tags());
        assert!(plain.last_modified().is_some() && monday.last_modified().is_none());
    }
}
