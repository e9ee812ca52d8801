//! A batch applied to a register on trial: its proposals, and everything that is wrong with them.

use chrono::{DateTime, Utc};

use super::{
    propose::{propose, read},
    rules::{called, check, in_body},
    step::Step,
};
use crate::{
    model::kinds::Body,
    problem::{Code, FieldError, Problem},
    register::{
        catalog::{Fold, Snapshot},
        changes::Proposal,
        db::DbError,
        quality::in_order,
    },
    values::local_time,
};

/// The outcome of a rehearsal.
pub struct Rehearsal {
    /// Everything that is wrong.
    pub mistakes: Vec<FieldError>,
    /// The register before it.
    pub before: Snapshot,
    /// The register with it, when it can be read at all: whole publications only, so it can be finished.
    pub after: Option<Fold>,
}

/// Tries `step` after those of `others` that can be published before it, without publishing anything. Finds everything that is
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

/// Refuses what [`publish`](super::publish()) would refuse, without publishing.
pub fn check_batch(current: &Snapshot, steps: &[Step], at: DateTime<Utc>) -> Result<(), Problem> {
    prepare(current, steps, at).map(|_| ())
}

/// The proposals of a batch, after every rule held with all of it applied.
pub(super) fn prepare(current: &Snapshot, steps: &[Step], at: DateTime<Utc>) -> Result<Vec<Proposal>, Problem> {
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

/// A batch that was applied: its proposals and its mistakes, each with the index of its step, and the register with all of it.
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
                let kind = fold.state().kind(&step.kind);
                mistakes.extend(problem.errors.into_iter().map(|error| (index, called(kind, error))));
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

fn apply(fold: &mut Fold, proposals: &[Proposal], at: DateTime<Utc>) -> Result<(), DbError> {
    let publication = fold.state().seq() + i64::try_from(proposals.len()).unwrap_or(i64::MAX);
    for proposal in proposals {
        let seq = fold.state().seq() + 1;
        fold.apply(&proposal.clone().into_change(seq, publication, at))?;
    }
    Ok(())
}

fn below(index: usize, error: FieldError) -> FieldError {
    error.below(&format!("/records/{index}"))
}
