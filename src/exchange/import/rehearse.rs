//! Use case: what an import would do, row by row. Nothing is written.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::{
    around::Around,
    bodies::differing,
    changes::tell,
    complete::CODED,
    model::RowReport,
    rows::Names,
    subjects::{Source, Subject, subjects},
    voices::{applied, attributed, disagree, refuse_all, says_more, voices},
};
use crate::{
    catalog::{Entry, Snapshot},
    kinds::{Body, Kind},
    problem::{FieldError, Problem, Wrong},
    publication,
    values::code_lists::{Action, Status},
};

/// Whether a body may be proposed for a record: its kind, the record as it is, the body.
pub type May<'a> = dyn FnMut(&'static Kind, Option<&Entry>, &Value) -> Result<bool, Problem> + 'a;

/// What it is compared with.
pub struct Surroundings<'a> {
    /// The register.
    pub register: &'a Snapshot,
    /// The day, in China.
    pub today: NaiveDate,
    /// The records of which a draft is open that the importer may know of: `item/1135…`.
    pub drafted: HashSet<String>,
    /// Whether the importer may propose this body for this record.
    pub may: &'a mut May<'a>,
    /// Is told how many of how many records are done.
    pub progress: &'a mut dyn FnMut(usize, usize),
}

/// What came of it.
pub struct Rehearsal {
    /// Every row that has something to say, in the order of the file.
    pub rows: Vec<RowReport>,
    /// What would be drafted.
    pub proposals: Vec<Proposal>,
}

/// A record that would be drafted.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Its kind.
    pub kind: &'static str,
    /// Its key.
    pub key: String,
    /// The revision on which it rests; none for a new record.
    pub base_revision: Option<i64>,
    /// Its fields: of a new record all, else those that differ; null for what goes.
    pub fields: Map<String, Value>,
}

/// Says what an import would do.
pub fn rehearse(source: &Source, surroundings: &mut Surroundings<'_>) -> Result<Rehearsal, Problem> {
    let mut names = Names::of(surroundings.register);
    let mut around = Around::new(surroundings.register);
    let mut found = Found { rows: source.told.clone(), ..Found::default() };
    let subjects = subjects(source, &names, &mut found.rows);
    for subject in &subjects {
        if surroundings.register.get(subject.kind.name, &subject.key).is_none() {
            around.expect(subject.kind, &subject.key);
        }
    }
    let total = subjects.len();
    for (done, subject) in subjects.iter().enumerate() {
        (surroundings.progress)(done, total);
        let mut at_hand = AtHand { source, names: &mut names, around: &mut around, surroundings };
        settle(subject, &mut at_hand, &mut found)?;
    }
    (surroundings.progress)(total, total);
    let mut rows = found.rows;
    let order: HashMap<&str, usize> = source.tables.iter().map(|table| table.sheet.name.as_str()).zip(0..).collect();
    rows.sort_by_key(|row| (order.get(row.sheet.as_str()).copied().unwrap_or(usize::MAX), row.sheet.clone(), row.row));
    Ok(Rehearsal { rows, proposals: found.proposals })
}

/// What was found so far.
#[derive(Default)]
struct Found {
    rows: Vec<RowReport>,
    proposals: Vec<Proposal>,
}

/// What is at hand while records are settled.
struct AtHand<'a, 'b, 'c> {
    source: &'a Source,
    names: &'b mut Names,
    around: &'b mut Around<'c>,
    surroundings: &'b mut Surroundings<'c>,
}

/// Settles one record: what its rows say, together, and what is wrong with that.
fn settle(subject: &Subject, at_hand: &mut AtHand<'_, '_, '_>, found: &mut Found) -> Result<(), Problem> {
    let (kind, key) = (subject.kind, subject.key.as_str());
    let entry = at_hand.surroundings.register.get(kind.name, key).cloned();
    let text = entry.as_ref().map(|entry| entry.body()).transpose()?.flatten().map(|text| text.into_owned());
    let current: Option<Value> = text.as_deref().map(serde_json::from_str).transpose()?;
    let mut voices = voices(subject, at_hand.source, at_hand.names, current.as_ref());
    for voice in &mut voices {
        if voice.reports.iter().any(|report| !report.problems.is_empty()) {
            voice.refuse();
        }
    }
    disagree(&mut voices, current.as_ref());
    let outcome = loop {
        let body = applied(subject, current.as_ref(), &voices);
        if entry.is_some() && text.is_some() && !voices.iter().any(|voice| says_more(voice, current.as_ref())) {
            break None;
        }
        let normal = (kind.read)(&body).ok();
        if normal.is_some() && normal == text {
            break None;
        }
        if voices.iter().all(|voice| voice.refused) {
            break None;
        }
        let errors = errors(kind, &body, text.as_deref(), at_hand);
        let (own, others) = attributed(&mut voices, errors, current.as_ref(), at_hand.source);
        if !own {
            break Some((body, normal, others));
        }
    };
    let Some((body, normal, others)) = outcome else {
        if entry.is_none() {
            at_hand.around.drop(kind, key);
        }
        found.rows.extend(voices.into_iter().flat_map(|voice| voice.reports));
        return Ok(());
    };
    if let Some(wrong) = forbidden(subject, entry.as_deref(), &body, at_hand)? {
        refuse_all(&mut voices, &wrong, at_hand.source, current.as_ref());
        found.rows.extend(voices.into_iter().flat_map(|voice| voice.reports));
        return Ok(());
    }
    let after: Value = match &normal {
        Some(text) => serde_json::from_str(text)?,
        None => body.clone(),
    };
    tell(kind, &mut voices, current.as_ref(), &after, &others);
    if entry.is_none() && kind.name != CODED {
        let title = ["title", "name"].iter().find_map(|name| after[*name].as_str());
        if let Some(title) = title {
            at_hand.names.add(kind, title, key);
        }
        at_hand.around.bring(kind, key, normal.clone().unwrap_or_else(|| body.to_string()));
    }
    let base_revision = entry.as_ref().and_then(|entry| entry.current()).map(|revision| revision.change.revision);
    let fields = differing(current.as_ref(), &after);
    found.proposals.push(Proposal { kind: kind.name, key: key.to_owned(), base_revision, fields });
    found.rows.extend(voices.into_iter().flat_map(|voice| voice.reports));
    Ok(())
}

/// The errors of a body, without those that the record has already: they are none of the import's.
fn errors(kind: &'static Kind, body: &Value, before: Option<&str>, at_hand: &AtHand<'_, '_, '_>) -> Vec<FieldError> {
    let check = |body: Body<'_>| {
        let found = (kind.check)(body, at_hand.around, at_hand.surroundings.today);
        found.into_iter().filter(FieldError::blocks).collect::<Vec<_>>()
    };
    let mut found = check(Body::Any(body));
    if let Some(before) = before.filter(|_| !found.is_empty()) {
        let mut already: HashMap<String, Vec<FieldError>> = HashMap::new();
        for error in check(Body::Normal(before)) {
            already.entry(error.pointer().to_owned()).or_default().push(error);
        }
        found.retain(|error| already.get(error.pointer()).is_none_or(|known| !known.contains(error)));
    }
    found
}

/// What keeps a record from being drafted, whatever is said of it.
fn forbidden(
    subject: &Subject,
    entry: Option<&Entry>,
    body: &Value,
    at_hand: &mut AtHand<'_, '_, '_>,
) -> Result<Option<Wrong>, Problem> {
    if let Some(entry) = entry
        && publication::allows(entry, Action::Amend).is_err()
    {
        return Ok(Some(state(entry.status)));
    }
    // First: who may not propose it learns of no draft, either.
    if !(at_hand.surroundings.may)(subject.kind, entry, body)? {
        return Ok(Some(Wrong::OutsideScope));
    }
    let is_drafted = at_hand.surroundings.drafted.contains(&format!("{}/{}", subject.kind.name, subject.key));
    Ok(is_drafted.then_some(Wrong::DraftOpen))
}

fn state(status: Status) -> Wrong {
    Wrong::RecordState(status.label(), status.value())
}
