//! Messages about steps of drafts, for systems of the office: what was done with which draft, by its id alone. The trail is the outbox, as
//! the log is that of publications: it is written in the transaction of each step, in order and without gaps.

use super::{
    event::DraftEvent,
    message::{Message, Next, WebhookData, WebhookMessage},
    model::Webhook,
};
use crate::{
    register::{
        catalog::instant,
        db::{Conn, DbError},
    },
    staff::audit::{self, AuditEntry},
    values::division,
    web::interest::Interest,
};

/// Drafts in one message at most.
const MOST: usize = 100;
/// Lines of the trail that are looked at before others have their turn.
const LOOKED_AT: i64 = 1000;

/// Makes the next message after what was delivered: the drafts with which one request did the same.
pub fn next(conn: &mut Conn, webhook: &Webhook) -> Result<Next, DbError> {
    let start = webhook.progress.delivered_to;
    let lines = audit::lines_after(conn, start, LOOKED_AT)?;
    let mut told: Option<(DraftEvent, &AuditEntry)> = None;
    let (mut drafts, mut last) = (Vec::new(), start);
    for line in &lines {
        let step = DraftEvent::of(line).filter(|(event, _)| webhook.events.contains(event));
        if let Some((event, draft)) = step.filter(|_| concerns(&webhook.interest, line)) {
            let goes_along = told.is_none_or(|(first, of)| first == event && of.at == line.at);
            if !goes_along || drafts.len() >= MOST {
                break;
            }
            told = told.or(Some((event, line)));
            drafts.push(draft.to_owned());
        } else if told.is_some_and(|(_, of)| of.at != line.at) {
            break;
        }
        last = line.seq;
    }
    match told {
        None => Ok(Next::Nothing(last)),
        Some((event, line)) => {
            let id = format!("msg_{}_{}_{}_{last}", webhook.id, webhook.progress.replays, start + 1);
            let count = drafts.len();
            let data = WebhookData { changes: Vec::new(), drafts };
            let message = WebhookMessage { kind: event.value(), timestamp: instant(line.at), data };
            let body = serde_json::to_vec(&message)?.into();
            Ok(Next::Message(Message { id, settles: Some((start + 1, last)), count, body }))
        }
    }
}

/// Whether a line is about a draft that a webhook is to be told of: of these kinds, organisations and divisions.
fn concerns(interest: &Interest, line: &AuditEntry) -> bool {
    let Interest { kinds, organisations, divisions, .. } = interest;
    let is_one_of = |values: &[String], own: Option<&str>| {
        values.is_empty() || own.is_some_and(|own| values.iter().any(|value| value == own))
    };
    let kind = line.event.detail.as_ref().and_then(|detail| detail.get("kind")?.as_str());
    let lies_in = |own: &str| {
        divisions.iter().any(|wanted| division::significant(own).starts_with(division::significant(wanted)))
    };
    is_one_of(kinds, kind)
        && is_one_of(organisations, line.event.organisation.as_deref())
        && (divisions.is_empty() || line.event.division.as_deref().is_some_and(lies_in))
}
