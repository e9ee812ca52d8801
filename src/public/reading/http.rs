//! The endpoints that every kind of record has, and those of the register as a whole.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, ServiceConfig},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    divisions::{DivisionRequest, division, row},
    kind_counts::{KindCount, kind_counts},
    list::list,
    request::ListRequest,
};
use crate::{
    base::{blocking, config::DataLicence},
    model::kinds::Kind,
    problem::{Code, Problem},
    register::{
        catalog::{Catalog, Snapshot, instant},
        changes::{Document, Office, Seq},
        notary::Notary,
        upstream::{MirrorOf, Upstream},
    },
    values::code_lists::{self, CodeList},
    web::{
        answer::{self, Caching, Version, Written, must_accept_json},
        cursor::Walk,
        one::{TwoRevisions, comparison, must_not_be_erased, revision, revision_row},
        page::{PageRequest, Rows},
        picture::{Picture, take_as_of},
        query::Parameters,
        rendered,
        routes::{named, no_parameters, part, reads, revision_number, with_next},
    },
};

/// How long what changes only with the software may be used.
const STATIC: Caching = Caching::Seconds(3600);

/// Adds the endpoints of the records, the busiest first: the router tries them one after another.
pub fn configure_records(config: &mut ServiceConfig, kinds: &[&'static Kind]) {
    for kind in kinds.iter().copied() {
        let [one, list, revisions, revision, compare] = paths(kind);
        config.service(reads(one, move |request, catalog| async move { get_record(kind, &request, &catalog).await }));
        config.service(reads(list, move |request, catalog| async move { get_list(kind, &request, &catalog).await }));
        config.service(reads(revisions, move |request, catalog| async move {
            get_revisions(kind, &request, &catalog).await
        }));
        config.service(reads(
            revision,
            move |request, catalog| async move { get_revision(kind, &request, &catalog).await },
        ));
        config.service(reads(compare, move |request, catalog| async move {
            get_comparison(kind, &request, &catalog).await
        }));
    }
}

/// The paths of a kind: one, list, revisions, one revision, comparison. Made once for the process.
pub fn paths(kind: &'static Kind) -> [&'static str; 5] {
    static PATHS: Mutex<BTreeMap<&'static str, [&'static str; 5]>> = Mutex::new(BTreeMap::new());
    let mut known = PATHS.lock().unwrap_or_else(PoisonError::into_inner);
    *known.entry(kind.path).or_insert_with(|| {
        ["/{key}", "", "/{key}/revisions", "/{key}/revisions/{n}", "/{key}/compare"]
            .map(|rest| &*Box::leak(format!("/v1/{}{rest}", kind.path).into_boxed_str()))
    })
}

/// Adds the endpoints of the register as a whole.
pub fn configure_register(config: &mut ServiceConfig) {
    config.service(reads("/v1", |request, catalog| async move { get_service(&request, &catalog) }));
    config.service(reads("/v1/code-lists", |request, catalog| async move { get_code_lists(&request, &catalog) }));
    config.service(reads("/v1/code-lists/{name}", |request, catalog| async move { get_code_list(&request, &catalog) }));
    config.service(reads("/v1/divisions", |request, catalog| async move { get_divisions(&request, &catalog) }));
    config.service(reads("/v1/divisions/{code}", |request, catalog| async move { get_division(&request, &catalog) }));
    config.service(reads("/v1/schemas/{file}", |request, catalog| async move { get_schema(&request, &catalog).await }));
}

async fn get_record(kind: &'static Kind, request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    if !request.query_string().is_empty() {
        return get_earlier_record(kind, request, catalog).await;
    }
    let snapshot = catalog.peek();
    match named(kind, request, &snapshot)? {
        Ok(entry) => {
            must_not_be_erased(entry)?;
            Ok(answer::prepared(request, &snapshot, &entry.answer))
        }
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// A record as the register showed it at `as_of`.
async fn get_earlier_record(
    kind: &'static Kind,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(request.query_string());
    let picture = Picture::of_record(catalog, kind, &part(request, "key")?, parameters).await?;
    let snapshot = &picture.snapshot;
    let entry = match named(kind, request, snapshot)? {
        Ok(entry) => entry,
        Err(elsewhere) => return Ok(elsewhere),
    };
    must_not_be_erased(entry)?;
    let answer = Written::text(snapshot, answer::JSON, entry.answer.plain().clone());
    let answer = answer.version(picture.version(Version::shown(entry))).cached(picture.caching());
    Ok(answer.answer(request, snapshot))
}

async fn get_list(kind: &'static Kind, request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    let walk = Walk::of(catalog.cursor_key(), request.path(), request.query_string());
    let current = catalog.snapshot();
    let asked = ListRequest::read(kind, request.query_string(), &walk, &current)?;
    let picture = Picture::of(catalog, current, asked.cursor.as_ref(), asked.as_of).await?;
    let snapshot = &picture.snapshot;
    let version = picture.version(Version::of(snapshot));
    if let Some(unchanged) = picture.known(request, version) {
        return Ok(unchanged);
    }
    let (register, is_ready) = (snapshot.clone(), asked.is_ready());
    let write = move || {
        let shelf = register.shelf(kind.name).ok_or(Code::NotFound)?;
        list(&register, shelf, &asked, &walk)
    };
    let page = if is_ready { write()? } else { blocking::run(write).await?? };
    let answer = Written::text(snapshot, answer::JSON, page.json).version(version).cached(picture.caching());
    let answer = answer.answer(request, snapshot);
    Ok(with_next(request, answer, page.next.as_deref()))
}

/// Answers a page of rows that are no records.
fn rows<T: Serialize>(
    request: &HttpRequest,
    snapshot: &Snapshot,
    rows: &Rows<T>,
    (version, caching): (Version, Caching),
) -> Result<HttpResponse, Problem> {
    let answer = Written::json(snapshot, rows)?.version(version).cached(caching).answer(request, snapshot);
    Ok(with_next(request, answer, rows.next()))
}

async fn get_revisions(kind: &'static Kind, request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    let walk = Walk::of(catalog.cursor_key(), request.path(), request.query_string());
    let mut parameters = Parameters::read(request.query_string());
    let page = PageRequest::from_query(&mut parameters, &walk);
    let current = catalog.snapshot();
    let as_of = take_as_of(&mut parameters, &current);
    parameters.finish()?;
    let picture = Picture::of(catalog, current, page.cursor.as_ref(), as_of).await?;
    let snapshot = &picture.snapshot;
    let entry = match named(kind, request, snapshot)? {
        Ok(entry) => entry,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let page = page.of(entry.revisions.iter().collect(), &walk, snapshot.seq())?;
    let page = page.map(|revision| revision_row(kind, entry, revision));
    rows(request, snapshot, &page, (picture.version(Version::of(snapshot)), picture.caching()))
}

async fn get_revision(kind: &'static Kind, request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    let number = revision_number(&part(request, "n")?)?;
    let picture = Picture::asked(catalog, Parameters::read(request.query_string())).await?;
    let snapshot = &picture.snapshot;
    let entry = match named(kind, request, snapshot)? {
        Ok(entry) => entry,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let text = revision(kind, entry, number)?;
    let published = entry.revision(number).map(|revision| (revision.change.seq, revision.change.published_at));
    let (seq, at) = published.unwrap_or((snapshot.seq(), snapshot.at()));
    let version = picture.version(Version::altered(seq, at));
    let answer = Written::text(snapshot, answer::JSON, text).version(version).cached(picture.caching());
    Ok(answer.answer(request, snapshot))
}

async fn get_comparison(
    kind: &'static Kind,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    let mut parameters = Parameters::read(request.query_string());
    let two = TwoRevisions::from_query(&mut parameters);
    let picture = Picture::asked(catalog, parameters).await?;
    let snapshot = &picture.snapshot;
    let entry = match named(kind, request, snapshot)? {
        Ok(entry) => entry,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let version = picture.version(Version::of(snapshot));
    if let Some(unchanged) = picture.known(request, version) {
        return Ok(unchanged);
    }
    let (register, entry) = (snapshot.clone(), entry.clone());
    let compare = move || {
        let (from, to) = two.of(&entry);
        Written::json(&register, &comparison(kind, &entry, from, to)?)
    };
    let answer = blocking::run(compare).await??;
    Ok(answer.version(version).cached(picture.caching()).answer(request, snapshot))
}

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
    pub name: &'static str,
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

fn get_service(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    no_parameters(request)?;
    let snapshot = catalog.snapshot();
    let schemas: serde_json::Map<_, _> =
        snapshot.kinds().map(|kind| (kind.name.to_owned(), json!(format!("/v1/schemas/{}.json", kind.name)))).collect();
    let document = ServiceDocument {
        name: "清单 qingdan",
        version: env!("CARGO_PKG_VERSION"),
        seq: snapshot.seq(),
        published_at: (snapshot.seq() > 0).then(|| instant(snapshot.at())),
        first_publication: first_publication(&snapshot),
        licence: env!("CARGO_PKG_LICENSE"),
        data_licence: request.app_data::<Data<DataLicence>>().and_then(|licence| licence.0.clone()),
        mirror: request.app_data::<Data<Upstream>>().map(|upstream| upstream.mirror_of()),
        records: kind_counts(&snapshot),
        log: LogDocument::of(request),
        links: json!({
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
        }),
    };
    let version = Version::of(&snapshot).depending_on((&document.log.keys, &document.data_licence));
    Ok(Written::json(&snapshot, &document)?.version(version).answer(request, &snapshot))
}

fn get_code_lists(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    let walk = Walk::of(catalog.cursor_key(), request.path(), request.query_string());
    let mut parameters = Parameters::read(request.query_string());
    let page = PageRequest::from_query(&mut parameters, &walk);
    parameters.finish()?;
    static_rows(request, catalog, &page, code_lists::LISTS.iter().collect(), &walk)
}

/// A page of rows that change only with the software; its `seq` is that of the walk.
fn static_rows<T: Serialize>(
    request: &HttpRequest,
    catalog: &Catalog,
    page: &PageRequest,
    all: Vec<T>,
    walk: &Walk,
) -> Result<HttpResponse, Problem> {
    let snapshot = catalog.snapshot();
    let seq = page.cursor.as_ref().map_or(snapshot.seq(), |cursor| cursor.seq);
    rows(request, &snapshot, &page.of(all, walk, seq)?, (Version::of(&snapshot), Caching::Revalidate))
}

fn get_code_list(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    no_parameters(request)?;
    let name = part(request, "name")?;
    let list: &CodeList = code_lists::list(&name).ok_or_else(|| {
        let known: Vec<_> = code_lists::LISTS.iter().map(|list| list.name).collect();
        let known = known.join(", ");
        Problem::with_detail(Code::NotFound, format!("代码表有：{known}"), format!("The code lists are {known}"))
    })?;
    let snapshot = catalog.snapshot();
    Ok(Written::json(&snapshot, list)?.version(Version::software()).cached(STATIC).answer(request, &snapshot))
}

fn get_divisions(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    let walk = Walk::of(catalog.cursor_key(), request.path(), request.query_string());
    let mut parameters = Parameters::read(request.query_string());
    let page = PageRequest::from_query(&mut parameters, &walk);
    let asked = DivisionRequest::from_query(&mut parameters);
    parameters.finish()?;
    static_rows(request, catalog, &page, asked.rows().into_iter().map(row).collect(), &walk)
}

fn get_division(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    no_parameters(request)?;
    let code = part(request, "code")?;
    let division = division(&code).ok_or_else(|| {
        Problem::with_detail(
            Code::NotFound,
            format!("没有代码为 {code} 的行政区划。"),
            format!("There is no division {code}."),
        )
    })?;
    let snapshot = catalog.snapshot();
    Ok(Written::json(&snapshot, &division)?.version(Version::software()).cached(STATIC).answer(request, &snapshot))
}

async fn get_schema(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    answer::negotiate(request, &["application/schema+json", answer::JSON])?;
    let file = part(request, "file")?;
    let snapshot = catalog.snapshot();
    let kind = file.strip_suffix(".json").and_then(|name| snapshot.kind(name));
    let kind = kind.ok_or_else(|| {
        let known: Vec<_> = snapshot.kinds().map(|kind| format!("{}.json", kind.name)).collect();
        let known = known.join(", ");
        Problem::with_detail(Code::NotFound, format!("可用的模式：{known}"), format!("The schemas are {known}"))
    })?;
    let written = async {
        let schema = (kind.shape)().json_schema(&format!("/v1/schemas/{file}"));
        Ok(Written::text(&snapshot, "application/schema+json", serde_json::to_vec(&schema)?))
    };
    let schema = rendered::kept(request, "schema", kind.name, Version::software(), written).await?;
    Ok(schema.cached(STATIC).answer(request, &snapshot))
}
