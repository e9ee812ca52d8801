//! Bodies of requests and answers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    event::DraftEvent,
    model::{Attempt, Webhook},
};
use crate::{
    register::{catalog::instant, changes::Seq},
    values::Uscc,
};

/// 新订阅: a webhook to be made.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// 接收网址: https, at a public address, without username, password and fragment; kept in its normal form.
    #[schema(max_length = 2000, example = "https://zwfw.example.gov.cn/hooks/qingdan")]
    pub url: String,
    /// 记录类别: only changes of these kinds; all when empty.
    #[serde(default)]
    #[schema(max_items = 20, example = json!(["item", "fee"]))]
    pub kinds: Vec<String>,
    /// 所属清单: only items on these lists: `power`, `responsibility`, `service`.
    #[serde(default)]
    #[schema(max_items = 20, example = json!(["service"]))]
    pub lists: Vec<String>,
    /// 机构: only records of these organisations, and these organisations themselves.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub organisations: Vec<Uscc>,
    /// 行政区划: only records of these divisions and all below; the first digits of a code will do.
    #[serde(default)]
    #[schema(max_items = 200, example = json!(["350121"]))]
    pub divisions: Vec<String>,
    /// 草稿事件: tells of these steps of drafts, by their ids alone, instead of publications; `lists` do not go with them.
    #[serde(default)]
    #[schema(max_items = 4, example = json!([]))]
    pub events: Vec<DraftEvent>,
    /// 签名密钥: `whsec_` and Base64 of 24 to 64 bytes; made here when it is left out.
    #[schema(format = "password", max_length = 100)]
    pub secret: Option<String>,
}

/// The members of a webhook that can be changed; a merge patch is applied to them.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookChange {
    /// 接收网址: https, at a public address, without username, password and fragment; kept in its normal form.
    #[schema(max_length = 2000, example = "https://zwfw.example.gov.cn/hooks/qingdan")]
    pub url: String,
    /// 记录类别: a list is replaced, never merged.
    #[schema(max_items = 20)]
    pub kinds: Vec<String>,
    /// 所属清单
    #[schema(max_items = 20)]
    pub lists: Vec<String>,
    /// 机构
    #[schema(max_items = 200)]
    pub organisations: Vec<Uscc>,
    /// 行政区划
    #[schema(max_items = 200)]
    pub divisions: Vec<String>,
    /// 草稿事件
    #[schema(max_items = 4)]
    pub events: Vec<DraftEvent>,
}

/// 更换密钥: another secret.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretChange {
    /// 新签名密钥: `whsec_` and Base64 of 24 to 64 bytes; made here when it is left out.
    #[schema(format = "password", max_length = 100)]
    pub secret: Option<String>,
}

/// 重新推送: where to begin again.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// 起始序号: everything of interest after this change is sent, from 0 to the last change of the log; of steps of drafts, after this line
    /// of the audit trail.
    #[schema(minimum = 0, example = 340)]
    pub since: Seq,
}

/// 订阅: a webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookDocument {
    /// 订阅标识
    #[schema(example = "019ac3f05b8e7c3f9d1f1f6f0c5b8e7c")]
    pub id: String,
    /// 接收网址
    #[schema(example = "https://zwfw.example.gov.cn/hooks/qingdan")]
    pub url: String,
    /// 记录类别: all when empty.
    #[schema(example = json!(["item", "fee"]))]
    pub kinds: Vec<String>,
    /// 所属清单
    #[schema(example = json!([]))]
    pub lists: Vec<String>,
    /// 机构
    #[schema(example = json!([]))]
    pub organisations: Vec<String>,
    /// 行政区划
    #[schema(example = json!(["350121"]))]
    pub divisions: Vec<String>,
    /// 草稿事件: of which it tells instead of publications.
    #[schema(example = json!([]))]
    pub events: Vec<DraftEvent>,
    /// 签名密钥: shown once, when it is made or renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub secret: Option<String>,
    /// 旧密钥有效期: until then messages carry a signature with the secret before, too.
    #[schema(required)]
    pub previous_secret_until: Option<String>,
    /// 状态: `enabled`; `failing` while a message waits that was not taken; `disabled`.
    #[schema(example = "enabled")]
    pub state: &'static str,
    /// 停用原因: `by_hand`; `gone`, the receiver answered 410; `failing`, it failed for three days.
    #[schema(required)]
    pub disabled_because: Option<&'static str>,
    /// 停用时间
    #[schema(required)]
    pub disabled_at: Option<String>,
    /// 已推送至序号: everything of interest up to this change was delivered; of steps of drafts, up to this line of the audit trail.
    #[schema(example = 378)]
    pub delivered_to: Seq,
    /// 连续失败次数: of the message that waits.
    #[schema(example = 0)]
    pub failures: u32,
    /// 开始失败时间
    #[schema(required)]
    pub failing_since: Option<String>,
    /// 下次推送时间: when the message that waits is tried again.
    #[schema(required)]
    pub next_attempt_at: Option<String>,
    /// 创建时间
    #[schema(example = "2026-11-24T01:00:00Z")]
    pub created_at: String,
    /// 修改时间
    #[schema(example = "2026-11-24T01:00:00Z")]
    pub updated_at: String,
}

/// 推送记录: one attempt to deliver a message. What was sent and answered is not kept.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub struct AttemptDocument {
    /// 序号: of the attempts of this webhook, from 1.
    #[schema(example = 12)]
    pub number: i64,
    /// 消息标识: `webhook-id`, the same for every attempt of one message.
    #[schema(example = "msg_019ac3f05b8e7c3f9d1f1f6f0c5b8e7c_0_379_381")]
    pub message: String,
    /// 起始变更序号: the first change that the message settles; null in a test.
    #[schema(required, example = 379)]
    pub first_seq: Option<Seq>,
    /// 末尾变更序号: the last one.
    #[schema(required, example = 381)]
    pub last_seq: Option<Seq>,
    /// 变更数: how many are in it; of steps of drafts, how many drafts.
    #[schema(example = 3)]
    pub changes: usize,
    /// 推送时间
    #[schema(example = "2026-11-27T01:00:00.250Z")]
    pub at: String,
    /// 用时（毫秒）
    #[schema(example = 42)]
    pub duration_ms: i64,
    /// HTTP 状态码: of the answer, when there was one.
    #[schema(required, example = 204)]
    pub status: Option<u16>,
    /// 失败原因: null when it was delivered; else `address_refused`, `connection`, `timeout`, `redirect`, `status` or `gone`.
    #[schema(required)]
    pub failure: Option<&'static str>,
    /// 下次推送时间: when the message was to be tried again.
    #[schema(required)]
    pub next_attempt_at: Option<String>,
}

/// 一页推送记录: newest first.
#[derive(Serialize, ToSchema)]
pub struct AttemptPage {
    /// 推送记录
    pub items: Vec<AttemptDocument>,
    /// 下一页游标: null on the last page.
    #[schema(required)]
    pub next: Option<String>,
    /// 总数: of all pages; attempts are kept for 30 days, of one webhook the newest 2000.
    #[schema(example = 41)]
    pub total: i64,
    /// 变更序号
    #[schema(example = 381)]
    pub seq: Seq,
}

/// 测试消息
#[derive(Serialize, ToSchema)]
pub struct TestMessage {
    /// 消息标识: `webhook-id` of the test; look for it among the deliveries.
    #[schema(example = "msg_019ac3f05b8e7c3f9d1f1f6f0c5b8e7c_test_019ac3f0")]
    pub message: String,
}

impl WebhookDocument {
    /// A webhook as it is shown at this time; its secret only if it is given.
    pub fn new(webhook: Webhook, secret: Option<String>, now: DateTime<Utc>) -> Self {
        let state = webhook.state();
        let previous = webhook.previous.filter(|(_, until)| now < *until);
        Self {
            id: webhook.id,
            url: webhook.url,
            kinds: webhook.interest.kinds,
            lists: webhook.interest.lists,
            organisations: webhook.interest.organisations,
            divisions: webhook.interest.divisions,
            events: webhook.events,
            secret,
            previous_secret_until: previous.map(|(_, until)| instant(until)),
            state,
            disabled_because: webhook.disabled.map(|disabled| disabled.because.value()),
            disabled_at: webhook.disabled.map(|disabled| instant(disabled.at)),
            delivered_to: webhook.progress.delivered_to,
            failures: webhook.progress.failures,
            failing_since: webhook.progress.failing_since.map(instant),
            next_attempt_at: webhook.progress.due_at.filter(|_| webhook.disabled.is_none()).map(instant),
            created_at: instant(webhook.created_at),
            updated_at: instant(webhook.updated_at),
        }
    }
}

impl From<Attempt> for AttemptDocument {
    fn from(attempt: Attempt) -> Self {
        Self {
            number: attempt.number,
            message: attempt.message,
            first_seq: attempt.changes.map(|(first, _)| first),
            last_seq: attempt.changes.map(|(_, last)| last),
            changes: attempt.count,
            at: instant(attempt.at),
            duration_ms: attempt.duration_ms,
            status: attempt.status,
            failure: attempt.failure.map(|failure| failure.value()),
            next_attempt_at: attempt.next_at.map(instant),
        }
    }
}
