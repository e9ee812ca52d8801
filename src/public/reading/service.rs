//! The service document: what this register is, and where everything in it is.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::kind_counts::{KindCount, kind_counts};
use crate::{
    base::config::DataLicence,
    problem::Problem,
    register::{
        catalog::{Catalog, Snapshot, instant},
        changes::{Document, Office, Seq},
        notary::Notary,
        upstream::{MirrorOf, Upstream},
    },
    web::{
        answer::{Version, Written, must_accept_json},
        owner::Owner,
        routes::no_parameters,
    },
};

/// 首次公布: how the register began.
#[derive(Serialize, ToSchema)]
pub struct FirstPublication {
    /// 发布时间
    #[schema(example = "2016-12-20T01:00:00Z")]
    pub published_at: String,
    /// 发布机关
    pub by: Office,
    /// 原因
    #[schema(example = "首次公布（示例数据，非官方发布 · illustrative data, not official）")]
    pub reason: Option<String>,
    /// 依据文件
    pub document: Option<Document>,
}

/// How the register began, when it has.
pub fn first_publication(snapshot: &Snapshot) -> Option<FirstPublication> {
    let change = snapshot.first_change()?;
    Some(FirstPublication {
        published_at: instant(change.published_at),
        by: change.by.clone(),
        reason: change.reason.clone(),
        document: change.document.clone(),
    })
}

/// 服务说明: what this register is and where everything in it is.
#[derive(Serialize, ToSchema)]
pub struct ServiceDocument {
    /// 名称
    #[schema(example = "清单 qingdan")]
    pub name: String,
    /// 网站主办者: who runs the site, where that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub owner: Option<Owner>,
    /// 软件版本
    #[schema(example = "0.1.0")]
    pub version: &'static str,
    /// 变更序号: the last change that is public.
    #[schema(example = 378)]
    pub seq: Seq,
    /// 最近发布时间
    #[schema(example = "2025-10-01T01:00:00Z")]
    pub published_at: Option<String>,
    /// 首次公布: a demonstration register says here that it is one.
    pub first_publication: Option<FirstPublication>,
    /// 软件许可
    #[schema(example = "Apache-2.0")]
    pub licence: &'static str,
    /// 数据许可: address of the licence under which the published data may be used, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "https://creativecommons.org/publicdomain/zero/1.0/")]
    pub data_licence: Option<String>,
    /// 镜像来源: only of a mirror, which is to be read and never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mirror: Option<MirrorOf>,
    /// 各类记录
    pub records: Vec<KindCount>,
    /// 透明日志
    pub log: LogDocument,
    /// 链接
    #[schema(value_type = Map<String, Value>)]
    pub links: Value,
}

/// 透明日志: by what its checkpoints are known.
#[derive(Serialize, ToSchema)]
pub struct LogDocument {
    /// 日志名称: the origin of its checkpoints; null in a mirror that has not taken any yet.
    #[schema(example = "yangli.example/v1/log")]
    pub origin: Option<String>,
    /// 日志地址: below it are `checkpoint`, `tile/…` and `tile/entries/…` (C2SP tlog-tiles).
    #[schema(example = "/v1/log")]
    pub prefix: &'static str,
    /// 公钥: `NAME+ID+KEY` (C2SP signed-note). Checkpoints are signed with at least one of them; those at the end may have been
    /// retired, for checkpoints of earlier times. Whoever verifies takes them once, from a place that is trusted.
    #[schema(example = json!(["yangli.example/v1/log+8d2c5f1e+AXk1…"]))]
    pub keys: Vec<String>,
}

impl LogDocument {
    fn of(request: &HttpRequest) -> Self {
        let keys = request.app_data::<Data<Notary>>().map(|notary| notary.public_keys());
        let keys = keys.as_deref().map(Vec::as_slice).unwrap_or_default();
        let origin = keys.first().map(|key| key.name.clone());
        Self { origin, prefix: "/v1/log", keys: keys.iter().map(ToString::to_string).collect() }
    }
}

/// Answers the service document.
pub async fn get_service(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    no_parameters(request)?;
    let snapshot = catalog.snapshot();
    let schemas =
        snapshot.kinds().map(|kind| (kind.name.to_owned(), json!(format!("/v1/schemas/{}.json", kind.name)))).collect();
    let owner = Owner::of(request);
    let document = ServiceDocument {
        name: owner.name().into(),
        owner: owner.is_known().then(|| (**owner).clone()),
        version: env!("CARGO_PKG_VERSION"),
        seq: snapshot.seq(),
        published_at: (snapshot.seq() > 0).then(|| instant(snapshot.at())),
        first_publication: first_publication(&snapshot),
        licence: env!("CARGO_PKG_LICENSE"),
        data_licence: request.app_data::<Data<DataLicence>>().and_then(|licence| licence.0.clone()),
        mirror: request.app_data::<Data<Upstream>>().map(|upstream| upstream.mirror_of()),
        records: kind_counts(&snapshot),
        log: LogDocument::of(request),
        links: links(schemas),
    };
    let version = Version::of(&snapshot).depending_on((&document.log.keys, &document.data_licence, &**owner));
    Ok(Written::json(&snapshot, &document)?.version(version).answer(request, &snapshot))
}

/// Links to everything else.
fn links(schemas: Map<String, Value>) -> Value {
    json!({
        "power_list": "/v1/items?list=power",
        "responsibility_list": "/v1/items?list=responsibility",
        "service_list": "/v1/items?list=service",
        "summary": "/v1/summary",
        "code_lists": "/v1/code-lists",
        "divisions": "/v1/divisions",
        "schemas": schemas,
        "changes": "/v1/changes",
        "changes_stream": "/v1/changes/stream",
        "changes_atom": "/v1/changes.atom",
        "log_checkpoint": "/v1/log/checkpoint",
        "openapi": "/openapi.json",
        "docs": "/docs/",
        "exports": "/v1/catalog.jsonld",
        "problems": "/problems",
        "health": "/health/ready",
        "self": "/v1",
    })
}
