//! The records that a file speaks of, and where it speaks of each.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    cells::{Row, address},
    fields_from_code::CODED,
    model::{RowOutcome, RowReport},
    normalise_cell::{self, Notice},
    office_columns,
    records::Record,
    rows::{self, Names, OfRow, RowReading, normal_code},
    tables::Table,
};
use crate::{
    model::kinds::Kind,
    problem::{Problem, Wrong},
};

/// What there is to import.
#[derive(Default)]
pub struct ImportSource {
    /// Sheets.
    pub tables: Vec<Table>,
    /// Records of their own.
    pub records: Vec<Record>,
    /// Reports that reading the file already gave: headers that nobody knows.
    pub reports: Vec<RowReport>,
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
pub struct RecordInFile {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its key.
    pub key: String,
    /// Where it is spoken of, in the order of the file.
    pub units: Vec<Unit>,
}

/// Finds the records that a file speaks of, those of kinds that others name first. Rows that speak of no record go to `report_row`.
pub fn records_in_file(
    source: &ImportSource,
    names: &Names,
    report_row: &mut dyn FnMut(RowReport) -> Result<(), Problem>,
) -> Result<Vec<RecordInFile>, Problem> {
    let mut records: Vec<RecordInFile> = Vec::new();
    let mut places: HashMap<(&'static str, String), usize> = HashMap::new();
    let mut add = |kind: &'static Kind, key: &str, unit: Unit| {
        let place = *places.entry((kind.name, key.to_owned())).or_insert_with(|| {
            records.push(RecordInFile { kind, key: key.to_owned(), units: Vec::new() });
            records.len() - 1
        });
        let units = &mut records[place].units;
        match (units.last_mut(), unit) {
            (Some(Unit::List(last, rows)), Unit::List(table, more)) if *last == table => rows.extend(more),
            (_, unit) => units.push(unit),
        }
    };
    for (number, table) in source.tables.iter().enumerate() {
        let mut first_rows: HashMap<String, u32> = HashMap::new();
        for (place, row) in table.sheet.rows.iter().enumerate() {
            match speaks_of(table, row, &mut first_rows) {
                SpokenOf::Of(key) if table.part == 0 => add(table.kind, &key, Unit::Row(number, place)),
                SpokenOf::Of(key) => add(table.kind, &key, Unit::List(number, vec![place])),
                SpokenOf::Nothing => {}
                SpokenOf::NoRecord(mut report) => {
                    if report.outcome == RowOutcome::Refused && table.part == 0 {
                        let reading = read_row(table, row, None, names);
                        add_to_report(&mut report, row.number, &reading.by_row());
                    }
                    report_row(*report)?;
                }
            }
        }
    }
    let mut first_records: HashMap<(&'static str, String), u32> = HashMap::new();
    for (place, record) in source.records.iter().enumerate() {
        match record.key(&mut first_records) {
            Ok(key) => add(record.kind, &key, Unit::Record(place)),
            Err(report) => report_row(*report)?,
        }
    }
    // Stable: within a kind the order of the file.
    records.sort_by_key(|record| record.kind.name == CODED || record.kind.name == "clean_up");
    Ok(records)
}

/// Which record a row speaks of.
enum SpokenOf {
    Of(String),
    Nothing,
    NoRecord(Box<RowReport>),
}

fn speaks_of(table: &Table, row: &Row, first_rows: &mut HashMap<String, u32>) -> SpokenOf {
    let mut report = Box::new(RowReport::new(&table.sheet.name, row.number, table.kind.name));
    let at = address(table.code, row.number);
    let Some(code) = office_columns::code_of(row.cell(table.code)) else {
        let Some((first, cell)) = row.cells.first() else { return SpokenOf::Nothing };
        if normalise_cell::is_footer(&cell.text()) {
            report.outcome = RowOutcome::Ignored;
            report.notice(address(*first, row.number), Notice::FooterRow);
            return SpokenOf::NoRecord(report);
        }
        // Offices number rows that they leave empty.
        if table.columns.iter().all(|known| row.cell(known.at).is_none()) {
            return SpokenOf::Nothing;
        }
        report.outcome = RowOutcome::Refused;
        report.wrong(at, &Wrong::CodeMissing);
        return SpokenOf::NoRecord(report);
    };
    report.outcome = RowOutcome::Refused;
    for notice in &code.notices {
        report.notice(at.clone(), *notice);
    }
    if let Some(wrong) = &code.wrong {
        report.wrong(at, wrong);
        return SpokenOf::NoRecord(report);
    }
    match normal_code(table.kind, &code.text) {
        Ok(key) => match first_rows.get(&key).filter(|_| table.part == 0) {
            Some(first) => {
                report.wrong(at, &Wrong::RowDuplicate(*first));
                report.key = Some(key);
                SpokenOf::NoRecord(report)
            }
            None => {
                first_rows.insert(key.clone(), row.number);
                SpokenOf::Of(key)
            }
        },
        Err(wrong) => {
            // What says nothing of a record and begins like a footer is one, in whatever column it stands.
            if normalise_cell::is_footer(&code.text) {
                report.outcome = RowOutcome::Ignored;
                report.notice(address(table.code, row.number), Notice::FooterRow);
                return SpokenOf::NoRecord(report);
            }
            report.key = Some(code.text);
            report.wrong(at, &wrong);
            SpokenOf::NoRecord(report)
        }
    }
}

/// What a row of a sheet of records says.
pub fn read_row(table: &Table, row: &Row, current: Option<&Value>, names: &Names) -> RowReading {
    let mut reading = rows::of_record(table, row, current);
    office_columns::read(table, row, current, names, &mut reading);
    reading
}

/// Adds to the report of a row what reading its cells came to.
pub fn add_to_report(report: &mut RowReport, row: u32, noted: &HashMap<u32, OfRow<'_>>) {
    let Some(noted) = noted.get(&row) else { return };
    for (at, notice) in &noted.notices {
        report.notice(address(*at, row), *notice);
    }
    for (at, wrong) in &noted.wrong {
        report.wrong(address(*at, row), wrong);
    }
}
