//! A line of the audit trail.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::values::sha256;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused: the problem says why.
    Refused,
}

/// Something that somebody did or tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Username or client id; `system` for what the process does by itself; `None` for who did not say.
    pub actor: Option<String>,
    /// The client's address.
    pub address: Option<String>,
    /// `X-Request-Id`
    pub request_id: Option<String>,
    /// The action: `draft.approve`
    pub action: String,
    /// The object: `draft/0192…`, `item/1135…`, `user/li`
    pub subject: Option<String>,
    /// The organisation that the subject belongs to.
    pub organisation: Option<String>,
    /// The division that the subject belongs to.
    pub division: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The code of the problem.
    pub problem: Option<String>,
    /// More, without anything secret.
    pub detail: Option<Value>,
}

/// A line of the trail.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its place, from 1 without gaps.
    pub seq: i64,
    /// When, in whole milliseconds.
    pub at: DateTime<Utc>,
    /// The action, and all that is known of it.
    pub event: Event,
    /// The hash of the line before; empty for the first.
    pub previous: String,
    /// Its own hash.
    pub hash: String,
}

impl Outcome {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Done, Self::Refused];

    /// As in JSON.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    /// The one with this value.
    pub fn of(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.value() == value)
    }
}

impl Event {
    /// Something that the process did by itself, or somebody in the shell of the server.
    pub fn of_system(action: &str, subject: Option<String>) -> Self {
        Self {
            actor: Some("system".into()),
            address: None,
            request_id: None,
            action: action.into(),
            subject,
            organisation: None,
            division: None,
            outcome: Outcome::Done,
            problem: None,
            detail: None,
        }
    }
}

impl AuditEntry {
    /// Writes the time as it is hashed and shown: RFC 3339 with milliseconds.
    pub fn time(&self) -> String {
        self.at.to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// The hash that the line must have: hex SHA-256 of the canonical JSON (RFC 8785) of everything else in it.
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        let event = &self.event;
        let line = json!({
            "seq": self.seq,
            "at": self.time(),
            "actor": event.actor,
            "address": event.address,
            "request_id": event.request_id,
            "action": event.action,
            "subject": event.subject,
            "organisation": event.organisation,
            "division": event.division,
            "outcome": event.outcome.value(),
            "problem": event.problem,
            "detail": event.detail,
            "previous": self.previous,
        });
        Ok(sha256(serde_json_canonicalizer::to_vec(&line)?))
    }
}
