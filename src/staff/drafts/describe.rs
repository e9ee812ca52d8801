//! The endpoints of drafts as OpenAPI describes them.

use serde_json::{Value, json};

use super::{
    bulk_describe,
    content::NewDraft,
    discuss::Saying,
    http::{Approving, ENDPOINTS, Publishing, Said},
    my_tasks::MyTasks,
    order::Order,
    shapes::{CommentMade, DraftCheck, DraftComparison, DraftDocument, DraftPage, PublicationResult, TransferResult},
    tasks::Task,
    transfer::TransferRequest,
};
use crate::{
    model::KINDS,
    problem::Code,
    search::LONGEST_QUERY,
    staff::requests::Promise,
    values::code_lists::{Action, DraftState},
    web::contract::{Operation, Schemas, path_parameter, query_parameter, repeated_parameter, schema},
};

/// The group of these endpoints.
pub const TAG: (&str, &str) = ("drafts", "草稿与公布 · Drafts, their reviews and publication");

/// Every operation.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<DraftDocument>();
    schemas.add::<DraftPage>();
    schemas.add::<MyTasks>();
    schemas.add::<DraftCheck>();
    schemas.add::<DraftComparison>();
    schemas.add::<PublicationResult>();
    schemas.add::<TransferResult>();
    schemas.add::<NewDraft>();
    schemas.add::<Said>();
    schemas.add::<Saying>();
    schemas.add::<CommentMade>();
    schemas.add::<Approving>();
    schemas.add::<Publishing>();
    schemas.add::<TransferRequest>();
    schemas.put("RecordPreview", record_preview());
    let of_one = PROMISES.iter().filter_map(|promise| promise.operation(TAG.0, ENDPOINTS));
    of_one.chain(bulk_describe::describe(TAG.0, schemas)).collect()
}

const OF_ONE: &[Code] = &[Code::NotFound, Code::StateConflict];
const STEP: &[Code] = &[Code::NotFound, Code::StateConflict, Code::PreconditionMissing, Code::Stale];
const STEP_OF_OTHERS: &[Code] =
    &[Code::NotFound, Code::StateConflict, Code::PreconditionMissing, Code::Stale, Code::FourEyes];
const SAVING: &[Code] = &[Code::NotFound, Code::StateConflict, Code::PreconditionMissing, Code::Stale, Code::QuotaFull];

/// A step of one draft, which answers with the draft.
const OF_A_DRAFT: Promise =
    Promise { answer: Some(|| schema("Draft")), parameters: id, refuses: STEP, ..Promise::NOTHING };

const PROMISES: &[Promise] = &[
    Promise {
        action: "draft.list",
        summary: "草稿列表 · Drafts",
        description: &[
            "The drafts that you may see, without their bodies. Several values of one filter mean any of them, different filters must all \
             hold.\n\n\
             `q` finds drafts by id, code, name, reason and number of the decision: every word of it, in any part of them, whatever its case \
             and width. `mine` are those that you made, wrote any of or handed in. `waiting` are those that wait for you: to `correct` what \
             was sent back, to `submit` what you have begun, to `review` what others handed in, to `publish` what is approved; \
             `GET /v1/me/tasks` counts them. `import` are those that an import made.\n\n\
             `sort=changed` walks from the last change backwards; a draft that is changed meanwhile comes to the beginning.",
        ],
        answer: Some(|| schema("DraftPage")),
        parameters: list_parameters,
        refuses: &[Code::InvalidCursor],
        ..Promise::NOTHING
    },
    Promise {
        action: "me.tasks",
        summary: "我的待办 · What waits for me",
        description: &[
            "How many drafts wait for you, by what is to be done next: `correct` (sent back to you), `submit` (begun by you), `review` (handed \
             in by others, without an approval that you may give) and `publish` (approved, and not yours). `url` is the list of them. What is \
             not yours to do is 0. A step may still be refused for what is not looked at here: who publishes a record that moves to another \
             office answers for both.",
        ],
        answer: Some(|| schema("MyTasks")),
        ..Promise::NOTHING
    },
    Promise {
        action: "draft.create",
        summary: "起草 · Make a draft",
        description: &[
            "Proposes one revision of one record. A draft may be incomplete: unknown members, wrong types, an unknown `kind` or \
             `action` and the like are refused (422), all that is wrong at once; whatever else is missing or wrong is told by `check` and refused \
             by `submit`.\n\n\
             For `amend`, `delegate` and `renumber` leave `body` out to begin with what is public, then `PATCH` what changes; or send the record \
             as `GET` gave it, with your changes: `meta`, `embedded` and `links` in `body` are passed over. A `body` that lacks members that \
             are public is refused (`left-out`): `null`, or `[]` of a list, removes one. \
             `base_revision` says which revision you saw: 409 with what changed since when it is no longer the current one. `conflict` \
             names the `record`, the `revisions` since, and the `differences` between yours and the current one: the first 1,000, or \
             256 kB of them, and with `more` where there are more.\n\n\
             A record has one open draft at a time: 409 names the other one.\n\n\
             | action | needs |\n|---|---|\n\
             | `create` | `body` |\n| `amend`, `delegate` | `key`, `body` |\n| `renumber` | `key`, `body` with the new code |\n\
             | `suspend`, `cancel` | `key` (`cancel` may name a `successor`) |\n| `merge` | `key`, `successor` |\n\
             | `reinstate` | `key`: of a suspended, cancelled or merged record; `body` where its text has to be another by now |\n\
             | `erase` | `key`, `revision`: the text that should never have been public |\n\n\
             All but `create` need `reason` and `document` to be submitted.\n\n\
             A record that was cancelled or merged comes back with `reinstate`, as a further revision under the code that it has: \
             `{ \"kind\": \"item\", \"action\": \"reinstate\", \"key\": \"…\", \"reason\": \"…\", \"document\": { … } }`. What had \
             taken its place is told as `former_successor` and stays in its history.\n\n\
             `from` begins with a published text. To restore revision 1: `{ \"kind\": \"item\", \"action\": \"amend\", \"key\": \"…\", \
             \"from\": { \"revision\": 1 } }` (`reinstate` where the record is gone). To copy a record as a new one: `{ \"kind\": \
             \"item\", \"action\": \"create\", \"from\": { \"key\": \"…\" } }`: its code, and codes made of it, are left out, and \
             `copied.removed` names them. What `body` says beside it replaces that of the text, as a merge patch does.",
        ],
        answer: Some(|| schema("Draft")),
        sends: Some((
            "NewDraft",
            || json!({ "kind": "item", "action": "amend", "key": "11350121003619116B5000511001000" }),
        )),
        refuses: &[Code::StateConflict, Code::QuotaFull],
        succeeds: &[(201, "已起草 · The draft; `Location` is its address")],
        ..Promise::NOTHING
    },
    Promise {
        action: "draft.read",
        summary: "查看草稿 · One draft",
        description: &[
            "The draft with its text, approvals and comments. Its `ETag` is what `If-Match` of every step takes. A draft that was \
             published or given up keeps no text: the published record has it.",
        ],
        refuses: OF_ONE,
        versioned: true,
        ..OF_A_DRAFT
    },
    Promise {
        action: "draft.replace",
        summary: "替换草稿内容 · Replace the text",
        description: &[
            "Replaces body, successor, revision, reason, document and channels. What the draft has of them is named, if only as `null`, \
             which takes it away: passed over, it is `required` (422). A body that says nothing is 400. A returned draft is a draft again.",
        ],
        sends: Some(("NewDraft", change)),
        refuses: SAVING,
        ..OF_A_DRAFT
    },
    Promise {
        action: "draft.amend",
        summary: "修改草稿内容 · Change the text",
        description: &[
            "JSON merge patch (RFC 7396) on `{ body, successor, revision, reason, document, channels }`: members that are given replace, \
             `null` removes, arrays are replaced whole. After somebody else has published, `base_revision` set to the current revision \
             says that you have looked at it; another one is 409 with what changed since.\n\n\
             412 tells in `conflict.changes` who changed what since the version that you saw, the oldest change first: the first 1,000 \
             differences, or 256 kB of them. `conflict.more` says that there are more than are told, or that texts which old versions \
             had are not kept any more; `changes` is empty where nothing could be compared in time. The refusal holds all the same.",
        ],
        sends: Some(("NewDraft", change)),
        refuses: SAVING,
        ..OF_A_DRAFT
    },
    Promise {
        action: "draft.discard",
        summary: "作废草稿 · Give a draft up",
        description: &["Only before submission. Its text is removed."],
        parameters: id,
        refuses: STEP,
        ..Promise::NOTHING
    },
    Promise {
        action: "draft.check",
        summary: "检查草稿 · Check a draft",
        description: &[
            "Every rule that the draft breaks, each with severity, pointer, message and remedy; references may also be to drafts that are \
             submitted or approved. `affects` names other records that would break rules: the items that lose their basis by a repealed \
             law, for example. In English with `Accept-Language: en`.",
        ],
        answer: Some(|| schema("DraftCheck")),
        parameters: id,
        refuses: OF_ONE,
        ..Promise::NOTHING
    },
    Promise {
        action: "draft.compare",
        summary: "与现行文本比较 · Compare with what is public",
        description: &[
            "Field by field, with the Chinese term of each: the first 1,000 differences, or 256 kB of them. `more` says that there are more.",
        ],
        answer: Some(|| schema("DraftComparison")),
        parameters: id,
        refuses: OF_ONE,
        ..Promise::NOTHING
    },
    Promise {
        action: "draft.preview",
        summary: "预览记录 · Preview the record",
        description: &[
            "The record as it would be answered, with `meta`, `embedded` and `links`. 422 while it cannot be read, 410 where its text would \
             be erased.",
        ],
        answer: Some(|| schema("RecordPreview")),
        parameters: id,
        refuses: &[Code::NotFound, Code::StateConflict, Code::Gone, Code::InvalidBody],
        ..Promise::NOTHING
    },
    Promise {
        action: "draft.comment",
        summary: "发表意见 · Comment on a draft",
        description: &[
            "Says something of an open draft without taking a step: by anybody who may read it. State, text and approvals stay. The draft has \
             another version, so that who takes a step with `If-Match` meanwhile is told of it (412). `If-Match` may be left out here. \
             Comments are shown in the draft, with `step` `comment`, and are never public; an erasure takes them away.",
        ],
        sends: Some(("NewComment", || json!({ "comment": "请问办理时限是按工作日计算吗？" }))),
        answer: Some(|| schema("CommentMade")),
        refuses: &[Code::NotFound, Code::StateConflict, Code::Stale],
        ..OF_A_DRAFT
    },
    Promise {
        action: "draft.submit",
        summary: "提交审查 · Submit",
        description: &["Hands the draft in for the two reviews. 422 names everything of severity `error` at once."],
        sends: Some(("DraftStep", || json!({}))),
        refuses: SAVING,
        ..OF_A_DRAFT
    },
    Promise {
        action: "draft.withdraw",
        summary: "撤回 · Withdraw",
        description: &["By its author, until it is published or scheduled. All approvals fall."],
        sends: Some(("DraftStep", || json!({}))),
        ..OF_A_DRAFT
    },
    Promise {
        action: "draft.return",
        summary: "退回修改 · Send back",
        description: &["By a reviewer or a publisher, with a comment that says what to mend. All approvals fall."],
        sends: Some(("DraftStep", || json!({ "comment": "办理时限与依据不符，请核对" }))),
        ..OF_A_DRAFT
    },
    Promise {
        action: "draft.approve",
        summary: "审查通过 · Approve",
        description: &[
            "Gives one of the two approvals: `confidentiality` (保密审查) or `legality` (合法性审核). Who wrote or submitted the draft \
             approves nothing of it, and nobody gives both: 403 `four-eyes`. `If-Match` makes sure that you approve what you have read.",
        ],
        sends: Some(("ApprovalRequest", || json!({ "kind": "legality" }))),
        refuses: STEP_OF_OTHERS,
        ..OF_A_DRAFT
    },
    Promise {
        action: "draft.publish",
        summary: "公布 · Publish",
        description: &[
            "Publishes an approved draft: the answer comes when readers of this server see it. Not by its author. With `effective_at` ahead \
             it is scheduled (202) and published once when the time comes, after all rules are asked again, and \
             whether the accounts of its writers, reviewers and publisher are still open. 409 when somebody has \
             published another revision meanwhile.",
        ],
        sends: Some(("PublishRequest", || json!({}))),
        refuses: STEP_OF_OTHERS,
        succeeds: &[
            (201, "已公布 · Published: `Location` is the record, `Registry-Seq` the change"),
            (202, "已排定 · Scheduled"),
        ],
        ..OF_A_DRAFT
    },
    Promise {
        action: "draft.unschedule",
        summary: "取消定时 · Unschedule",
        description: &["Takes a scheduled publication back, the whole batch: its drafts are approved as before."],
        sends: Some(("DraftStep", || json!({}))),
        ..OF_A_DRAFT
    },
    Promise {
        action: "transfer.create",
        summary: "职责划转 · Transfer",
        description: &[
            "Everything that one body holds, and every record that names it, becomes a draft for another one: items are renumbered, since \
             their codes begin with the organisation's. All or nothing: 409 names the records that cannot be drafted. `dry_run` only tells.",
        ],
        answer: Some(|| schema("TransferResult")),
        sends: Some((
            "TransferRequest",
            || json!({ "from": "12350121488101808K", "to": "11350121003619116B", "dry_run": true, "reason": "机构改革，职责划转" }),
        )),
        refuses: &[Code::StateConflict, Code::QuotaFull],
        succeeds: &[(200, "试运行 · A dry run"), (201, "已起草 · Drafted")],
        ..Promise::NOTHING
    },
];

/// A record of any kind.
fn record_preview() -> Value {
    let records: Vec<_> = KINDS.iter().map(|kind| schema(&format!("{}Record", (kind.shape)().name()))).collect();
    json!({ "description": "记录预览: the record of the draft's kind, as it would be answered.", "oneOf": records })
}

fn id() -> Vec<Value> {
    vec![path_parameter("id", "草稿标识 · Id of the draft.", "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d")]
}

fn change() -> Value {
    json!({ "body": { "promised_limit": { "value": 10, "unit": "working_day" } }, "reason": "压缩承诺时限" })
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
        repeated_parameter(
            "import",
            "导入标识 · The import that made them.",
            text.clone(),
            "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d",
        ),
        query_parameter(
            "q",
            "查找 · Words in code, name, reason, number of the decision or id.",
            json!({ "type": "string", "maxLength": LONGEST_QUERY }),
            "优待证",
        ),
        query_parameter(
            "mine",
            "仅我经手的 · Only those that I had a part in.",
            json!({ "type": "boolean", "default": false }),
            "true",
        ),
        repeated_parameter(
            "waiting",
            "待我办理 · What I am to do next.",
            json!({ "type": "string", "enum": Task::ALL.map(Task::value) }),
            "review",
        ),
        query_parameter(
            "sort",
            "排序 · `newest` (made last first, default), `oldest`, `changed` (changed last first).",
            json!({ "type": "string", "enum": Order::NAMES.map(|(name, _)| name), "default": "newest" }),
            "changed",
        ),
        query_parameter(
            "limit",
            "每页行数 · Rows of a page.",
            json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 20 }),
            "50",
        ),
        query_parameter("cursor", "游标 · `next` of the page before.", text, "MC5h…"),
    ]
}
