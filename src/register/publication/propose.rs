//! From a step to the changes that it makes of its record.

use std::sync::Arc;

use serde_json::Value;

use super::{
    guards::{allows, code_taken, current_revision, still_current},
    step::{Step, missing, mistake, unknown_kind},
};
use crate::{
    model::kinds::Kind,
    problem::{Code, Problem, Wrong},
    register::{
        catalog::{Entry, Snapshot},
        changes::{Change, ChangeContent, Proposal},
    },
    values::code_lists::{Action, PublicationChannel, Status},
};

/// The kind of a step's record and its body in normal form; the body as it is when it cannot be read.
pub(super) type Read<'a> = (&'static Kind, Result<Option<String>, &'a Value>);

pub(super) fn read<'a>(register: &Snapshot, step: &'a Step) -> Result<Read<'a>, Problem> {
    let unknown = || Problem::invalid_body(vec![unknown_kind(register)]);
    let kind = register.kind(&step.kind).ok_or_else(unknown)?;
    let body = step.body.as_ref().map(|body| (kind.read)(body).map_err(|_| body)).transpose();
    Ok((kind, body))
}

/// The changes that one step makes of its record, if the record's state allows it: one, or for an erasure one for each revision
/// that has the erased text.
pub(super) fn propose(
    register: &Snapshot,
    kind: &'static Kind,
    step: &Step,
    body: Option<String>,
) -> Result<Vec<Proposal>, Problem> {
    let proposed = body.as_deref().map(key_of).transpose()?;
    let (key, old) = target(register, kind, step, proposed.as_deref())?;
    let channels = if step.channels.is_empty() { vec![PublicationChannel::Website] } else { step.channels.clone() };
    let proposal = |revision: i64, successor: Option<String>, content: ChangeContent| Proposal {
        kind: kind.name,
        revision,
        key: key.clone(),
        action: step.action,
        by: step.by.clone(),
        channels: channels.clone(),
        reason: step.reason.clone(),
        document: step.document.clone(),
        successor,
        content,
    };
    if let (Action::Erase, Some(old)) = (step.action, &old) {
        let erased = erased_with(old, step.revision)?;
        let erasure = |change: &Change| ChangeContent::Erasure { of: change.seq, digest: change.body_digest.clone() };
        return Ok(erased.iter().map(|change| proposal(change.revision, None, erasure(change))).collect());
    }
    let body = match (body, &old) {
        (Some(body), _) => body,
        (None, Some(old)) => current_body(old)?,
        (None, None) => return Err(missing("/body")),
    };
    let revision = old.as_ref().map_or(1, |old| current_revision(old) + 1);
    let successor = if step.action == Action::Renumber { proposed } else { step.successor.clone() };
    Ok(vec![proposal(revision, successor, ChangeContent::Body(body))])
}

/// The revisions that go with the one to be erased: those that carried the same text on, as a suspension does.
fn erased_with(entry: &Entry, revision: Option<i64>) -> Result<Vec<Change>, Problem> {
    let number = revision.ok_or_else(|| missing("/revision"))?;
    let there = entry.revision(number);
    let there = there.ok_or_else(|| mistake("/revision", Wrong::OutOfRange(format!("1–{}", entry.revisions.len()))))?;
    let text = there.text()?.ok_or_else(|| mistake("/revision", Wrong::AlreadyErased))?;
    let mut erased = Vec::new();
    for other in &entry.revisions {
        if other.text()?.as_ref() == Some(&text) {
            erased.push(other.change.clone());
        }
    }
    Ok(erased)
}

/// The key that a step is about and the record that stands under it, after the guards of docs/DOMAIN.md §7.
fn target(
    register: &Snapshot,
    kind: &'static Kind,
    step: &Step,
    proposed: Option<&str>,
) -> Result<(String, Option<Arc<Entry>>), Problem> {
    if step.action == Action::Create {
        let key = proposed.ok_or_else(|| missing("/body"))?;
        return match register.get(kind.name, key) {
            Some(other) => Err(mistake("/body/code", code_taken(other, key))),
            None => Ok((key.to_owned(), None)),
        };
    }
    let key = step.key.as_deref().ok_or_else(|| missing("/key"))?;
    let unknown = || mistake("/key", Wrong::ReferenceUnknown { kind: kind.name, key: key.to_owned() });
    let entry = register.get(kind.name, key).cloned().ok_or_else(unknown)?;
    allows(&entry, step.action)?;
    if let Some(base) = step.base_revision {
        still_current(kind, &entry, base)?;
    }
    match (step.action, proposed) {
        (Action::Amend | Action::Delegate | Action::Renumber, None) => Err(missing("/body")),
        (Action::Amend | Action::Delegate | Action::Reinstate, Some(proposed)) if proposed != &*entry.key => {
            Err(mistake("/body/code", Wrong::NotInCodeList(entry.key.to_string())))
        }
        (Action::Renumber, Some(proposed)) => match register.get(kind.name, proposed) {
            Some(other) => Err(mistake("/body/code", code_taken(other, proposed))),
            None => Ok((entry.key.to_string(), Some(entry))),
        },
        (Action::Reinstate, None) if entry.status == Status::Erased => Err(missing("/body")),
        (Action::Merge, _) if step.successor.is_none() => Err(missing("/successor")),
        _ => Ok((entry.key.to_string(), Some(entry))),
    }
}

fn key_of(body: &str) -> Result<String, Problem> {
    let body: Value = serde_json::from_str(body)?;
    Ok(body.get("code").and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn current_body(entry: &Entry) -> Result<String, Problem> {
    entry.body()?.map(|text| text.into_owned()).ok_or_else(|| Code::Gone.into())
}
