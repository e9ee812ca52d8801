//! `GET /v1/audit`.

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    problem::{Code, Problem, Wrong},
    register::db::Conn,
    staff::{
        audit::{self, AuditEntry, AuditReach, AuditSelection, Outcome},
        identity::{AccountKind, Caller, Grant, Permission, permissions},
        requests::{Endpoint, Need, Request, Verb},
    },
    values::division,
    web::{
        contract::{Operation, Schemas, query_parameter, repeated_parameter, schema},
        cursor::Walk,
        page::LinesRequest,
        parameters::page_parameters,
        query::{Parameters, instant},
        routes::with_next,
    },
};

/// The endpoints of the trail.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(Verb::Get, "/v1/audit", "audit.list", Need::OneOf(&[Permission::AuditRead]), |request| {
        Box::pin(list(request))
    }),
    Endpoint::new(Verb::Get, "/v1/me/audit", "me.audit", Need::Account, |request| Box::pin(list_own(request))),
];

/// The tag of these operations.
pub const TAG: (&str, &str) = ("audit", "审计记录 · The audit trail");

/// 审计记录
#[derive(Serialize, ToSchema)]
pub struct AuditLine {
    /// 序号: from 1 without gaps.
    #[schema(example = 41)]
    pub seq: i64,
    /// 时间
    #[schema(format = "date-time", example = "2026-11-24T01:02:03.456Z")]
    pub at: String,
    /// 操作人: username or client id; `system` for what the service did by itself; null for who did not say.
    #[schema(required, example = "wang")]
    pub actor: Option<String>,
    /// 来源地址: of the client, behind trusted proxies.
    #[schema(required, example = "203.0.113.9")]
    pub address: Option<String>,
    /// 请求标识: the `X-Request-Id` of the request; the log of the service has it, too.
    #[schema(required, example = "b6adb2e2c53d7358")]
    pub request_id: Option<String>,
    /// 操作: the operation's id, with a point.
    #[schema(example = "draft.approve")]
    pub action: String,
    /// 对象: what it was done to; of a refused attempt the path.
    #[schema(required, example = "draft/0192f0c1-7a3e-7b60-9a51-0c7d2a4b5e11")]
    pub subject: Option<String>,
    /// 所属机构: unified social credit code.
    #[schema(required, example = "11350121003619116B")]
    pub organisation: Option<String>,
    /// 所属行政区划
    #[schema(required, example = "350121202")]
    pub division: Option<String>,
    /// 结果: `done` or `refused`.
    #[schema(example = "refused")]
    pub outcome: &'static str,
    /// 问题代码: why it was refused.
    #[schema(required, example = "four-eyes")]
    pub problem: Option<String>,
    /// 补充说明: more, without anything secret.
    #[schema(required, value_type = Option<Map<String, Value>>)]
    pub detail: Option<Value>,
    /// 上一条哈希: the `hash` of the line before; empty for the first.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub previous: String,
    /// 哈希: hex SHA-256 of the canonical JSON (RFC 8785) of the other members, nulls too.
    #[schema(example = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752")]
    pub hash: String,
}

/// 一页审计记录: newest first.
#[derive(Serialize, ToSchema)]
pub struct AuditPage {
    /// 记录
    pub items: Vec<AuditLine>,
    /// 下一页游标: null on the last page.
    #[schema(required)]
    pub next: Option<String>,
    /// 总数: of all pages.
    #[schema(example = 41)]
    pub total: i64,
    /// 末尾序号: of the trail as the walk shows it; a walk is pinned to it.
    #[schema(example = 41)]
    pub seq: i64,
}

impl From<AuditEntry> for AuditLine {
    fn from(line: AuditEntry) -> Self {
        let at = line.time();
        let AuditEntry { seq, event, previous, hash, .. } = line;
        Self {
            seq,
            at,
            actor: event.actor,
            address: event.address,
            request_id: event.request_id,
            action: event.action,
            subject: event.subject,
            organisation: event.organisation,
            division: event.division,
            outcome: event.outcome.value(),
            problem: event.problem,
            detail: event.detail,
            previous,
            hash,
        }
    }
}

/// A page of lines that is asked for.
struct AuditRequest {
    selection: AuditSelection,
    page: LinesRequest,
}

async fn list(request: Request) -> Result<HttpResponse, Problem> {
    let walk = Walk::of(request.catalog.cursor_key(), request.http.path(), request.http.query_string());
    let asked = read(request.parameters(), request.caller()?, &walk)?;
    answer(request, asked, walk).await
}

/// Answers the lines about the caller, who is so told of grants and of a password that somebody else set.
async fn list_own(request: Request) -> Result<HttpResponse, Problem> {
    let walk = Walk::of(request.catalog.cursor_key(), request.http.path(), request.http.query_string());
    let name = &request.caller()?.name;
    // No two accounts have one name, of whichever kind they are.
    let subjects = [AccountKind::Person, AccountKind::Client].map(|kind| kind.subject(name)).to_vec();
    let asked = placed(request.parameters(), AuditSelection { subjects, ..AuditSelection::default() }, &walk)?;
    answer(request, asked, walk).await
}

async fn answer(request: Request, asked: AuditRequest, walk: Walk) -> Result<HttpResponse, Problem> {
    let page = request.fetch(move |conn, _| page(conn, &asked, &walk)).await?;
    Ok(with_next(&request.http, request.answer(&page, None)?, page.next.as_deref()))
}

fn page(conn: &mut Conn, asked: &AuditRequest, walk: &Walk) -> Result<AuditPage, Problem> {
    let head = audit::head(conn)?.seq;
    let (seq, before) = asked.page.place.unwrap_or((head, head.saturating_add(1)));
    if seq > head {
        return Err(Problem::invalid_cursor(Wrong::NotACursor));
    }
    let mut found = audit::select(conn, &asked.selection, seq, before, asked.page.to_read())?;
    let next = asked.page.cut(&mut found.lines, |line| line.seq, seq, walk);
    Ok(AuditPage { items: found.lines.into_iter().map(AuditLine::from).collect(), next, total: found.total, seq })
}

fn read(mut parameters: Parameters, caller: &Caller, walk: &Walk) -> Result<AuditRequest, Problem> {
    let divisions = parameters.all("division");
    for division in divisions.iter().filter(|division| !division::is_prefix(division)) {
        parameters.wrong("division", division, Wrong::DivisionUnknown);
    }
    let outcomes = || Wrong::NotInCodeList(Outcome::ALL.map(Outcome::value).join(", "));
    let selection = AuditSelection {
        actors: parameters.all("actor"),
        actions: parameters.all("action"),
        subjects: parameters.all("subject"),
        outcome: parameters.parsed("outcome", |text| Outcome::of(text).ok_or_else(outcomes)),
        since: parameters.parsed("since", instant),
        until: parameters.parsed("until", instant),
        organisations: parameters.all("organisation"),
        divisions: divisions.iter().map(|division| division::significant(division).to_owned()).collect(),
        reach: reach(caller),
    };
    if let (Some(since), Some(until)) = (selection.since, selection.until)
        && since > until
    {
        parameters.wrong("until", "", Wrong::DateOrder("since".into(), "until".into()));
    }
    placed(parameters, selection, walk)
}

/// Adds to a selection what is left of the parameters: where to begin, and how much.
fn placed(mut parameters: Parameters, selection: AuditSelection, walk: &Walk) -> Result<AuditRequest, Problem> {
    let page = LinesRequest::from_query(&mut parameters, walk);
    parameters.finish()?;
    Ok(AuditRequest { selection, page })
}

/// Says how much of the trail the caller's grants show: without limit all of it, else what belongs to their organisations and
/// divisions, and what they did themselves. Lines that belong to nobody are for callers without limit.
fn reach(caller: &Caller) -> AuditReach {
    let may = |grant: &&Grant| permissions(grant.role).contains(&Permission::AuditRead);
    let (mut organisations, mut divisions) = (Vec::new(), Vec::new());
    for grant in caller.grants.iter().filter(may) {
        match (&grant.organisation, &grant.division) {
            (None, None) => return AuditReach::Everything,
            (Some(organisation), _) => organisations.push(organisation.clone()),
            (None, Some(division)) => divisions.push(division::significant(division).to_owned()),
        }
    }
    AuditReach::Limited { actor: caller.name.clone(), organisations, divisions }
}

/// Describes these endpoints for OpenAPI.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<AuditPage>();
    vec![
        Operation::staff("audit_list", TAG.0, "get", "/v1/audit", schema("AuditPage"))
            .says("查询审计记录 · Read the audit trail", LIST)
            .needing([Permission::AuditRead.value()])
            .takes(filters())
            .takes(page_parameters())
            .refuses(&[Code::InvalidCursor])
            .shown_by("/v1/audit?outcome=refused&limit=2"),
        Operation::staff("me_audit", TAG.0, "get", "/v1/me/audit", schema("AuditPage"))
            .says("本人账号的审计记录 · What was done to my account", LIST_OWN)
            .takes(page_parameters())
            .refuses(&[Code::InvalidCursor]),
    ]
}

const LIST: &str = "Who did or tried what, when, from where, and how it ended; newest first. Every action of the staff part has one line, \
    written in the transaction of what it tells of; refused attempts of \
    accounts have one, too, those of strangers one together each hour (`strangers.refuse`). Nothing secret is in it.\n\n\
    Lines are never altered or removed: each has the hash of the one before. `hash` = hex SHA-256 of the canonical JSON \
    (RFC 8785) of the row without `hash`, so that anybody who has the rows can check them; `qingdan verify audit` \
    checks the whole chain. Note down `seq` and `hash` of the newest line elsewhere from time to time: then nobody can \
    write the trail anew unseen.\n\n\
    A grant on everything shows everything. One on an organisation or a division shows what belongs there, and what the \
    caller did. Follow `next` with the same parameters: a walk is pinned to the `seq` at which it began. \
    A filter given several times means any of its values; different filters must all hold.";

const LIST_OWN: &str = "The lines of the trail that are about the account of this token, newest first: who made it, gave and confirmed grants, set \
    the password or disabled it, and when.";

/// Describes the filters of the trail.
fn filters() -> [Value; 8] {
    let text = || json!({ "type": "string", "minLength": 1 });
    let time = || json!({ "type": "string", "format": "date-time" });
    let division = json!({ "type": "string", "pattern": "^[0-9]{2,12}$" });
    let outcome = json!({ "type": "string", "enum": Outcome::ALL.map(Outcome::value) });
    let (item, office) = ("item/11350121003619116B5000511001000", "11350121003619116B");
    [
        repeated_parameter("actor", "操作人 · By username or client id.", text(), "wang"),
        repeated_parameter("action", "操作 · By what was done or tried.", text(), "draft.approve"),
        repeated_parameter("subject", "对象 · By what it was done to.", text(), item),
        query_parameter("outcome", "结果 · By how it ended.", outcome, "refused"),
        query_parameter("since", "起始时间 · At or after this instant.", time(), "2026-11-24T00:00:00+08:00"),
        query_parameter("until", "截止时间 · Before this instant.", time(), "2026-11-25T00:00:00+08:00"),
        repeated_parameter("organisation", "所属机构 · By the organisation it belongs to.", text(), office),
        repeated_parameter(
            "division",
            "所属行政区划 · By the division it belongs to, and all below.",
            division,
            "350121",
        ),
    ]
}
