//! The rules that a proposal has to keep, asked of a register with the whole batch applied.

use chrono::NaiveDate;

use crate::{
    model::kinds::{Body, Kind},
    problem::{Code, FieldError, Problem, Wrong},
    register::{
        catalog::{Entry, Snapshot},
        changes::{ChangeContent, Proposal},
        quality::in_order,
    },
    values::code_lists::{Action, Status},
};

/// Asks the rules about the body of a proposal, or, where its record goes, about its successor and the records that still use it.
pub(super) fn check(register: &Snapshot, proposal: &Proposal, today: NaiveDate) -> Result<Vec<FieldError>, Problem> {
    let kind = register.kind(proposal.kind).ok_or(Code::Internal)?;
    let key = match proposal.action {
        Action::Renumber => proposal.successor.as_deref().unwrap_or(&proposal.key),
        _ => &proposal.key,
    };
    let entry = register.get(kind.name, key).ok_or(Code::Internal)?;
    let mut mistakes = Vec::new();
    let goes = matches!(proposal.action, Action::Cancel | Action::Merge);
    if let ChangeContent::Body(body) = &proposal.content
        && !goes
        && proposal.action != Action::Suspend
    {
        let found = in_order((kind.check)(Body::Normal(body), register, today));
        mistakes.extend(found.into_iter().map(in_body));
    }
    if goes {
        mistakes.extend(successor(register, kind, proposal));
        mistakes.extend(still_referenced(register, kind, entry));
    }
    Ok(mistakes)
}

/// Puts the pointer of a mistake below `/body`.
pub(super) fn in_body(error: FieldError) -> FieldError {
    error.below("/body")
}

/// Adds the term of its field to a mistake of a step's body that does not have it.
pub fn called(kind: Option<&Kind>, error: FieldError) -> FieldError {
    let inside = kind.zip(error.pointer().strip_prefix("/body/"));
    let term = inside.and_then(|(kind, field)| (kind.shape)().term(&format!("/{field}")));
    error.called(term)
}

/// Checks that a successor is there, in force, and another record.
fn successor(register: &Snapshot, kind: &Kind, proposal: &Proposal) -> Option<FieldError> {
    let key = proposal.successor.as_deref()?;
    let found = register.get(kind.name, key).filter(|entry| entry.status == Status::InForce && key != proposal.key);
    let wrong = Wrong::ReferenceUnknown { kind: kind.name, key: key.to_owned() };
    found.is_none().then(|| FieldError::at("/successor", wrong))
}

/// Checks that no record in force needs one that goes.
fn still_referenced(register: &Snapshot, kind: &Kind, entry: &Entry) -> Option<FieldError> {
    let holds = |other: &Entry| {
        let mut references = other.indexed.references.iter();
        references.any(|reference| {
            reference.holds && reference.kinds.contains(&kind.name) && entry.keys().any(|key| **key == *reference.key)
        })
    };
    let users: Vec<_> = register
        .referrers_of(kind.name, entry)
        .into_iter()
        .filter(|(_, other)| other.is_listed() && holds(other))
        .map(|(_, other)| other.key.to_string())
        .collect();
    (!users.is_empty()).then(|| FieldError::at("/key", Wrong::StillReferenced(users.join(", "))))
}
