//! A draft: its state, its content, and both as JSON.

use std::{collections::BTreeSet, sync::LazyLock};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    fields::Shape,
    problem::{FieldError, Problem, Wrong},
    register::{
        catalog::instant,
        changes::{Document, Office, Seq},
        publication::Step,
    },
    staff::identity::Belongs,
    values::{
        code_lists::{Action, DraftState, PublicationChannel, Review},
        sha256,
    },
};

/// A proposed revision of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// UUID, version 7.
    pub id: String,
    /// Kind of the record.
    pub kind: String,
    /// The action that is proposed.
    pub action: Action,
    /// Key of the record; for `create` that of the body, once it has one.
    pub key: Option<String>,
    /// Name of the record: the one that the draft gives it, or else its own.
    pub name: Option<String>,
    /// State of the draft.
    pub state: DraftState,
    /// Grows with every change.
    pub version: i64,
    /// The revision on which it was made.
    pub base_revision: Option<i64>,
    /// The content that is proposed.
    pub content: DraftContent,
    /// Owner of the record, for permissions.
    pub belongs: Belongs,
    /// Account that made it.
    pub author: Person,
    /// Account that submitted it.
    pub submitter: Option<Person>,
    /// The accounts that wrote any of its text.
    pub writers: BTreeSet<String>,
    /// The approvals of its present text.
    pub approvals: Vec<Approval>,
    /// Comments made at its steps, and without one.
    pub comments: Vec<Comment>,
    /// Time at which it is to be published.
    pub effective_at: Option<DateTime<Utc>>,
    /// Drafts of one batch are published together.
    pub batch: Option<String>,
    /// The import that made it.
    pub import: Option<String>,
    /// Account that scheduled it, and its office.
    pub scheduled_by: Option<Scheduler>,
    /// Problem document of a scheduled publication that did not come about.
    pub alert: Option<Value>,
    /// The `seq` under which it was published.
    pub publication: Option<Seq>,
    /// Time at which it was made.
    pub created_at: DateTime<Utc>,
    /// Time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// The content of a draft: its text. It may be incomplete until it is submitted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DraftContent {
    /// The new body: create, amend, delegate, renumber; reinstate may bring one.
    pub body: Option<Value>,
    /// Key of the record that takes its place: merge, cancel.
    pub successor: Option<String>,
    /// The revision to be erased.
    pub revision: Option<i64>,
    /// Reason of the change.
    pub reason: Option<String>,
    /// Decision that it rests on, as it was saved.
    pub document: Option<Value>,
    /// Channels of publication; the website when empty.
    pub channels: Vec<PublicationChannel>,
}

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The account.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The account that scheduled a publication, and the office in whose name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scheduler {
    /// The account.
    pub person: Person,
    /// The office that publishes: its code, since its name may change until then.
    pub office: String,
}

/// One of the two reviews, passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// Review that it passed.
    pub review: Review,
    /// Account that gave it.
    pub by: Person,
    /// Time of the approval.
    pub at: DateTime<Utc>,
    /// Digest of the text that was approved.
    pub digest: String,
}

/// A comment that somebody made when taking a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Name of the account.
    pub by: String,
    /// Time, as in RFC 3339.
    pub at: String,
    /// Step at which it was made; `comment` without one.
    pub step: String,
    /// Text of the comment; empty once a text of the record was erased, which it may have quoted.
    pub text: String,
}

impl Draft {
    /// Whether it can still become public.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, DraftState::Published | DraftState::Discarded)
    }

    /// Whether somebody wrote any of it or handed it in: they neither approve nor publish it.
    pub fn is_by(&self, account: &str) -> bool {
        self.author.id == account
            || self.writers.contains(account)
            || self.submitter.as_ref().is_some_and(|submitter| submitter.id == account)
    }

    /// The name of the draft in the trail: `draft/0192…`.
    pub fn subject(&self) -> String {
        format!("draft/{}", self.id)
    }

    /// The record: `item/1135…`.
    pub fn record(&self) -> Option<String> {
        self.key.as_ref().map(|key| format!("{}/{key}", self.kind))
    }

    /// Returns the name that no two drafts share: the record, while the draft is open. For a new record, it includes whose the
    /// draft is: that a code is taken would tell one office what another one drafts.
    pub fn open_record(&self) -> Option<String> {
        let record = self.record().filter(|_| self.is_open())?;
        let Belongs { organisation, division } = &self.belongs;
        Some(match self.action {
            Action::Create => {
                format!("{record}@{}", organisation.as_ref().or(division.as_ref()).map_or("", String::as_str))
            }
            _ => record,
        })
    }

    /// Hex SHA-256 of the canonical JSON of everything that is approved.
    pub fn digest(&self) -> Result<String, Problem> {
        let text = json!({
            "kind": self.kind, "action": self.action, "key": self.key, "base_revision": self.base_revision,
            "content": self.content.json(),
        });
        Ok(sha256(serde_json_canonicalizer::to_vec(&text)?))
    }

    /// The step that it proposes, in the name of `by`. A document that cannot be read is left out; a submission needs one
    /// that can.
    pub fn step(&self, by: &Office) -> Step {
        Step {
            kind: self.kind.clone(),
            action: self.action,
            key: self.key.clone(),
            body: self.content.body.clone(),
            successor: self.content.successor.clone(),
            revision: self.content.revision,
            base_revision: self.base_revision,
            by: by.clone(),
            reason: self.content.reason.clone(),
            document: self.content.document().unwrap_or_default(),
            channels: self.content.channels.clone(),
        }
    }

    /// Returns the draft as it is answered, with its content.
    pub fn view(&self) -> Value {
        let mut view = self.summary();
        let content = self.content.json();
        if let (Some(view), Value::Object(content)) = (view.as_object_mut(), content) {
            view.extend(content);
            view.insert("comments".into(), json!(self.comments));
            view.insert("alert".into(), json!(self.alert));
            view.insert("links".into(), self.links());
        }
        view
    }

    /// Returns the draft as a row of a list, without its content.
    pub fn summary(&self) -> Value {
        let approval = |approval: &Approval| json!({ "kind": approval.review, "by": approval.by.name, "at": instant(approval.at) });
        json!({
            "id": self.id,
            "kind": self.kind,
            "action": self.action,
            "key": self.key,
            "name": self.name,
            "state": self.state,
            "version": self.version,
            "base_revision": self.base_revision,
            "organisation": self.belongs.organisation.as_ref().filter(|code| !code.is_empty()),
            "division": self.belongs.division,
            "author": self.author.name,
            "submitter": self.submitter.as_ref().map(|person| &person.name),
            "approvals": self.approvals.iter().map(approval).collect::<Vec<_>>(),
            "effective_at": self.effective_at.map(instant),
            "batch": self.batch,
            "import": self.import,
            "publication": self.publication,
            "created_at": instant(self.created_at),
            "updated_at": instant(self.updated_at),
        })
    }

    fn links(&self) -> Value {
        let own = format!("/v1/drafts/{}", self.id);
        let mut links = Map::new();
        if self.is_open() {
            for name in ["check", "compare"] {
                links.insert(name.into(), format!("{own}/{name}").into());
            }
            links.insert("preview".into(), format!("{own}/preview/record").into());
            if self.kind == "item" {
                links.insert("preview_chart".into(), format!("{own}/preview/chart").into());
            }
        }
        links.insert("self".into(), own.into());
        Value::Object(links)
    }
}

impl DraftContent {
    /// Returns the content as JSON: `PUT` takes it, `PATCH` merges into it.
    pub fn json(&self) -> Value {
        json!({
            "body": self.body,
            "successor": self.successor,
            "revision": self.revision,
            "reason": self.reason,
            "document": self.document,
            "channels": self.channels,
        })
    }

    /// The decision, read; absent when it is not given.
    pub fn document(&self) -> Result<Option<Document>, Vec<FieldError>> {
        self.document.as_ref().map(read_document).transpose()
    }

    /// The name that it gives the record.
    pub fn name(&self) -> Option<&str> {
        let body = self.body.as_ref()?;
        body.get("name").or(body.get("title")).and_then(Value::as_str)
    }
}

/// The schema by which decisions are read.
pub static DOCUMENT: LazyLock<Shape> = LazyLock::new(Shape::of::<Document>);

/// Reads a decision; mistakes in it have pointers below `/document`.
pub fn read_document(document: &Value) -> Result<Document, Vec<FieldError>> {
    DOCUMENT.read(document).map_err(|errors| below("/document", errors))
}

/// Forgets what was said, for an erasure: who said something, when and at which step stays.
pub fn forget_texts(comments: &mut [Comment]) {
    for comment in comments {
        comment.text.clear();
    }
}

/// The mistakes of a part, with pointers into the whole.
pub fn below(part: &str, errors: Vec<FieldError>) -> Vec<FieldError> {
    errors.into_iter().map(|error| error.below(part)).collect()
}

/// Whether a mistake keeps a draft from being saved: a member that no record has, or a value of another type.
pub fn refuses_a_save(error: &FieldError) -> bool {
    matches!(
        error.wrong,
        Wrong::UnknownField | Wrong::Misnamed(_) | Wrong::WrongType(_) | Wrong::TooDeep(_) | Wrong::ControlCharacter
    )
}
