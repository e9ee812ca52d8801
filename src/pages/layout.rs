//! What all pages share: the frame, the style, the headers.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HeaderName, HeaderValue},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{
    answer::{Version, Written},
    catalog::Snapshot,
    problem::Language,
};

const HTML: &str = "text/html; charset=utf-8";
/// Nothing from elsewhere, no script, no frame.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";
const STYLE: &str = concat!(include_str!("style.css"), include_str!("fee_quote.css"));

/// A whole page.
pub fn page(language: Language, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body { (content) }
        }
    }
}

/// The answer that sends a page about the register as `snapshot` shows it.
pub fn answer(request: &HttpRequest, snapshot: &Snapshot, version: Version, page: Markup) -> HttpResponse {
    let written = Written::text(snapshot, HTML, page.into_string()).version(version).varying("Accept");
    let mut answer = written.answer(request, snapshot);
    let headers = answer.headers_mut();
    headers.insert(HeaderName::from_static("content-security-policy"), HeaderValue::from_static(POLICY));
    answer
}
