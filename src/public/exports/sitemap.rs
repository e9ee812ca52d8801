//! `/sitemap.xml` and `/robots.txt`: what search engines should find, and what they need not ask for.

use std::{fmt::Write, sync::Arc};

use actix_web::{HttpRequest, HttpResponse};

use crate::{
    base::{blocking, public_address::public_base},
    model::kinds::Kind,
    problem::{Code, Problem},
    register::catalog::{Catalog, Entry, Order, Snapshot, instant},
    web::{
        answer::{Caching, Version, Written},
        rendered,
        routes::{no_parameters, part},
    },
};

/// Addresses of one sitemap at most (sitemaps.org).
const MOST: usize = 50_000;
const XML: &str = "application/xml; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
/// Pages that show lists.
const LISTS: [&str; 10] = [
    "/",
    "/lists/power",
    "/lists/responsibility",
    "/lists/service",
    "/fees",
    "/organisations",
    "/places",
    "/legal-instruments",
    "/intermediaries",
    "/clean-ups",
];

/// Answers `/robots.txt`.
pub async fn robots(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let (snapshot, base) = (catalog.snapshot(), public_base(request));
    let text = format!(
        "User-agent: *\nDisallow: /search\nDisallow: /v1/\nAllow: /v1/items/*/guide\nAllow: /v1/catalog.jsonld\n\nSitemap: {base}/sitemap.xml\n"
    );
    let version = Version::software().naming(&base);
    let answer = Written::text(&snapshot, TEXT, text).version(version).cached(Caching::Seconds(3600));
    Ok(answer.answer(request, &snapshot))
}

/// Answers `/sitemap.xml`: all pages, or where they are too many the sitemaps that hold them.
pub async fn whole(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    let snapshot = catalog.snapshot();
    let count = count(&snapshot);
    let write = move |snapshot: &Snapshot, base: &str| match count <= MOST {
        true => urls(snapshot, base, 0),
        false => index(base, count),
    };
    send(request, snapshot, "", write).await
}

/// Answers `/sitemaps/{n}.xml`.
pub async fn one(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    let snapshot = catalog.snapshot();
    let file = part(request, "file")?;
    let number = file.strip_suffix(".xml").and_then(|number| number.parse::<usize>().ok());
    let number = number.filter(|number| *number < sitemaps(count(&snapshot))).ok_or(Code::NotFound)?;
    send(request, snapshot, &number.to_string(), move |snapshot, base| urls(snapshot, base, number)).await
}

async fn send(
    request: &HttpRequest,
    snapshot: Arc<Snapshot>,
    which: &str,
    write: impl FnOnce(&Snapshot, &str) -> String + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let base = public_base(request);
    let version = Version::of(&snapshot).naming(&base);
    if let Some(unchanged) = version.known(request, &snapshot) {
        return Ok(unchanged);
    }
    let written = async {
        let register = snapshot.clone();
        let text = blocking::run_long(move || write(&register, &base)).await?;
        Ok(Written::text(&snapshot, XML, text))
    };
    let sitemap = rendered::kept(request, "sitemap", which, version, written).await?;
    Ok(sitemap.answer(request, &snapshot))
}

/// How many pages there are.
fn count(snapshot: &Snapshot) -> usize {
    pages(snapshot).count() + LISTS.len()
}

/// The records that have pages of their own, kind by kind.
fn pages(snapshot: &Snapshot) -> impl Iterator<Item = (&'static Kind, &Entry)> {
    let shelves = snapshot.kinds().filter_map(|kind| snapshot.shelf(kind.name));
    shelves.flat_map(|shelf| {
        shelf.walk(Order::Key, None).filter(|entry| entry.is_listed()).map(|entry| (shelf.kind, &**entry))
    })
}

fn urls(snapshot: &Snapshot, base: &str, number: usize) -> String {
    let mut text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"{NAMESPACE}\">\n");
    let lists = LISTS.iter().map(|path| ((*path).to_owned(), snapshot.at()));
    let records = pages(snapshot).map(|(kind, entry)| {
        let path = match kind.name {
            "item" => format!("/v1/items/{}/guide", entry.key),
            _ => format!("/{}/{}", kind.path, entry.key),
        };
        (path, entry.shown.at)
    });
    for (path, at) in lists.chain(records).skip(number * MOST).take(MOST) {
        // Codes and paths hold no sign that XML would take for its own.
        let _ = writeln!(text, "<url><loc>{}{path}</loc><lastmod>{}</lastmod></url>", escaped(base), instant(at));
    }
    text.push_str("</urlset>\n");
    text
}

fn index(base: &str, count: usize) -> String {
    let mut text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex xmlns=\"{NAMESPACE}\">\n");
    for number in 0..sitemaps(count) {
        let _ = writeln!(text, "<sitemap><loc>{}/sitemaps/{number}.xml</loc></sitemap>", escaped(base));
    }
    text.push_str("</sitemapindex>\n");
    text
}

/// How many sitemaps so many pages take.
fn sitemaps(pages: usize) -> usize {
    pages.div_ceil(MOST)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_names_as_many_sitemaps_as_the_pages_take() {
        let named = |count| {
            let index = index("https://a.example/?x&y", count);
            let names = index.lines().filter_map(|line| {
                line.strip_prefix("<sitemap><loc>https://a.example/?x&amp;y/sitemaps/")?
                    .strip_suffix(".xml</loc></sitemap>")
            });
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(named(MOST + 1), ["0", "1"]);
        assert_eq!(named(2 * MOST), ["0", "1"]);
        assert_eq!(named(2 * MOST + 1), ["0", "1", "2"]);
    }
}
