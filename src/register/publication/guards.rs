//! Guards by the state of a record: which actions it allows, and whether a proposal was made on its current revision.

use serde_json::{Value, json};

use crate::{
    model::kinds::Kind,
    problem::{Code, Problem},
    register::catalog::{Entry, instant},
    values::code_lists::{Action, Status},
};

/// Refuses an action that the record's state forbids, with 409 (docs/DOMAIN.md §7). An erased record can only be amended, as it stood.
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

fn forbidden(entry: &Entry, action: Action) -> Problem {
    let (key, status) = (&entry.key, entry.status);
    Problem::with_detail(
        Code::StateConflict,
        format!("{key} 的状态为{}，不能{}。", status.label(), action.label()),
        format!("{key} is {}; it cannot be changed by {}.", status.value(), action.value()),
    )
}

/// Refuses a proposal that was not made on the current revision, with 409: somebody else has published since.
pub fn still_current(kind: &Kind, entry: &Entry, base: i64) -> Result<(), Problem> {
    let current = current_revision(entry);
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

/// Lists the revisions of a record after `base`, each with the office that published it. The record and both revisions are named, so
/// that they can be compared when the transaction that refuses has ended; until then `more` is true.
fn changed_since(kind: &Kind, entry: &Entry, base: i64) -> Value {
    let current = current_revision(entry);
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

/// The number of the current revision; 0 where there is none.
pub(super) fn current_revision(entry: &Entry) -> i64 {
    entry.current().map_or(0, |revision| revision.change.revision)
}
