//! Handlers of the workflow chart of an item.

use std::{collections::BTreeSet, sync::Arc};

use actix_web::{HttpMessage, HttpRequest, HttpResponse, web::Bytes};
use serde_json::json;

use super::{
    chart_document::{ChartSheet, Imprint, Layout},
    chart_format::{ChartFormat, Links, MediaType, files, negotiated},
};
use crate::{
    base::blocking::{self, Length},
    charts::{Scale, glyphs_of_this_machine, outside_our_font},
    model::{
        items::{Item, KIND},
        kinds::Slot,
    },
    problem::{Code, Problem, Wrong},
    register::catalog::{Catalog, Entry, Snapshot},
    web::{
        answer::{Version, Written},
        endpoint::Subject,
        limits::{Ready, Settlement, Work},
        one::{body, must_not_be_erased},
        picture::Picture,
        query::Parameters,
        rendered,
        routes::{ReadError, named, part},
    },
};

/// Answers the chart of an item in the notation that the client likes best.
pub async fn get_negotiated(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    let (format, media) = negotiated(request)?;
    get_chart(request, catalog, format, media).await
}

/// Answers the chart of an item in one notation.
pub async fn get_file(
    format: &'static ChartFormat,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, ReadError> {
    get_chart(request, catalog, format, format.media_type()).await
}

async fn get_chart(
    request: &HttpRequest,
    catalog: &Catalog,
    format: &'static ChartFormat,
    media: MediaType,
) -> Result<HttpResponse, ReadError> {
    let (scale, mut parameters) = take_scale(request, format);
    let layout = if format.is_drawing() { parameters.parsed("layout", Layout::read) } else { None };
    let picture = Picture::of_record(catalog, &KIND, &part(request, "key")?, parameters).await?;
    let snapshot = &picture.snapshot;
    let entry = named(&KIND, request, snapshot)?;
    must_not_be_erased(entry)?;
    let version = picture.version(Version::shown(entry)).variant(media.variant);
    let version = scale.map_or(version, |scale| version.depending_on(scale));
    let version = layout.map_or(version, |layout| version.depending_on(layout));
    let version = if format.is_pixels() { depending_on_fonts(version, snapshot, entry).await? } else { version };
    if let Some(unchanged) = picture.known(request, version) {
        if format.is_pixels() {
            // Not for nothing: the fonts that draw it were looked up.
            request.extensions_mut().remove::<Settlement>();
            request.extensions_mut().insert(Ready(Work::Page));
        }
        return Ok(unchanged);
    }
    let write = async {
        let (register, entry) = (snapshot.clone(), entry.clone());
        let draw = move || {
            (format.write)(
                &sheet(&register, &entry)?.scaled(scale).laid_out(layout.unwrap_or_default()),
                &links(&entry),
            )
        };
        let bytes = drawn(format, draw).await?;
        Ok(Written::text(snapshot, media.content_type, bytes).varying("Accept"))
    };
    let chart = rendered::kept(request, "chart", &entry.key, version, write).await?;
    Ok(chart.cached(picture.caching()).answer(request, snapshot))
}

/// The parameter `scale`, which only pictures in pixels take.
pub fn scale(request: &HttpRequest, format: &ChartFormat) -> Result<Option<Scale>, Problem> {
    let (scale, parameters) = take_scale(request, format);
    parameters.finish().map(|()| scale)
}

/// Takes `scale`, and returns the other parameters beside it.
fn take_scale(request: &HttpRequest, format: &ChartFormat) -> (Option<Scale>, Parameters) {
    let mut parameters = Parameters::read(request.query_string());
    let read = |text: &str| {
        let scale: f64 = text.parse().map_err(|_| Wrong::WrongType("number".into()))?;
        Scale::new(scale).ok_or_else(|| Wrong::OutOfRange("0.5, 0.75, 1 … 4".into()))
    };
    let scale = if format.is_pixels() { parameters.parsed("scale", read) } else { None };
    (scale, parameters)
}

/// Draws away from the threads that answer requests: it takes milliseconds, or, in pixels, some hundred of them.
pub async fn drawn(
    format: &'static ChartFormat,
    draw: impl FnOnce() -> Result<Bytes, Problem> + Send + 'static,
) -> Result<Bytes, Problem> {
    let length = if format.is_pixels() { Length::Long } else { Length::Short };
    blocking::run_as(length, draw).await?
}

/// The version of a picture in pixels. Characters that our font lacks are drawn with the fonts of this machine, so that
/// the picture may be another one on another machine, or after a font was installed.
async fn depending_on_fonts(
    version: Version,
    snapshot: &Arc<Snapshot>,
    entry: &Arc<Entry>,
) -> Result<Version, Problem> {
    let (register, entry) = (snapshot.clone(), entry.clone());
    let foreign = blocking::run(move || foreign(&register, &entry)).await??;
    if foreign.is_empty() {
        return Ok(version);
    }
    let drawn = blocking::run_long(move || glyphs_of_this_machine(&foreign)).await?;
    Ok(version.depending_on(drawn))
}

/// The characters of a chart, or of what else its item says, that our font lacks.
fn foreign(snapshot: &Snapshot, entry: &Entry) -> Result<BTreeSet<char>, Problem> {
    let body = entry.body()?.ok_or(Code::Gone)?;
    let named = entry.indexed.references.iter().filter(|reference| reference.slot == Slot::Organisation);
    let organisations = named.filter_map(|reference| snapshot.resolve(reference));
    let names = organisations.flat_map(|(_, organisation)| organisation.indexed.title.chars());
    Ok(outside_our_font(body.chars().chain(names)))
}

fn sheet(snapshot: &Snapshot, entry: &Entry) -> Result<ChartSheet, Problem> {
    let item: Item = body(entry)?;
    let imprint = imprint(snapshot, entry, &item);
    ChartSheet::of_item(item, imprint).ok_or_else(no_chart)
}

pub(crate) fn no_chart() -> Problem {
    Problem::with_detail(Code::NotFound, "该事项没有流程图。", "This item has no workflow chart.")
}

fn imprint(snapshot: &Snapshot, entry: &Entry, item: &Item) -> Imprint {
    let organisation = snapshot.get("organisation", item.organisation.as_str());
    let published = entry.current().map(|revision| revision.change.published_at.format("%Y-%m-%d").to_string());
    Imprint {
        organisation: organisation.map(|organisation| organisation.indexed.title.clone()).unwrap_or_default(),
        revision: entry.current().map_or(0, |revision| revision.change.revision),
        published: published.unwrap_or_default(),
    }
}

fn links(entry: &Entry) -> Links {
    let own = format!("/v1/items/{}", entry.key);
    let files = files().map(Subject::part).map(|extension| (extension, format!("{own}/chart.{extension}")));
    let links = [("item", own.clone())].into_iter().chain(files).chain([("self", format!("{own}/chart"))]);
    links.map(|(name, path)| (name.to_owned(), json!(path))).collect()
}
