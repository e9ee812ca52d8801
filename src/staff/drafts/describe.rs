//! What the endpoints of drafts promise.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    http::{Approving, ENDPOINTS, Publishing, Said},
    propose::NewDraft,
    publish::PublicationRequest,
    transfer::TransferRequest,
};
use crate::{
    problem::{Code, ProblemDocument},
    register::{
        changes::{Document, Seq},
        compare::Difference,
    },
    staff::requests::Endpoint,
    values::code_lists::{Action, DraftState, PublicationChannel, Review},
    web::contract::{Operation, Schemas, path_parameter, query_parameter, repeated_parameter, schema},
};

/// The group of these endpoints.
pub const TAG: (&str, &str) = ("drafts", "草稿与公布 · Drafts, their reviews and publication");

/// 草稿: a proposed revision of one record.
#[derive(Serialize, ToSchema)]
#[schema(as = Draft)]
pub struct DraftDocument {
    /// 草稿标识: UUID, version 7.
    #[schema(example = "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d")]
    id: String,
    /// 记录类别
    #[schema(example = "item")]
    kind: String,
    /// 调整类型
    action: Action,
    /// 编码
    #[schema(example = "11350121003619116B5000511001000")]
    key: Option<String>,
    /// 名称
    name: Option<String>,
    /// 草稿状态
    state: DraftState,
    /// 草稿版本: grows with every change; the entity tag.
    #[schema(example = 3)]
    version: i64,
    /// 起草依据的修订号
    #[schema(example = 2)]
    base_revision: Option<i64>,
    /// 所属机构
    organisation: Option<String>,
    /// 所属行政区划
    division: Option<String>,
    /// 起草人: the name of the account.
    #[schema(example = "editor")]
    author: String,
    /// 提交人
    submitter: Option<String>,
    /// 审查意见: the approvals of the present text.
    approvals: Vec<ApprovalDocument>,
    /// 定时公布时间
    effective_at: Option<String>,
    /// 定时公布批次
    batch: Option<String>,
    /// 公布时的变更序号
    publication: Option<Seq>,
    /// 起草时间
    created_at: String,
    /// 最近修改时间
    updated_at: String,
    /// 记录内容: what is proposed; not in lists, and gone once the draft is published or given up.
    #[schema(value_type = Option<Value>)]
    body: Option<Value>,
    /// 承接事项
    successor: Option<String>,
    /// 待删除的修订号
    revision: Option<i64>,
    /// 调整原因: of a draft that was given up, gone once a text of the record was erased; so is its document.
    reason: Option<String>,
    /// 调整依据文件
    document: Option<Document>,
    /// 公开渠道
    channels: Vec<PublicationChannel>,
    /// 办理意见: what was said at each step; not in lists.
    comments: Vec<CommentDocument>,
    /// 定时公布未成的原因: a problem document.
    #[schema(value_type = Option<ProblemDocument>)]
    alert: Option<Value>,
    /// 链接
    #[schema(value_type = Map<String, String>)]
    links: Value,
    /// 公布后的变更序号: in the answer to a publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<Seq>,
    /// 已公布的记录: in the answer to a publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<Vec<PublishedRecord>>,
}

/// 一项审查
#[derive(Serialize, ToSchema)]
#[schema(as = Approval)]
pub struct ApprovalDocument {
    /// 审查类别
    kind: Review,
    /// 审查人
    #[schema(example = "reviewer-1")]
    by: String,
    /// 时间
    at: String,
}

/// 一条意见
#[derive(Serialize, ToSchema)]
#[schema(as = DraftComment)]
pub struct CommentDocument {
    /// 何人
    by: String,
    /// 时间
    at: String,
    /// 步骤
    #[schema(example = "return")]
    step: String,
    /// 内容: empty once a text of the record was erased, which it may have quoted.
    text: String,
}

/// 草稿一页
#[derive(Serialize, ToSchema)]
pub struct DraftPage {
    /// 草稿: without body, comments and links.
    items: Vec<DraftDocument>,
    /// 下一页游标
    next: Option<String>,
    /// 总数
    total: usize,
    /// 变更序号: of the register.
    seq: Seq,
}

/// 检查结果
#[derive(Serialize, ToSchema)]
pub struct DraftCheck {
    /// 能否提交: whether nothing of severity `error` is found.
    submittable: bool,
    /// 错误数
    errors: usize,
    /// 草稿版本: that was checked.
    version: i64,
    /// 发现的问题
    findings: Vec<crate::register::quality::Finding>,
    /// 受影响的记录: others that would break rules which they keep now.
    affects: Vec<AffectedRecord>,
}

/// 受影响的记录
#[derive(Serialize, ToSchema)]
pub struct AffectedRecord {
    /// 记录类别
    kind: String,
    /// 编码
    key: String,
    /// 名称
    name: String,
    /// 将出现的问题
    findings: Vec<crate::register::quality::Finding>,
}

/// 与现行文本的差异
#[derive(Serialize, ToSchema)]
pub struct DraftComparison {
    /// 草稿标识
    draft: String,
    /// 草稿版本
    version: i64,
    /// 起草依据的修订号
    base_revision: Option<i64>,
    /// 现行修订号: another than the base means that somebody has published meanwhile.
    current_revision: Option<i64>,
    /// 差异: the first 1,000, or 256 kB of them.
    differences: Vec<Difference>,
    /// 是否还有未列出的差异
    more: bool,
}

/// 公布结果
#[derive(Serialize, ToSchema)]
pub struct PublicationResult {
    /// 变更序号: the last of the publication.
    seq: Seq,
    /// 已公布的记录
    records: Vec<PublishedRecord>,
}

/// 已公布的记录
#[derive(Serialize, ToSchema)]
pub struct PublishedRecord {
    /// 变更序号
    seq: Seq,
    /// 记录类别
    kind: String,
    /// 编码
    key: String,
    /// 修订号
    revision: i64,
    /// 调整类型
    action: Action,
    /// 地址
    url: String,
}

/// 划转结果
#[derive(Serialize, ToSchema)]
pub struct TransferResult {
    /// 划出机构
    from: String,
    /// 划入机构
    to: String,
    /// 试运行
    dry_run: bool,
    /// 记录数
    total: usize,
    /// 不能划转的记录数
    blocked: usize,
    /// 记录
    records: Vec<TransferredRecord>,
}

/// 划转的记录
#[derive(Serialize, ToSchema)]
pub struct TransferredRecord {
    /// 记录类别
    kind: String,
    /// 编码
    key: String,
    /// 名称
    name: String,
    /// 调整类型: `renumber` where the code changes with the organisation.
    action: Action,
    /// 新编码
    new_key: Option<String>,
    /// 改变的字段
    pointers: Vec<String>,
    /// 草稿标识: absent in a dry run.
    draft: Option<String>,
    /// 不能划转的原因: a problem code.
    problem: Option<String>,
}

/// Every operation.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<DraftDocument>();
    schemas.add::<DraftPage>();
    schemas.add::<DraftCheck>();
    schemas.add::<DraftComparison>();
    schemas.add::<PublicationResult>();
    schemas.add::<TransferResult>();
    schemas.add::<NewDraft>();
    schemas.add::<Said>();
    schemas.add::<Approving>();
    schemas.add::<Publishing>();
    schemas.add::<PublicationRequest>();
    schemas.add::<TransferRequest>();
    ENDPOINTS.iter().map(operation).collect()
}

const MATCHED: &[Code] =
    &[Code::NotFound, Code::StateConflict, Code::PreconditionMissing, Code::Stale, Code::IdempotencyMismatch];

fn operation(endpoint: &Endpoint) -> Operation {
    let (summary, description, answer) = texts(endpoint.terms.action);
    let operation = endpoint.operation(TAG.0, schema(answer)).says(summary, description);
    let id = path_parameter("id", "草稿标识 · Id of the draft.", "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d");
    let operation = if endpoint.path.contains("{id}") { operation.takes([id]) } else { operation };
    let comment = json!({ "comment": "办理时限与依据不符，请核对" });
    match endpoint.terms.action {
        "draft.list" => operation.takes(list_parameters()).refuses(&[Code::InvalidCursor]),
        "draft.create" => operation
            .sent(schema("NewDraft"), json!({ "kind": "item", "action": "amend", "key": "11350121003619116B5000511001000" }))
            .refuses(&[Code::StateConflict, Code::QuotaFull])
            .succeeds(&[(201, "已起草 · The draft; `Location` is its address")]),
        "draft.replace" | "draft.amend" => operation
            .sent(schema("NewDraft"), json!({ "body": { "promised_limit": { "value": 10, "unit": "working_day" } }, "reason": "压缩承诺时限" }))
            .refuses(&[Code::NotFound, Code::StateConflict, Code::PreconditionMissing, Code::Stale, Code::QuotaFull]),
        "draft.discard" => operation
            .refuses(&[Code::NotFound, Code::StateConflict, Code::PreconditionMissing, Code::Stale])
            .silent(),
        "draft.submit" => operation
            .sent(schema("DraftStep"), json!({}))
            .refuses(MATCHED)
            .refuses(&[Code::QuotaFull]),
        "draft.withdraw" | "draft.unschedule" => operation
            .sent(schema("DraftStep"), json!({}))
            .refuses(MATCHED),
        "draft.return" => operation.sent(schema("DraftStep"), comment).refuses(MATCHED),
        "draft.approve" => operation
            .sent(schema("ApprovalRequest"), json!({ "kind": "legality" }))
            .refuses(MATCHED)
            .refuses(&[Code::FourEyes]),
        "draft.publish" => operation
            .sent(schema("PublishRequest"), json!({}))
            .refuses(MATCHED)
            .refuses(&[Code::FourEyes])
            .succeeds(&[
                (201, "已公布 · Published: `Location` is the record, `Registry-Seq` the change"),
                (202, "已排定 · Scheduled"),
            ]),
        "publication.create" => operation
            .sent(schema("PublicationRequest"), json!({ "drafts": ["019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d"] }))
            .refuses(&[Code::StateConflict, Code::FourEyes])
            .succeeds(&[(201, "已公布 · Published"), (202, "已排定 · Scheduled")]),
        "transfer.create" => operation
            .sent(
                schema("TransferRequest"),
                json!({ "from": "12350121488101808K", "to": "11350121003619116B", "dry_run": true, "reason": "机构改革，职责划转" }),
            )
            .refuses(&[Code::StateConflict, Code::QuotaFull])
            .succeeds(&[(200, "试运行 · A dry run"), (201, "已起草 · Drafted")]),
        _ => operation.refuses(&[Code::NotFound, Code::StateConflict]),
    }
}

fn list_parameters() -> Vec<Value> {
    let text = json!({ "type": "string" });
    vec![
        repeated_parameter("state", "草稿状态 · State.", schema(DraftState::LIST.schema), "submitted"),
        repeated_parameter("kind", "记录类别 · Kind of the record.", text.clone(), "item"),
        repeated_parameter("action", "调整类型 · Action.", schema(Action::LIST.schema), "amend"),
        repeated_parameter("key", "编码 · Key of the record.", text.clone(), "11350121003619116B5000511001000"),
        repeated_parameter("organisation", "所属机构 · Organisation.", text.clone(), "11350121003619116B"),
        repeated_parameter("author", "起草人 · Author.", text.clone(), "editor"),
        query_parameter(
            "limit",
            "每页行数 · Rows of a page.",
            json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 20 }),
            "50",
        ),
        query_parameter("cursor", "游标 · `next` of the page before.", text, "MC5h…"),
    ]
}

/// Summary, description and schema of the answer.
fn texts(action: &str) -> (&'static str, &'static str, &'static str) {
    match action {
        "draft.list" => (
            "草稿列表 · Drafts",
            "The drafts that you may see, the newest first, without their bodies. Several values of one filter mean any of them.",
            "DraftPage",
        ),
        "draft.create" => (
            "起草 · Make a draft",
            "Proposes one revision of one record. A draft may be incomplete: unknown members and wrong types are refused at once (422), \
             whatever else is missing or wrong is told by `check` and refused by `submit`.\n\n\
             For `amend`, `delegate` and `renumber` leave `body` out to begin with what is public, then `PATCH` what changes. \
             `base_revision` says which revision you saw: 409 with what changed since when it is no longer the current one. `conflict` \
             names the `record`, the `revisions` since, and the `differences` between yours and the current one: the first 1,000, or \
             256 kB of them, and with `more` where there are more.\n\n\
             A record has one open draft at a time: 409 names the other one.\n\n\
             | action | needs |\n|---|---|\n\
             | `create` | `body` |\n| `amend`, `delegate` | `key`, `body` |\n| `renumber` | `key`, `body` with the new code |\n\
             | `suspend`, `reinstate`, `cancel` | `key` (`cancel` may name a `successor`) |\n| `merge` | `key`, `successor` |\n\
             | `erase` | `key`, `revision`: the text that should never have been public |\n\n\
             All but `create` need `reason` and `document` to be submitted.",
            "Draft",
        ),
        "draft.read" => (
            "查看草稿 · One draft",
            "The draft with its text, approvals and comments. Its `ETag` is what `If-Match` of every step takes. A draft that was \
             published or given up keeps no text: the published record has it.",
            "Draft",
        ),
        "draft.replace" => (
            "替换草稿内容 · Replace the text",
            "Replaces body, successor, revision, reason, document and channels. What the draft has of them is named, if only as `null`, \
             which takes it away: passed over, it is `required` (422). A body that says nothing is 400. A returned draft is a draft again.",
            "Draft",
        ),
        "draft.amend" => (
            "修改草稿内容 · Change the text",
            "JSON merge patch (RFC 7396) on `{ body, successor, revision, reason, document, channels }`: members that are given replace, \
             `null` removes, arrays are replaced whole. After somebody else has published, `base_revision` set to the current revision \
             says that you have looked at it; another one is 409 with what changed since.\n\n\
             412 tells in `conflict.changes` who changed what since the version that you saw, the oldest change first: the first 1,000 \
             differences, or 256 kB of them. `conflict.more` says that there are more than are told, or that texts which old versions \
             had are not kept any more; `changes` is empty where nothing could be compared in time. The refusal holds all the same.",
            "Draft",
        ),
        "draft.discard" => ("作废草稿 · Give a draft up", "Only before submission. Its text is removed.", "Draft"),
        "draft.check" => (
            "检查草稿 · Check a draft",
            "Every rule that the draft breaks, each with severity, pointer, message and remedy; references may also be to drafts that are \
             submitted or approved. `affects` names other records that would break rules: the items that lose their basis by a repealed \
             law, for example. In English with `Accept-Language: en`.",
            "DraftCheck",
        ),
        "draft.compare" => (
            "与现行文本比较 · Compare with what is public",
            "Field by field, with the Chinese term of each: the first 1,000 differences, or 256 kB of them. `more` says that there are more.",
            "DraftComparison",
        ),
        "draft.preview" => (
            "预览记录 · Preview the record",
            "The record as it would be answered, with `meta`, `embedded` and `links`. 422 while it cannot be read.",
            "Draft",
        ),
        "draft.submit" => (
            "提交审查 · Submit",
            "Hands the draft in for the two reviews. 422 names everything of severity `error` at once.",
            "Draft",
        ),
        "draft.withdraw" => {
            ("撤回 · Withdraw", "By its author, until it is published or scheduled. All approvals fall.", "Draft")
        }
        "draft.return" => (
            "退回修改 · Send back",
            "By a reviewer or a publisher, with a comment that says what to mend. All approvals fall.",
            "Draft",
        ),
        "draft.approve" => (
            "审查通过 · Approve",
            "Gives one of the two approvals: `confidentiality` (保密审查) or `legality` (合法性审核). Who wrote or submitted the draft \
             approves nothing of it, and nobody gives both: 403 `four-eyes`. `If-Match` makes sure that you approve what you have read.",
            "Draft",
        ),
        "draft.publish" => (
            "公布 · Publish",
            "Publishes an approved draft: the answer comes when readers of this server see it. Not by its author. With `effective_at` ahead \
             it is scheduled (202) and published once when the time comes, after all rules are asked again, and \
             whether the accounts of its writers, reviewers and publisher are still open. 409 when somebody has \
             published another revision meanwhile.",
            "Draft",
        ),
        "draft.unschedule" => (
            "取消定时 · Unschedule",
            "Takes a scheduled publication back, the whole batch: its drafts are approved as before.",
            "Draft",
        ),
        "publication.create" => (
            "批量公布 · Publish many",
            "Publishes approved drafts together, in the order given: all of them or none, checked as one, seen as one. No word is added: \
             reason, document and channels are those of each draft, which were approved. Mistakes are at `/drafts/{index}/…`.",
            "PublicationResult",
        ),
        _ => (
            "职责划转 · Transfer",
            "Everything that one body holds, and every record that names it, becomes a draft for another one: items are renumbered, since \
             their codes begin with the organisation's. All or nothing: 409 names the records that cannot be drafted. `dry_run` only tells.",
            "TransferResult",
        ),
    }
}
