//! Use case: a batch of changes is published, in one transaction and seen as one.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use crate::{
    catalog::{Entry, Fold, Snapshot},
    changes::{self, Change, Document, Office, Proposal, Salt, Seq},
    db::{Conn, DbError},
    kinds::{Body, Kind},
    problem::{Code, FieldError, Place, Problem, Severity, Wrong},
    quality::in_order,
    values::{
        code_lists::{Action, PublicationChannel, Status},
        local_time,
    },
};

/// Changes read at a time while the register is brought up to the head of the log.
const BATCH: i64 = 1000;

/// One change of a batch, as a draft proposes it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Kind of the record.
    pub kind: String,
    /// What is done.
    pub action: Action,
    /// Key of the record; for `create` that of the body.
    pub key: Option<String>,
    /// The new body: create, amend, delegate, renumber.
    pub body: Option<Value>,
    /// What takes its place: merge, cancel.
    pub successor: Option<String>,
    /// Which office publishes.
    pub by: Office,
    /// Why.
    pub reason: Option<String>,
    /// On what decision.
    pub document: Option<Document>,
    /// Where; the website when empty.
    pub channels: Vec<PublicationChannel>,
}

/// Publishes `steps` as one. `known` is any snapshot of the same log: it is brought up to the head inside the
/// transaction, so that what is checked is what will be.
///
/// Errors: 422 with every mistake of every step (pointers begin with `/records/{index}`), 409 when a record's state
/// forbids a step.
pub fn publish(
    conn: &mut Conn,
    known: &Snapshot,
    steps: &[Step],
    now: DateTime<Utc>,
    salt: impl FnMut() -> Result<Salt, getrandom::Error>,
) -> Result<Vec<Change>, Problem> {
    changes::append(conn, now, salt, |conn, head, at| {
        let current = up_to(conn, known, head)?;
        prepare(&current, steps, at)
    })
}

fn up_to(conn: &mut Conn, known: &Snapshot, head: Seq) -> Result<Snapshot, DbError> {
    let mut current = known.clone();
    let mut pending: Vec<Change> = Vec::new();
    while pending.last().map_or(current.seq(), |change| change.seq) < head {
        let seen = pending.last().map_or(current.seq(), |change| change.seq);
        pending.extend(changes::since(conn, seen, BATCH)?);
        if pending.last().is_some_and(|change| change.seq == change.publication) {
            current = current.after(&std::mem::take(&mut pending))?;
        }
    }
    Ok(current)
}

/// The proposals of a batch, after every rule held with all of it applied.
fn prepare(current: &Snapshot, steps: &[Step], at: DateTime<Utc>) -> Result<Vec<Proposal>, Problem> {
    let publication = current.seq() + i64::try_from(steps.len()).unwrap_or(i64::MAX);
    let mut fold = Fold::on(current);
    let mut mistakes = Vec::new();
    let mut proposals = Vec::with_capacity(steps.len());
    let mut unreadable = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let (kind, body) = match read(current, step) {
            Ok((kind, Ok(body))) => (kind, body),
            Ok((kind, Err(body))) => {
                unreadable.push((index, kind, body));
                continue;
            }
            Err(problem) => {
                mistakes.extend(problem.errors.into_iter().map(|error| below(index, error)));
                continue;
            }
        };
        match propose(fold.state(), kind, step, body) {
            Ok(proposal) => {
                fold.apply(&proposal.clone().into_change(fold.state().seq() + 1, publication, at))?;
                proposals.push((index, proposal));
            }
            // What is wrong by itself is told together with the rest; a state that forbids the step ends the batch.
            Err(problem) if problem.code == Code::InvalidBody => {
                mistakes.extend(problem.errors.into_iter().map(|error| below(index, error)));
            }
            Err(problem) => return Err(problem),
        }
    }
    let today = local_time(at).date();
    for (index, kind, body) in unreadable {
        let found = errors(kind, Body::Any(body), fold.state(), today);
        mistakes.extend(found.into_iter().map(|error| below(index, in_body(error))));
    }
    for (index, proposal) in &proposals {
        mistakes.extend(check(fold.state(), proposal, today)?.into_iter().map(|error| below(*index, error)));
    }
    match mistakes.is_empty() {
        true => Ok(proposals.into_iter().map(|(_, proposal)| proposal).collect()),
        false => Err(Problem::invalid_body(mistakes)),
    }
}

fn below(index: usize, error: FieldError) -> FieldError {
    match error.place {
        Place::Pointer(pointer) => FieldError::at(format!("/records/{index}{pointer}"), error.wrong),
        Place::Parameter(_) | Place::Header(_) => error,
    }
}

/// The kind of a step's record and its body in normal form; the body as it is when it cannot be read.
type Read<'a> = (&'static Kind, Result<Option<String>, &'a Value>);

fn read<'a>(register: &Snapshot, step: &'a Step) -> Result<Read<'a>, Problem> {
    let unknown_kind = || {
        let kinds: Vec<_> = register.kinds().map(|kind| kind.name).collect();
        Problem::invalid_body(vec![FieldError::at("/kind", Wrong::NotInCodeList(kinds.join(", ")))])
    };
    let kind: &'static Kind = register.kinds().find(|kind| kind.name == step.kind).ok_or_else(unknown_kind)?;
    let body = step.body.as_ref().map(|body| (kind.read)(body).map_err(|_| body)).transpose();
    Ok((kind, body))
}

/// What one step makes of its record, if the record's state allows it.
fn propose(register: &Snapshot, kind: &'static Kind, step: &Step, body: Option<String>) -> Result<Proposal, Problem> {
    let proposed = body.as_deref().map(key_of).transpose()?;
    let (key, old) = target(register, kind, step, proposed.as_deref())?;
    let body = match (body, &old) {
        (Some(body), _) => body,
        (None, Some(old)) => current_body(old)?,
        (None, None) => return Err(missing("/body")),
    };
    Ok(Proposal {
        kind: kind.name,
        revision: old.as_ref().map_or(1, |old| old.current().map_or(0, |last| last.change.revision) + 1),
        key,
        action: step.action,
        by: step.by.clone(),
        channels: if step.channels.is_empty() { vec![PublicationChannel::Website] } else { step.channels.clone() },
        reason: step.reason.clone(),
        document: step.document.clone(),
        successor: if step.action == Action::Renumber { proposed } else { step.successor.clone() },
        body,
    })
}

/// The key that a step is about and the record that stands under it, after the guards of DOMAIN.md §7.
fn target(
    register: &Snapshot,
    kind: &'static Kind,
    step: &Step,
    proposed: Option<&str>,
) -> Result<(String, Option<Arc<Entry>>), Problem> {
    if step.action == Action::Create {
        let key = proposed.ok_or_else(|| missing("/body"))?;
        return match register.get(kind.name, key) {
            Some(_) => Err(mistake("/body/code", Wrong::CodeDuplicate)),
            None => Ok((key.to_owned(), None)),
        };
    }
    let key = step.key.as_deref().ok_or_else(|| missing("/key"))?;
    let unknown = || mistake("/key", Wrong::ReferenceUnknown { kind: kind.name, key: key.to_owned() });
    let entry = register.get(kind.name, key).cloned().ok_or_else(unknown)?;
    let allowed: &[Status] = match step.action {
        Action::Amend | Action::Cancel => &[Status::InForce, Status::Suspended],
        Action::Suspend | Action::Merge | Action::Delegate | Action::Renumber => &[Status::InForce],
        Action::Reinstate => &[Status::Suspended],
        Action::Create | Action::Erase => &[],
    };
    if !allowed.contains(&entry.status) {
        return Err(forbidden(&entry, step.action));
    }
    match (step.action, proposed) {
        (Action::Amend | Action::Delegate | Action::Renumber, None) => Err(missing("/body")),
        (Action::Amend | Action::Delegate, Some(proposed)) if proposed != &*entry.key => {
            Err(mistake("/body/code", Wrong::NotInCodeList(entry.key.to_string())))
        }
        (Action::Renumber, Some(proposed)) if register.get(kind.name, proposed).is_some() => {
            Err(mistake("/body/code", Wrong::CodeDuplicate))
        }
        (Action::Merge, _) if step.successor.is_none() => Err(missing("/successor")),
        _ => Ok((entry.key.to_string(), Some(entry))),
    }
}

fn forbidden(entry: &Entry, action: Action) -> Problem {
    let (key, status) = (&entry.key, entry.status);
    Problem::with_detail(
        Code::StateConflict,
        format!("{key} 的状态为{}，不能{}。", status.label(), action.label()),
        format!("{key} is {}; it cannot be changed by {}.", status.value(), action.value()),
    )
}

/// The rules of its body, or, of a record that goes, its successor and what still uses it.
fn check(register: &Snapshot, proposal: &Proposal, today: NaiveDate) -> Result<Vec<FieldError>, Problem> {
    let kind = register.kinds().find(|kind| kind.name == proposal.kind).ok_or(Code::Internal)?;
    let key = match proposal.action {
        Action::Renumber => proposal.successor.as_deref().unwrap_or(&proposal.key),
        _ => &proposal.key,
    };
    let entry = register.get(kind.name, key).ok_or(Code::Internal)?;
    let mut mistakes = Vec::new();
    let goes = matches!(proposal.action, Action::Cancel | Action::Merge);
    if !goes && proposal.action != Action::Suspend {
        let found = errors(kind, Body::Normal(&proposal.body), register, today);
        mistakes.extend(found.into_iter().map(in_body));
    }
    if goes {
        mistakes.extend(successor(register, kind, proposal));
        mistakes.extend(still_referenced(register, kind, entry));
    }
    Ok(mistakes)
}

fn in_body(error: FieldError) -> FieldError {
    match error.place {
        Place::Pointer(pointer) => FieldError::at(format!("/body{pointer}"), error.wrong),
        Place::Parameter(_) | Place::Header(_) => error,
    }
}

/// What keeps a body from being published.
fn errors(kind: &Kind, body: Body<'_>, register: &Snapshot, today: NaiveDate) -> Vec<FieldError> {
    let found = in_order((kind.check)(body, register, today)).into_iter();
    found.filter(|found| found.wrong.severity() == Severity::Error).collect()
}

/// A successor must be there, in force, and another record.
fn successor(register: &Snapshot, kind: &Kind, proposal: &Proposal) -> Option<FieldError> {
    let key = proposal.successor.as_deref()?;
    let found = register.get(kind.name, key).filter(|entry| entry.status == Status::InForce && key != proposal.key);
    let wrong = Wrong::ReferenceUnknown { kind: kind.name, key: key.to_owned() };
    found.is_none().then(|| FieldError::at("/successor", wrong))
}

/// Records in force that cannot do without one that goes.
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

fn key_of(body: &str) -> Result<String, Problem> {
    let body: Value = serde_json::from_str(body)?;
    Ok(body.get("code").and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn current_body(entry: &Entry) -> Result<String, Problem> {
    entry.body()?.map(|text| text.into_owned()).ok_or_else(|| Code::Gone.into())
}

fn missing(pointer: &str) -> Problem {
    mistake(pointer, Wrong::Required)
}

fn mistake(pointer: &str, wrong: Wrong) -> Problem {
    Problem::invalid_body(vec![FieldError::at(pointer, wrong)])
}
