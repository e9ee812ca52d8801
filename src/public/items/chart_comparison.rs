//! How the workflow charts of two revisions of an item differ, drawn.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::{
    base::blocking,
    charts::{Chart, Heading, difference_svg},
    model::items::KIND,
    problem::{Code, Problem},
    register::catalog::{Catalog, Entry},
    values::local_time,
    web::{
        answer::{Version, Written, negotiate},
        one::{TwoRevisions, revision_body},
        picture::Picture,
        query::Parameters,
        rendered,
        routes::{ReadError, named},
    },
};

/// The media type of drawings.
pub const SVG: &str = "image/svg+xml";

/// Answers the drawing of two revisions of an item's chart.
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    let mut parameters = Parameters::read(request.query_string());
    let two = TwoRevisions::from_query(&mut parameters);
    negotiate(request, &[SVG])?;
    let picture = Picture::asked(catalog, parameters).await?;
    let snapshot = &picture.snapshot;
    let entry = named(&KIND, request, snapshot)?;
    let (from, to) = two.of(entry);
    let version = picture.version(Version::of(snapshot)).variant("-svg").depending_on((from, to));
    if let Some(unchanged) = picture.known(request, version) {
        return Ok(unchanged);
    }
    let write = async {
        let entry = entry.clone();
        let drawn = blocking::run(move || chart_difference(&entry, from, to)).await??.ok_or_else(|| {
            let (chinese, english) = ("两版都没有流程图。", "Neither revision has a workflow chart.");
            Problem::with_detail(Code::NotFound, chinese, english)
        })?;
        Ok(Written::text(snapshot, "image/svg+xml; charset=utf-8", drawn))
    };
    let drawn = rendered::kept(request, "chart-difference", &entry.key, version, write).await?;
    Ok(drawn.cached(picture.caching()).answer(request, snapshot))
}

/// The picture of how the charts of two revisions differ; `None` when neither has one.
pub fn chart_difference(entry: &Entry, from: i64, to: i64) -> Result<Option<String>, Problem> {
    let [old, new] = [chart(entry, from)?, chart(entry, to)?];
    let title = new.as_ref().or(old.as_ref()).and_then(|chart| chart.title.clone());
    let heading = Heading {
        title: title.unwrap_or_else(|| entry.indexed.title.clone()),
        organisation: format!("{} → {}", edition(entry, from), edition(entry, to)),
        code: entry.key.to_string(),
        revision: to,
        published: day(entry, to),
        ..Heading::default()
    };
    Ok(difference_svg(old.as_ref(), new.as_ref(), &heading))
}

/// The chart of a revision.
pub fn chart(entry: &Entry, revision: i64) -> Result<Option<Chart>, Problem> {
    let mut body = revision_body(entry, revision)?;
    Ok(match body.get_mut("chart").map(Value::take) {
        None | Some(Value::Null) => None,
        Some(chart) => Some(serde_json::from_value(chart)?),
    })
}

fn edition(entry: &Entry, revision: i64) -> String {
    format!("第{revision}版（{}）", day(entry, revision))
}

fn day(entry: &Entry, revision: i64) -> String {
    let at = entry.revision(revision).map(|revision| local_time(revision.change.published_at));
    at.map(|at| at.format("%Y-%m-%d").to_string()).unwrap_or_default()
}
