//! A draft's text as it was sent: read although some of it is wrong, so that everything that is wrong is told at once.

use std::sync::LazyLock;

use serde_json::Value;

use super::{
    content::{NewDraft, not_to_be_saved},
    copied::{self, Copied},
    model::Draft,
};
use crate::{
    base::merge_patch,
    fields::{Shape, member},
    model::kinds::Kind,
    problem::{Code, FieldError, Place, Problem, Wrong},
    register::{
        catalog::{Entry, Snapshot},
        publication,
    },
    values::code_lists::Action,
};

/// A change of a draft.
#[derive(Clone, Debug)]
pub enum Save {
    /// `PUT`: everything is replaced, and named.
    Replace(Value),
    /// `PATCH`: RFC 7396.
    Merge(Value),
}

/// The text of a draft as it was sent, with what is wrong with its members: the rest of it is looked at before all is told.
#[derive(Clone, Debug)]
pub struct SentDraft {
    /// The text, without the members that are wrong.
    pub new: NewDraft,
    /// The mistakes that were found so far.
    pub mistakes: Vec<FieldError>,
}

/// The members that the answer of a record adds to its body.
pub const ADDED: [&str; 3] = ["meta", "embedded", "links"];

/// Mistakes that are told of one draft: more say nothing new.
const MOST_MISTAKES: usize = 1000;

/// The schema by which bodies of requests are read. `document` is read loosely: it may be incomplete.
static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<NewDraft>);

impl SentDraft {
    /// Reads what was sent, if it is an object at all. What was read of a record can be sent back as it came: a body keeps nothing of what
    /// the answer adds to it.
    pub fn read(text: &Value) -> Result<Self, Problem> {
        let (new, mistakes) = SHAPE.read_leniently::<NewDraft>(text);
        let is_whole = |error: &FieldError| error.place == Place::Pointer(String::new());
        match new.filter(|_| !mistakes.iter().any(is_whole)) {
            Some(new) => Ok(Self { new: new.without_what_is_added(), mistakes }),
            None => Err(Problem::invalid_body(mistakes)),
        }
    }

    /// The text, unless something is wrong with it: then everything is told together with what was `found` of the rest.
    pub fn unless_wrong(self, found: Vec<FieldError>) -> Result<NewDraft, Problem> {
        let mistakes = together(self.mistakes, found);
        if mistakes.is_empty() { Ok(self.new) } else { Err(Problem::invalid_body(mistakes)) }
    }
}

/// Adds to a mistake in a draft the term of its field.
pub fn called(mistake: FieldError) -> FieldError {
    SHAPE.called(mistake)
}

/// Both, without the second of those about one place: a member that could not be read is not missing.
fn together(mut told: Vec<FieldError>, found: Vec<FieldError>) -> Vec<FieldError> {
    let more: Vec<_> = found.into_iter().filter(|one| told.iter().all(|other| other.place != one.place)).collect();
    told.extend(more.into_iter().map(called));
    told.truncate(MOST_MISTAKES);
    told
}

impl NewDraft {
    fn without_what_is_added(mut self) -> Self {
        if let Some(Value::Object(body)) = &mut self.body {
            ADDED.iter().for_each(|name| drop(body.shift_remove(*name)));
        }
        self
    }
}

impl Save {
    /// The content of a draft as it would be after the change, with what is wrong so far. A merge into a body that the draft does not have
    /// yet begins with `public`.
    pub fn on(&self, draft: &Draft, public: Option<Value>) -> Result<SentDraft, Problem> {
        let mut content = draft.content.json();
        let mut passed_over = Vec::new();
        match self {
            Self::Replace(text) => {
                passed_over = not_named(&content, text);
                content.clone_from(text);
            }
            Self::Merge(patch) => {
                if let Some(public) = public.filter(|_| patch.get("body").is_some_and(Value::is_object)) {
                    content["body"] = public;
                }
                merge_patch::merge(&mut content, patch);
            }
        }
        let mut sent = SentDraft::read(&content)?;
        sent.mistakes.extend(passed_over);
        Ok(sent)
    }
}

/// The members that a replacement passes over. It names every one that the draft has a value of, if only as `null`: what it does not name
/// may have been forgotten by a client that does not know it.
fn not_named(present: &Value, text: &Value) -> Vec<FieldError> {
    let present = present.as_object().into_iter().flatten().filter(|(_, value)| is_said(value));
    let passed_over = present.filter(|(name, _)| text.is_object() && text.get(name).is_none());
    passed_over.map(|(name, _)| FieldError::at(member("", name), Wrong::Required)).collect()
}

/// Whether a member has a value that could be lost.
pub fn is_said(value: &Value) -> bool {
    !value.is_null() && value.as_array().is_none_or(|values| !values.is_empty())
}

/// A new draft that begins with a published text, where it names one, as [`copied::filled`] makes it. What is wrong with that is told
/// together with all else.
pub fn filled(register: &Snapshot, new: &NewDraft) -> Result<Option<(NewDraft, Copied)>, Problem> {
    copied::filled(register, new).map_err(|problem| match problem.code {
        Code::InvalidBody => Problem::invalid_body(together(problem.errors, mistakes_of(register, new))),
        _ => problem,
    })
}

/// The refusal of a new draft of which members are wrong: with them, everything that is wrong with the rest.
pub fn refusal(register: &Snapshot, sent: SentDraft) -> Problem {
    let of_its_source = copied::filled(register, &sent.new).err().map(|problem| problem.errors).unwrap_or_default();
    let found = together(of_its_source, mistakes_of(register, &sent.new));
    Problem::invalid_body(together(sent.mistakes, found))
}

/// Everything for which a new draft is refused whatever state its record is in.
pub fn mistakes_of(register: &Snapshot, new: &NewDraft) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    let kind = new.kind.as_deref().and_then(|name| register.kind(name));
    match &new.kind {
        None => mistakes.push(FieldError::at("/kind", Wrong::Required)),
        Some(_) if kind.is_none() => mistakes.push(publication::unknown_kind(register)),
        Some(_) => {}
    }
    match (new.action, kind) {
        (None, _) => mistakes.push(FieldError::at("/action", Wrong::Required)),
        (Some(Action::Create), _) => {}
        // It may name the record alone.
        (Some(_), _) if new.from.is_some() => {}
        (Some(_), None) => mistakes.extend(new.key.is_none().then(|| FieldError::at("/key", Wrong::Required))),
        (Some(_), Some(kind)) => mistakes.extend(entry_of(register, kind, new.key.as_deref()).err()),
    }
    mistakes.extend(not_to_be_saved(new.action, kind, new));
    mistakes
}

/// The record with this key.
pub fn entry_of<'a>(register: &'a Snapshot, kind: &'static Kind, key: Option<&str>) -> Result<&'a Entry, FieldError> {
    let key = key.ok_or_else(|| FieldError::at("/key", Wrong::Required))?;
    let unknown = || FieldError::at("/key", Wrong::ReferenceUnknown { kind: kind.name, key: key.to_owned() });
    let entry = register.get(kind.name, key).ok_or_else(unknown)?;
    Ok(entry)
}
