//! One webhook in hand: its messages one after another, each until it is taken.

use actix_web::web::Bytes;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::{
    message::Message,
    model::{Attempt, Because, Disabled, Progress, Webhook},
    pace::{Failures, Pace},
    seal::Seal,
    store,
    transport::{Failure, SendOutcome, Transport},
};
use crate::{
    register::db::{Conn, DbError},
    staff::audit::{self, Event},
};

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// An attempt that is over, and what it needs to be judged by.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The message that was sent; its body is not needed any more.
    pub message: Message,
    /// When it began.
    pub at: DateTime<Utc>,
    /// When it was over.
    pub over: DateTime<Utc>,
    /// How it ended.
    pub outcome: SendOutcome,
    /// A random figure from 0 to 1.
    pub roll: f64,
}

/// Sends a message once. Nothing of the database is held meanwhile.
pub async fn send(
    (transport, seal): (&Transport, &Seal),
    webhook: &Webhook,
    message: &Message,
    now: DateTime<Utc>,
) -> SendOutcome {
    match signed(seal, webhook, message, now) {
        Some(headers) => transport.post(&webhook.url, headers, message.body.clone(), now).await,
        None => Failure::Connection.into(),
    }
}

/// The headers of the Standard Webhooks specification.
fn signed(seal: &Seal, webhook: &Webhook, message: &Message, now: DateTime<Utc>) -> Option<HeaderMap> {
    let signatures = webhook.signatures(seal, &message.id, now, &message.body)?;
    let values = [(ID, message.id.clone()), (TIMESTAMP, now.timestamp().to_string()), (SIGNATURE, signatures)];
    values.into_iter().map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?))).collect()
}

/// Writes down an attempt and what follows from it, unless the webhook was taken out of our hands meanwhile: then it counts
/// for nothing, and `None` is the answer. A webhook that was not disabled before and is now has its line in the trail.
pub fn settle(
    conn: &mut Conn,
    (id, lease): (&str, &str),
    tried: &Tried,
    pace: &Pace,
    keep: TimeDelta,
) -> Result<Option<Webhook>, DbError> {
    let Some(webhook) = store::held(conn, id, lease)? else { return Ok(None) };
    let settled = after(&webhook, tried, pace);
    let attempt = Attempt {
        number: settled.progress.attempts,
        message: tried.message.id.clone(),
        changes: tried.message.settles,
        count: tried.message.count,
        at: tried.at,
        duration_ms: (tried.over - tried.at).num_milliseconds().max(0),
        status: tried.outcome.status,
        failure: tried.outcome.failure,
        next_at: settled.progress.due_at.filter(|_| tried.message.settles.is_some()),
    };
    store::insert_attempt(conn, id, &attempt)?;
    let goes_on = settled.progress.failures == 0 && settled.disabled.is_none();
    store::advance(conn, &settled, goes_on.then(|| (lease, tried.over + keep)))?;
    if let Some(disabled) = settled.disabled.filter(|_| webhook.disabled.is_none()) {
        let detail = json!({
            "because": disabled.because.value(),
            "failing_since": settled.progress.failing_since,
            "failures": settled.progress.failures,
            "delivered_to": settled.progress.delivered_to,
        });
        audit::record(conn, tried.over, event_of(&settled, detail))?;
    }
    Ok(Some(settled))
}

/// Makes the line of the trail about a webhook that the process disabled.
fn event_of(webhook: &Webhook, detail: serde_json::Value) -> Event {
    Event { detail: Some(detail), ..Event::of_system("webhook.disable", Some(webhook.subject())) }
}

/// Returns a webhook as it is after an attempt.
fn after(webhook: &Webhook, tried: &Tried, pace: &Pace) -> Webhook {
    let mut settled = webhook.clone();
    settled.progress.attempts += 1;
    match (tried.message.settles, tried.outcome.failure) {
        // A test proves nothing about what waits, and is not tried again.
        (None, _) => settled.progress.test = None,
        (Some((_, last)), None) => settled.progress = delivered(settled.progress, last),
        (Some(_), Some(failure)) => fail(&mut settled, failure, tried, pace),
    }
    settled
}

fn delivered(progress: Progress, last: i64) -> Progress {
    Progress { delivered_to: last, failures: 0, failing_since: None, due_at: None, ..progress }
}

fn fail(webhook: &mut Webhook, failure: Failure, tried: &Tried, pace: &Pace) {
    let now = tried.over.trunc_subsecs(3);
    let (since, count) = (webhook.progress.failing_since.unwrap_or(now), webhook.progress.failures.saturating_add(1));
    let failures = Failures { count, since, now, asked: tried.outcome.asked };
    let next = pace.next(failures, tried.roll).filter(|_| failure != Failure::Gone);
    webhook.progress =
        Progress { failures: count, failing_since: Some(since), due_at: next, ..webhook.progress.clone() };
    if next.is_none() {
        let because = if failure == Failure::Gone { Because::Gone } else { Because::Failing };
        webhook.disabled = Some(Disabled { because, at: now });
        webhook.version += 1;
    }
}

/// Drops the body of a message that was sent.
pub fn without_body(message: Message) -> Message {
    Message { body: Bytes::new(), ..message }
}

#[cfg(test)]
mod tests {
    use super::{super::seal::SealedSecret, *};
    use crate::web::interest::Interest;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + seconds, 0).expect("a time")
    }

    fn webhook() -> Webhook {
        let secret = SealedSecret(String::new());
        Webhook::new(("w".into(), secret), "https://example.org", Interest::default(), 7, at(0))
    }

    fn tried(settles: Option<(i64, i64)>, failure: Option<Failure>, now: DateTime<Utc>) -> Tried {
        let message = Message { id: "msg_1".into(), settles, count: 1, body: Bytes::new() };
        let outcome = SendOutcome { status: None, failure, asked: None };
        Tried { message, at: now, over: now, outcome, roll: 0.5 }
    }

    #[test]
    fn a_failure_keeps_the_place_and_a_success_forgets_failures() {
        let failed = after(&webhook(), &tried(Some((8, 9)), Some(Failure::Timeout), at(10)), &Pace::default());
        assert_eq!((failed.progress.delivered_to, failed.progress.failures, failed.state()), (7, 1, "failing"));
        assert_eq!(failed.progress.due_at, Some(at(15)));
        let done = after(&failed, &tried(Some((8, 9)), None, at(15)), &Pace::default());
        assert_eq!(done.progress, Progress { delivered_to: 9, attempts: 2, ..Progress::default() });
    }

    #[test]
    fn a_webhook_is_disabled_at_once_when_its_receiver_is_gone_and_otherwise_after_three_days() {
        let gone = after(&webhook(), &tried(Some((8, 8)), Some(Failure::Gone), at(0)), &Pace::default());
        assert_eq!(gone.disabled, Some(Disabled { because: Because::Gone, at: at(0) }));
        let (mut failing, mut now) = (webhook(), at(0));
        while failing.disabled.is_none() {
            failing = after(&failing, &tried(Some((8, 8)), Some(Failure::Status), now), &Pace::default());
            now = failing.progress.due_at.unwrap_or(now);
        }
        assert_eq!(failing.disabled, Some(Disabled { because: Because::Failing, at: at(72 * 3600) }));
        assert_eq!(
            (failing.progress.delivered_to, failing.version),
            (7, 2),
            "nothing is lost, it stands where it stood"
        );
    }

    #[test]
    fn a_test_changes_nothing_but_itself() {
        let mut waiting = webhook();
        waiting.progress.test = Some("msg_1".into());
        for failure in [None, Some(Failure::Gone), Some(Failure::Status)] {
            let tested = after(&waiting, &tried(None, failure, at(9)), &Pace::default());
            assert_eq!(tested.progress, Progress { delivered_to: 7, attempts: 1, ..Progress::default() });
            assert_eq!(tested.disabled, None);
        }
    }
}
