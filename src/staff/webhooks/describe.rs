//! What the endpoints of webhooks promise.

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

/// What the endpoints promise.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<NewWebhook>();
    schemas.add::<SecretChange>();
    schemas.add::<Replay>();
    schemas.add::<WebhookDocument>();
    schemas.add::<AttemptPage>();
    schemas.add::<TestMessage>();
    schemas.add::<WebhookMessage>();
    schemas.put("WebhookPatch", patch());
    ENDPOINTS.iter().map(operation).collect()
}

/// The schema of a merge patch: the same members, none required.
fn patch() -> Value {
    let name = WebhookChange::name();
    let mut schema = Shape::of::<WebhookChange>().components().get(name.as_ref()).cloned().unwrap_or_default();
    if let Some(object) = schema.as_object_mut() {
        object.remove("required");
    }
    schema
}

fn operation(endpoint: &Endpoint) -> Operation {
    let operation = match endpoint.path.contains("{id}") {
        true => endpoint.operation(TAG.0, schema("Webhook")).takes([id()]).refuses(&[Code::NotFound]),
        false => endpoint.operation(TAG.0, schema("Webhook")),
    };
    let on_a_version = |operation: Operation| operation.refuses(&[Code::PreconditionMissing, Code::Stale]);
    match endpoint.terms.action {
        "webhook.list" => Operation { answers: vec![("application/json", page())], ..operation }
            .takes(page_parameters())
            .says("订阅列表 · Webhooks", format!("In the order in which they were made. {SCOPE}")),
        "webhook.create" => operation
            .sent(schema("NewWebhook"), json!({ "url": "https://zwfw.example.gov.cn/hooks/qingdan", "divisions": ["350121"] }))
            .succeeds(&[(201, "已创建 · Made; the secret is shown this once")])
            .says("新建订阅 · Make a webhook", created()),
        "webhook.read" => operation.says(
            "订阅 · A webhook",
            "Its settings, and how far deliveries are. Its `ETag` is what `If-Match` of a change asks for; deliveries do not change it.",
        ),
        "webhook.change" => on_a_version(operation)
            .sent(schema("WebhookPatch"), json!({ "kinds": ["item", "fee"] }))
            .says(
                "修改订阅 · Change a webhook",
                "A merge patch (RFC 7396): what is absent stays, lists are replaced whole. It holds from the next attempt, also for \
                 what waits. Another `url` is tried at once.",
            ),
        "webhook.delete" => on_a_version(operation)
            .silent()
            .says("删除订阅 · Delete a webhook", "With its secret and all that is known of its deliveries."),
        "webhook.test" => Operation { answers: vec![("application/json", schema("TestMessage"))], ..operation }
            .succeeds(&[(202, "已受理 · It will be sent")])
            .says(
                "推送测试消息 · Send a test message",
                "Has one message of type `webhook.test` without changes sent, once and soon, also by a webhook that is disabled. What \
                 came of it is among the deliveries. It proves nothing about what waits, so it neither enables nor disables.",
            ),
        "webhook.replay" => operation.sent(schema("Replay"), json!({ "since": 340 })).says(
            "重新推送 · Send again from a change on",
            "Everything of interest after `since` is sent, in order, as messages with new ids. A `since` beyond `delivered_to` leaves out \
             what lies between.",
        ),
        "webhook.rotate" => on_a_version(operation)
            .sent(schema("SecretChange"), json!({}))
            .succeeds(&[(200, "已更换 · Renewed; the secret is shown this once")])
            .says(
                "更换签名密钥 · Renew the secret",
                "Answers with a new `secret`, this once. For 24 hours messages carry two signatures, one with each secret, so that a \
                 receiver can change over without losing any. A second renewal within that time ends the oldest.",
            ),
        "webhook.enable" => on_a_version(operation).says(
            "启用订阅 · Enable a webhook",
            "It goes on where it stands, at once: what was published while it was disabled is sent now. Also makes a failing one try at \
             once.",
        ),
        "webhook.disable" => on_a_version(operation)
            .says("停用订阅 · Disable a webhook", "Nothing is sent until it is enabled; nothing is lost, either."),
        _ => Operation { answers: vec![("application/json", schema("AttemptPage"))], ..operation }
            .takes(page_parameters())
            .says(
                "推送记录 · Deliveries",
                "Every attempt, newest first: when, which changes, what came of it, when it is tried again. Kept for 30 days, of one \
                 webhook the newest 2000. What was sent and answered is not kept.",
            ),
    }
}

fn created() -> String {
    format!(
        "Tells a receiver of each publication from now on, by [Standard Webhooks](https://www.standardwebhooks.com). Filters mean what \
         they mean in the feed: values of one are alternatives, different ones must all hold; a change passes by the record as it became \
         or as it was before, and erasures always pass.\n\n\
         **What is sent**: `POST` with `webhook-id`, `webhook-timestamp` and `webhook-signature`, and the JSON of the schema \
         `WebhookMessage`: `{{ \"type\": \"changes.published\", \"timestamp\", \"data\": {{ \"changes\": [a change as in the feed] }} }}`. One \
         message is one publication, a large one several (at most 100 changes and \
         about 80 kB, but for a single change that is larger). The signature is `v1,` and Base64 of the HMAC-SHA-256 of \
         `{{webhook-id}}.{{webhook-timestamp}}.{{body}}` with the bytes of the secret after `whsec_`; any of several may match. Refuse \
         timestamps that are more than five minutes off.\n\n\
         **What counts**: any 2xx within 15 seconds; answer first, work later. Redirects are not followed. Messages come in order and at \
         least once: one waits until the one before was taken, so apply a change only if its `seq` is new. Anything else is tried again \
         after 5 seconds, 20 seconds and so on, up to every 8 hours, with jitter; `Retry-After` of 429 and 503 is honoured up to a day. \
         410 disables the webhook at once, three days of failures do, too; `enable` goes on without loss.\n\n\
         **Where to**: https at a public address, looked up anew and checked at each connection; ranges that the operator allows \
         (`QINGDAN_WEBHOOK_ALLOW`) may be private, and http.\n\n\
         `secret` is shown in this answer only, and an answer repeated by `Idempotency-Key` leaves it out. {SCOPE}"
    )
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
