//! Claims: what each row (or list, or JSON record) of a file says of one record, and how claims are merged and refused.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    cells::{Row, address},
    edits::{differs, put, remove},
    fields_from_code::{CODED, add_fields_from_code},
    model::{RowOutcome, RowReport},
    office_columns,
    records_in_file::{ImportSource, RecordInFile, Unit, add_to_report, read_row},
    rows::{self, Edit, Names},
    tables::Meaning,
};
use crate::problem::{FieldError, Wrong};

/// The claims of one unit about its record, and the reports of its rows.
pub struct RowClaims {
    /// The values that it says.
    pub edits: Vec<Edit>,
    /// One for each row.
    pub reports: Vec<RowReport>,
    /// Where its mistakes are: the table, or none for a record of its own.
    pub table: Option<usize>,
    /// Whether it says something wrong, and so nothing.
    pub refused: bool,
}

impl RowClaims {
    /// Refuses it with every row of it.
    pub fn refuse(&mut self) {
        self.refused = true;
        for report in &mut self.reports {
            report.outcome = RowOutcome::Refused;
        }
    }

    /// Reports an error in the cell where it is, else in this column of the first row.
    fn report_error(&mut self, said_by: u16, error: &FieldError, source: &ImportSource) {
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

/// Reads the claims of each unit that speaks of a record.
pub fn claims_of(
    record: &RecordInFile,
    source: &ImportSource,
    names: &Names,
    current: Option<&Value>,
) -> Vec<RowClaims> {
    let report = |sheet: &str, row: u32| RowReport {
        key: Some(record.key.clone()),
        ..RowReport::new(sheet, row, record.kind.name)
    };
    let lists_with = |kind: &'static str| {
        let lists = source.tables.iter().enumerate();
        lists.filter(move |(_, table)| table.part > 0 && table.kind.name == kind)
    };
    let claim = |unit: &Unit| match unit {
        Unit::Row(number, place) => {
            let table = &source.tables[*number];
            let row = &table.sheet.rows[*place];
            let mut reading = read_row(table, row, current, names);
            // A list without a row has no element, where the workbook has a sheet for it.
            let is_book = table.part == 0 && table.book.sheets.len() > 1;
            for (number, list) in lists_with(record.kind.name).filter(|_| is_book) {
                let has_rows = record.units.iter().any(|unit| matches!(unit, Unit::List(other, _) if *other == number));
                if !has_rows {
                    let path = list.book.sheets[list.part].list.clone();
                    reading.edits.push(Edit { path, value: None, column: table.code, shown: None });
                }
            }
            let mut report = report(&table.sheet.name, row.number);
            add_to_report(&mut report, row.number, &reading.by_row());
            if let Some(code) = office_columns::code_of(row.cell(table.code)) {
                code.notices.iter().for_each(|notice| report.notice(address(table.code, row.number), *notice));
            }
            RowClaims { edits: reading.edits, reports: vec![report], table: Some(*number), refused: false }
        }
        Unit::List(number, places) => {
            let table = &source.tables[*number];
            let rows: Vec<&Row> = places.iter().map(|place| &table.sheet.rows[*place]).collect();
            let reading = rows::of_list(table, &rows, current);
            let noted = reading.by_row();
            let reports = rows.iter().map(|row| {
                let mut report = report(&table.sheet.name, row.number);
                add_to_report(&mut report, row.number, &noted);
                report
            });
            let reports = reports.collect();
            RowClaims { edits: reading.edits, reports, table: Some(*number), refused: false }
        }
        Unit::Record(place) => {
            let record = &source.records[*place];
            let edits = record.edits(current);
            RowClaims { edits, reports: vec![report(&record.list, record.number)], table: None, refused: false }
        }
    };
    record.units.iter().map(claim).collect()
}

/// Whether a unit that is not refused says something else than the register.
pub fn says_more(claim: &RowClaims, current: Option<&Value>) -> bool {
    !claim.refused && claim.edits.iter().any(|edit| differs(edit, current))
}

/// Refuses the second of two units that claim different values for one place. Claims that repeat what the register says do not count.
pub fn refuse_contradictions(claims: &mut [RowClaims], current: Option<&Value>) {
    let mut said: HashMap<Vec<String>, (Option<Value>, u32)> = HashMap::new();
    for claim in claims.iter_mut().filter(|claim| !claim.refused) {
        let row = claim.reports.first().map_or(0, |report| report.row);
        let mut clash = None;
        for edit in claim.edits.iter().filter(|edit| differs(edit, current)) {
            match said.get(&edit.path) {
                Some((value, first)) if *value != edit.value => clash = Some((edit.column, *first)),
                Some(_) => {}
                None => {
                    said.insert(edit.path.clone(), (edit.value.clone(), row));
                }
            }
        }
        if let Some((column, first)) = clash {
            if let Some(report) = claim.reports.first_mut() {
                report.wrong(address(column, row), &Wrong::RowDuplicate(first));
            }
            claim.refuse();
        }
    }
}

/// The body of a record with all claims that are not refused.
pub fn with_claims(record: &RecordInFile, current: Option<&Value>, claims: &[RowClaims]) -> Value {
    let mut body = current.and_then(Value::as_object).cloned().unwrap_or_default();
    let edits = || claims.iter().filter(|claim| !claim.refused).flat_map(|claim| &claim.edits);
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
        body.insert("code".into(), record.key.clone().into());
        if record.kind.name == CODED {
            add_fields_from_code(&mut body, &record.key);
        }
    }
    Value::Object(body)
}

/// Attributes each error to the unit that speaks of its place, and refuses that unit. Returns whether there was one, and the errors
/// that are left.
pub fn attribute_errors(
    claims: &mut [RowClaims],
    errors: Vec<FieldError>,
    current: Option<&Value>,
    source: &ImportSource,
) -> (bool, Vec<FieldError>) {
    let speaks: Vec<bool> =
        claims.iter().map(|claim| !claim.refused && (current.is_none() || says_more(claim, current))).collect();
    // Asked once: a list may be as long as there are errors in it.
    let changes = |claim: &RowClaims| claim.edits.iter().map(|edit| differs(edit, current)).collect();
    let changes: Vec<Vec<bool>> = claims.iter().map(changes).collect();
    let mut others = Vec::new();
    let mut refused = vec![false; claims.len()];
    for error in errors {
        let candidates = (0..claims.len()).filter(|at| speaks[*at]);
        let best = candidates.filter_map(|at| {
            let edits = claims[at].edits.iter().zip(&changes[at]);
            let concerned = || edits.clone().filter(|(edit, _)| concerns(&edit.path, error.pointer()));
            let (edit, is_changing) = concerned().find(|(_, changes)| **changes).or_else(|| concerned().next())?;
            Some((at, *is_changing, edit.column))
        });
        match best.max_by_key(|(_, is_changing, _)| *is_changing) {
            Some((at, _, column)) => {
                claims[at].report_error(column, &error, source);
                refused[at] = true;
            }
            None => others.push(error),
        }
    }
    let any = refused.contains(&true);
    for (claim, _) in claims.iter_mut().zip(refused).filter(|(_, refused)| *refused) {
        claim.refuse();
    }
    (any, others)
}

/// Whether what stands at a path is what a pointer names, part of it or around it.
fn concerns(path: &[String], pointer: &str) -> bool {
    let mut steps = pointer.split('/').skip(1).peekable();
    steps.peek().is_some() && path.iter().zip(steps).all(|(own, step)| own == step)
}

/// Refuses every unit that says something new, in the cell of the code.
pub fn refuse_all(claims: &mut [RowClaims], wrong: &Wrong, source: &ImportSource, current: Option<&Value>) {
    for claim in claims.iter_mut() {
        if claim.refused || current.is_some() && !says_more(claim, current) {
            continue;
        }
        let code = claim.table.map(|number| source.tables[number].code);
        for report in &mut claim.reports {
            report.wrong(code.map_or_else(|| "/code".to_owned(), |code| address(code, report.row)), wrong);
        }
        claim.refuse();
    }
}
