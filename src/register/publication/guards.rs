//! Guards by the state of a record: which actions it allows, and whether a proposal was made on its current revision.

use serde_json::{Value, json};

use crate::{
    model::kinds::Kind,
    problem::{Code, Problem, Wrong},
    register::catalog::{Entry, instant},
    values::code_lists::{Action, Status},
};

/// Refuses an action that the record's state forbids, with 409 (docs/DOMAIN.md §7), and says what leads out of that state. An erased record
/// gets a new text in the state in which it stood: by an amendment, or where it is brought back.
pub fn allows(entry: &Entry, action: Action) -> Result<(), Problem> {
    let state = match (entry.status, action) {
        (Status::Erased, Action::Amend | Action::Reinstate) => entry.standing,
        (status, _) => status,
    };
    let allowed: &[Status] = match action {
        Action::Amend | Action::Cancel => &[Status::InForce, Status::Suspended],
        Action::Suspend | Action::Merge | Action::Delegate | Action::Renumber => &[Status::InForce],
        Action::Reinstate => &[Status::Suspended, Status::Cancelled, Status::Merged],
        Action::Erase => Status::ALL,
        Action::Create => &[],
    };
    match allowed.contains(&state) {
        true => Ok(()),
        false => Err(forbidden(entry, action)),
    }
}

fn forbidden(entry: &Entry, action: Action) -> Problem {
    let (key, status) = (&entry.key, entry.status);
    let [chinese, english] = way_out(entry, action);
    Problem::with_detail(
        Code::StateConflict,
        format!("{key} 的状态为{}，不能{}。{chinese}", status.label(), action.label()),
        format!("{key} is {}; it cannot be changed by {}. {english}", status.value(), action.value()),
    )
}

/// What to draft instead, in Chinese and English.
fn way_out(entry: &Entry, action: Action) -> [String; 2] {
    let fixed = |chinese: &str, english: &str| [chinese.to_owned(), english.to_owned()];
    match (entry.status, action) {
        (Status::Cancelled | Status::Merged, _) => gone(entry),
        (Status::Suspended, Action::Suspend) => fixed("它已经暂停，无须再办。", "It is suspended already."),
        (Status::Suspended, _) => fixed("请先用 action=reinstate 恢复。", "Bring it back with action=reinstate first."),
        (Status::Erased, _) if matches!(entry.standing, Status::Cancelled | Status::Merged) => fixed(
            "如需恢复，请用 action=reinstate 起草，并在 body 中写明新的文本。",
            "To bring it back, draft action=reinstate with a new text as body.",
        ),
        (Status::Erased, _) => {
            fixed("请先用 action=amend 写入新的文本（body）。", "Give it a new text (body) with action=amend first.")
        }
        (Status::InForce, _) => fixed(
            "它现行有效，无须恢复；要恢复以前的文本，请用 action=amend，并用 from.revision 指明第几次修订。",
            "It is in force already; to restore an earlier text, draft action=amend with from.revision.",
        ),
    }
}

/// The way back of a record that was cancelled or merged.
fn gone(entry: &Entry) -> [String; 2] {
    let (mut chinese, mut english) = (String::new(), String::new());
    if let Some(successor) = &entry.successor {
        chinese = format!("现由 {successor} 承接。");
        english = format!("Its place was taken by {successor}. ");
    }
    chinese.push_str("如需恢复，请用 action=reinstate 起草，写明原因和依据文件；编码不变。");
    english.push_str("To bring it back, draft action=reinstate with reason and document; it keeps its code.");
    [chinese, english]
}

/// The mistake of a record whose code another one has or had, which says what was probably meant.
pub fn code_taken(entry: &Entry, code: &str) -> Wrong {
    match entry.standing {
        _ if *entry.key != *code => Wrong::CodeRenumbered(entry.key.to_string()),
        Status::Cancelled | Status::Merged => Wrong::CodeRetired(entry.standing.label(), entry.standing.value()),
        Status::InForce | Status::Suspended | Status::Erased => Wrong::CodeDuplicate,
    }
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
