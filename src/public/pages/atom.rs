//! `GET /v1/changes.atom`: the log for people's feed readers (RFC 4287, paged by RFC 5005), newest first.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, PreEscaped, html};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Builder;

use super::{
    changes::{LogLine, newest},
    view::path,
};
use crate::{
    base::{blocking, public_address::public_base},
    model::kinds::Kind,
    problem::{Problem, Wrong},
    register::{
        catalog::{Catalog, Entry, Snapshot, instant},
        changes::{self, Change, Seq},
        db::DbError,
    },
    values::code_lists::Action,
    web::{
        answer::{Version, Written, negotiate},
        contract::{Operation, query_parameter},
        interest::Interest,
        query::Parameters,
        routes::with_parameter,
    },
};

/// The media type of Atom.
const ATOM: &str = "application/atom+xml";

/// `GET /v1/changes.atom`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    negotiate(request, &[ATOM])?;
    let snapshot = catalog.snapshot();
    let mut parameters = Parameters::read(request.query_string());
    let before = parameters.parsed("before", |text| {
        let seq = text.parse().map_err(|_| Wrong::WrongType("integer".into()))?;
        if seq > 0 { Ok(seq) } else { Err(Wrong::OutOfRange("≥ 1".into())) }
    });
    let interest = Interest::from_query(&mut parameters, &snapshot);
    parameters.finish()?;
    let base = public_base(request);
    let version = Version::of(&snapshot).naming(&base);
    if let Some(unchanged) = version.known(request, &snapshot) {
        return Ok(unchanged);
    }
    let (register, named) = (snapshot.clone(), base.clone());
    let (entries, next) = blocking::run_long(move || entries(&register, &interest, before, &named)).await??;
    let at = |query: &str| if query.is_empty() { request.path().into() } else { format!("{}?{query}", request.path()) };
    let next = next.map(|next| format!("{base}{}", at(&with_parameter(request, "before", &next.to_string()))));
    let own = format!("{base}{}", at(request.query_string()));
    let document = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
        feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN" {
            id { (feed_id(&snapshot)?) }
            title { "清单变更" }
            subtitle { "权责清单、公共服务事项清单的每一次公布" }
            updated { (instant(snapshot.at())) }
            link rel="self" type=(ATOM) href=(own) {}
            link rel="alternate" type="text/html" href=(format!("{base}/changes")) {}
            @if let Some(next) = &next { link rel="next" type=(ATOM) href=(next) {} }
            (entries)
        }
    };
    Ok(Written::text(&snapshot, ATOM, document.into_string()).version(version).answer(request, &snapshot))
}

/// The entries of a page, and before which change the next one goes on.
fn entries(
    snapshot: &Snapshot,
    interest: &Interest,
    before: Option<Seq>,
    base: &str,
) -> Result<(Markup, Option<Seq>), Problem> {
    let (lines, next) = newest(snapshot, before, |seq| Ok(interest.includes(snapshot, seq)?))?;
    Ok((html! { @for line in &lines { (entry(line, base)?) } }, next))
}

fn entry((kind, entry, change): &LogLine<'_>, base: &str) -> Result<Markup, Problem> {
    let name = name(kind, entry, change)?;
    let document = change.document.as_ref();
    let decision = document.map(|document| {
        let date = document.date.map(|date| date.to_string());
        let marks: Vec<_> = document.number.iter().chain(&date).map(String::as_str).collect();
        let marks = if marks.is_empty() { String::new() } else { format!("（{}）", marks.join("，")) };
        format!("{}{marks}", document.title)
    });
    Ok(html! {
        entry {
            id { (id(&changes::leaf(change)?)) }
            title { (change.action.code().label) (kind.chinese) "：" (name) }
            updated { (instant(change.published_at)) }
            published { (instant(change.published_at)) }
            author { name { (change.by.name) } }
            category term=(kind.name) label=(kind.chinese) {}
            link rel="alternate" type="text/html" href=(format!("{base}{}", path(kind, &entry.key))) {}
            link rel="related" type="application/json" href=(format!("{base}/v1/{}/{}", kind.path, entry.key)) {}
            summary type="text" {
                "第 " (change.revision) " 次修订，序号 " (change.seq) "。"
                @if let Some(reason) = &change.reason { "原因：" (reason) "。" }
                @if let Some(decision) = &decision { "依据：" (decision) "。" }
                @if let Some(successor) = &change.successor {
                    @if change.action == Action::Renumber { "新编码：" } @else { "承接：" } (successor) "。"
                }
                @if let Some(former) = entry.former_successor(change) { "恢复前承接：" (former) "。" }
            }
        }
    })
}

/// The name that the record had then; its code where nobody can tell any more.
fn name(kind: &Kind, entry: &Entry, change: &Change) -> Result<String, Problem> {
    let revision = entry.revision(change.revision).filter(|_| change.action != Action::Erase);
    let text = revision.map(|revision| revision.text()).transpose()?.flatten();
    match text {
        Some(text) => Ok((kind.index)(&text).map_err(DbError::from)?.title),
        None => Ok(change.key.clone()),
    }
}

/// An id that depends on nothing but what the log says: the same on every mirror and under every address (RFC 9562 §5.8).
fn id(named: &[u8]) -> String {
    let hash = Sha256::digest(named);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Builder::from_custom_bytes(bytes).into_uuid().urn().to_string()
}

/// The register is told from others by how it began.
fn feed_id(snapshot: &Snapshot) -> Result<String, Problem> {
    let first = snapshot.first_change().map(changes::leaf).transpose()?.unwrap_or_default();
    Ok(id(&[b"changes.atom ", first.as_slice()].concat()))
}

/// Describes this endpoint for OpenAPI.
pub fn describe(path: &str) -> Operation {
    Operation {
        answers: vec![(ATOM, json!({ "type": "string" }))],
        ..Operation::json("read_changes", "changes", path, json!({}))
    }
    .says(
        "变更订阅 · Changes for feed readers",
        "Atom (RFC 4287), newest first: what happened to what, why and on what decision, with a link to the record's page. Ids \
         are the same on every mirror. `rel=\"next\"` leads to what came before. It takes the filters of `/v1/changes`.",
    )
    .takes([query_parameter(
        "before",
        "截至 · Only changes before this seq.",
        json!({ "type": "integer", "format": "int64", "minimum": 1 }),
        "300",
    )])
    .takes(crate::public::feed::filters())
    .shown_by(format!("{path}?before=3"))
}
