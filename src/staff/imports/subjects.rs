//! The records that a file speaks of, and where it speaks of each.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    cells::{Row, address},
    complete::CODED,
    model::{Outcome, RowReport},
    records::Record,
    rows::{self, Names, OfRow, Reading, normal_code},
    special,
    tables::Table,
    tidy::{self, Notice},
};
use crate::{
    model::kinds::Kind,
    problem::{Problem, Wrong},
};

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

/// Where a record is spoken of.
pub enum Unit {
    /// A row of a sheet of records: table, row.
    Row(usize, usize),
    /// Rows of a sheet of a list: table, rows.
    List(usize, Vec<usize>),
    /// A record of its own.
    Record(usize),
}

/// One record and where it is spoken of.
pub struct Subject {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its key.
    pub key: String,
    /// Where it is spoken of, in the order of the file.
    pub units: Vec<Unit>,
}

/// The records that are spoken of, those of kinds that others name first. Rows that speak of none are told of here.
pub fn subjects(
    source: &Source,
    names: &Names,
    tell: &mut dyn FnMut(RowReport) -> Result<(), Problem>,
) -> Result<Vec<Subject>, Problem> {
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
                    tell(*report)?;
                }
            }
        }
    }
    let mut first_records: HashMap<(&'static str, String), u32> = HashMap::new();
    for (place, record) in source.records.iter().enumerate() {
        match record.key(&mut first_records) {
            Ok(key) => add(record.kind, &key, Unit::Record(place)),
            Err(report) => tell(*report)?,
        }
    }
    // Stable: within a kind the order of the file.
    subjects.sort_by_key(|subject| subject.kind.name == CODED || subject.kind.name == "clean_up");
    Ok(subjects)
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

/// What a row of a sheet of records says.
pub fn read_row(table: &Table, row: &Row, current: Option<&Value>, names: &Names) -> Reading {
    let mut reading = rows::of_record(table, row, current);
    special::read(table, row, current, names, &mut reading);
    reading
}

/// Notes what reading a row came to.
pub fn note(report: &mut RowReport, row: u32, noted: &HashMap<u32, OfRow<'_>>) {
    let Some(noted) = noted.get(&row) else { return };
    for (at, notice) in &noted.notices {
        report.notice(address(*at, row), *notice);
    }
    for (at, wrong) in &noted.wrong {
        report.wrong(address(*at, row), wrong);
    }
}
