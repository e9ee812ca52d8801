//! What stands between a draft and its publication, and what it would do to others.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::{attached, model::Draft, store};
use crate::{
    catalog::{Entry, Fold, Snapshot},
    changes::{Office, Seq},
    checks::names_a_person,
    db::Conn,
    fields::member,
    kinds::{Body, Kind},
    problem::{FieldError, Problem, Rule, Wrong},
    publication::{self, Rehearsal, Step},
    staff::Act,
    values::{
        code_lists::{Action, DraftState},
        local_time,
    },
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

/// The states in which a draft counts as on its way: references of others may resolve to it, for who may see it.
pub const ON_THEIR_WAY: [DraftState; 4] =
    [DraftState::Submitted, DraftState::HalfApproved, DraftState::Approved, DraftState::Scheduled];

/// What a draft is checked against, as a transaction found it. The check itself takes long and asks the database nothing: it needs no
/// transaction.
pub struct Surroundings {
    register: Snapshot,
    /// The other drafts on their way.
    others: Vec<Step>,
    /// The files that the draft names and does not bring.
    absent: Vec<String>,
    at: DateTime<Utc>,
}

impl Surroundings {
    /// The register as it is now, and those drafts on their way that the caller may see.
    pub fn of(conn: &mut Conn, act: &Act, draft: &Draft) -> Result<Self, Problem> {
        let register = publication::current(conn, &act.register)?;
        let others = store::in_states(conn, &ON_THEIR_WAY)?;
        // A draft that the caller may not see counts for no rule, or a finding would tell of it.
        let counts = |other: &&Draft| other.id != draft.id && act.sees(&other.belongs);
        let others: Vec<Step> = others.iter().filter(counts).map(step_of).collect();
        let absent = attached::absent(conn, &register, draft)?;
        Ok(Self { register, others, absent, at: act.now })
    }

    /// The last change of the register.
    pub fn seq(&self) -> Seq {
        self.register.seq()
    }

    /// Checks the draft.
    pub fn check(&self, draft: &Draft) -> Result<Check, Problem> {
        let mut findings = own_mistakes(draft);
        if let Some(body) = &draft.content.body {
            findings.extend(not_stored(body, &self.absent));
        }
        let mut step = step_of(draft);
        // That somebody else has published meanwhile is told when it comes to publishing; a check shows the text.
        step.base_revision = None;
        let Rehearsal { mistakes, before, after } =
            publication::rehearse(&self.register, &self.others, &step, self.at)?;
        findings.extend(mistakes);
        let affects = match &after {
            Some(after) => affected(&before, after.state(), draft, local_time(self.at).date()),
            None => Vec::new(),
        };
        Ok(Check { findings, affects, after })
    }
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
    mistakes.extend(personal(draft.content.reason.as_deref(), draft.content.document.as_ref()));
    mistakes
}

/// Personal data in what the log keeps for ever: reason and document.
fn personal(reason: Option<&str>, document: Option<&Value>) -> Vec<FieldError> {
    let found =
        |pointer: String, text: &str| names_a_person(text).then(|| FieldError::broken(pointer, Rule::PersonalData, []));
    let reason = reason.and_then(|text| found("/reason".into(), text));
    let members = document.and_then(Value::as_object).into_iter().flatten();
    let texts = members.filter_map(|(name, value)| found(member("/document", name), value.as_str()?));
    reason.into_iter().chain(texts).collect()
}

/// Where a body names files that are not stored.
pub fn not_stored(body: &Value, absent: &[String]) -> Vec<FieldError> {
    let mut found = Vec::new();
    if !absent.is_empty() {
        look_for(body, absent, "/body", &mut found);
    }
    found
}

fn look_for(value: &Value, absent: &[String], pointer: &str, found: &mut Vec<FieldError>) {
    match value {
        Value::String(text) => {
            let named = absent.iter().filter(|hash| text.contains(&format!("/v1/files/{hash}")));
            found.extend(named.map(|hash| FieldError::at(pointer, Wrong::FileUnknown(hash.clone()))));
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                look_for(element, absent, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (name, element) in members {
                look_for(element, absent, &member(pointer, name), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The step of a draft in nobody's name: for checks, in which the office does not matter.
fn step_of(draft: &Draft) -> Step {
    draft.step(&Office { code: String::new(), name: String::new() })
}

/// The records that name the draft's record and would break rules by it that they keep now.
fn affected(before: &Snapshot, after: &Snapshot, draft: &Draft, today: NaiveDate) -> Vec<Affected> {
    let Some(entry) = draft.key.as_deref().and_then(|key| before.get(&draft.kind, key)) else { return Vec::new() };
    let naming = before.referrers_of(&draft.kind, entry).into_iter().filter(|(_, other)| other.is_listed());
    naming.filter_map(|(kind, other)| loses(kind, other, before, after, today)).collect()
}

/// The errors that a record has after and not before.
fn loses(
    kind: &'static Kind,
    other: &Entry,
    before: &Snapshot,
    after: &Snapshot,
    today: NaiveDate,
) -> Option<Affected> {
    let body = other.body().ok().flatten()?;
    let errors = |register: &Snapshot| -> Vec<FieldError> {
        (kind.check)(Body::Normal(&body), register, today).into_iter().filter(FieldError::blocks).collect()
    };
    let had = errors(before);
    let findings: Vec<_> = errors(after).into_iter().filter(|error| !had.contains(error)).collect();
    let name = other.indexed.title.clone();
    (!findings.is_empty()).then(|| Affected { kind, key: other.key.to_string(), name, findings })
}
