//! Use case: what an import would do, row by row. Nothing is written.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{
    around::Around,
    cells::{Row, address},
    complete::complete,
    model::{Change, Outcome, RowReport},
    records::Record,
    rows::{self, Edit, Names, OfRow, Reading, value_at},
    special,
    tables::{Meaning, Table},
    tidy::{self, Notice},
};
use crate::{
    catalog::{Entry, Snapshot},
    kinds::{Body, Kind},
    problem::{FieldError, Problem, Wrong},
    publication,
    reading::{Difference, DifferenceKind, compare},
    values::{
        self,
        code_lists::{Action, Status},
    },
};

/// The kind whose codes say something of it.
const CODED: &str = "item";

/// What there is to import.
#[derive(Default)]
pub struct Source {
    /// Sheets.
    pub tables: Vec<Table>,
    /// Records of their own.
    pub records: Vec<Record>,
    /// Rows of which something is to be told already: headers that nobody knows.
    pub told: Vec<RowReport>,
}

/// Whether a body may be proposed for a record: its kind, the record as it is, the body.
pub type May<'a> = dyn FnMut(&'static Kind, Option<&Entry>, &Value) -> Result<bool, Problem> + 'a;

/// What it is compared with.
pub struct Surroundings<'a> {
    /// The register.
    pub register: &'a Snapshot,
    /// The day, in China.
    pub today: NaiveDate,
    /// The records of which a draft is open: `item/1135…`.
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

/// Where a record is spoken of.
enum Unit {
    /// A row of a sheet of records: table, row.
    Row(usize, usize),
    /// Rows of a sheet of a list: table, rows.
    List(usize, Vec<usize>),
    /// A record of its own.
    Record(usize),
}

/// One record and where it is spoken of.
struct Subject {
    kind: &'static Kind,
    key: String,
    units: Vec<Unit>,
}

/// Says what an import would do.
pub fn rehearse(source: &Source, surroundings: &mut Surroundings<'_>) -> Result<Rehearsal, Problem> {
    let mut names = Names::of(surroundings.register);
    let mut around = Around::new(surroundings.register);
    let mut found = Found { rows: source.told.clone(), ..Found::default() };
    let subjects = subjects(source, &names, &mut found);
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

/// The records that are spoken of, those of kinds that others name first. Rows that speak of none are told of here.
fn subjects(source: &Source, names: &Names, found: &mut Found) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = Vec::new();
    let mut places: HashMap<(&'static str, String), usize> = HashMap::new();
    let mut add = |kind: &'static Kind, key: &str, unit: Unit| {
        let place = *places.entry((kind.name, key.to_owned())).or_insert_with(|| {
            subjects.push(Subject { kind, key: key.to_owned(), units: Vec::new() });
            subjects.len() - 1
        });
        let units = &mut subjects[place].units;
        match (units.last_mut(), unit) {
            (Some(Unit::List(last, rows)), Unit::List(table, more)) if *last == table => rows.extend(more),
            (_, unit) => units.push(unit),
        }
    };
    for (number, table) in source.tables.iter().enumerate() {
        let mut first_rows: HashMap<String, u32> = HashMap::new();
        for (place, row) in table.sheet.rows.iter().enumerate() {
            match speaks_of(table, row, &mut first_rows) {
                Spoken::Of(key) if table.part == 0 => add(table.kind, &key, Unit::Row(number, place)),
                Spoken::Of(key) => add(table.kind, &key, Unit::List(number, vec![place])),
                Spoken::Nothing => {}
                Spoken::Told(mut report) => {
                    if report.outcome == Outcome::Refused && table.part == 0 {
                        let reading = read_row(table, row, None, names);
                        note(&mut report, row.number, &reading.by_row());
                    }
                    found.rows.push(*report);
                }
            }
        }
    }
    let mut first_records: HashMap<(&'static str, String), u32> = HashMap::new();
    for (place, record) in source.records.iter().enumerate() {
        match record.key(&mut first_records) {
            Ok(key) => add(record.kind, &key, Unit::Record(place)),
            Err(report) => found.rows.push(*report),
        }
    }
    // Stable: within a kind the order of the file.
    subjects.sort_by_key(|subject| subject.kind.name == CODED || subject.kind.name == "clean_up");
    subjects
}

/// Of what a row speaks.
enum Spoken {
    Of(String),
    Nothing,
    Told(Box<RowReport>),
}

fn speaks_of(table: &Table, row: &Row, first_rows: &mut HashMap<String, u32>) -> Spoken {
    let mut report = Box::new(RowReport::new(&table.sheet.name, row.number, table.kind.name));
    let at = address(table.code, row.number);
    let Some(code) = special::code_of(row.cell(table.code)) else {
        let Some((first, cell)) = row.cells.first() else { return Spoken::Nothing };
        if tidy::is_footer(&cell.text()) {
            report.outcome = Outcome::Ignored;
            report.notice(address(*first, row.number), Notice::FooterRow);
            return Spoken::Told(report);
        }
        // Offices number rows that they leave empty.
        if table.columns.iter().all(|known| row.cell(known.at).is_none()) {
            return Spoken::Nothing;
        }
        report.outcome = Outcome::Refused;
        report.wrong(at, &Wrong::CodeMissing);
        return Spoken::Told(report);
    };
    report.outcome = Outcome::Refused;
    for notice in &code.notices {
        report.notice(at.clone(), *notice);
    }
    if let Some(wrong) = &code.wrong {
        report.wrong(at, wrong);
        return Spoken::Told(report);
    }
    match normal_code(table.kind, &code.text) {
        Ok(key) => match first_rows.get(&key).filter(|_| table.part == 0) {
            Some(first) => {
                report.wrong(at, &Wrong::RowDuplicate(*first));
                report.key = Some(key);
                Spoken::Told(report)
            }
            None => {
                first_rows.insert(key.clone(), row.number);
                Spoken::Of(key)
            }
        },
        Err(wrong) => {
            // What says nothing of a record and begins like a footer is one, in whatever column it stands.
            if tidy::is_footer(&code.text) {
                report.outcome = Outcome::Ignored;
                report.notice(address(table.code, row.number), Notice::FooterRow);
                return Spoken::Told(report);
            }
            report.key = Some(code.text);
            report.wrong(at, &wrong);
            Spoken::Told(report)
        }
    }
}

/// A code in its normal form.
pub fn normal_code(kind: &Kind, text: &str) -> Result<String, Wrong> {
    let schema = (kind.shape)().schema_at("/code");
    values::normalise(schema.and_then(|schema| schema.get("format")).and_then(Value::as_str), text)
}

fn read_row(table: &Table, row: &Row, current: Option<&Value>, names: &Names) -> Reading {
    let mut reading = rows::of_record(table, row, current);
    special::read(table, row, current, names, &mut reading);
    reading
}

/// Notes what reading a row came to.
fn note(report: &mut RowReport, row: u32, noted: &HashMap<u32, OfRow<'_>>) {
    let Some(noted) = noted.get(&row) else { return };
    for (at, notice) in &noted.notices {
        report.notice(address(*at, row), *notice);
    }
    for (at, wrong) in &noted.wrong {
        report.wrong(address(*at, row), wrong);
    }
}

/// What one unit says, and what is told of it.
struct Voice {
    edits: Vec<Edit>,
    /// One for each row.
    reports: Vec<RowReport>,
    /// Where its mistakes are: the table, or none for a record of its own.
    table: Option<usize>,
    refused: bool,
}

impl Voice {
    fn refuse(&mut self) {
        self.refused = true;
        for report in &mut self.reports {
            report.outcome = Outcome::Refused;
        }
    }
}

/// Settles one record: what its rows say, together, and what is wrong with that.
fn settle(subject: &Subject, at_hand: &mut AtHand<'_, '_, '_>, found: &mut Found) -> Result<(), Problem> {
    let (kind, key) = (subject.kind, subject.key.as_str());
    let entry = at_hand.surroundings.register.get(kind.name, key).cloned();
    let text = entry.as_ref().map(|entry| entry.body()).transpose()?.flatten().map(|text| text.into_owned());
    let current: Option<Value> = text.as_deref().map(serde_json::from_str).transpose()?;
    let mut voices = voices(subject, at_hand, current.as_ref());
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

fn voices(subject: &Subject, at_hand: &AtHand<'_, '_, '_>, current: Option<&Value>) -> Vec<Voice> {
    let report = |sheet: &str, row: u32| RowReport {
        key: Some(subject.key.clone()),
        ..RowReport::new(sheet, row, subject.kind.name)
    };
    let lists_with = |kind: &'static str| {
        let lists = at_hand.source.tables.iter().enumerate();
        lists.filter(move |(_, table)| table.part > 0 && table.kind.name == kind)
    };
    let voice = |unit: &Unit| match unit {
        Unit::Row(number, place) => {
            let table = &at_hand.source.tables[*number];
            let row = &table.sheet.rows[*place];
            let mut reading = read_row(table, row, current, at_hand.names);
            // A list without a row has no element, where the workbook has a sheet for it.
            let is_book = table.part == 0 && table.book.sheets.len() > 1;
            for (number, list) in lists_with(subject.kind.name).filter(|_| is_book) {
                let has_rows =
                    subject.units.iter().any(|unit| matches!(unit, Unit::List(other, _) if *other == number));
                if !has_rows {
                    let path = list.book.sheets[list.part].list.clone();
                    reading.edits.push(Edit { path, value: None, column: table.code, shown: None });
                }
            }
            let mut report = report(&table.sheet.name, row.number);
            note(&mut report, row.number, &reading.by_row());
            if let Some(code) = special::code_of(row.cell(table.code)) {
                code.notices.iter().for_each(|notice| report.notice(address(table.code, row.number), *notice));
            }
            Voice { edits: reading.edits, reports: vec![report], table: Some(*number), refused: false }
        }
        Unit::List(number, places) => {
            let table = &at_hand.source.tables[*number];
            let rows: Vec<&Row> = places.iter().map(|place| &table.sheet.rows[*place]).collect();
            let reading = rows::of_list(table, &rows, current);
            let noted = reading.by_row();
            let reports = rows.iter().map(|row| {
                let mut report = report(&table.sheet.name, row.number);
                note(&mut report, row.number, &noted);
                report
            });
            let reports = reports.collect();
            Voice { edits: reading.edits, reports, table: Some(*number), refused: false }
        }
        Unit::Record(place) => {
            let record = &at_hand.source.records[*place];
            let edits = record.edits(current);
            Voice { edits, reports: vec![report(&record.list, record.number)], table: None, refused: false }
        }
    };
    subject.units.iter().map(voice).collect()
}

/// Whether a unit that is not refused says something else than the register.
fn says_more(voice: &Voice, current: Option<&Value>) -> bool {
    !voice.refused && voice.edits.iter().any(|edit| differs(edit, current))
}

fn differs(edit: &Edit, current: Option<&Value>) -> bool {
    let now = current.and_then(|body| value_at(body, &edit.path));
    present(now) != present(edit.value.as_ref())
}

/// Absent, null and an empty list say the same.
fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null() && value.as_array().is_none_or(|elements| !elements.is_empty()))
}

/// Of two units that say different things of one place, the second is refused; one that says what the register says anyway
/// does not count.
fn disagree(voices: &mut [Voice], current: Option<&Value>) {
    let mut said: HashMap<Vec<String>, (Option<Value>, u32)> = HashMap::new();
    for voice in voices.iter_mut().filter(|voice| !voice.refused) {
        let row = voice.reports.first().map_or(0, |report| report.row);
        let mut clash = None;
        for edit in voice.edits.iter().filter(|edit| differs(edit, current)) {
            match said.get(&edit.path) {
                Some((value, first)) if *value != edit.value => clash = Some((edit.column, *first)),
                Some(_) => {}
                None => {
                    said.insert(edit.path.clone(), (edit.value.clone(), row));
                }
            }
        }
        if let Some((column, first)) = clash {
            if let Some(report) = voice.reports.first_mut() {
                report.wrong(address(column, row), &Wrong::RowDuplicate(first));
            }
            voice.refuse();
        }
    }
}

/// The body with everything that is said.
fn applied(subject: &Subject, current: Option<&Value>, voices: &[Voice]) -> Value {
    let mut body = current.and_then(Value::as_object).cloned().unwrap_or_default();
    let edits = || voices.iter().filter(|voice| !voice.refused).flat_map(|voice| &voice.edits);
    let changing = || edits().filter(|edit| differs(edit, current));
    for edit in changing() {
        remove(&mut body, &edit.path);
    }
    for edit in changing() {
        if let Some(value) = &edit.value {
            put(&mut body, &edit.path, value.clone());
        }
    }
    if current.is_none() {
        body.insert("code".into(), subject.key.clone().into());
        if subject.kind.name == CODED {
            complete(&mut body, &subject.key);
        }
    }
    Value::Object(body)
}

fn put(body: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => {
            body.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let inner = body.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Takes what stands at a place away, and the objects around it that have nothing else.
fn remove(body: &mut Map<String, Value>, path: &[String]) {
    match path {
        [] => {}
        [last] => {
            body.shift_remove(last);
        }
        [first, rest @ ..] => {
            if let Some(Value::Object(inner)) = body.get_mut(first) {
                remove(inner, rest);
                if inner.is_empty() {
                    body.shift_remove(first);
                }
            }
        }
    }
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

/// Gives each error to the unit that speaks of its place, which is refused by it; says whether there was one, and which are
/// left.
fn attributed(
    voices: &mut [Voice],
    errors: Vec<FieldError>,
    current: Option<&Value>,
    source: &Source,
) -> (bool, Vec<FieldError>) {
    let speaks: Vec<bool> =
        voices.iter().map(|voice| !voice.refused && (current.is_none() || says_more(voice, current))).collect();
    // Asked once: a list may be as long as there are errors in it.
    let changes = |voice: &Voice| voice.edits.iter().map(|edit| differs(edit, current)).collect();
    let changes: Vec<Vec<bool>> = voices.iter().map(changes).collect();
    let mut others = Vec::new();
    let mut refused = vec![false; voices.len()];
    for error in errors {
        let candidates = (0..voices.len()).filter(|at| speaks[*at]);
        let best = candidates.filter_map(|at| {
            let edits = voices[at].edits.iter().zip(&changes[at]);
            let concerned = || edits.clone().filter(|(edit, _)| concerns(&edit.path, error.pointer()));
            let (edit, is_changing) = concerned().find(|(_, changes)| **changes).or_else(|| concerned().next())?;
            Some((at, *is_changing, edit.column))
        });
        match best.max_by_key(|(_, is_changing, _)| *is_changing) {
            Some((at, _, column)) => {
                voices[at].tell_error(column, &error, source);
                refused[at] = true;
            }
            None => others.push(error),
        }
    }
    let any = refused.contains(&true);
    for (voice, _) in voices.iter_mut().zip(refused).filter(|(_, refused)| *refused) {
        voice.refuse();
    }
    (any, others)
}

/// Whether what stands at a path is what a pointer names, part of it or around it.
fn concerns(path: &[String], pointer: &str) -> bool {
    let mut steps = pointer.split('/').skip(1).peekable();
    steps.peek().is_some() && path.iter().zip(steps).all(|(own, step)| own == step)
}

impl Voice {
    /// Tells an error in the cell where it is, else in this column of the first row.
    fn tell_error(&mut self, said_by: u16, error: &FieldError, source: &Source) {
        let Some(table) = self.table.map(|number| &source.tables[number]) else {
            if let Some(report) = self.reports.first_mut() {
                report.wrong(error.pointer().to_owned(), &error.wrong);
            }
            return;
        };
        let place = table.book.cell_of(error.pointer()).filter(|place| place.sheet == table.part && table.part > 0);
        let (row, column) = match place {
            Some(place) => {
                let own = table.columns.iter().find(|known| known.meaning == Meaning::Own(place.column));
                (place.row.min(self.reports.len().saturating_sub(1)), own.map_or(table.code, |known| known.at))
            }
            None => (0, said_by),
        };
        if let Some(report) = self.reports.get_mut(row) {
            report.wrong(address(column, report.row), &error.wrong);
        }
    }
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

/// Refuses every unit that says something new, in the cell of the code.
fn refuse_all(voices: &mut [Voice], wrong: &Wrong, source: &Source, current: Option<&Value>) {
    for voice in voices.iter_mut() {
        if voice.refused || current.is_some() && !says_more(voice, current) {
            continue;
        }
        let code = voice.table.map(|number| source.tables[number].code);
        for report in &mut voice.reports {
            report.wrong(code.map_or_else(|| "/code".to_owned(), |code| address(code, report.row)), wrong);
        }
        voice.refuse();
    }
}

/// Says of each unit what it changes.
fn tell(kind: &Kind, voices: &mut [Voice], current: Option<&Value>, after: &Value, others: &[FieldError]) {
    let codes: BTreeSet<&str> = others.iter().map(|error| error.wrong.code()).collect();
    for voice in voices.iter_mut().filter(|voice| !voice.refused) {
        let Some(before) = current else {
            for report in &mut voice.reports {
                report.outcome = Outcome::New;
                report.missing_for_submission = !others.is_empty();
            }
            continue;
        };
        let differing: Vec<_> = voice.edits.iter().filter(|edit| differs(edit, current)).collect();
        let changes = differing.into_iter();
        let changes: Vec<(u16, Change)> = changes
            .flat_map(|edit| changed(kind, edit, before, after).into_iter().map(|change| (edit.column, change)))
            .collect();
        let last = voice.reports.len().saturating_sub(1);
        for (column, mut change) in changes {
            let row = if last == 0 { 0 } else { element(&change.pointer).unwrap_or(last).min(last) };
            if let Some(report) = voice.reports.get_mut(row) {
                change.cell = match voice.table {
                    Some(_) => address(column, report.row),
                    None => change.pointer.clone(),
                };
                report.outcome = Outcome::Changed;
                report.changes.push(change);
                report.draft_problems = codes.iter().map(|code| (*code).to_owned()).collect();
                report.missing_for_submission = !codes.is_empty();
            }
        }
    }
}

/// The first number in a pointer: which element of a list it is about.
fn element(pointer: &str) -> Option<usize> {
    pointer.split('/').find_map(|step| step.parse().ok())
}

/// What differs at the place of an edit: of a numbered list each element, of anything else the whole.
fn changed(kind: &Kind, edit: &Edit, before: &Value, after: &Value) -> Vec<Change> {
    let shape = (kind.shape)();
    let cell = String::new();
    let field = edit.path.first().cloned().unwrap_or_default();
    let pointer: String = edit.path.iter().map(|step| format!("/{step}")).collect();
    let label = |pointer: &str| shape.term(pointer).unwrap_or_default().to_owned();
    if let Some((from, to)) = &edit.shown {
        let (from, to) = (from.clone(), to.clone());
        return vec![Change { cell, field, label: label(&pointer), pointer, from, to }];
    }
    let (from, to) = (value_at(before, &edit.path), value_at(after, &edit.path));
    if present(from) == present(to) {
        return Vec::new();
    }
    let is_numbered =
        |value: Option<&Value>| value.and_then(|list| list.get(0)).is_some_and(|one| one.get("seq").is_some());
    if is_numbered(from) && is_numbered(to) {
        let found = compare(shape, &alone(&edit.path, from), &alone(&edit.path, to));
        let change = |one: Difference| Change {
            cell: cell.clone(),
            field: field.clone(),
            pointer: one.pointer,
            label: one.label,
            from: one.from.unwrap_or_default(),
            to: one.to.unwrap_or_default(),
        };
        // A sheet shows its rows in whatever order.
        return found.into_iter().filter(|one| one.change != DifferenceKind::Moved).map(change).collect();
    }
    let value = |value: Option<&Value>| value.cloned().unwrap_or_default();
    vec![Change { cell, field, label: label(&pointer), pointer, from: value(from), to: value(to) }]
}

/// A body with nothing but what stands at this place.
fn alone(path: &[String], value: Option<&Value>) -> Value {
    path.iter().rev().fold(value.cloned().unwrap_or_default(), |inner, step| json!({ step.as_str(): inner }))
}

/// The fields that differ; null for those that go.
fn differing(current: Option<&Value>, after: &Value) -> Map<String, Value> {
    let none = Map::new();
    let before = current.and_then(Value::as_object).unwrap_or(&none);
    let after = after.as_object().unwrap_or(&none);
    let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    let mut fields: Map<String, Value> = changed.map(|(name, value)| (name.clone(), value.clone())).collect();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        fields.insert(name.clone(), Value::Null);
    }
    fields
}

/// The body of a record with the fields of a proposal.
pub fn with_fields(current: Option<Value>, fields: &Map<String, Value>) -> Value {
    let mut body = current.and_then(|body| body.as_object().cloned()).unwrap_or_default();
    for (name, value) in fields {
        match value {
            Value::Null => {
                body.shift_remove(name);
            }
            value => {
                body.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(body)
}
