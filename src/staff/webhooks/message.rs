//! Messages: made from the snapshot for each attempt, never kept, so that what was erased meanwhile is not sent.

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::Webhook;
use crate::register::{
    catalog::{Snapshot, instant},
    changes::{ChangeDocument, Seq},
    db::DbError,
};

/// Changes in one message at most.
const MOST: usize = 100;
/// Bytes of a message of several changes at most, by and large: common frameworks take 100 kB unless told otherwise.
const LARGE: usize = 80_000;
/// Bytes of a change without its body, and of one record in `affects`, by and large.
const BARE: usize = 1000;
const NAMED: usize = 64;
/// Changes that are looked at before others have their turn.
const LOOKED_AT: i64 = 2000;

/// 通知消息: what a receiver gets.
#[derive(Serialize, ToSchema)]
pub struct WebhookMessage {
    /// 类型: `changes.published`; of steps of drafts `drafts.submitted`, `drafts.returned`, `drafts.approved` or `drafts.scheduled`; or
    /// `webhook.test`.
    #[serde(rename = "type")]
    #[schema(example = "changes.published")]
    pub kind: &'static str,
    /// 时间: of the publication or the step; of a test, when it was asked for.
    #[schema(example = "2026-11-27T01:00:00.000Z")]
    pub timestamp: String,
    /// 内容
    pub data: WebhookData,
}

/// 通知内容
#[derive(Serialize, ToSchema)]
pub struct WebhookData {
    /// 变更: in the order of the log, as in the feed; empty in a test, and where steps of drafts are told.
    pub changes: Vec<ChangeDocument>,
    /// 草稿标识: of the drafts with which the step was taken; nothing else of them. Only where steps of drafts are told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!([]))]
    pub drafts: Vec<String>,
}

/// A message that is ready to be sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// `webhook-id`
    pub id: String,
    /// The first and the last change of the log that it settles; none in a test.
    pub settles: Option<(Seq, Seq)>,
    /// How many changes are in it.
    pub count: usize,
    /// JSON.
    pub body: Bytes,
}

/// The next step of a webhook.
pub enum Next {
    /// Nothing of interest up to this change, which may not be the last.
    Nothing(Seq),
    /// A message to be sent.
    Message(Message),
}

/// Makes the next message after what was delivered: of one publication, or of a part of a large one.
pub fn next(register: &Snapshot, webhook: &Webhook) -> Result<Next, DbError> {
    let start = webhook.progress.delivered_to;
    let mut documents: Vec<ChangeDocument> = Vec::new();
    let mut size = 0;
    for seq in start + 1..=register.seq() {
        if webhook.interest.includes(register, seq)?
            && let Some(document) = register.document(seq, true)?
        {
            let more = weight(&document);
            if !documents.is_empty() && size + more > LARGE {
                return message(webhook, (start + 1, seq - 1), documents).map(Next::Message);
            }
            size += more;
            documents.push(document);
        }
        let is_full = documents.len() >= MOST;
        if !documents.is_empty() && (is_full || register.is_publication(seq)) {
            return message(webhook, (start + 1, seq), documents).map(Next::Message);
        }
        if documents.is_empty() && seq - start >= LOOKED_AT {
            return Ok(Next::Nothing(seq));
        }
    }
    Ok(Next::Nothing(register.seq().max(start)))
}

/// About how many bytes a change takes.
fn weight(document: &ChangeDocument) -> usize {
    let body = document.body.as_ref().and_then(|body| body.as_ref()).map_or(0, |body| body.get().len());
    BARE + body + NAMED * document.affects.len()
}

/// The id tells which changes the message settles: one that settles others, because a text was erased meanwhile and more
/// fit in, or because it was asked for anew, is another message. So receivers may drop an id that they have seen.
fn message(webhook: &Webhook, settles: (Seq, Seq), changes: Vec<ChangeDocument>) -> Result<Message, DbError> {
    let id = format!("msg_{}_{}_{}_{}", webhook.id, webhook.progress.replays, settles.0, settles.1);
    let count = changes.len();
    let at = changes.last().map_or(DateTime::UNIX_EPOCH, |change| change.published_at);
    let message = WebhookMessage {
        kind: "changes.published",
        timestamp: instant(at),
        data: WebhookData { changes, drafts: Vec::new() },
    };
    Ok(Message { id, settles: Some(settles), count, body: serde_json::to_vec(&message)?.into() })
}

/// A message that tells of nothing.
pub fn test(id: &str, now: DateTime<Utc>) -> Result<Message, DbError> {
    let data = WebhookData { changes: Vec::new(), drafts: Vec::new() };
    let message = WebhookMessage { kind: "webhook.test", timestamp: instant(now), data };
    Ok(Message { id: id.into(), settles: None, count: 0, body: serde_json::to_vec(&message)?.into() })
}
