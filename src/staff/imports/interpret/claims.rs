//! The claims about a record: the values that each row, list or record in JSON says of it. The second stage hands them to the third.

use serde_json::Value;

use super::{
    as_printed::{Known, PrintedCell, printed_cells},
    by_name, column_cell, json_records,
    labels::name_fields,
    reading::Edit,
    records_in_file::{RecordInFile, Unit},
    rows,
    tables::{ImportSource, Table},
};
use crate::{
    model::kinds::Kind,
    problem::Wrong,
    register::tables::value_at,
    staff::imports::{
        notice::Notice,
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
    /// Of a printed list that stands beside sheets of our own, the cells of which something is printed.
    pub printed: Vec<PrintedCell>,
    /// Whether it says something wrong, and so nothing.
    pub refused: bool,
    /// Whether it is a part of a row on another sheet, and makes no record by itself.
    pub is_part: bool,
}

impl UnitClaims<'_> {
    /// Names the fields in which its rows are wrong.
    pub fn name_fields(&mut self, kind: &'static Kind) {
        for report in &mut self.reports {
            name_fields(report, kind, self.table);
        }
    }

    /// Names a cell of one of its rows with the sheet: `事项!K5`; none where it has no such row.
    pub fn place(&self, row: usize, column: u16) -> Option<String> {
        let RowReport { sheet, row, .. } = self.reports.get(row)?;
        let cell = address(column, *row);
        Some(if sheet.is_empty() { cell } else { format!("{sheet}!{cell}") })
    }

    /// Whether it stands on a printed list beside sheets of our own.
    pub fn is_beside(&self) -> bool {
        self.table.is_some_and(|table| table.is_beside)
    }

    /// Refuses it with every row of it.
    pub fn refuse(&mut self) {
        self.refused = true;
        for report in &mut self.reports {
            report.outcome = RowOutcome::Refused;
        }
    }
}

/// Reads the claims of each unit that speaks of a record, beside what the `register` knows of it.
pub fn claims_of<'a>(record: &RecordInFile, source: &'a ImportSource, register: Known<'_>) -> RecordClaims<'a> {
    let current = register.current;
    let claims = record.units.iter().map(|unit| match unit {
        Unit::Row(table, places) => {
            let table = &source.tables[*table];
            let mut claims = of_row(record, table, &rows_at(table, places), register);
            claims.edits.extend(empty_lists(record, source, table));
            claims.is_part = !table.describes() && has_table(source, record.kind);
            claims
        }
        Unit::List(table, places) => UnitClaims {
            is_part: has_table(source, record.kind),
            ..of_list(record, (*table, &source.tables[*table]), places, register)
        },
        Unit::Record(place) => {
            let json = &source.records[*place];
            let mut report = report(record, &json.list, json.number);
            json.notice.iter().for_each(|notice| report.notice("/code".into(), *notice));
            let reports = vec![report];
            UnitClaims { edits: json_records::edits(json, current), reports, ..UnitClaims::default() }
        }
    });
    RecordClaims { kind: record.kind, key: record.key.clone(), claims: claims.collect() }
}

/// Whether a file has a sheet that describes records of a kind.
fn has_table(source: &ImportSource, kind: &Kind) -> bool {
    source.tables.iter().any(|table| table.kind.name == kind.name && table.describes())
}

/// The state of which a record in a file is an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// This revision of it.
    Revision(i64),
    /// The register after this change.
    Seq(i64),
}

/// Finds the state of which what a file says of a record is an export, where the file says it.
pub fn base_of(record: &RecordInFile, source: &ImportSource) -> Option<Base> {
    let of_json = record.units.iter().find_map(|unit| match unit {
        Unit::Record(place) => Some(source.records[*place].revision),
        Unit::Row(..) | Unit::List(..) => None,
    });
    match of_json {
        Some(revision) => revision.map(Base::Revision),
        None => source.seq.map(Base::Seq),
    }
}

fn rows_at<'a>(table: &'a Table, places: &[usize]) -> Vec<&'a Row> {
    places.iter().map(|place| &table.sheet.rows[*place]).collect()
}

fn report(record: &RecordInFile, sheet: &str, row: u32) -> RowReport {
    RowReport { key: Some(record.key.clone()), ..RowReport::new(sheet, row, record.kind.name) }
}

/// Reads the rows of a record on a sheet of records: one, and perhaps some that go on with it.
fn of_row<'a>(record: &RecordInFile, table: &'a Table, rows: &[&Row], register: Known<'_>) -> UnitClaims<'a> {
    let reading = rows::of_record(table, rows, register);
    let mut reports: Vec<_> = rows.iter().map(|row| report(record, &table.sheet.name, row.number)).collect();
    reading.report_to(&mut reports);
    for (row, report) in rows.iter().zip(&mut reports) {
        if let Some(code) = row.cell(table.code).filter(|_| table.is_coded).map(column_cell::code) {
            code.notices.iter().for_each(|notice| report.notice(address(table.code, row.number), *notice));
        }
    }
    let mut edits = reading.edits;
    if let (Some(row), Some(report)) = (rows.first(), reports.first_mut()) {
        report_how_found((&record.key, table), row, report, &mut edits);
    }
    let printed = match rows {
        [row] if table.is_beside => printed_cells(table, row),
        _ => Vec::new(),
    };
    UnitClaims { edits, reports, table: Some(table), printed, ..UnitClaims::default() }
}

/// Notes that a record was found otherwise than by its whole code. The name by which it was found is not what the row changes.
fn report_how_found((key, table): (&str, &Table), row: &Row, report: &mut RowReport, edits: &mut Vec<Edit>) {
    if by_name::has_whole_code(table, row, key) {
        return;
    }
    match row.cell(table.code).filter(|_| table.is_coded) {
        Some(_) => report.notice(address(table.code, row.number), Notice::DigitsRestored),
        None => {
            let at = by_name::name(table, row).map_or(table.code, |(at, _)| at);
            report.notice(address(at, row.number), Notice::FoundByName);
            edits.retain(|edit| edit.path != ["name"] && edit.path != ["title"]);
        }
    }
}

/// The lists of which a record has no row, where the workbook has a sheet for them: they have no element.
fn empty_lists(record: &RecordInFile, source: &ImportSource, table: &Table) -> Vec<Edit> {
    if table.is_beside || table.part > 0 || table.book.sheets.len() <= 1 {
        return Vec::new();
    }
    let has_rows = |list: usize| record.units.iter().any(|unit| matches!(unit, Unit::List(other, _) if *other == list));
    let lists = source.tables.iter().enumerate();
    let lists = lists.filter(|(number, list)| {
        let is_own = list.part > 0 && list.kind.name == record.kind.name;
        is_own && !has_rows(*number) && !record.unclear.contains(number)
    });
    lists.map(|(_, list)| Edit::new(list.book.sheets[list.part].list.clone(), None, table.code)).collect()
}

/// Reads the rows of one record on a sheet of a list.
fn of_list<'a>(
    record: &RecordInFile,
    (number, table): (usize, &'a Table),
    places: &[usize],
    register: Known<'_>,
) -> UnitClaims<'a> {
    let rows = rows_at(table, places);
    let mut reading = rows::of_list(table, &rows, register);
    let list = register.current.and_then(|body| value_at(body, &table.book.sheets[table.part].list));
    let is_shorter = list.and_then(Value::as_array).is_some_and(|list| list.len() > rows.len());
    if let Some(first) = rows.first().filter(|_| is_shorter && record.unclear.contains(&number)) {
        reading.refuse(first.number, table.code, Wrong::ListUnclear);
    }
    let mut reports: Vec<_> = rows.iter().map(|row| report(record, &table.sheet.name, row.number)).collect();
    reading.report_to(&mut reports);
    UnitClaims { edits: reading.edits, reports, table: Some(table), ..UnitClaims::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::KINDS,
        staff::imports::{
            interpret::{Mapped, Names, records_in_file},
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
        let source = ImportSource::of(FileContent::Workbook(vec![sheet]), &KINDS, None, &Mapped::default());
        let source = source.unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let mut reports = Vec::new();
        let records = records_in_file(&source, &Names::default(), &mut |report| {
            reports.push((report.row, report.outcome));
            Ok(())
        });
        let records = records.expect("nothing fails");
        assert_eq!(reports, [(4, RowOutcome::Refused), (5, RowOutcome::Ignored)]);
        assert_eq!(records.len(), 1);

        let RecordClaims { key, claims, .. } = claims_of(&records[0], &source, Known::nothing(&Names::default()));
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

    fn source(rows: Vec<Row>) -> ImportSource {
        let sheet = Sheet { name: "权责清单".into(), rows, ..Sheet::default() };
        let source = ImportSource::of(FileContent::Workbook(vec![sheet]), &KINDS, None, &Mapped::default());
        source.unwrap_or_else(|wrong| panic!("{wrong:?}"))
    }

    #[test]
    fn rows_below_an_item_belong_to_it() {
        let code = KINDS[0].example;
        let source = source(vec![
            row(1, &["序号", "事项编码", "事项名称", "责任事项", "承诺时限"]),
            row(2, &["1", code, "低保审核", "受理责任：甲", "5个工作日"]),
            row(3, &["", "", "", "审查责任：乙"]),
            row(4, &["1", code, "低保审核", "决定责任：丙", "5个工作日"]),
            row(6, &["", "", "", "送达责任：丁"]),
        ]);
        let mut refused = Vec::new();
        let records = records_in_file(&source, &Names::default(), &mut |report| {
            refused.push(report.row);
            Ok(())
        });
        let records = records.expect("nothing fails");
        assert_eq!((records.len(), refused), (1, vec![6]), "a row that does not stand below belongs to nobody");

        let claims = claims_of(&records[0], &source, Known::nothing(&Names::default())).claims;
        assert_eq!((claims.len(), claims[0].reports.len()), (1, 3));
        let duties = claims[0].edits.iter().find(|edit| edit.path == ["responsibilities"]).expect("duties");
        let texts: Vec<_> = duties.value.iter().flat_map(|value| value.as_array().expect("a list")).collect();
        assert_eq!(
            texts.iter().map(|duty| duty["text"].as_str().unwrap_or_default()).collect::<Vec<_>>(),
            ["甲", "乙", "丙"]
        );
        assert!(claims[0].reports.iter().all(|report| report.problems.is_empty()));
    }

    #[test]
    fn a_header_reaches_over_several_rows() {
        let code = KINDS[0].example;
        let source = source(vec![
            row(1, &["序号", "*事项编码", "事项名称（必填）", "时限", "", "咨询电话"]),
            row(2, &["", "", "", "法定", "承诺（工作日）"]),
            row(3, &["1", code, "低保审核", "20个工作日", "5"]),
        ]);
        let table = &source.tables[0];
        assert_eq!((table.code, table.ordinal, table.columns.len(), table.sheet.rows.len()), (1, Some(0), 4, 1));
        assert_eq!(table.sheet.rows[0].cell(4), Some(&Cell::Text("5个工作日".into())));
    }
}
