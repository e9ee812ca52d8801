//! Describes the endpoints of webhooks for OpenAPI.

use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    http::ENDPOINTS,
    message::WebhookMessage,
    shapes::{AttemptPage, NewWebhook, Replay, SecretChange, TestMessage, WebhookChange, WebhookDocument},
};
use crate::{
    fields::Shape,
    problem::Code,
    staff::requests::Endpoint,
    web::{
        contract::{Operation, Schemas, path_parameter, schema},
        parameters::page_parameters,
    },
};

/// The group of these endpoints.
pub const TAG: (&str, &str) = ("webhooks", "变更推送 · Webhooks");

const SCOPE: &str = "An administrator of a division or an organisation sees and makes only webhooks whose `organisations` or \
                     `divisions` lie inside.";

/// Describes the endpoints.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<NewWebhook>();
    schemas.add::<SecretChange>();
    schemas.add::<Replay>();
    schemas.add::<WebhookDocument>();
    schemas.add::<AttemptPage>();
    schemas.add::<TestMessage>();
    schemas.add::<WebhookMessage>();
    schemas.put("WebhookPatch", patch());
    ENDPOINTS.iter().filter_map(operation).collect()
}

/// Makes the schema of a merge patch: the members of [`WebhookChange`], none required.
fn patch() -> Value {
    let name = WebhookChange::name();
    let mut schema = Shape::of::<WebhookChange>().components().get(name.as_ref()).cloned().unwrap_or_default();
    if let Some(object) = schema.as_object_mut() {
        object.remove("required");
    }
    schema
}

/// Texts of an endpoint, and its parts that its terms do not tell.
struct Promise {
    /// The action of the endpoint.
    action: &'static str,
    /// Title.
    summary: &'static str,
    /// Description, in parts that follow each other.
    description: &'static [&'static str],
    /// Adds bodies, parameters and problems.
    complete: fn(Operation) -> Operation,
}

const PROMISES: &[Promise] = &[
    Promise {
        action: "webhook.list",
        summary: "订阅列表 · Webhooks",
        description: &["In the order in which they were made.", SCOPE],
        complete: |operation| answering(operation, page()).takes(page_parameters()),
    },
    Promise {
        action: "webhook.create",
        summary: "新建订阅 · Make a webhook",
        description: &[CREATED, SCOPE],
        complete: |operation| {
            let example = json!({ "url": "https://zwfw.example.gov.cn/hooks/qingdan", "divisions": ["350121"] });
            operation
                .sent(schema("NewWebhook"), example)
                .succeeds(&[(201, "已创建 · Made; the secret is shown this once")])
        },
    },
    Promise {
        action: "webhook.read",
        summary: "订阅 · A webhook",
        description: &[
            "Its settings, and how far deliveries are. Its `ETag` is what `If-Match` of a change asks for; deliveries do not change it.",
        ],
        complete: |operation| operation,
    },
    Promise {
        action: "webhook.change",
        summary: "修改订阅 · Change a webhook",
        description: &[
            "A merge patch (RFC 7396): what is absent stays, lists are replaced whole. It holds from the next attempt, also for \
             what waits. Another `url` is tried at once.",
        ],
        complete: |operation| on_a_version(operation).sent(schema("WebhookPatch"), json!({ "kinds": ["item", "fee"] })),
    },
    Promise {
        action: "webhook.delete",
        summary: "删除订阅 · Delete a webhook",
        description: &["With its secret and all that is known of its deliveries."],
        complete: |operation| on_a_version(operation).silent(),
    },
    Promise {
        action: "webhook.test",
        summary: "推送测试消息 · Send a test message",
        description: &[
            "Has one message of type `webhook.test` without changes sent, once and soon, also by a webhook that is disabled. What \
             came of it is among the deliveries. It proves nothing about what waits, so it neither enables nor disables.",
        ],
        complete: |operation| {
            answering(operation, schema("TestMessage")).succeeds(&[(202, "已受理 · It will be sent")])
        },
    },
    Promise {
        action: "webhook.replay",
        summary: "重新推送 · Send again from a change on",
        description: &[
            "Everything of interest after `since` is sent, in order, as messages with new ids. A `since` beyond `delivered_to` leaves out \
             what lies between.",
        ],
        complete: |operation| operation.sent(schema("Replay"), json!({ "since": 340 })),
    },
    Promise {
        action: "webhook.rotate",
        summary: "更换签名密钥 · Renew the secret",
        description: &[
            "Answers with a new `secret`, this once. For 24 hours messages carry two signatures, one with each secret, so that a \
             receiver can change over without losing any. A second renewal within that time ends the oldest.",
        ],
        complete: |operation| {
            on_a_version(operation)
                .sent(schema("SecretChange"), json!({}))
                .succeeds(&[(200, "已更换 · Renewed; the secret is shown this once")])
        },
    },
    Promise {
        action: "webhook.enable",
        summary: "启用订阅 · Enable a webhook",
        description: &[
            "It goes on where it stands, at once: what was published while it was disabled is sent now. Also makes a failing one try at \
             once.",
        ],
        complete: on_a_version,
    },
    Promise {
        action: "webhook.disable",
        summary: "停用订阅 · Disable a webhook",
        description: &["Nothing is sent until it is enabled; nothing is lost, either."],
        complete: on_a_version,
    },
    Promise {
        action: "webhook.deliveries",
        summary: "推送记录 · Deliveries",
        description: &[
            "Every attempt, newest first: when, which changes, what came of it, when it is tried again. Kept for 30 days, of one \
             webhook the newest 2000. What was sent and answered is not kept.",
        ],
        complete: |operation| answering(operation, schema("AttemptPage")).takes(page_parameters()),
    },
];

const CREATED: &str = "Tells a receiver of each publication from now on, by [Standard Webhooks](https://www.standardwebhooks.com). Filters mean what \
         they mean in the feed: values of one are alternatives, different ones must all hold; a change passes by the record as it became \
         or as it was before, and erasures always pass.\n\n\
         **What is sent**: `POST` with `webhook-id`, `webhook-timestamp` and `webhook-signature`, and the JSON of the schema \
         `WebhookMessage`: `{ \"type\": \"changes.published\", \"timestamp\", \"data\": { \"changes\": [a change as in the feed] } }`. One \
         message is one publication, a large one several (at most 100 changes and \
         about 80 kB, but for a single change that is larger). The signature is `v1,` and Base64 of the HMAC-SHA-256 of \
         `{webhook-id}.{webhook-timestamp}.{body}` with the bytes of the secret after `whsec_`; any of several may match. Refuse \
         timestamps that are more than five minutes off.\n\n\
         **Steps of drafts**: with `events` it tells systems of the office, instead of publications, which drafts were `drafts.submitted`, \
         `drafts.returned`, `drafts.approved` (both approvals) or `drafts.scheduled`: `\"data\": { \"changes\": [], \"drafts\": [ids] }`, and \
         nothing else of them; who may read a draft asks for it. One message is what one request did (at most 100 drafts). `kinds`, \
         `organisations` and `divisions` are those of the drafts; places (`delivered_to`, `since`) are lines of the audit trail. It may be \
         made for what lies within the grants of the administrator.\n\n\
         **What counts**: any 2xx within 15 seconds; answer first, work later. Redirects are not followed. Messages come in order and at \
         least once: one waits until the one before was taken, so apply a change only if its `seq` is new. Anything else is tried again \
         after 5 seconds, 20 seconds and so on, up to every 8 hours, with jitter; `Retry-After` of 429 and 503 is honoured up to a day. \
         410 disables the webhook at once, three days of failures do, too; `enable` goes on without loss.\n\n\
         **Where to**: https at a public address, looked up anew and checked at each connection; ranges that the operator allows \
         (`QINGDAN_WEBHOOK_ALLOW`) may be private, and http.\n\n\
         `secret` is shown in this answer only, and an answer repeated by `Idempotency-Key` leaves it out.";

fn operation(endpoint: &Endpoint) -> Option<Operation> {
    let promise = PROMISES.iter().find(|promise| promise.action == endpoint.terms.action)?;
    let operation = endpoint.operation(TAG.0, schema("Webhook")).says(promise.summary, promise.description.join(" "));
    let operation = match endpoint.path.contains("{id}") {
        true => operation.takes([id()]).refuses(&[Code::NotFound]),
        false => operation,
    };
    Some((promise.complete)(operation))
}

fn answering(operation: Operation, answer: Value) -> Operation {
    Operation { answers: vec![("application/json", answer)], ..operation }
}

fn on_a_version(operation: Operation) -> Operation {
    operation.refuses(&[Code::PreconditionMissing, Code::Stale])
}

fn id() -> Value {
    path_parameter("id", "订阅标识 · The webhook's id.", "019ac3f05b8e7c3f9d1f1f6f0c5b8e7c")
}

fn page() -> Value {
    json!({
        "type": "object",
        "description": "一页: one page of a list.",
        "required": ["items", "next", "total", "seq"],
        "properties": {
            "items": { "type": "array", "items": schema("Webhook"), "description": "订阅" },
            "next": { "type": ["string", "null"], "description": "下一页游标: null on the last page." },
            "total": { "type": "integer", "format": "int64", "minimum": 0, "description": "总数: of all pages." },
            "seq": { "type": "integer", "format": "int64", "minimum": 0, "description": "变更序号" },
        },
    })
}
