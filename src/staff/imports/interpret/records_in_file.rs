//! The records that a file speaks of, and where it speaks of each.

use std::{collections::HashMap, sync::Arc};

use super::{
    as_printed::Known,
    by_name,
    column_cell::{self, NormalisedCell, normal_code},
    json_records::{self, FirstRecords},
    labels::name_fields,
    names::Names,
    normalise_cell,
    office_headers::ITEM,
    rows,
    several_rows::Above,
    tables::{ImportSource, Table},
};
use crate::{
    model::kinds::Kind,
    problem::{Problem, Wrong},
    staff::imports::{
        notice::Notice,
        read::{Row, address},
        report::{RowOutcome, RowReport},
    },
};

/// A place where a record is spoken of.
pub enum Unit {
    /// The row of a sheet of records, with those below that belong to it: table, rows.
    Row(usize, Vec<usize>),
    /// Rows of a sheet of a list: table, rows.
    List(usize, Vec<usize>),
    /// A record of its own.
    Record(usize),
}

/// One record and the places where it is spoken of.
pub struct RecordInFile {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its key.
    pub key: String,
    /// The places, in the order of the file.
    pub units: Vec<Unit>,
    /// Tables with rows of which nobody can tell to what record they belong: what they lack, a record need not lack.
    pub unclear: Arc<[usize]>,
}

impl RecordInFile {
    /// Whether a sheet speaks of it as offices write their lists of items.
    pub fn is_as_offices_write(&self, source: &ImportSource) -> bool {
        let is_own = |unit: &Unit| match unit {
            Unit::Row(table, _) => source.tables.get(*table).is_none_or(|table| table.is_named),
            Unit::List(..) | Unit::Record(_) => true,
        };
        self.kind.name == ITEM && !self.units.iter().all(is_own)
    }
}

/// Finds the records that a file speaks of, those of kinds that others name first. Rows that speak of no record go to `report_row`.
pub fn records_in_file(
    source: &ImportSource,
    names: &Names,
    report_row: &mut dyn FnMut(&RowReport) -> Result<(), Problem>,
) -> Result<Vec<RecordInFile>, Problem> {
    let mut found = Found::default();
    for (number, table) in source.tables.iter().enumerate() {
        found.add_table(number, table, names, report_row)?;
    }
    let mut first_records = FirstRecords::new();
    for (place, record) in source.records.iter().enumerate() {
        match json_records::key(record, &mut first_records) {
            Ok(key) => found.add(record.kind, key, Unit::Record(place)),
            Err(report) => report_row(&report)?,
        }
    }
    found.unclear.dedup();
    let unclear: Arc<[usize]> = found.unclear.into();
    found.records.iter_mut().for_each(|record| record.unclear = Arc::clone(&unclear));
    // Stable: within a kind the order of the file.
    found.records.sort_by_key(|record| record.kind.name == ITEM || record.kind.name == "clean_up");
    Ok(found.records)
}

/// The records so far, each once.
#[derive(Default)]
struct Found {
    records: Vec<RecordInFile>,
    places: HashMap<(&'static str, String), usize>,
    unclear: Vec<usize>,
}

impl Found {
    /// Adds the records of which the rows of a table speak.
    fn add_table(
        &mut self,
        number: usize,
        table: &Table,
        names: &Names,
        report_row: &mut dyn FnMut(&RowReport) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut first_rows: HashMap<String, u32> = HashMap::new();
        let mut above: Option<Above<'_>> = None;
        for (place, row) in table.sheet.rows.iter().enumerate() {
            let further = above.as_ref().filter(|above| above.goes_on(table, row));
            let spoken_of = match further {
                Some(above) => SpokenOf::Record(above.key.clone()),
                None => speaks_of((table, row), &mut first_rows, names),
            };
            let first = further.map_or(row, |above| above.first);
            above = match &spoken_of {
                SpokenOf::Record(key) => Some(Above { key: key.clone(), first, last: row.number }),
                SpokenOf::Nothing | SpokenOf::NoRecord(_) => None,
            };
            match spoken_of {
                SpokenOf::Record(key) if table.part == 0 => self.add(table.kind, key, Unit::Row(number, vec![place])),
                SpokenOf::Record(key) => self.add(table.kind, key, Unit::List(number, vec![place])),
                SpokenOf::Nothing => {}
                SpokenOf::NoRecord(report) => {
                    // What looks like a footer among the rows of a list may be an element of it.
                    if report.outcome == RowOutcome::Refused || table.part > 0 {
                        self.unclear.push(number);
                    }
                    report_row(&with_cells(*report, table, row, names))?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, kind: &'static Kind, key: String, unit: Unit) {
        let place = *self.places.entry((kind.name, key)).or_insert_with_key(|(_, key)| {
            self.records.push(RecordInFile { kind, key: key.clone(), units: Vec::new(), unclear: Arc::default() });
            self.records.len() - 1
        });
        let units = &mut self.records[place].units;
        match (units.last_mut(), unit) {
            (Some(Unit::List(last, rows)), Unit::List(table, more)) if *last == table => rows.extend(more),
            // A row that repeats a record is refused, unless it goes on with it.
            (Some(Unit::Row(last, rows)), Unit::Row(table, more)) if *last == table => rows.extend(more),
            (_, unit) => units.push(unit),
        }
    }
}

/// The record that a row speaks of.
enum SpokenOf {
    /// The record with this key.
    Record(String),
    /// None, and nothing is to be told of it.
    Nothing,
    /// None, for the reason that is told.
    NoRecord(Box<RowReport>),
}

fn speaks_of((table, row): (&Table, &Row), first_rows: &mut HashMap<String, u32>, names: &Names) -> SpokenOf {
    let mut report = Box::new(RowReport::new(&table.sheet.name, row.number, table.kind.name));
    report.outcome = RowOutcome::Refused;
    if let Some(cell) = row.cell(table.code).filter(|_| table.is_coded) {
        let read = column_cell::code(cell);
        let is_known = normal_code(table.kind, &read.text).is_ok_and(|key| names.has(table.kind.name, &key));
        let restored = if is_known { Ok(None) } else { by_name::restored(table, row, cell, names) };
        return match restored {
            Ok(Some(key)) => new_row(table, key, report, first_rows),
            Ok(None) => with_code(table, read, report, first_rows),
            Err(wrong) => refused(report, address(table.code, row.number), &wrong),
        };
    }
    let Some((first, cell)) = row.cells.first() else { return SpokenOf::Nothing };
    // Among rows with codes one without is a slip; a list without codes is read by its names.
    let found = if table.is_coded { Ok(None) } else { by_name::find(table, row, names) };
    if normalise_cell::is_footer(&cell.text()) && !matches!(found, Ok(Some(_))) {
        return footer(report, *first);
    }
    if table.columns.iter().all(|known| row.cell(known.at).is_none()) {
        return unread(table, row, report);
    }
    let at = by_name::name(table, row).map_or(table.code, |(at, _)| at);
    match found {
        Ok(Some(key)) => new_row(table, key, report, first_rows),
        Ok(None) => refused(report, address(table.code, row.number), &Wrong::CodeMissing),
        Err(wrong) => refused(report, address(at, row.number), &wrong),
    }
}

fn refused(mut report: Box<RowReport>, cell: String, wrong: &Wrong) -> SpokenOf {
    report.wrong(cell, wrong);
    SpokenOf::NoRecord(report)
}

/// Looks a row up by its code. `first_rows` has the codes of the rows before it.
fn with_code(
    table: &Table,
    code: NormalisedCell,
    mut report: Box<RowReport>,
    first_rows: &mut HashMap<String, u32>,
) -> SpokenOf {
    let at = address(table.code, report.row);
    for notice in code.notices {
        report.notice(at.clone(), notice);
    }
    if let Some(wrong) = &code.wrong {
        report.wrong(at, wrong);
        return SpokenOf::NoRecord(report);
    }
    let key = match normal_code(table.kind, &code.text) {
        Ok(key) => key,
        // A row that says nothing of a record and begins like a footer is one, in whatever column it stands.
        Err(_) if normalise_cell::is_footer(&code.text) => return footer(report, table.code),
        Err(wrong) => {
            report.key = Some(code.text);
            report.wrong(at, &wrong);
            return SpokenOf::NoRecord(report);
        }
    };
    new_row(table, key, report, first_rows)
}

/// The record of a row with this key, unless a row of the same sheet spoke of it before.
fn new_row(table: &Table, key: String, mut report: Box<RowReport>, first_rows: &mut HashMap<String, u32>) -> SpokenOf {
    match first_rows.get(&key).filter(|_| table.part == 0) {
        Some(first) => {
            report.wrong(address(table.code, report.row), &Wrong::RowDuplicate(*first));
            report.key = Some(key);
            SpokenOf::NoRecord(report)
        }
        None => {
            first_rows.insert(key.clone(), report.row);
            SpokenOf::Record(key)
        }
    }
}

/// Passes over a row that has nothing in a column that is read, with a word: a heading, or no more than a number. What stands in other
/// columns is told by their headers.
fn unread(table: &Table, row: &Row, mut report: Box<RowReport>) -> SpokenOf {
    match table.ordinal.filter(|at| row.cell(*at).is_some()) {
        Some(at) => {
            report.outcome = RowOutcome::Ignored;
            report.notice(address(at, report.row), Notice::RowNotRead);
            SpokenOf::NoRecord(report)
        }
        None => SpokenOf::Nothing,
    }
}

/// Passes over a row of totals or signatures, told by the cell in this column.
fn footer(mut report: Box<RowReport>, column: u16) -> SpokenOf {
    report.outcome = RowOutcome::Ignored;
    report.notice(address(column, report.row), Notice::FooterRow);
    SpokenOf::NoRecord(report)
}

/// Adds to the report on a refused row of a sheet of records what is noted of its other cells.
fn with_cells(report: RowReport, table: &Table, row: &Row, names: &Names) -> RowReport {
    let mut reports = [report];
    if reports[0].outcome == RowOutcome::Refused && table.part == 0 {
        rows::of_record(table, &[row], Known::nothing(names)).report_to(&mut reports);
    }
    let [mut report] = reports;
    name_fields(&mut report, table.kind, Some(table));
    report
}
