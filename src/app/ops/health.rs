//! Whether the service lives, whether it is ready, and its figures.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Data,
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::metrics::{Metrics, MetricsAddress, ProcessFigures};
use crate::{
    problem::{Code, Problem},
    public::feed::Feed,
    register::{
        catalog::{Catalog, Lag},
        changes::Seq,
        db::Db,
        notary::Notary,
        upstream::{Dispute, MirrorReadiness, SourceReadiness, Upstream},
        witnesses::Witnesses,
    },
    staff::requests::Bodies,
    web::{
        contract::{Operation, Schemas, schema},
        endpoint::{Endpoint, operations},
        rendered::Rendered,
        routes::{no_parameters, shared},
    },
};

/// The path of the figures, below the address that they have to themselves.
pub const METRICS: &str = "/metrics";
const TAG: &str = "operations";
/// Without a look at the log for so long, the database counts as unreachable; reads go on.
const STALE: Duration = Duration::from_secs(15);

/// 就绪状态
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    /// 状态: `ready`, or `behind` while changes of the log are still to be read. Of a mirror also `degraded`, with 200: it
    /// serves what it has, and `mirror` says why nothing new comes.
    #[schema(example = "ready")]
    pub status: &'static str,
    /// 变更序号: the last change that is read here.
    #[schema(example = 378)]
    pub seq: Seq,
    /// 日志末尾序号
    #[schema(example = 378)]
    pub head: Seq,
    /// 未同步变更数
    #[schema(example = 0)]
    pub behind: Seq,
    /// 数据库: `reachable`, or `unreachable`: reads go on without it. `held_up` where what is to be written waits for a transaction that
    /// does not end. `damaged` where new lines of its log are not those that were written: they are not shown, and reads go on without
    /// them.
    #[schema(example = "reachable")]
    pub database: &'static str,
    /// 已签署变更数: lines of the checkpoint that is given out.
    #[schema(example = 378)]
    pub signed_size: u64,
    /// 签署状态: `current` when all that is read here is signed, `behind` while it is still to be, `failing` when it could not be:
    /// then the log of the service says why. Reads go on; a proof of what is not signed is 503.
    #[schema(example = "current")]
    pub signing: &'static str,
    /// 镜像状态: only of a mirror.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mirror: Option<MirrorReadiness>,
}

/// 存活状态
#[derive(Serialize, ToSchema)]
pub struct Liveness {
    /// 状态
    #[schema(example = "alive")]
    pub status: &'static str,
}

/// The endpoints at which a process tells how it is.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/health/live", &get_live).promises(&[describe_live]),
    Endpoint::get("/health/ready", &get_ready).promises(&[describe_ready]),
    Endpoint::get(METRICS, &get_metrics),
];

async fn get_live(request: &HttpRequest, _: &Catalog) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    Ok(uncached(StatusCode::OK).json(Liveness { status: "alive" }))
}

async fn get_ready(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    let upstream = request.app_data::<Data<Upstream>>().map(|upstream| &***upstream);
    let notary = shared::<Notary>(request)?;
    let database = standing(&catalog.lag(), request.app_data::<Data<Db>>().map(|db| &***db));
    let (status, readiness) = readiness(catalog.lag(), database, notary, upstream);
    Ok(uncached(status).json(readiness))
}

fn uncached(status: StatusCode) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    answer
}

/// Returns how the database stands: of several troubles, the worst.
fn standing(lag: &Lag, db: Option<&Db>) -> &'static str {
    match (lag.is_damaged, is_reached(lag)) {
        (true, _) => "damaged",
        (false, false) => "unreachable",
        (false, true) if db.is_some_and(Db::is_held_up) => "held_up",
        (false, true) => "reachable",
    }
}

fn is_reached(lag: &Lag) -> bool {
    lag.since.is_some_and(|since| since < STALE)
}

fn readiness(
    lag: Lag,
    database: &'static str,
    notary: &Notary,
    upstream: Option<&Upstream>,
) -> (StatusCode, Readiness) {
    let behind = lag.head - lag.seq;
    let signed_size = signed_size(notary);
    // While a publication is being folded in, the replica is no less ready than a moment ago.
    let follows = lag.since.is_some() && (behind == 0 || is_reached(&lag));
    // A mirror that has not yet taken everything once would answer with less than it will in a moment; one that has nothing
    // at all has nothing to answer with.
    let ready =
        follows && upstream.is_none_or(|upstream| upstream.is_settled() && (lag.seq > 0 || !upstream.is_degraded()));
    let readiness = Readiness {
        status: match ready {
            true if upstream.is_some_and(Upstream::is_degraded) => "degraded",
            true => "ready",
            false => "behind",
        },
        mirror: upstream.map(Upstream::readiness),
        seq: lag.seq,
        head: lag.head,
        behind,
        database,
        signed_size,
        signing: signing(notary, signed_size, lag.seq),
    };
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, readiness)
}

fn signing(notary: &Notary, signed_size: u64, seq: Seq) -> &'static str {
    let is_behind = Seq::try_from(signed_size).is_ok_and(|signed| signed < seq);
    match (notary.fails(), is_behind) {
        (true, _) => "failing",
        (false, true) => "behind",
        (false, false) => "current",
    }
}

fn signed_size(notary: &Notary) -> u64 {
    notary.current().map_or(0, |signed| signed.checkpoint.size)
}

async fn get_metrics(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let address = shared::<MetricsAddress>(request)?;
    if !address.is_asked(request) {
        return Err(Code::NotFound.into());
    }
    no_parameters(request)?;
    let metrics = shared::<Metrics>(request)?;
    let signed = request.app_data::<Data<Notary>>().map_or(0, |notary| signed_size(notary));
    let upstream = request.app_data::<Data<Upstream>>().map(|upstream| &***upstream);
    let held = request.app_data::<Data<Rendered>>().map(|rendered| rendered.held()).unwrap_or_default();
    let witnesses = request.app_data::<Data<Witnesses>>().map(|witnesses| &***witnesses);
    let streams = request.app_data::<Data<Feed>>().map_or(0, |feed| feed.seats.taken());
    let unscrubbed = request.app_data::<Data<Db>>().and_then(|db| db.last_unscrubbed());
    let bodies = request.app_data::<Data<Bodies>>().map_or(0, |bodies| bodies.held());
    let standing =
        ProcessFigures { lag: catalog.lag(), signed, held, streams, bodies, unscrubbed, witnesses, upstream };
    let text = metrics.text(standing).map_err(|error| {
        log::error!("metrics: {error}");
        Problem::from(Code::Internal)
    })?;
    let kind = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    Ok(uncached(StatusCode::OK).insert_header(kind).body(text))
}

/// Describes these endpoints for OpenAPI.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<Liveness>();
    schemas.add::<Readiness>();
    schemas.add::<MirrorReadiness>();
    schemas.add::<SourceReadiness>();
    schemas.add::<Dispute>();
    operations(ENDPOINTS).collect()
}

fn describe_live(path: &str) -> Operation {
    Operation::json("get_live", TAG, path, schema("Liveness"))
        .says("存活检查 · Liveness", "The process answers.")
        .unconditional()
}

fn describe_ready(path: &str) -> Operation {
    let unready = json!({
        "description": "未就绪 · Not ready: the same document.",
        "content": { "application/json": { "schema": schema("Readiness") } },
    });
    Operation { own_errors: vec![(503, unready)], ..Operation::json("get_ready", TAG, path, schema("Readiness")) }
        .says(
            "就绪检查 · Readiness",
            "200 when the log is followed here, else 503 with the same document. A database that cannot be reached, or is held \
             up, does not make a replica unready: reads go on.",
        )
        .unconditional()
}
