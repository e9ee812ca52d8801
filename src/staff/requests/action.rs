//! An action: the context that it is given and the result that it gives back.

use std::{collections::BTreeMap, sync::Arc};

use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{idempotency::Stored, lacking::elsewhere, quota::Quotas};
use crate::{
    problem::{Code, Problem},
    register::catalog::Snapshot,
    staff::identity::{Belongs, Caller, Permission},
};

/// The context of a request: who acts, when, and on what state of the register. A use case has it beside its input.
#[derive(Clone)]
pub struct RequestContext {
    /// The caller.
    pub caller: Caller,
    /// Time of the request.
    pub now: DateTime<Utc>,
    /// The register as this process knows it; it may be behind the log.
    pub register: Arc<Snapshot>,
    /// The most that an office may have.
    pub quotas: Quotas,
}

impl RequestContext {
    /// Whether the caller may know of drafts that belong there. It decides alone what is read, named, applied before a check and told by
    /// a refusal; lists ask the database the same (`drafts/select.rs`).
    pub fn sees(&self, belongs: &Belongs) -> bool {
        self.caller.may(Permission::ItemsRead, belongs)
    }

    /// Refuses who may not do this there: it says what is missing, where, and who gives it.
    pub fn require(&self, permission: Permission, belongs: &Belongs) -> Result<(), Problem> {
        match self.caller.may(permission, belongs) {
            true => Ok(()),
            false => Err(elsewhere(&self.caller, permission, belongs, &self.register)),
        }
    }

    /// 404 for who must not know that it exists.
    pub fn must_see(&self, belongs: &Belongs) -> Result<(), Problem> {
        match self.sees(belongs) {
            true => Ok(()),
            false => Err(Code::NotFound.into()),
        }
    }
}

/// The result of an action, for the response and for the trail.
#[derive(Clone, Debug)]
pub struct ActionResult {
    /// HTTP status.
    pub status: StatusCode,
    /// JSON.
    pub body: Option<Value>,
    /// Address of the new resource.
    pub location: Option<String>,
    /// Entity tag, with its quotes.
    pub tag: Option<String>,
    /// The subject of the action, for the trail: `draft/0192…`.
    pub subject: String,
    /// The owner of the subject.
    pub belongs: Belongs,
    /// More for the trail; nothing secret.
    pub detail: Option<Value>,
    /// Whether the log has grown: the answer then waits until this process shows it.
    pub published: bool,
    /// Members of the body that are shown once and never stored.
    pub secrets: &'static [&'static str],
    /// The one record that the body tells of: `item/1135…`.
    pub record: Option<String>,
    /// The steps of which the action consists, where it is about many subjects: each has a line in the trail of its own.
    pub parts: Vec<ActionPart>,
}

/// A step that was taken, or refused, as a part of an action.
#[derive(Clone, Debug)]
pub struct ActionPart {
    /// The step, as if it were taken alone: `draft.approve`.
    pub action: &'static str,
    /// The subject: `draft/0192…`.
    pub subject: String,
    /// Whose it is and more of it, or why it was refused.
    pub outcome: Result<(Belongs, Option<Value>), Code>,
}

impl ActionResult {
    /// 200 with a body.
    pub fn ok(subject: impl Into<String>, belongs: Belongs, body: Value) -> Self {
        Self::with_status(StatusCode::OK, subject, belongs, Some(body))
    }

    /// 201 with a body and its address.
    pub fn created(subject: impl Into<String>, belongs: Belongs, body: Value, location: impl Into<String>) -> Self {
        let result = Self::with_status(StatusCode::CREATED, subject, belongs, Some(body));
        Self { location: Some(location.into()), ..result }
    }

    /// 204.
    pub fn nothing(subject: impl Into<String>, belongs: Belongs) -> Self {
        Self::with_status(StatusCode::NO_CONTENT, subject, belongs, None)
    }

    /// Any status.
    pub fn with_status(status: StatusCode, subject: impl Into<String>, belongs: Belongs, body: Option<Value>) -> Self {
        let subject = subject.into();
        Self {
            status,
            body,
            location: None,
            tag: None,
            subject,
            belongs,
            detail: None,
            published: false,
            secrets: &[],
            record: None,
            parts: Vec::new(),
        }
    }

    /// Sets a version as its entity tag.
    pub fn version(mut self, version: i64) -> Self {
        self.tag = Some(format!("\"{version}\""));
        self
    }

    /// The answer as it is stored for a repeated request: without secrets.
    pub fn stored(&self) -> Stored {
        let mut headers = BTreeMap::new();
        headers.extend(self.location.clone().map(|location| ("location".to_owned(), location)));
        headers.extend(self.tag.clone().map(|tag| ("etag".to_owned(), tag)));
        let mut body = self.body.clone();
        if let Some(Value::Object(members)) = &mut body {
            self.secrets.iter().for_each(|name| {
                members.remove(*name);
            });
        }
        Stored { status: self.status.as_u16(), headers, body }
    }
}
