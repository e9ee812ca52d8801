//! The decisions of a clean-up round, counted, and what became of each item: `GET /v1/clean-ups/{key}/results`.

use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    base::blocking,
    model::clean_ups::{CleanUp, KIND},
    problem::{Code, Problem},
    register::{
        catalog::{Catalog, Entry, Snapshot},
        changes::Seq,
    },
    values::code_lists::{CleanUpAction, Status},
    web::{
        answer::{Version, Written, must_accept_json},
        contract::{Operation, Schemas, path_parameter, schema},
        endpoint::{Endpoint, operations},
        one::{body, must_not_be_erased},
        parameters::as_of_parameter,
        picture::Picture,
        query::Parameters,
        routes::{ReadError, named},
    },
};

/// 清理结果汇总: what a round decided, and what became of each item since.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CleanUpResults)]
pub struct Results {
    /// 清理编码
    #[schema(example = "clean-up-2018")]
    pub code: String,
    /// 名称
    pub title: String,
    /// 文号
    #[schema(example = "洋政〔2018〕12号")]
    pub document_number: String,
    /// 决定机关
    pub decided_by: String,
    /// 决定日期
    pub decided: NaiveDate,
    /// 变更序号: the register that is shown.
    pub seq: Seq,
    /// 各类结果的数量: every result there is, those that do not occur with 0.
    pub counts: Vec<ResultCount>,
    /// 逐项结果
    pub items: Vec<ItemResult>,
}

/// 结果数量
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = CleanUpResultCount)]
pub struct ResultCount {
    /// 清理结果
    pub action: CleanUpAction,
    /// 中文名称
    #[schema(example = "合并")]
    pub label: &'static str,
    /// 数量
    #[schema(example = 2)]
    pub count: usize,
}

/// 一项的结果
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CleanUpItemResult)]
pub struct ItemResult {
    /// 序号
    pub seq: u32,
    /// 清理结果
    pub action: CleanUpAction,
    /// 事项: as it was named in the decision, and what became of it.
    pub item: Named,
    /// 并入事项
    pub successor: Option<Named>,
    /// 承接机构
    pub to_organisation: Option<Named>,
    /// 说明
    pub note: Option<String>,
}

/// 所指记录: a record that a decision names, followed to what it is now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CleanUpNamed)]
pub struct Named {
    /// 所写编码: as the decision names it.
    pub code: String,
    /// 现编码: where it was renumbered; else the same.
    pub current_code: String,
    /// 名称: empty when its text was erased.
    pub name: String,
    /// 记录状态: null when the register does not know it.
    pub status: Option<Status>,
    /// 承接记录: what took its place, where it was cancelled or merged.
    pub successor: Option<String>,
    /// 链接
    pub link: String,
}

impl Results {
    /// Those of a round, with its items as `snapshot` shows them.
    pub fn of(snapshot: &Snapshot, entry: &Entry, round: &CleanUp) -> Self {
        let items = round.entries.iter().map(|decided| ItemResult {
            seq: decided.seq,
            action: decided.action,
            item: Named::of(snapshot, "item", decided.item.as_str()),
            successor: decided.successor.as_ref().map(|key| Named::of(snapshot, "item", key.as_str())),
            to_organisation: decided
                .to_organisation
                .as_ref()
                .map(|key| Named::of(snapshot, "organisation", key.as_str())),
            note: decided.note.clone(),
        });
        Self {
            code: entry.key.to_string(),
            title: round.title.clone(),
            document_number: round.document_number.clone(),
            decided_by: round.decided_by.clone(),
            decided: round.decided,
            seq: snapshot.seq(),
            counts: result_counts(round),
            items: items.collect(),
        }
    }
}

/// How many entries of a round have each result.
pub fn result_counts(round: &CleanUp) -> Vec<ResultCount> {
    let count = |action: CleanUpAction| ResultCount {
        action,
        label: action.label(),
        count: round.entries.iter().filter(|entry| entry.action == action).count(),
    };
    CleanUpAction::ALL.iter().copied().map(count).collect()
}

impl Named {
    fn of(snapshot: &Snapshot, kind: &str, key: &str) -> Self {
        let shelf = snapshot.shelf(kind);
        let entry = shelf.and_then(|shelf| shelf.get(key));
        let current = entry.map_or(key, |entry| &entry.key);
        let path = shelf.map_or("", |shelf| shelf.kind.path);
        Self {
            code: key.to_owned(),
            current_code: current.to_owned(),
            name: entry.map(|entry| entry.indexed.title.clone()).unwrap_or_default(),
            status: entry.map(|entry| entry.status),
            successor: entry.and_then(|entry| entry.successor.clone()),
            link: format!("/v1/{path}/{current}"),
        }
    }
}

/// The results of a clean-up round.
pub const ENDPOINTS: &[Endpoint] = &[Endpoint::get("/v1/clean-ups/{key}/results", &get).promises(&[describe_results])];

async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    must_accept_json(request)?;
    let picture = Picture::asked(catalog, Parameters::read(request.query_string())).await?;
    let snapshot = &picture.snapshot;
    let entry = named(&KIND, request, snapshot)?;
    must_not_be_erased(entry)?;
    let version = picture.version(Version::of(snapshot));
    if let Some(unchanged) = picture.known(request, version) {
        return Ok(unchanged);
    }
    let (register, entry) = (snapshot.clone(), entry.clone());
    let answer = blocking::run(move || written(&register, &entry)).await??;
    Ok(answer.version(version).cached(picture.caching()).answer(request, snapshot))
}

fn written(snapshot: &Snapshot, entry: &Entry) -> Result<Written, Problem> {
    let round: CleanUp = body(entry)?;
    Written::json(snapshot, &Results::of(snapshot, entry, &round))
}

/// Describes the endpoint for OpenAPI.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<Results>();
    operations(ENDPOINTS).collect()
}

fn describe_results(path: &str) -> Operation {
    Operation::json("get_clean_up_results", KIND.path, path, schema("CleanUpResults"))
        .says(
            "清理结果汇总 · Results of a clean-up round",
            "Document and date of the decision, how many items were retained, cancelled, delegated, merged or adjusted, and for each \
             item its result with the successor. What the decision names is followed: a renumbered item has its `current_code`, a \
             cancelled or merged one its state and `successor`, and every `link` leads to a record.",
        )
        .takes([path_parameter("key", "编码 · Code of the round.", KIND.example), as_of_parameter()])
        .refuses(&[Code::NotFound, Code::Gone])
        .shown_by(format!("/v1/clean-ups/{}/results", KIND.example))
}
