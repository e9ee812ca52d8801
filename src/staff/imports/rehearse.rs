//! Use case: what an import would do, row by row. Nothing is written.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{
    cells::too_large,
    changes::report_changes,
    edits::differing,
    fields_from_code::CODED,
    model::{RowOutcome, RowReport},
    records_in_file::{ImportSource, RecordInFile, records_in_file},
    register_with_import::RegisterWithImport,
    row_claims::{RowClaims, attribute_errors, claims_of, refuse_all, refuse_contradictions, says_more, with_claims},
    rows::Names,
};
use crate::{
    model::kinds::{Body, Kind},
    problem::{FieldError, Problem, Wrong},
    register::{
        catalog::{Entry, Snapshot},
        publication,
    },
    values::code_lists::{Action, Status},
};

/// Whether a body may be proposed for a record: its kind, the record as it is, the body.
pub type May<'a> = dyn FnMut(&'static Kind, Option<&Entry>, &Value) -> Result<bool, Problem> + 'a;

/// What it is compared with.
pub struct RehearsalInput<'a> {
    /// The register.
    pub register: &'a Snapshot,
    /// The day, in China.
    pub today: NaiveDate,
    /// The records of which a draft is open that the importer may know of: `item/1135…`.
    pub drafted: HashSet<String>,
    /// Whether the importer may propose this body for this record.
    pub may: &'a mut May<'a>,
    /// Bytes of what is told and proposed at most.
    pub most_told: usize,
    /// Is told how many of how many records are done.
    pub progress: &'a mut dyn FnMut(usize, usize),
}

/// The outcome of a rehearsal, written as it is kept: text takes a fraction of the room of values.
pub struct Rehearsal {
    /// Every row that has something to say, in the order of the file: JSON text.
    pub rows: Vec<String>,
    /// How many rows came to what.
    pub counts: BTreeMap<RowOutcome, usize>,
    /// The drafts that would be made: JSON text.
    pub proposals: Vec<String>,
}

/// Bytes of what is told of refused rows: nobody mends more of them one by one.
const MOST_REFUSED: usize = 32 << 20;
/// Bytes of all that is told and proposed to who sends a file to the server.
pub const MOST_TOLD: usize = 128 << 20;

/// Says what an import would do.
pub fn rehearse(source: &ImportSource, surroundings: &mut RehearsalInput<'_>) -> Result<Rehearsal, Problem> {
    let mut names = Names::of(surroundings.register);
    let mut register_with_import = RegisterWithImport::new(surroundings.register);
    let tables = source.tables.iter().map(|table| table.sheet.name.as_str()).zip(0..).collect();
    let mut found = Findings { tables, most: surroundings.most_told, ..Findings::default() };
    source.reports.iter().try_for_each(|report| found.report(report))?;
    let records = records_in_file(source, &names, &mut |report| found.report(&report))?;
    for record in &records {
        if surroundings.register.get(record.kind.name, &record.key).is_none() {
            register_with_import.expect(record.kind, &record.key);
        }
    }
    let total = records.len();
    for (done, record) in records.iter().enumerate() {
        (surroundings.progress)(done, total);
        let mut context =
            Context { source, names: &mut names, register_with_import: &mut register_with_import, surroundings };
        judge_record(record, &mut context, &mut found)?;
    }
    (surroundings.progress)(total, total);
    // Stable: of a row that is told of twice, what was found first.
    found.rows.sort_by(|one, other| one.place.cmp(&other.place));
    let rows = found.rows.into_iter().map(|row| row.text).collect();
    Ok(Rehearsal { rows, counts: found.counts, proposals: found.proposals })
}

/// The reports and proposals so far.
#[derive(Default)]
struct Findings<'a> {
    /// Where each sheet stands in the file.
    tables: HashMap<&'a str, usize>,
    rows: Vec<RowText>,
    counts: BTreeMap<RowOutcome, usize>,
    proposals: Vec<String>,
    /// Bytes that refused rows take, and everything; and of everything at most.
    refused: usize,
    held: usize,
    most: usize,
}

/// The report on a row, written.
struct RowText {
    /// Where the row stands: table, list of records, number.
    place: (usize, Box<str>, u32),
    text: String,
}

impl Findings<'_> {
    fn report(&mut self, report: &RowReport) -> Result<(), Problem> {
        let text = serde_json::to_string(report)?;
        self.hold(text.len())?;
        if report.outcome == RowOutcome::Refused {
            self.refused += text.len();
            if self.refused > MOST_REFUSED {
                return Err(too_many_refused(report));
            }
        }
        *self.counts.entry(report.outcome).or_default() += 1;
        let table = self.tables.get(report.sheet.as_str()).copied();
        let list = if table.is_some() { Box::default() } else { report.sheet.as_str().into() };
        self.rows.push(RowText { place: (table.unwrap_or(usize::MAX), list, report.row), text });
        Ok(())
    }

    fn report_all(&mut self, claims: &[RowClaims]) -> Result<(), Problem> {
        claims.iter().flat_map(|claim| &claim.reports).try_for_each(|report| self.report(report))
    }

    fn propose(&mut self, proposal: &Value) -> Result<(), Problem> {
        let text = proposal.to_string();
        self.hold(text.len())?;
        self.proposals.push(text);
        Ok(())
    }

    fn hold(&mut self, bytes: usize) -> Result<(), Problem> {
        self.held += bytes;
        let most = self.most >> 20;
        match self.held > self.most {
            true => Err(in_file(too_large(
                format!("试运行的结果超过 {most} MiB；请分成几个文件导入"),
                format!("comes to a report of more than {most} MiB; send it in several files"),
            ))),
            false => Ok(()),
        }
    }
}

/// `example`: one of them.
fn too_many_refused(example: &RowReport) -> Problem {
    let problem = example.problems.first();
    let (cell, message) =
        problem.map_or(("", ("", "")), |one| (one.cell.as_str(), (one.message.zh.as_str(), one.message.en.as_str())));
    in_file(too_large(
        format!("被退回的行太多，无法逐行说明；请先改正再导入，如 {} {cell}：{}", example.sheet, message.0),
        format!(
            "has too many refused rows to be told one by one; mend them first, such as {} {cell}: {}",
            example.sheet, message.1
        ),
    ))
}

fn in_file(wrong: Wrong) -> Problem {
    Problem::invalid_body(vec![FieldError::at("/file", wrong)])
}

/// What judging a record needs beside it.
struct Context<'a, 'b, 'c> {
    source: &'a ImportSource,
    names: &'b mut Names,
    register_with_import: &'b mut RegisterWithImport<'c>,
    surroundings: &'b mut RehearsalInput<'c>,
}

/// Judges one record: merges the claims of its rows, checks the body that they make, and reports what comes of each row.
fn judge_record(
    record: &RecordInFile,
    context: &mut Context<'_, '_, '_>,
    found: &mut Findings<'_>,
) -> Result<(), Problem> {
    let (kind, key) = (record.kind, record.key.as_str());
    let entry = context.surroundings.register.get(kind.name, key).cloned();
    let text = entry.as_ref().map(|entry| entry.body()).transpose()?.flatten().map(|text| text.into_owned());
    let current: Option<Value> = text.as_deref().map(serde_json::from_str).transpose()?;
    let mut claims = claims_of(record, context.source, context.names, current.as_ref());
    for claim in &mut claims {
        if claim.reports.iter().any(|report| !report.problems.is_empty()) {
            claim.refuse();
        }
    }
    refuse_contradictions(&mut claims, current.as_ref());
    let outcome = loop {
        let body = with_claims(record, current.as_ref(), &claims);
        if entry.is_some() && text.is_some() && !claims.iter().any(|claim| says_more(claim, current.as_ref())) {
            break None;
        }
        let normal = (kind.read)(&body).ok();
        if normal.is_some() && normal == text {
            break None;
        }
        if claims.iter().all(|claim| claim.refused) {
            break None;
        }
        let errors = errors(kind, &body, text.as_deref(), context);
        let (own, others) = attribute_errors(&mut claims, errors, current.as_ref(), context.source);
        if !own {
            break Some((body, normal, others));
        }
    };
    let Some((body, normal, others)) = outcome else {
        if entry.is_none() {
            context.register_with_import.drop(kind, key);
        }
        return found.report_all(&claims);
    };
    if let Some(wrong) = forbidden(record, entry.as_deref(), &body, context)? {
        refuse_all(&mut claims, &wrong, context.source, current.as_ref());
        return found.report_all(&claims);
    }
    let after: Value = match &normal {
        Some(text) => serde_json::from_str(text)?,
        None => body.clone(),
    };
    report_changes(kind, &mut claims, current.as_ref(), &after, &others);
    if entry.is_none() && kind.name != CODED {
        let title = ["title", "name"].iter().find_map(|name| after[*name].as_str());
        if let Some(title) = title {
            context.names.add(kind, title, key);
        }
        context.register_with_import.bring(kind, key, normal.clone().unwrap_or_else(|| body.to_string()));
    }
    let base_revision = entry.as_ref().and_then(|entry| entry.current()).map(|revision| revision.change.revision);
    let fields = differing(current.as_ref(), &after);
    // Of a new record all fields, else those that differ; null for what goes.
    found.propose(&json!({ "kind": kind.name, "key": key, "base_revision": base_revision, "fields": fields }))?;
    found.report_all(&claims)
}

/// The errors of a body, without those that the record has already: they are none of the import's.
fn errors(kind: &'static Kind, body: &Value, before: Option<&str>, context: &Context<'_, '_, '_>) -> Vec<FieldError> {
    let check = |body: Body<'_>| {
        let found = (kind.check)(body, context.register_with_import, context.surroundings.today);
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
    record: &RecordInFile,
    entry: Option<&Entry>,
    body: &Value,
    context: &mut Context<'_, '_, '_>,
) -> Result<Option<Wrong>, Problem> {
    if let Some(entry) = entry
        && publication::allows(entry, Action::Amend).is_err()
    {
        return Ok(Some(state(entry.status)));
    }
    // First: who may not propose it learns of no draft, either.
    if !(context.surroundings.may)(record.kind, entry, body)? {
        return Ok(Some(Wrong::OutsideScope));
    }
    let is_drafted = context.surroundings.drafted.contains(&format!("{}/{}", record.kind.name, record.key));
    Ok(is_drafted.then_some(Wrong::DraftOpen))
}

fn state(status: Status) -> Wrong {
    Wrong::RecordState(status.label(), status.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_would_read_is_not_told() {
        let mut report = RowReport::new("a", 2, "item");
        report.outcome = RowOutcome::Refused;
        report.wrong("B2".into(), &Wrong::OrganisationUnknown("x".repeat(100_000)));
        let mut found = Findings { most: MOST_TOLD, ..Findings::default() };
        let told = (0..1000).take_while(|_| found.report(&report).is_ok()).count();
        assert!(told > 50 && found.rows.len() <= told + 1 && found.refused <= MOST_REFUSED + 500_000, "{told}");
        let problem = found.report(&report).expect_err("there is too much");
        assert_eq!((problem.errors[0].pointer(), problem.errors[0].wrong.code()), ("/file", "table-too-large"));

        report.outcome = RowOutcome::Changed;
        let changed = (0..1000).take_while(|_| found.report(&report).is_ok()).count();
        assert!(changed > 100 && found.held <= MOST_TOLD + 500_000, "{changed}");
    }
}
