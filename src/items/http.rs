//! The endpoints that only items have: the workflow chart.

use actix_web::{HttpRequest, HttpResponse, web::ServiceConfig};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{kind::KIND, model::Item};
use crate::{
    answer::{self, Version, Written, negotiate},
    catalog::{Catalog, Entry, Snapshot},
    charts::{Analysis, Chart, Heading, analyse, svg},
    contract::{Operation, Schemas, path_parameter, schema},
    problem::{Code, Problem},
    reading::http::{named, no_parameters, reads},
    values::Period,
};

const SVG: &str = "image/svg+xml";
const SVG_UTF8: &str = "image/svg+xml; charset=utf-8";

/// 流程图数据: a workflow chart with what follows from it.
#[derive(Serialize, ToSchema)]
pub struct ChartDocument {
    /// 事项编码
    #[schema(example = "11350121003619116B5000511001000")]
    pub code: String,
    /// 事项名称
    #[schema(example = "最低生活保障对象审核")]
    pub name: String,
    /// 修订号
    #[schema(example = 2)]
    pub revision: i64,
    /// 承诺办结时限
    pub promised_limit: Option<Period>,
    /// 法定办结时限
    pub legal_limit: Option<Period>,
    /// 流程图
    pub chart: Chart,
    /// 时限分析
    pub analysis: Analysis,
    /// 链接
    #[schema(value_type = Object)]
    pub links: Map<String, Value>,
}

/// Adds the endpoints.
pub fn configure(config: &mut ServiceConfig) {
    config.service(reads("/v1/items/{key}/chart", |request, catalog| async move {
        let svg = negotiate(&request, &[answer::JSON, SVG])? == 1;
        get_chart(&request, &catalog, svg)
    }));
    config.service(reads("/v1/items/{key}/chart.svg", |request, catalog| async move {
        get_chart(&request, &catalog, true)
    }));
}

fn get_chart(request: &HttpRequest, catalog: &Catalog, as_svg: bool) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    let snapshot = catalog.snapshot();
    let entry = match named(&KIND, request, &snapshot)? {
        Ok(entry) => entry,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let version = Version::shown(entry).variant(if as_svg { "-svg" } else { "" });
    if let Some(unchanged) = version.known(request, &snapshot) {
        return Ok(unchanged);
    }
    let body = entry.body()?.ok_or(Code::Gone)?;
    let item: Item = serde_json::from_str(&body)?;
    let chart = item.chart.clone().ok_or_else(|| {
        Problem::with_detail(Code::NotFound, "该事项没有流程图。", "This item has no workflow chart.")
    })?;
    let written = match as_svg {
        true => Written::text(&snapshot, SVG_UTF8, svg(&chart, &heading(&snapshot, entry, &item))),
        false => Written::json(&snapshot, &document(entry, item, chart))?,
    };
    Ok(written.version(version).varying("Accept").answer(request, &snapshot))
}

fn heading(snapshot: &Snapshot, entry: &Entry, item: &Item) -> Heading {
    let organisation = snapshot.get("organisation", item.organisation.as_str());
    let published = entry.current().map(|revision| revision.change.published_at.format("%Y-%m-%d").to_string());
    Heading {
        title: item.chart.as_ref().and_then(|chart| chart.title.clone()).unwrap_or_else(|| item.name.clone()),
        organisation: organisation.map(|organisation| organisation.indexed.title.clone()).unwrap_or_default(),
        code: item.code.to_string(),
        revision: entry.current().map_or(0, |revision| revision.change.revision),
        published: published.unwrap_or_default(),
        promised: item.promised_limit,
        legal: item.legal_limit,
        materials: item.materials.iter().map(|material| (material.seq, material.name.clone())).collect(),
    }
}

fn document(entry: &Entry, item: Item, chart: Chart) -> ChartDocument {
    let own = format!("/v1/items/{}", entry.key);
    let links = [("item", own.clone()), ("svg", format!("{own}/chart.svg")), ("self", format!("{own}/chart"))];
    ChartDocument {
        code: item.code.to_string(),
        name: item.name,
        revision: entry.current().map_or(0, |revision| revision.change.revision),
        promised_limit: item.promised_limit,
        legal_limit: item.legal_limit,
        analysis: analyse(&chart),
        chart,
        links: links.into_iter().map(|(name, path)| (name.to_owned(), json!(path))).collect(),
    }
}

/// What these endpoints promise.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<ChartDocument>();
    let key = || path_parameter("key", "编码 · Code of the item.", KIND.example);
    let own = format!("/v1/items/{}", KIND.example);
    vec![
        Operation {
            answers: vec![(answer::JSON, schema("ChartDocument")), (SVG, json!({ "type": "string" }))],
            ..Operation::json("get_chart", "items", "/v1/items/{key}/chart", json!({}))
        }
        .says(
            "流程图 · Workflow chart",
            "The graph with its lanes, nodes and edges, and its critical path; by `Accept: image/svg+xml` its picture. Times of \
             the analysis are in 1/56 working day, in which working days (56), calendar days (40), hours (7) and months (1200) \
             are whole.",
        )
        .takes([key()])
        .refuses(&[Code::NotFound, Code::Gone])
        .shown_by(format!("{own}/chart")),
        Operation {
            answers: vec![(SVG, json!({ "type": "string" }))],
            ..Operation::json("get_chart_svg", "items", "/v1/items/{key}/chart.svg", json!({}))
        }
        .says(
            "流程图（SVG）· Workflow chart as SVG",
            "The chart as it hangs at the counter: lanes, decisions, durations, materials in and documents out, the critical path \
             drawn strong. Text is text; there is no script and no reference to elsewhere.",
        )
        .takes([key()])
        .refuses(&[Code::NotFound, Code::Gone])
        .shown_by("/v1/items/12350121488102253E5352022001000/chart.svg"),
    ]
}
