//! Checking a draft: the mistakes that keep it from being published, and the records that would lose by it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::{
    attached,
    model::{Draft, read_document},
    sent, store,
};
use crate::{
    fields::member,
    model::{
        kinds::{Body, Kind},
        persons::names_a_person,
    },
    problem::{FieldError, Problem, Rule, Wrong},
    register::{
        catalog::{Entry, Fold, Snapshot},
        changes::{Office, Seq},
        db::{Conn, DbError},
        publication::{self, Rehearsal, Step},
    },
    staff::requests::RequestContext,
    values::{
        code_lists::{Action, DraftState},
        local_time,
    },
};

/// The findings of a check.
pub struct CheckFindings {
    /// Mistakes of the draft, of every severity.
    pub findings: Vec<FieldError>,
    /// The other records that would break rules.
    pub affects: Vec<Affected>,
    /// The register with the draft published, when it can be read at all.
    pub after: Option<Fold>,
}

/// A record that would break rules that it keeps now.
pub struct Affected {
    /// Kind of the record.
    pub kind: &'static Kind,
    /// Key of the record.
    pub key: String,
    /// Name of the record.
    pub name: String,
    /// The mistakes that it would have.
    pub findings: Vec<FieldError>,
}

/// The states in which a draft counts as on its way: references of others may resolve to it, for who may see it.
pub const ON_THEIR_WAY: [DraftState; 4] =
    [DraftState::Submitted, DraftState::HalfApproved, DraftState::Approved, DraftState::Scheduled];

/// Bytes of a text that may be the key of a record, at most.
const LONGEST_KEY: usize = 128;

/// The surroundings against which a draft is checked, as a transaction found them. The check itself takes long, asks the database nothing
/// and needs no transaction.
pub struct CheckContext {
    register: Snapshot,
    /// The other drafts that it may depend on: their ids, and their steps.
    named: Vec<String>,
    others: Vec<Step>,
    /// The files that the draft names and does not bring.
    absent: Vec<String>,
    at: DateTime<Utc>,
}

impl CheckContext {
    /// The register as it is now, and those drafts on their way that the caller may see and the draft may depend on.
    pub fn of(conn: &mut Conn, context: &RequestContext, draft: &Draft) -> Result<Self, Problem> {
        Self::among(conn, context, draft, &[])
    }

    /// The same where `peers` are handed in together with the draft: they count as on their way.
    pub fn among(conn: &mut Conn, context: &RequestContext, draft: &Draft, peers: &[Draft]) -> Result<Self, Problem> {
        let register = publication::current(conn, &context.register)?;
        let others = others(conn, context, &register, draft, peers)?;
        let absent = attached::absent(conn, &register, draft)?;
        Ok(Self {
            register,
            named: others.iter().map(|other| other.id.clone()).collect(),
            others: others.iter().map(step_of).collect(),
            absent,
            at: context.now,
        })
    }

    /// The ids of the other drafts that the draft may depend on.
    pub fn named(&self) -> &[String] {
        &self.named
    }

    /// The last change of the register.
    pub fn seq(&self) -> Seq {
        self.register.seq()
    }

    /// Checks the draft.
    pub fn check(&self, draft: &Draft) -> Result<CheckFindings, Problem> {
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
        let kind = self.register.kind(&draft.kind);
        let findings = findings.into_iter().map(|found| sent::called(publication::called(kind, found))).collect();
        let affects = match &after {
            Some(after) => affected(&before, after.state(), draft, local_time(self.at).date()),
            None => Vec::new(),
        };
        Ok(CheckFindings { findings, affects, after })
    }
}

/// The drafts on their way that a draft may depend on, the oldest first: those of its own record and of the records that it names, of
/// those that these name in turn, those that name its record, and, of a record that goes, those of the records that name it: they may
/// go, too, or name another one. All others are left where they are: there may be many thousands.
fn others(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    draft: &Draft,
    peers: &[Draft],
) -> Result<Vec<Draft>, DbError> {
    // A draft that the caller may not see counts for no rule, or a finding would tell of it.
    let counts = |other: &Draft| other.id != draft.id && context.sees(&other.belongs);
    let mut renumbering = store::in_states_renumbering(conn, &ON_THEIR_WAY)?;
    renumbering.extend(peers.iter().filter(|peer| peer.action == Action::Renumber).cloned());
    let mut naming = match &draft.key {
        Some(key) => store::in_states_naming(conn, &ON_THEIR_WAY, key)?,
        None => Vec::new(),
    };
    naming.extend(draft.key.iter().flat_map(|key| peers.iter().filter(move |peer| mentions(peer, key)).cloned()));
    let mut found: BTreeMap<String, Draft> =
        naming.into_iter().filter(counts).map(|other| (other.id.clone(), other)).collect();
    let mut by_key = store::in_states_by_key(conn, &ON_THEIR_WAY)?;
    for peer in peers {
        by_key.entry(peer.key.clone().unwrap_or_default()).or_default().push(peer.id.clone());
    }
    let (mut asked, mut named) = (BTreeSet::new(), named_by(register, draft));
    if matches!(draft.action, Action::Cancel | Action::Merge) {
        named.extend(users_of(register, draft));
    }
    while !named.is_empty() {
        let ids: Vec<String> = named.iter().filter_map(|key| by_key.get(key)).flatten().cloned().collect();
        let becomes = |other: &&Draft| new_key(other).is_some_and(|key| named.contains(key));
        let renumbered = renumbering.iter().filter(becomes).cloned();
        let of_keys = store::of_ids(conn, &ids)?;
        let mut next = BTreeSet::new();
        for other in of_keys.into_iter().chain(renumbered).filter(counts) {
            if !found.contains_key(&other.id) {
                next.extend(named_by(register, &other));
                found.insert(other.id.clone(), other);
            }
        }
        asked.append(&mut named);
        named = next.difference(&asked).cloned().collect();
    }
    Ok(found.into_values().collect())
}

/// Whether a draft's text names the record with this key, as `in_states_naming` asks the database.
fn mentions(draft: &Draft, key: &str) -> bool {
    draft.content.body.as_ref().is_some_and(|body| mentions_in(body, key))
}

fn mentions_in(value: &Value, key: &str) -> bool {
    match value {
        Value::String(text) => text == key,
        Value::Array(elements) => elements.iter().any(|element| mentions_in(element, key)),
        Value::Object(members) => members.values().any(|element| mentions_in(element, key)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The keys of the records that name a draft's record as they stand.
fn users_of(register: &Snapshot, draft: &Draft) -> Vec<String> {
    let entry = draft.key.as_deref().and_then(|key| register.get(&draft.kind, key));
    let Some(entry) = entry else { return Vec::new() };
    let users = register.referrers_of(&draft.kind, entry);
    users.into_iter().flat_map(|(_, user)| user.keys()).map(|key| key.to_string()).collect()
}

/// The key under which a draft puts its record.
fn new_key(draft: &Draft) -> Option<&str> {
    draft.content.body.as_ref()?.get("code")?.as_str()
}

/// Lists what may be keys of records in a draft: its own, those that its body names in its normal form, and every short text of it as it stands.
fn named_by(register: &Snapshot, draft: &Draft) -> BTreeSet<String> {
    let mut named: BTreeSet<String> = draft.key.iter().chain(&draft.content.successor).cloned().collect();
    let kind = register.kind(&draft.kind);
    // What is brought back as it stands names what it named.
    if let Some(key) = draft.key.as_deref().filter(|_| draft.action == Action::Reinstate)
        && let Some(entry) = register.get(&draft.kind, key)
    {
        named.extend(entry.indexed.references.iter().map(|reference| reference.key.clone()));
    }
    let Some(body) = &draft.content.body else { return named };
    short_texts(body, &mut named);
    let normal = kind.and_then(|kind| Some((kind, (kind.read)(body).ok()?)));
    if let Some(indexed) = normal.and_then(|(kind, normal)| (kind.index)(&normal).ok()) {
        named.extend(indexed.references.into_iter().map(|reference| reference.key));
    }
    named
}

fn short_texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if (1..=LONGEST_KEY).contains(&text.len()) => {
            found.insert(text.clone());
        }
        Value::Array(elements) => elements.iter().for_each(|element| short_texts(element, found)),
        Value::Object(members) => members.values().for_each(|element| short_texts(element, found)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Finds the mistakes of a submission beside those of the record: in its reason and document.
fn own_mistakes(draft: &Draft) -> Vec<FieldError> {
    let mut mistakes = mistakes_of_words(draft.content.reason.as_deref(), draft.content.document.as_ref());
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

/// Finds the mistakes of a reason and a document that were given.
pub fn mistakes_of_words(reason: Option<&str>, document: Option<&Value>) -> Vec<FieldError> {
    let mut mistakes = document.and_then(|document| read_document(document).err()).unwrap_or_default();
    mistakes.extend(personal(reason, document));
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

/// Finds the places in a body that name files which are not stored.
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
