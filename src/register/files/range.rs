//! Parts of a file (RFC 9110 §14): one range of bytes at a time.

use std::ops::Range;

use actix_web::{
    HttpRequest,
    http::{
        Method,
        header::{self, HeaderValue},
    },
};

/// Which part of a file is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestedRange {
    /// All of it: nothing less is asked for in a way that is understood.
    Whole,
    /// These bytes.
    Bytes(Range<usize>),
    /// None of the bytes that are there.
    Nowhere,
}

/// Reads which part `Range` and `If-Range` of a request ask for, of `length` bytes whose entity tag is `tag`.
pub fn asked(request: &HttpRequest, length: usize, tag: &HeaderValue) -> RequestedRange {
    let text = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let Some(range) = text(header::RANGE).filter(|_| *request.method() == Method::GET) else {
        return RequestedRange::Whole;
    };
    match request.headers().get(header::IF_RANGE) {
        Some(had) if had != tag => RequestedRange::Whole,
        Some(_) | None => read(range, length),
    }
}

fn read(range: &str, length: usize) -> RequestedRange {
    let Some((unit, set)) = range.split_once('=') else { return RequestedRange::Whole };
    // Several ranges may be answered with the whole (§14.2); so must be other units and what cannot be read.
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return RequestedRange::Whole;
    }
    let Some((first, last)) = set.trim().split_once('-') else { return RequestedRange::Whole };
    match (number(first), number(last)) {
        (Some(first), None) if last.is_empty() => between(first, length),
        (Some(first), Some(last)) if first <= last => between(first, length.min(last.saturating_add(1))),
        (None, Some(count)) if first.is_empty() && count > 0 => between(length.saturating_sub(count), length),
        (None, Some(_)) if first.is_empty() => RequestedRange::Nowhere,
        _ => RequestedRange::Whole,
    }
}

fn between(first: usize, end: usize) -> RequestedRange {
    match first < end {
        true => RequestedRange::Bytes(first..end),
        false => RequestedRange::Nowhere,
    }
}

/// Decimal digits; one that is too large counts as the largest.
fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood() {
        assert_eq!(read("bytes=0-3", 10), RequestedRange::Bytes(0..4));
        assert_eq!(read("bytes=4-", 10), RequestedRange::Bytes(4..10));
        assert_eq!(read("bytes=-3", 10), RequestedRange::Bytes(7..10));
        assert_eq!(read("bytes=-30", 10), RequestedRange::Bytes(0..10));
        assert_eq!(read("Bytes=8-99999999999999999999999", 10), RequestedRange::Bytes(8..10));
        assert_eq!(read("bytes=9-9", 10), RequestedRange::Bytes(9..10));
    }

    #[test]
    fn what_lies_beyond_the_end_is_nowhere() {
        for range in ["bytes=10-", "bytes=10-11", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(read(range, 10), RequestedRange::Nowhere, "{range}");
        }
    }

    #[test]
    fn what_cannot_be_read_asks_for_the_whole() {
        for range in
            ["", "bytes", "bytes=", "bytes=a-b", "bytes=3-1", "bytes=-", "lines=0-1", "bytes=0-1,3-4", "bytes=+1-2"]
        {
            assert_eq!(read(range, 10), RequestedRange::Whole, "{range}");
        }
    }
}
