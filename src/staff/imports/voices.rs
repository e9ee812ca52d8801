//! What the places at which a file speaks of one record say, together and against each other.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    bodies::{differs, put, remove},
    cells::{Row, address},
    complete::{CODED, complete},
    model::{Outcome, RowReport},
    rows::{self, Edit, Names},
    special,
    subjects::{Source, Subject, Unit, note, read_row},
    tables::Meaning,
};
use crate::problem::{FieldError, Wrong};

/// What one unit says, and what is told of it.
pub struct Voice {
    /// The values that it says.
    pub edits: Vec<Edit>,
    /// One for each row.
    pub reports: Vec<RowReport>,
    /// Where its mistakes are: the table, or none for a record of its own.
    pub table: Option<usize>,
    /// Whether it says something wrong, and so nothing.
    pub refused: bool,
}

impl Voice {
    /// Refuses it with every row of it.
    pub fn refuse(&mut self) {
        self.refused = true;
        for report in &mut self.reports {
            report.outcome = Outcome::Refused;
        }
    }

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

/// What each unit says that speaks of a record.
pub fn voices(subject: &Subject, source: &Source, names: &Names, current: Option<&Value>) -> Vec<Voice> {
    let report = |sheet: &str, row: u32| RowReport {
        key: Some(subject.key.clone()),
        ..RowReport::new(sheet, row, subject.kind.name)
    };
    let lists_with = |kind: &'static str| {
        let lists = source.tables.iter().enumerate();
        lists.filter(move |(_, table)| table.part > 0 && table.kind.name == kind)
    };
    let voice = |unit: &Unit| match unit {
        Unit::Row(number, place) => {
            let table = &source.tables[*number];
            let row = &table.sheet.rows[*place];
            let mut reading = read_row(table, row, current, names);
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
            let table = &source.tables[*number];
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
            let record = &source.records[*place];
            let edits = record.edits(current);
            Voice { edits, reports: vec![report(&record.list, record.number)], table: None, refused: false }
        }
    };
    subject.units.iter().map(voice).collect()
}

/// Whether a unit that is not refused says something else than the register.
pub fn says_more(voice: &Voice, current: Option<&Value>) -> bool {
    !voice.refused && voice.edits.iter().any(|edit| differs(edit, current))
}

/// Of two units that say different things of one place, the second is refused; one that says what the register says anyway
/// does not count.
pub fn disagree(voices: &mut [Voice], current: Option<&Value>) {
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
pub fn applied(subject: &Subject, current: Option<&Value>, voices: &[Voice]) -> Value {
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

/// Gives each error to the unit that speaks of its place, which is refused by it; says whether there was one, and which are
/// left.
pub fn attributed(
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

/// Refuses every unit that says something new, in the cell of the code.
pub fn refuse_all(voices: &mut [Voice], wrong: &Wrong, source: &Source, current: Option<&Value>) {
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
