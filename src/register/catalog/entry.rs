//! One record as the snapshot holds it: its revisions, and what is shown of it, serialised once.

use std::{borrow::Cow, sync::Arc};

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use imbl::Vector;

use super::prepared::Prepared;
use crate::{
    model::kinds::Indexed,
    register::{
        changes::{Change, Seq},
        db::DbError,
    },
    search::{Document, Text},
    values::code_lists::{Action, Status},
};

/// The number of a record in its shelf: given out in the order of the log, never used again.
pub type Id = u32;

/// Level at which bodies that have been replaced are kept.
const ZSTD_LEVEL: i32 = 3;
/// JSON that other records show of a record without a text.
pub(super) const NOTHING: &str = "{}";
/// How many times the bytes of its answer a record takes, with its row, its texts and its part of the indexes: a little less, as
/// measured on 10,000 items.
const TIMES_ITS_ANSWER: usize = 4;

/// One published record. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number in the shelf.
    pub id: Id,
    /// Its key; the first of `keys` it ever had is the last of them.
    pub key: Arc<str>,
    /// Keys that it had before it was renumbered.
    pub former_keys: Vector<Arc<str>>,
    /// The state that the record is in now.
    pub status: Status,
    /// The key of the record that took its place.
    pub successor: Option<String>,
    /// The state that its changes alone give it, whether or not its body was erased.
    pub standing: Status,
    /// Every revision, oldest first.
    pub revisions: Vector<Arc<Revision>>,
    /// The changes that erased revisions of it, oldest first.
    pub erasures: Vector<Arc<Change>>,
    /// The last change that altered what it shows: itself or what it embeds.
    pub shown: Moment,
    /// The filters, references and words of its body.
    pub indexed: Arc<Indexed>,
    /// The division that it belongs to, its own or that of its organisation.
    pub division: Option<Arc<str>>,
    /// The part of it that others show: JSON.
    pub short: Arc<str>,
    /// The words by which it is found, the names of the records that it shows included.
    pub text: Arc<Text>,
    /// The answer to `GET`.
    pub answer: Arc<Prepared>,
    /// Its row in a list: JSON.
    pub row: Bytes,
}

/// A change and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Place in the log.
    pub seq: Seq,
    /// When it became public.
    pub at: DateTime<Utc>,
}

/// One published body of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// The line of the log, without its body.
    pub change: Change,
    /// The body; `None` when erased.
    pub body: Option<Body>,
}

/// JSON text, compressed once it has been replaced.
#[derive(Clone, Debug)]
pub enum Body {
    /// As it is.
    Plain(Arc<str>),
    /// zstd, and the length of the text.
    Packed(Bytes, usize),
}

impl Entry {
    /// A record before its first revision, which `change` makes.
    pub(super) fn fresh(id: Id, change: &Change, shown: Moment) -> Self {
        Self {
            id,
            key: change.key.as_str().into(),
            former_keys: Vector::new(),
            status: Status::InForce,
            standing: Status::InForce,
            successor: None,
            revisions: Vector::new(),
            erasures: Vector::new(),
            shown,
            indexed: Arc::default(),
            division: None,
            short: NOTHING.into(),
            text: Arc::new(Text::of(&Document::default())),
            answer: Arc::new(Prepared::new(Bytes::new(), shown.seq, shown.at)),
            row: Bytes::new(),
        }
    }

    /// Takes what its next revision says of it beside its text.
    pub(super) fn push(&mut self, revision: Arc<Revision>) {
        self.standing = revision.status_after(self.standing);
        self.successor.clone_from(&revision.change.successor);
        if revision.change.action == Action::Renumber
            && let Some(key) = self.successor.take()
        {
            self.former_keys.push_back(std::mem::replace(&mut self.key, key.into()));
        }
        self.revisions.push_back(revision);
        self.status = self.status_now();
    }

    /// Returns the record as it was after change `seq`, from its lines alone: what follows from its text is not said yet. The
    /// change at `shown` was the last to alter what it shows. `None` where it was not there.
    pub(super) fn back_at(&self, seq: Seq, shown: Moment) -> Option<Self> {
        let mut then = Self::fresh(self.id, &self.revisions.front()?.change, shown);
        self.revisions.iter().take_while(|revision| revision.change.seq <= seq).cloned().for_each(|it| then.push(it));
        then.erasures = self.erasures.iter().filter(|erasure| erasure.seq <= seq).cloned().collect();
        (!then.revisions.is_empty()).then_some(then)
    }

    /// The bytes that it takes, more or less.
    pub(super) fn bytes(&self) -> usize {
        self.answer.plain().len() * TIMES_ITS_ANSWER
    }

    /// Whether lists show it unless asked otherwise.
    pub fn is_listed(&self) -> bool {
        matches!(self.status, Status::InForce | Status::Suspended)
    }

    /// The JSON text of the newest revision's body; `None` when it was erased.
    pub fn body(&self) -> Result<Option<Cow<'_, str>>, DbError> {
        self.current().map_or(Ok(None), |revision| revision.text())
    }

    /// The newest revision.
    pub fn current(&self) -> Option<&Arc<Revision>> {
        self.revisions.last()
    }

    /// The revision with this number, from 1.
    pub fn revision(&self, number: i64) -> Option<&Arc<Revision>> {
        let is_it = |revision: &&Arc<Revision>| revision.change.revision == number;
        // They are numbered without gaps.
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        self.revisions.get(place).filter(is_it).or_else(|| self.revisions.iter().find(is_it))
    }

    /// The cancellation or merger that `change` undid, if it brought the record back.
    pub fn undone_by(&self, change: &Change) -> Option<&Change> {
        let before = &self.revision(change.revision.checked_sub(1)?)?.change;
        let ended = matches!(before.action, Action::Cancel | Action::Merge);
        (change.action == Action::Reinstate && ended).then_some(before)
    }

    /// The record that had taken its place until `change` brought it back.
    pub fn former_successor(&self, change: &Change) -> Option<&str> {
        self.undone_by(change)?.successor.as_deref()
    }

    /// When it was last brought back after a cancellation or merger.
    pub fn returned_at(&self) -> Option<DateTime<Utc>> {
        let mut changes = self.revisions.iter().rev().map(|revision| &revision.change);
        changes.find(|change| self.undone_by(change).is_some()).map(|change| change.published_at)
    }

    /// The change that erased this revision.
    pub fn tombstone(&self, number: i64) -> Option<&Arc<Change>> {
        self.erasures.iter().find(|change| change.revision == number)
    }

    /// The status by its changes, or erased where its newest body is.
    pub(super) fn status_now(&self) -> Status {
        match self.current() {
            Some(revision) if revision.body.is_none() => Status::Erased,
            _ => self.standing,
        }
    }

    /// The key that it had after change `seq`.
    pub fn key_at(&self, seq: Seq) -> &str {
        if self.former_keys.is_empty() {
            return &self.key;
        }
        let renumbered = |revision: &&Arc<Revision>| revision.change.action == Action::Renumber;
        let next = self.revisions.iter().filter(renumbered).find(|revision| revision.change.seq > seq);
        next.map_or(&self.key, |revision| &revision.change.key)
    }

    /// Every key that it has or had.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<str>> {
        std::iter::once(&self.key).chain(&self.former_keys)
    }
}

impl Revision {
    /// The revision that a change made.
    pub fn of(change: &Change) -> Self {
        let body = change.body.as_deref().map(|body| Body::Plain(body.into()));
        Self { change: Change { body: None, ..change.clone() }, body }
    }

    /// The line of the log that made it, whole.
    pub fn to_change(&self) -> Result<Change, DbError> {
        Ok(Change { body: self.text()?.map(Cow::into_owned), ..self.change.clone() })
    }

    /// The JSON text of the body; `None` when it was erased.
    pub fn text(&self) -> Result<Option<Cow<'_, str>>, DbError> {
        self.body.as_ref().map(Body::text).transpose()
    }

    /// The status of its record after it, when it was `before`, by what it did; an erasure changes no status by itself.
    pub fn status_after(&self, before: Status) -> Status {
        match self.change.action {
            Action::Create | Action::Reinstate => Status::InForce,
            Action::Suspend => Status::Suspended,
            Action::Cancel => Status::Cancelled,
            Action::Merge => Status::Merged,
            Action::Amend | Action::Delegate | Action::Renumber | Action::Erase => before,
        }
    }

    /// This revision without its body and salt.
    pub fn erased(&self) -> Self {
        Self { change: Change { salt: None, ..self.change.clone() }, body: None }
    }

    /// This revision with its body compressed.
    pub fn packed(&self) -> Self {
        Self { change: self.change.clone(), body: self.body.as_ref().map(Body::packed) }
    }
}

impl Body {
    fn text(&self) -> Result<Cow<'_, str>, DbError> {
        let damaged = |error: &dyn std::fmt::Display| DbError::Damaged(format!("a body in memory: {error}"));
        match self {
            Self::Plain(text) => Ok(Cow::Borrowed(text.as_ref())),
            Self::Packed(bytes, length) => {
                let text = zstd::bulk::decompress(bytes, *length).map_err(|error| damaged(&error))?;
                String::from_utf8(text).map(Cow::Owned).map_err(|error| damaged(&error))
            }
        }
    }

    fn packed(&self) -> Self {
        match self {
            Self::Plain(text) => match zstd::bulk::compress(text.as_bytes(), ZSTD_LEVEL) {
                Ok(packed) => Self::Packed(packed.into(), text.len()),
                Err(_) => self.clone(),
            },
            Self::Packed(..) => self.clone(),
        }
    }
}

impl PartialEq for Body {
    /// Compares the texts: how they are kept does not matter.
    fn eq(&self, other: &Self) -> bool {
        matches!((self.text(), other.text()), (Ok(own), Ok(other)) if own == other)
    }
}
