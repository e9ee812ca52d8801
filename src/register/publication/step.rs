//! One step of a batch: a change as a draft proposes it.

use serde_json::Value;

use crate::{
    problem::{FieldError, Problem, Wrong},
    register::{
        catalog::Snapshot,
        changes::{Document, Office},
    },
    values::code_lists::{Action, PublicationChannel},
};

/// One change of a batch, as a draft proposes it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Kind of the record.
    pub kind: String,
    /// The action.
    pub action: Action,
    /// Key of the record; for `create` that of the body.
    pub key: Option<String>,
    /// The new body: create, amend, delegate, renumber; reinstate may bring one.
    pub body: Option<Value>,
    /// The key of the record that takes its place: merge, cancel.
    pub successor: Option<String>,
    /// The revision that is erased.
    pub revision: Option<i64>,
    /// The revision that the proposal was made on: it must still be the current one.
    pub base_revision: Option<i64>,
    /// The office that publishes.
    pub by: Office,
    /// The reason.
    pub reason: Option<String>,
    /// The decision on which it is made.
    pub document: Option<Document>,
    /// The channels of publication; the website when empty.
    pub channels: Vec<PublicationChannel>,
}

/// The mistake of a step whose kind the register does not have.
pub fn unknown_kind(register: &Snapshot) -> FieldError {
    let kinds: Vec<_> = register.kinds().map(|kind| kind.name).collect();
    FieldError::at("/kind", Wrong::NotInCodeList(kinds.join(", ")))
}

pub(super) fn missing(pointer: &str) -> Problem {
    mistake(pointer, Wrong::Required)
}

pub(super) fn mistake(pointer: &str, wrong: Wrong) -> Problem {
    Problem::invalid_body(vec![FieldError::at(pointer, wrong)])
}
