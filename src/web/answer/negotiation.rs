//! Content negotiation (RFC 9110 §12.5): media type, language and encoding.

use actix_web::{HttpRequest, http::header};

use crate::{
    preference::weighted,
    problem::{Code, FieldError, Language, Problem, Wrong},
    register::catalog::Encoding,
};

/// JSON.
pub const JSON: &str = "application/json";
/// Pictures in pixels.
pub const PNG: &str = "image/png";

/// Refuses a request that takes no JSON.
pub fn must_accept_json(request: &HttpRequest) -> Result<(), Problem> {
    match request.headers().get(header::ACCEPT) {
        None => Ok(()),
        Some(accept) if accept.as_bytes() == b"*/*" => Ok(()),
        Some(_) => negotiate(request, &[JSON]).map(|_| ()),
    }
}

/// The index of the offered media type that the client likes best (RFC 9110 §12.5.1); 0 when it does not say.
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
}
