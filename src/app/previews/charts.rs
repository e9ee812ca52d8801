//! The chart of a draft, and of what is no draft yet, drawn as it would be published.

use actix_web::{HttpRequest, HttpResponse, http::header, web::Bytes};
use serde_json::{Value, json};

use crate::{
    app::previews::{ChartPreview, chart_preview},
    model::items::KIND,
    problem::{Code, FieldError, Problem},
    public::items::{
        chart_document::{ChartSheet, Imprint},
        chart_format::{self, Links, MediaType, negotiated},
        describe::scale_parameter,
        http::{drawn, no_chart, scale},
    },
    staff::{
        drafts,
        identity::Permission,
        requests::{Endpoint, Need, Request, Verb},
    },
    web::{
        answer::{JSON, language},
        contract::{Operation, Schemas, path_parameter, schema},
    },
};

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
    let below_body = |error: FieldError| error.below("/body");
    let draw = move || {
        let sheet = ChartSheet::of_draft(&body, imprint)
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
    request.must_still_hold().await?;
    let (format, media) = negotiated(&request.http)?;
    let scale = scale(&request.http, format)?;
    let given = chart_preview::read(&request).await?;
    let bytes = match format.media_type().name {
        JSON => {
            let language = language(&request.http);
            request.work(move || serde_json::to_vec(&given.preview(language))).await??.into()
        }
        _ => {
            let sheet = ChartSheet::of_chart(given.chart).scaled(scale);
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
    let draft = request.fetch(move |conn, act| drafts::load_visible(conn, act, &id)).await?;
    drafts::must_be_open(&draft)?;
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

fn preview_operation() -> Operation {
    Operation { answers: chart_format::answers(), ..PREVIEW.operation(drafts::describe::TAG.0, json!({})) }
        .says(
            "预览流程图 · Preview the chart",
            format!(
                "The chart of a draft that is not published: its graph, or by `Accept` in another notation: {}. 404 without a \
                 chart, 422 with every mistake in the form of one.",
                chart_format::offered()
            ),
        )
        .takes([
            path_parameter("id", "草稿标识 · Id of the draft.", "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d"),
            scale_parameter(),
        ])
        .refuses(&[Code::NotFound, Code::StateConflict, Code::InvalidBody])
}

fn read_chart_operation() -> Operation {
    let answer = |(name, schema): (&'static str, Value)| match name {
        JSON => (name, self::schema("ChartPreview")),
        _ => (name, schema),
    };
    let mut operation = Operation {
        answers: chart_format::answers().into_iter().map(answer).collect(),
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
            chart_format::offered()
        ),
    )
    .takes([scale_parameter()])
    .refuses(&[Code::NotFound])
    .sent(self::schema("Chart"), example());
    for (media_type, example) in chart_preview::EXAMPLES {
        operation.sends.push((media_type, json!({ "type": "string" }), example.map(Value::from)));
    }
    operation
}

/// A chart of three steps.
fn example() -> Value {
    json!({
        "lanes": [{ "id": "window", "name": "便民服务中心窗口", "kind": "office" }],
        "nodes": [
            { "id": "start", "kind": "start", "name": "申请", "lane": "window", "clock": "not_started" },
            { "id": "accept", "kind": "task", "name": "受理", "lane": "window", "clock": "running",
              "duration": { "value": 1, "unit": "working_day" } },
            { "id": "end", "kind": "end", "name": "办结", "lane": "window", "clock": "stopped", "outcome": "completed" },
        ],
        "edges": [{ "from": "start", "to": "accept" }, { "from": "accept", "to": "end" }],
    })
}

/// Describes these endpoints for OpenAPI.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<ChartPreview>();
    vec![preview_operation(), read_chart_operation()]
}
