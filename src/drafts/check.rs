//! What stands between a draft and its publication, and what it would do to others.

use super::{model::Draft, store};
use crate::{
    catalog::{Entry, Fold, Snapshot},
    changes::Office,
    db::Conn,
    kinds::Kind,
    problem::{FieldError, Problem, Wrong},
    publication::{self, Step},
    staff::Act,
    values::code_lists::{Action, DraftState},
};

/// What a check found.
pub struct Check {
    /// Everything that is wrong with the draft, of every severity.
    pub findings: Vec<FieldError>,
    /// What other records would lose.
    pub affects: Vec<Affected>,
    /// The register with the draft published, when it can be read at all.
    pub after: Option<Fold>,
}

/// A record that would break rules that it keeps now.
pub struct Affected {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What would be wrong with it.
    pub findings: Vec<FieldError>,
}

/// The states in which a draft counts as on its way: references of others may resolve to it.
pub const ON_THEIR_WAY: [DraftState; 4] =
    [DraftState::Submitted, DraftState::HalfApproved, DraftState::Approved, DraftState::Scheduled];

/// Checks a draft against the register as it is now, and the drafts that are on their way.
pub fn check(conn: &mut Conn, act: &Act, draft: &Draft) -> Result<Check, Problem> {
    let register = publication::current(conn, &act.register)?;
    let others = store::in_states(conn, &ON_THEIR_WAY)?;
    let others: Vec<Step> = others.iter().filter(|other| other.id != draft.id).map(step_of).collect();
    let mut findings = own_mistakes(draft);
    let mut step = step_of(draft);
    // That somebody else has published meanwhile is told when it comes to publishing; a check shows the text.
    step.base_revision = None;
    let rehearsal = publication::rehearse(&register, &others, &step, act.now)?;
    findings.extend(rehearsal.mistakes);
    let affects = match &rehearsal.after {
        Some(after) => affected(&rehearsal.before, after.state(), draft),
        None => Vec::new(),
    };
    Ok(Check { findings, affects, after: rehearsal.after })
}

/// What a submission needs beside the record itself.
fn own_mistakes(draft: &Draft) -> Vec<FieldError> {
    let mut mistakes = draft.content.document().err().unwrap_or_default();
    if draft.action != Action::Create {
        for (name, absent) in
            [("/reason", draft.content.reason.is_none()), ("/document", draft.content.document.is_none())]
        {
            if absent {
                mistakes.push(FieldError::at(name, Wrong::Required));
            }
        }
    }
    mistakes
}

/// The step of a draft in nobody's name: for checks, in which the office does not matter.
fn step_of(draft: &Draft) -> Step {
    draft.step(&Office { code: String::new(), name: String::new() })
}

/// The records that name the draft's record and would break rules by it that they keep now.
fn affected(before: &Snapshot, after: &Snapshot, draft: &Draft) -> Vec<Affected> {
    let Some(entry) = draft.key.as_deref().and_then(|key| before.get(&draft.kind, key)) else { return Vec::new() };
    let naming = before.referrers_of(&draft.kind, entry).into_iter().filter(|(_, other)| other.is_listed());
    naming.filter_map(|(kind, other)| loses(kind, other, before, after)).collect()
}

fn loses(_kind: &'static Kind, _other: &Entry, _before: &Snapshot, _after: &Snapshot) -> Option<Affected> {
    None
}
