//! Conditional requests (RFC 9110 §13): whether the client has an answer already.

use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{self, HeaderValue, HttpDate},
};

use super::tags::as_sent;
use crate::web::limits::Settlement;

/// Whether the client has the answer with this entity tag, by `If-None-Match`.
pub fn has_tag(request: &HttpRequest, tag: &HeaderValue) -> bool {
    known_by_tag(request, std::slice::from_ref(tag)).is_some()
}

/// Whether the client has the answer with this entity tag; as nothing was worked out yet, one that named the tag pays nothing.
pub fn has_tag_of_what_is_ready(request: &HttpRequest, tag: &HeaderValue) -> bool {
    known_by_tag(request, std::slice::from_ref(tag)).map(|known| known.unworked(request)).is_some()
}

/// The version that a client has already.
pub struct Known {
    /// Its entity tag.
    pub tag: HeaderValue,
    /// Whether it named the tag, and did not just say `*` or a date, which anybody can.
    is_named: bool,
}

impl Known {
    /// The tag, of an answer for which nothing was worked out: who named it is given back what the request cost.
    pub fn unworked(self, request: &HttpRequest) -> HeaderValue {
        if self.is_named {
            request.extensions_mut().insert(Settlement::Unchanged);
        }
        self.tag
    }
}

/// The entity tag among `tags` that the client has, by `If-None-Match`, or by `If-Modified-Since` in its absence.
pub fn known_tag(request: &HttpRequest, tags: &[HeaderValue], last_modified: Option<&HeaderValue>) -> Option<Known> {
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
    let mut listed = list.split(',').map(|tag| tag.trim().strip_prefix("W/").unwrap_or(tag.trim()));
    let exact = listed.clone().find_map(|tag| tags.iter().find(|known| known.as_bytes() == tag.as_bytes()));
    let tag = exact.or_else(|| listed.find_map(|tag| sent_as(tag, tags)))?;
    Some(Known { tag: tag.clone(), is_named: true })
}

/// The tag of ours that a proxy has made this one of.
fn sent_as<'a>(tag: &str, tags: &'a [HeaderValue]) -> Option<&'a HeaderValue> {
    let ours = as_sent(tag)?;
    tags.iter().find(|known| known.to_str().ok().and_then(unquoted) == Some(ours))
}

fn unquoted(tag: &str) -> Option<&str> {
    tag.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header::HeaderName, test::TestRequest};
    use chrono::DateTime;

    use super::*;
    use crate::register::catalog::{Encoding, entity_tag, http_date};

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
        let plain = tags[0].to_str().expect("ASCII").trim_matches('"');
        for proxied in ["W/\"TAG\"", "\"TAG--gzip\"", "\"TAG;gzip\"", "W/\"TAG-deflate\"", "\"x-gzip\", \"TAG-br\""] {
            assert_eq!(known(header::IF_NONE_MATCH, &proxied.replace("TAG", plain)), Some(true), "{proxied}");
        }
        assert_eq!(known(header::IF_NONE_MATCH, "\"8-gzip\""), None);
        assert_eq!(known(header::IF_NONE_MATCH, "*"), Some(false));
        assert_eq!(known(header::IF_NONE_MATCH, "\"8\""), None);
        assert_eq!(known(header::IF_MODIFIED_SINCE, "Thu, 01 Jan 1970 00:00:00 GMT"), Some(false));
        assert_eq!(known(header::IF_MODIFIED_SINCE, "nonsense"), None);
    }
}
