//! A webhook, how far it is, and an attempt to deliver a message.

use chrono::{DateTime, Utc};

use super::{
    event::DraftEvent,
    seal::{Seal, SealedSecret},
    transport::Failure,
};
use crate::{register::changes::Seq, web::interest::Interest};

/// A receiver that is told of publications, or of steps of drafts.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// For ever its own; UUID version 7, so that the order of ids is the order of creation.
    pub id: String,
    /// The address that messages are sent to.
    pub url: String,
    /// Chooses the changes, or the drafts, that they tell of.
    pub interest: Interest,
    /// The steps of drafts that they tell of, instead of publications; of publications when empty.
    pub events: Vec<DraftEvent>,
    /// The secret that signs messages, as it is stored.
    pub secret: SealedSecret,
    /// The secret before, which signs them, too, until then.
    pub previous: Option<(SealedSecret, DateTime<Utc>)>,
    /// Grows with every change of all but its progress.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Why and since when nothing is sent.
    pub disabled: Option<Disabled>,
    /// How far it is.
    pub progress: Progress,
}

/// Why and since when nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disabled {
    /// The reason.
    pub because: Because,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// Why nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// An administrator said so.
    ByHand,
    /// The receiver said that it is gone for good.
    Gone,
    /// It failed for too long.
    Failing,
}

/// How far deliveries are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Everything of interest up to this change was delivered; of steps of drafts, up to this line of the trail.
    pub delivered_to: Seq,
    /// How often an administrator set it to another place: messages after that are other messages.
    pub replays: i64,
    /// Attempts of the message that waits, all of which failed.
    pub failures: u32,
    /// When the first of them was.
    pub failing_since: Option<DateTime<Utc>>,
    /// When the next is.
    pub due_at: Option<DateTime<Utc>>,
    /// The id of a test message that waits.
    pub test: Option<String>,
    /// Attempts ever.
    pub attempts: i64,
    /// Until when a process has it in hand.
    pub held_until: Option<DateTime<Utc>>,
}

/// One attempt to deliver a message. What was sent is not kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Its number among those of the webhook, from 1.
    pub number: i64,
    /// `webhook-id`: the same for every attempt of one message.
    pub message: String,
    /// The first and the last change that the message tells of; none in a test.
    pub changes: Option<(Seq, Seq)>,
    /// How many changes are in it.
    pub count: usize,
    /// When it was sent.
    pub at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// HTTP status of the answer, when there was one.
    pub status: Option<u16>,
    /// Why it failed; `None` when it was delivered.
    pub failure: Option<Failure>,
    /// When it is tried again.
    pub next_at: Option<DateTime<Utc>>,
}

impl Because {
    /// As in JSON.
    pub const fn value(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    /// The one with this value.
    pub fn of(value: &str) -> Option<Self> {
        [Self::ByHand, Self::Gone, Self::Failing].into_iter().find(|because| because.value() == value)
    }
}

impl Webhook {
    /// A new one, which is told of what is published after `head`.
    pub fn new(
        (id, secret): (String, SealedSecret),
        url: &str,
        interest: Interest,
        head: Seq,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            url: url.into(),
            interest,
            events: Vec::new(),
            secret,
            previous: None,
            version: 1,
            created_at: now,
            updated_at: now,
            disabled: None,
            progress: Progress { delivered_to: head, ..Progress::default() },
        }
    }

    /// Returns its name in the audit trail.
    pub fn subject(&self) -> String {
        format!("webhook/{}", self.id)
    }

    /// Whether it is told of steps of drafts, which stand in the trail, and not of publications.
    pub fn tells_of_drafts(&self) -> bool {
        !self.events.is_empty()
    }

    /// `enabled`, `failing` or `disabled`.
    pub fn state(&self) -> &'static str {
        match (&self.disabled, self.progress.failures) {
            (Some(_), _) => "disabled",
            (None, 0) => "enabled",
            (None, _) => "failing",
        }
    }

    /// The signatures of a message, of the secret before as long as it holds; `None` where the secret is sealed by another key.
    pub fn signatures(&self, seal: &Seal, id: &str, now: DateTime<Utc>, body: &[u8]) -> Option<String> {
        let sign = |kept: &SealedSecret| Some(seal.secret(&self.id, kept)?.sign(id, now, body));
        let current = sign(&self.secret)?;
        let previous = self.previous.as_ref().filter(|(_, until)| now < *until);
        match previous.and_then(|(previous, _)| sign(previous)) {
            Some(previous) => Some(format!("{current} {previous}")),
            None => Some(current),
        }
    }

    /// When it needs to be looked at, in a register whose log, or trail, has reached `head`: a time that has come means now.
    pub fn due(&self, head: Seq) -> Option<DateTime<Utc>> {
        let Progress { delivered_to, due_at, ref test, held_until, .. } = self.progress;
        let waits = self.disabled.is_none() && delivered_to < head;
        let at = match (test.is_some(), waits) {
            (true, _) => DateTime::UNIX_EPOCH,
            (false, true) => due_at.unwrap_or(DateTime::UNIX_EPOCH),
            (false, false) => return None,
        };
        Some(held_until.map_or(at, |held| held.max(at)))
    }
}
