//! The endpoints that only items have: the workflow chart.

use std::{collections::BTreeSet, iter, sync::Arc};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, ServiceConfig},
};
use serde_json::{Value, json};

use super::{
    chart_comparison,
    format::{self, FORMATS, Format, Links, MediaType, negotiated},
    sheet::{ChartDocument, Imprint, Sheet},
};
use crate::{
    app::previews::{ChartPreview, chart_preview},
    base::blocking::{self, Length},
    charts::{Scale, glyphs_of_this_machine, outside_our_font},
    model::{
        items::{Item, KIND},
        kinds::Slot,
    },
    problem::{Code, FieldError, Problem, Wrong},
    register::catalog::{Catalog, Entry, Snapshot},
    staff::{
        drafts,
        identity::Permission,
        requests::{Endpoint, Need, Request, Verb},
    },
    web::{
        answer::{JSON, Version, Written, language},
        contract::{Operation, Schemas, path_parameter, query_parameter, schema},
        limits::{Ready, Settlement, Work},
        one::must_not_be_erased,
        parameters::as_of_parameter,
        picture::Picture,
        query::Parameters,
        rendered,
        routes::{named, part, reads},
    },
};

/// Adds the endpoints.
pub fn configure(config: &mut ServiceConfig) {
    chart_comparison::configure(config);
    config.service(reads("/v1/items/{key}/chart", |request, catalog| async move {
        let (format, media) = negotiated(&request)?;
        get_chart(&request, &catalog, format, media).await
    }));
    for (format, path) in FORMATS.iter().filter_map(|format| Some((format, format.path?))) {
        config.service(reads(path, move |request, catalog| async move {
            get_chart(&request, &catalog, format, format.media_type()).await
        }));
    }
}

async fn get_chart(
    request: &HttpRequest,
    catalog: &Catalog,
    format: &'static Format,
    media: MediaType,
) -> Result<HttpResponse, Problem> {
    let (scale, parameters) = take_scale(request, format);
    let picture = Picture::of_record(catalog, &KIND, &part(request, "key")?, parameters).await?;
    let snapshot = &picture.snapshot;
    let entry = match named(&KIND, request, snapshot)? {
        Ok(entry) => entry,
        Err(elsewhere) => return Ok(elsewhere),
    };
    must_not_be_erased(entry)?;
    let version = picture.version(Version::shown(entry)).variant(media.variant);
    let version = scale.map_or(version, |scale| version.depending_on(scale));
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
        let draw = move || (format.write)(&sheet(&register, &entry)?.scaled(scale), &links(&entry));
        let bytes = drawn(format, draw).await?;
        Ok(Written::text(snapshot, media.content_type, bytes).varying("Accept"))
    };
    let chart = rendered::kept(request, "chart", &entry.key, version, write).await?;
    Ok(chart.cached(picture.caching()).answer(request, snapshot))
}

/// The parameter `scale`, which only pictures in pixels take.
fn scale(request: &HttpRequest, format: &Format) -> Result<Option<Scale>, Problem> {
    let (scale, parameters) = take_scale(request, format);
    parameters.finish().map(|()| scale)
}

/// The same, and the other parameters.
fn take_scale(request: &HttpRequest, format: &Format) -> (Option<Scale>, Parameters) {
    let mut parameters = Parameters::read(request.query_string());
    let read = |text: &str| {
        let scale: f64 = text.parse().map_err(|_| Wrong::WrongType("number".into()))?;
        Scale::new(scale).ok_or_else(|| Wrong::OutOfRange("0.5, 0.75, 1 … 4".into()))
    };
    let scale = if format.is_pixels() { parameters.parsed("scale", read) } else { None };
    (scale, parameters)
}

/// Draws elsewhere than on the threads that answer requests what takes milliseconds, or, in pixels, some hundred of them.
async fn drawn(
    format: &'static Format,
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

fn sheet(snapshot: &Snapshot, entry: &Entry) -> Result<Sheet, Problem> {
    let body = entry.body()?.ok_or(Code::Gone)?;
    let item: Item = serde_json::from_str(&body)?;
    let imprint = imprint(snapshot, entry, &item);
    Sheet::of_item(item, imprint).ok_or_else(no_chart)
}

/// The chart of a draft that is not published, in the notation that `Accept` says. `body` is what the draft proposes, with
/// whatever it lacks. 404 without a chart, 422 with every mistake in the form of one.
async fn draw_draft(
    request: &HttpRequest,
    body: Value,
    imprint: Imprint,
    links: Links,
) -> Result<HttpResponse, Problem> {
    let (format, media) = negotiated(request)?;
    let scale = scale(request, format)?;
    let below_body = |error: FieldError| FieldError::at(format!("/body{}", error.place), error.wrong);
    let draw = move || {
        let sheet = Sheet::of_draft(&body, imprint)
            .map_err(|mistakes| Problem::invalid_body(mistakes.into_iter().map(below_body).collect()))?
            .ok_or_else(no_chart)?;
        (format.write)(&sheet.scaled(scale), &links)
    };
    Ok(unpublished(media, drawn(format, draw).await?))
}

/// An answer that nobody keeps.
fn unpublished(media: MediaType, bytes: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::VARY, "Accept"))
        .insert_header((header::CONTENT_TYPE, media.content_type))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(bytes)
}

/// The endpoints of staff that need charts.
pub const ENDPOINTS: &[Endpoint] = &[PREVIEW, READ_CHART];

/// Keeps nothing, so that there is nothing to repeat.
const READ_CHART: Endpoint = Endpoint::new(
    Verb::Post,
    "/v1/charts/preview",
    "chart.preview",
    Need::OneOf(&[Permission::ItemsEdit]),
    |request| Box::pin(read_chart(request)),
)
.not_repeatable();

async fn read_chart(request: Request) -> Result<HttpResponse, Problem> {
    request.fetch(|_, _| Ok(())).await?;
    let (format, media) = negotiated(&request.http)?;
    let scale = scale(&request.http, format)?;
    let given = chart_preview::read(&request).await?;
    let bytes = match format.media_type().name {
        JSON => {
            let language = language(&request.http);
            request.work(move || serde_json::to_vec(&given.preview(language))).await??.into()
        }
        _ => {
            let sheet = Sheet::of_chart(given.chart).scaled(scale);
            request.work(move || (format.write)(&sheet, &Links::new())).await??
        }
    };
    Ok(unpublished(media, bytes))
}

const PREVIEW: Endpoint = Endpoint::new(
    Verb::Get,
    "/v1/drafts/{id}/preview/chart",
    "draft.preview_chart",
    Need::OneOf(&[Permission::ItemsRead]),
    |request| Box::pin(preview_chart(request)),
);

async fn preview_chart(request: Request) -> Result<HttpResponse, Problem> {
    scale(&request.http, negotiated(&request.http)?.0)?;
    let id = request.part("id")?;
    let draft = request.fetch(move |conn, act| drafts::see(conn, act, &id)).await?;
    drafts::http::must_be_open(&draft)?;
    let body = draft.content.body.filter(|_| draft.kind == KIND.name).ok_or_else(no_chart)?;
    let snapshot = request.catalog.snapshot();
    let organisation = body.get("organisation").and_then(Value::as_str);
    let organisation = organisation.and_then(|code| snapshot.get("organisation", code));
    let imprint = Imprint {
        organisation: organisation.map(|organisation| organisation.indexed.title.clone()).unwrap_or_default(),
        revision: draft.base_revision.unwrap_or(0) + 1,
        published: String::new(),
    };
    let own = format!("/v1/drafts/{}", draft.id);
    let links = [("draft", own.clone()), ("self", format!("{own}/preview/chart"))];
    let links = links.into_iter().map(|(name, path)| (name.to_owned(), json!(path))).collect();
    draw_draft(&request.http, body, imprint, links).await
}

fn no_chart() -> Problem {
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
    let files = FORMATS.iter().filter_map(Format::extension);
    let files = files.map(|extension| (extension, format!("{own}/chart.{extension}")));
    let links = [("item", own.clone())].into_iter().chain(files).chain([("self", format!("{own}/chart"))]);
    links.map(|(name, path)| (name.to_owned(), json!(path))).collect()
}

/// What these endpoints promise.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<ChartDocument>();
    schemas.add::<ChartPreview>();
    let mut operations = vec![chart_operation()];
    operations.extend(FORMATS.iter().filter_map(file_operation));
    operations.extend([chart_comparison::describe(), preview_operation(), read_chart_operation()]);
    operations
}

fn key() -> Value {
    path_parameter("key", "编码 · Code of the item.", KIND.example)
}

fn scale_parameter() -> Value {
    let schema = json!({ "type": "number", "minimum": 0.5, "maximum": 4, "multipleOf": 0.25, "default": 2 });
    let description = "放大倍数，仅用于 PNG · How many pixels a pixel of the SVG becomes on each side, in steps of 0.25; for PNG only. \
                       Without it 2, or what is left of it where the picture would have more than 32 million pixels; a scale that \
                       makes more is refused, and the answer says the largest.";
    query_parameter("scale", description, schema, "1.5")
}

fn chart_operation() -> Operation {
    Operation {
        answers: format::answers(),
        ..Operation::json("get_chart", "items", "/v1/items/{key}/chart", json!({}))
    }
    .says(
        "流程图 · Workflow chart",
        format!(
            "The graph with its lanes, nodes and edges, and its critical path; by `Accept` in another notation: {}. Times of the \
             analysis are in 1/56 working day, in which working days (56), calendar days (40), hours (7) and months (1200) are whole.",
            format::offered()
        ),
    )
    .takes([key(), scale_parameter(), as_of_parameter()])
    .refuses(&[Code::NotFound, Code::Gone])
    .shown_by(format!("/v1/items/{}/chart", KIND.example))
}

/// The operation of the address with the format's extension.
fn file_operation(format: &Format) -> Option<Operation> {
    let (path, extension) = (format.path?, format.extension()?);
    let operation = Operation {
        answers: vec![(format.media_type().name, (format.schema)())],
        ..Operation::json(format!("get_chart_{extension}"), "items", path, json!({}))
    };
    let summary = format!("流程图（{}）· Workflow chart: {}, .{extension}", format.chinese, format.english);
    Some(
        operation
            .says(summary, format.description)
            .takes(iter::once(key()).chain(format.is_pixels().then(scale_parameter)).chain([as_of_parameter()]))
            .refuses(&[Code::NotFound, Code::Gone])
            .shown_by(format!("/v1/items/{}/chart.{extension}", KIND.example)),
    )
}

fn preview_operation() -> Operation {
    Operation { answers: format::answers(), ..PREVIEW.operation(drafts::describe::TAG.0, json!({})) }
        .says(
            "预览流程图 · Preview the chart",
            format!(
                "The chart of a draft that is not published: its graph, or by `Accept` in another notation: {}. 404 without a \
                 chart, 422 with every mistake in the form of one.",
                format::offered()
            ),
        )
        .takes([
            path_parameter("id", "草稿标识 · Id of the draft.", "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d"),
            scale_parameter(),
        ])
        .refuses(&[Code::NotFound, Code::StateConflict])
}

fn read_chart_operation() -> Operation {
    let answer = |(name, schema): (&'static str, Value)| match name {
        JSON => (name, self::schema("ChartPreview")),
        _ => (name, schema),
    };
    let mut operation = Operation {
        answers: format::answers().into_iter().map(answer).collect(),
        ..READ_CHART.operation(drafts::describe::TAG.0, json!({}))
    }
    .says(
        "预览未存的流程图 · Read and draw a chart that is not stored",
        format!(
            "Takes a chart as its graph in JSON, as a Mermaid flowchart or as BPMN 2.0 XML, and answers with the graph, its times \
             and what is wrong with it by the rules for charts; by `Accept` in another notation: {}. Nothing is stored: put \
             `chart` of the answer into the item's `chart`. What our own exports say comes back as it was. Files of other tools \
             are read with defaults: subgraphs, lanes and pools are who acts; diamonds and exclusive gateways are decisions; \
             hexagons and parallel gateways are parallel; what leads back is one round of rework. What cannot be read or cannot \
             be in a chart is answered with 422, every mistake with `line` and `column` and what to write instead; a chart that \
             can be read is drawn, however incomplete, and `findings` says what a draft of it would be refused for.",
            format::offered()
        ),
    )
    .takes([scale_parameter()])
    .refuses(&[Code::NotFound])
    .sent(
        self::schema("Chart"),
        json!({
            "lanes": [{ "id": "window", "name": "便民服务中心窗口", "kind": "office" }],
            "nodes": [
                { "id": "start", "kind": "start", "name": "申请", "lane": "window", "clock": "not_started" },
                { "id": "accept", "kind": "task", "name": "受理", "lane": "window", "clock": "running",
                  "duration": { "value": 1, "unit": "working_day" } },
                { "id": "end", "kind": "end", "name": "办结", "lane": "window", "clock": "stopped", "outcome": "completed" },
            ],
            "edges": [{ "from": "start", "to": "accept" }, { "from": "accept", "to": "end" }],
        }),
    );
    for (media_type, example) in chart_preview::EXAMPLES {
        operation.sends.push((media_type, json!({ "type": "string" }), example.map(Value::from)));
    }
    operation
}
