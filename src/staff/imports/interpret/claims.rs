//! The claims about a record: the values that each row, list or record in JSON says of it. The second stage hands them to the third.

use serde_json::Value;

use super::{
    column_cell, json_records,
    names::Names,
    reading::Edit,
    records_in_file::{RecordInFile, Unit},
    rows,
    tables::{ImportSource, Table},
};
use crate::{
    model::kinds::Kind,
    staff::imports::{
        read::{Row, address},
        report::{RowOutcome, RowReport},
    },
};

/// The claims of a file about one record.
pub struct RecordClaims<'a> {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its key.
    pub key: String,
    /// The claims of each unit that speaks of it, in the order of the file.
    pub claims: Vec<UnitClaims<'a>>,
}

/// The claims of one unit about its record, and the reports on its rows.
#[derive(Default)]
pub struct UnitClaims<'a> {
    /// The values that it says.
    pub edits: Vec<Edit>,
    /// One for each row.
    pub reports: Vec<RowReport>,
    /// The table in which its rows stand; none for a record in JSON.
    pub table: Option<&'a Table>,
    /// Whether it says something wrong, and so nothing.
    pub refused: bool,
}

impl UnitClaims<'_> {
    /// Refuses it with every row of it.
    pub fn refuse(&mut self) {
        self.refused = true;
        for report in &mut self.reports {
            report.outcome = RowOutcome::Refused;
        }
    }
}

/// Reads the claims of each unit that speaks of a record. `current` is the body that the register has of it.
pub fn claims_of<'a>(
    record: &RecordInFile,
    source: &'a ImportSource,
    names: &Names,
    current: Option<&Value>,
) -> RecordClaims<'a> {
    let claims = record.units.iter().map(|unit| match unit {
        Unit::Row(table, place) => {
            let table = &source.tables[*table];
            let mut claims = of_row(record, table, &table.sheet.rows[*place], names, current);
            claims.edits.extend(empty_lists(record, source, table));
            claims
        }
        Unit::List(table, places) => of_list(record, &source.tables[*table], places, current),
        Unit::Record(place) => {
            let json = &source.records[*place];
            let reports = vec![report(record, &json.list, json.number)];
            UnitClaims { edits: json_records::edits(json, current), reports, ..UnitClaims::default() }
        }
    });
    RecordClaims { kind: record.kind, key: record.key.clone(), claims: claims.collect() }
}

fn report(record: &RecordInFile, sheet: &str, row: u32) -> RowReport {
    RowReport { key: Some(record.key.clone()), ..RowReport::new(sheet, row, record.kind.name) }
}

/// Reads a row of a sheet of records.
fn of_row<'a>(
    record: &RecordInFile,
    table: &'a Table,
    row: &Row,
    names: &Names,
    current: Option<&Value>,
) -> UnitClaims<'a> {
    let reading = rows::of_record(table, row, current, names);
    let mut reports = vec![report(record, &table.sheet.name, row.number)];
    reading.report_to(&mut reports);
    if let Some(code) = row.cell(table.code).map(column_cell::code) {
        code.notices.iter().for_each(|notice| reports[0].notice(address(table.code, row.number), *notice));
    }
    UnitClaims { edits: reading.edits, reports, table: Some(table), refused: false }
}

/// The lists of which a record has no row, where the workbook has a sheet for them: they have no element.
fn empty_lists(record: &RecordInFile, source: &ImportSource, table: &Table) -> Vec<Edit> {
    if table.part > 0 || table.book.sheets.len() <= 1 {
        return Vec::new();
    }
    let has_rows = |list: usize| record.units.iter().any(|unit| matches!(unit, Unit::List(other, _) if *other == list));
    let lists = source.tables.iter().enumerate();
    let lists =
        lists.filter(|(number, list)| list.part > 0 && list.kind.name == record.kind.name && !has_rows(*number));
    lists.map(|(_, list)| Edit::new(list.book.sheets[list.part].list.clone(), None, table.code)).collect()
}

/// Reads the rows of one record on a sheet of a list.
fn of_list<'a>(record: &RecordInFile, table: &'a Table, places: &[usize], current: Option<&Value>) -> UnitClaims<'a> {
    let rows: Vec<&Row> = places.iter().map(|place| &table.sheet.rows[*place]).collect();
    let reading = rows::of_list(table, &rows, current);
    let mut reports: Vec<_> = rows.iter().map(|row| report(record, &table.sheet.name, row.number)).collect();
    reading.report_to(&mut reports);
    UnitClaims { edits: reading.edits, reports, table: Some(table), refused: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::KINDS,
        staff::imports::{
            interpret::records_in_file,
            read::{Cell, FileContent, Sheet},
        },
    };

    fn row(number: u32, texts: &[&str]) -> Row {
        let cells = (0..).zip(texts).filter(|(_, text)| !text.is_empty());
        Row { number, cells: cells.map(|(at, text)| (at, Cell::Text((*text).into()))).collect() }
    }

    #[test]
    fn rows_become_claims_without_a_register() {
        let code = KINDS[0].example;
        let rows = vec![
            row(1, &["权力清单"]),
            row(2, &["序号", "事项编码", "事项名称", "承诺时限"]),
            row(3, &["1", code, "农村 低保审核", "１０个工作日"]),
            row(4, &["2", "", "没有编码", ""]),
            row(5, &["合计"]),
        ];
        let sheet = Sheet { name: "权力清单".into(), rows, ..Sheet::default() };
        let source = ImportSource::of(FileContent::Workbook(vec![sheet]), &KINDS, None);
        let source = source.unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let mut reports = Vec::new();
        let records = records_in_file(&source, &Names::default(), &mut |report| {
            reports.push((report.row, report.outcome));
            Ok(())
        });
        let records = records.expect("nothing fails");
        assert_eq!(reports, [(4, RowOutcome::Refused), (5, RowOutcome::Ignored)]);
        assert_eq!(records.len(), 1);

        let RecordClaims { key, claims, .. } = claims_of(&records[0], &source, &Names::default(), None);
        assert_eq!(key, code);
        let said = |field: &str| claims[0].edits.iter().find(|edit| edit.path == [field]);
        assert_eq!(said("name").map(|edit| edit.value.clone()), Some(Some("农村低保审核".into())));
        let promised = said("promised_limit").expect("a limit");
        assert_eq!(
            (promised.column, promised.value.as_ref().map(|limit| limit["value"].clone())),
            (3, Some(10.into()))
        );
        let notices: Vec<_> = claims[0].reports[0].notices.iter().map(|notice| notice.cell.as_str()).collect();
        assert_eq!((notices, claims[0].reports[0].problems.len()), (vec!["C3", "D3"], 0));
    }
}
