//! Use case: a batch of changes is published, in one transaction and seen as one.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::{
    model::kinds::{Body, Kind},
    problem::{Code, FieldError, Place, Problem, Wrong},
    register::{
        catalog::{Entry, Fold, Snapshot, instant},
        changes::{self, Change, ChangeContent, Document, Office, Proposal, Salt, Seq},
        db::{Conn, DbError},
        quality::in_order,
    },
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
    /// The revision that is erased.
    pub revision: Option<i64>,
    /// The revision that the proposal was made on: it must still be the current one.
    pub base_revision: Option<i64>,
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
/// forbids a step, 503 when the log is not one that goes on from `known`.
pub fn publish(
    conn: &mut Conn,
    known: &Snapshot,
    steps: &[Step],
    now: DateTime<Utc>,
    salt: impl FnMut() -> Result<Salt, getrandom::Error>,
) -> Result<Vec<Change>, Problem> {
    changes::append(conn, now, salt, |conn, head, at| {
        let current = extended(conn, known, head).map_err(not_into_what_is_damaged)?;
        prepare(&current, steps, at)
    })
}

/// The register as the locked log has it. Refused where the log has lost some of what `known` shows, or has other lines than its tree:
/// what is appended to it would have numbers that others know as something else.
fn extended(conn: &mut Conn, known: &Snapshot, head: Seq) -> Result<Snapshot, DbError> {
    if head < known.seq() {
        return Err(DbError::Damaged(format!("it went back from change {} to {head}", known.seq())));
    }
    let current = up_to(conn, known, head)?;
    changes::must_be_of(&changes::edge(conn)?, current.tree())?;
    Ok(current)
}

fn not_into_what_is_damaged(error: DbError) -> Problem {
    match error {
        DbError::Damaged(why) => {
            log::error!("nothing is published, since the log is damaged: {why}");
            Problem::with_detail(
                Code::Unavailable,
                "变更日志已损坏，修复之前不能公布；详情见系统日志和 /health/ready。",
                "The log of changes is damaged, and nothing is published into it until it is mended: see /health/ready and the log of \
                 the service.",
            )
        }
        other => other.into(),
    }
}

/// The register as the log has it now, whatever this process has seen of it.
pub fn current(conn: &mut Conn, known: &Snapshot) -> Result<Snapshot, DbError> {
    let (head, _) = changes::head(conn)?;
    up_to(conn, known, head)
}

/// What would stand in the way of publishing `step` now, after those of `others` that can be published before it: what is
/// wrong, of every severity, with pointers into the step. 409 when the record's state forbids it.
pub fn rehearse(current: &Snapshot, others: &[Step], step: &Step, at: DateTime<Utc>) -> Result<Rehearsal, Problem> {
    let mut fold = Fold::on(current);
    for other in others {
        if let Ok((kind, Ok(body))) = read(fold.state(), other)
            && let Ok(proposals) = propose(fold.state(), kind, other, body)
        {
            apply(&mut fold, &proposals, at)?;
        }
    }
    let before = fold.state().clone();
    let trial = attempt(fold, std::slice::from_ref(step), at)?;
    let after = (!trial.proposals.is_empty()).then_some(trial.fold);
    Ok(Rehearsal { mistakes: trial.mistakes.into_iter().map(|(_, mistake)| mistake).collect(), before, after })
}

/// Refuses what [`publish`] would refuse, without publishing.
pub fn check_batch(current: &Snapshot, steps: &[Step], at: DateTime<Utc>) -> Result<(), Problem> {
    prepare(current, steps, at).map(|_| ())
}

/// What came of a rehearsal.
pub struct Rehearsal {
    /// Everything that is wrong.
    pub mistakes: Vec<FieldError>,
    /// The register before it.
    pub before: Snapshot,
    /// The register with it, when it can be read at all: whole publications only, so it can be finished.
    pub after: Option<Fold>,
}

fn apply(fold: &mut Fold, proposals: &[Proposal], at: DateTime<Utc>) -> Result<(), DbError> {
    let publication = fold.state().seq() + i64::try_from(proposals.len()).unwrap_or(i64::MAX);
    for proposal in proposals {
        let seq = fold.state().seq() + 1;
        fold.apply(&proposal.clone().into_change(seq, publication, at))?;
    }
    Ok(())
}

fn up_to(conn: &mut Conn, known: &Snapshot, head: Seq) -> Result<Snapshot, DbError> {
    let mut current = known.clone();
    let mut pending: Vec<Change> = Vec::new();
    while pending.last().map_or(current.seq(), |change| change.seq) < head {
        let seen = pending.last().map_or(current.seq(), |change| change.seq);
        let lines = changes::since(conn, seen, BATCH)?;
        if lines.is_empty() {
            return Err(DbError::Damaged(format!("it ends at change {seen}, and its head is at {head}")));
        }
        pending.extend(lines);
        if pending.last().is_some_and(|change| change.seq == change.publication) {
            changes::must_be_as_written(&pending)?;
            current = current.after(&std::mem::take(&mut pending))?;
        }
    }
    Ok(current)
}

/// The proposals of a batch, after every rule held with all of it applied.
fn prepare(current: &Snapshot, steps: &[Step], at: DateTime<Utc>) -> Result<Vec<Proposal>, Problem> {
    let trial = attempt(Fold::on(current), steps, at)?;
    let errors: Vec<_> = trial
        .mistakes
        .into_iter()
        .filter(|(_, mistake)| mistake.blocks())
        .map(|(index, mistake)| below(index, mistake))
        .collect();
    match errors.is_empty() {
        true => Ok(trial.proposals.into_iter().map(|(_, proposal)| proposal).collect()),
        false => Err(Problem::invalid_body(errors)),
    }
}

/// What comes of a batch: its proposals, what is wrong, each with the index of its step, and the register with all of it.
struct Trial {
    fold: Fold,
    proposals: Vec<(usize, Proposal)>,
    mistakes: Vec<(usize, FieldError)>,
}

/// Applies every step, then asks the rules with all of them applied. 409 when the state of a record forbids a step.
fn attempt(mut fold: Fold, steps: &[Step], at: DateTime<Utc>) -> Result<Trial, Problem> {
    let (mut proposals, mut mistakes, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    for (index, step) in steps.iter().enumerate() {
        let proposed = match read(fold.state(), step) {
            Ok((kind, Ok(body))) => propose(fold.state(), kind, step, body),
            Ok((kind, Err(body))) => {
                unreadable.push((index, kind, body));
                continue;
            }
            Err(problem) => Err(problem),
        };
        match proposed {
            Ok(proposed) => {
                apply(&mut fold, &proposed, at)?;
                proposals.extend(proposed.into_iter().map(|proposal| (index, proposal)));
            }
            // What is wrong by itself is told together with the rest; a state that forbids the step ends the batch.
            Err(problem) if problem.code == Code::InvalidBody => {
                mistakes.extend(problem.errors.into_iter().map(|error| (index, error)));
            }
            Err(problem) => return Err(problem),
        }
    }
    let today = local_time(at).date();
    for (index, kind, body) in unreadable {
        let found = in_order((kind.check)(Body::Any(body), fold.state(), today));
        mistakes.extend(found.into_iter().map(|error| (index, in_body(error))));
    }
    for (index, proposal) in &proposals {
        mistakes.extend(check(fold.state(), proposal, today)?.into_iter().map(|error| (*index, error)));
    }
    Ok(Trial { fold, proposals, mistakes })
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

/// What one step makes of its record, if the record's state allows it: one change, or for an erasure one for each revision
/// that has the same text.
fn propose(
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
    let revision = old.as_ref().map_or(1, |old| old.current().map_or(0, |last| last.change.revision) + 1);
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
            Some(_) => Err(mistake("/body/code", Wrong::CodeDuplicate)),
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

/// 409 when the record's state forbids the action (docs/DOMAIN.md §7). What was erased can only be amended, as it stood.
pub fn allows(entry: &Entry, action: Action) -> Result<(), Problem> {
    let allowed: &[Status] = match action {
        Action::Amend | Action::Cancel => &[Status::InForce, Status::Suspended],
        Action::Suspend | Action::Merge | Action::Delegate | Action::Renumber => &[Status::InForce],
        Action::Reinstate => &[Status::Suspended],
        Action::Erase => Status::ALL,
        Action::Create => &[],
    };
    let amended_anew = action == Action::Amend
        && entry.status == Status::Erased
        && matches!(entry.standing, Status::InForce | Status::Suspended);
    match allowed.contains(&entry.status) || amended_anew {
        true => Ok(()),
        false => Err(forbidden(entry, action)),
    }
}

/// 409 when somebody else has published a revision since.
pub fn still_current(kind: &Kind, entry: &Entry, base: i64) -> Result<(), Problem> {
    let current = entry.current().map_or(0, |revision| revision.change.revision);
    if current == base {
        return Ok(());
    }
    let problem = Problem::with_detail(
        Code::StateConflict,
        format!("起草时的第 {base} 次修订已不是现行修订，现行为第 {current} 次。请比较后改稿再提交。"),
        format!(
            "The draft was made on revision {base}; revision {current} is the current one. Compare, mend, submit again."
        ),
    );
    Err(problem.because_of(changed_since(kind, entry, base)))
}

/// Who has published which revisions of a record since one of them. It names the record and both revisions, so that they can be
/// compared when the transaction that refuses has ended; until then it says that there is more.
fn changed_since(kind: &Kind, entry: &Entry, base: i64) -> Value {
    let current = entry.current().map_or(0, |revision| revision.change.revision);
    let since = entry.revisions.iter().map(|revision| &revision.change).filter(|change| change.revision > base);
    let revisions: Vec<_> = since
        .map(|change| {
            json!({
                "revision": change.revision, "action": change.action, "published_at": instant(change.published_at),
                "by": change.by, "reason": change.reason,
            })
        })
        .collect();
    json!({
        "record": format!("{}/{}", kind.name, entry.key), "base_revision": base, "current_revision": current,
        "revisions": revisions, "differences": [], "more": true,
    })
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

fn in_body(error: FieldError) -> FieldError {
    match error.place {
        Place::Pointer(pointer) => FieldError::at(format!("/body{pointer}"), error.wrong),
        Place::Parameter(_) | Place::Header(_) => error,
    }
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
