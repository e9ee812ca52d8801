//! Any file into what there is to import.

use super::{
    cells::address,
    csv,
    model::{RowOutcome, RowReport},
    records,
    records_in_file::ImportSource,
    tables::{Recognised, Table, recognise},
    workbook,
};
use crate::{
    model::kinds::Kind,
    problem::{Detail, FieldError, Wrong},
    register::{
        files::{self, MediaType},
        tables::columns::Layout,
    },
};

/// What a ZIP archive begins with, and what older workbooks do.
const ARCHIVE: &[u8] = b"PK\x03\x04";
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0";

/// Reads a file: xlsx, json, ndjson or csv, told by its content.
pub fn read(bytes: &[u8], kinds: &[&'static Kind], given: Option<&'static Kind>) -> Result<ImportSource, FieldError> {
    let in_file = |wrong| FieldError::at("/file", wrong);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(in_file(Wrong::FileEmpty));
    }
    if bytes.starts_with(COMPOUND) {
        return Err(in_file(Wrong::TableUnreadable(Detail::new(
            "是旧格式的工作簿（xls）或者设有密码；请另存为不加密的 xlsx",
            "is an older workbook (xls) or a protected one; save it as xlsx without a password",
        ))));
    }
    if bytes.starts_with(ARCHIVE) {
        return read_workbook(bytes, kinds, given).map_err(in_file);
    }
    if records::is_json(bytes) {
        let records = records::read(bytes, kinds, given).map_err(in_file)?;
        return Ok(ImportSource { records, ..ImportSource::default() });
    }
    let sheet = csv::read(bytes).map_err(in_file)?;
    let given = given.ok_or_else(|| FieldError::at("/kind", Wrong::Required))?;
    match recognise(sheet, kinds, Some(given), None, Layout::Table) {
        Recognised::Table(table) => Ok(of_tables(vec![*table], Vec::new())),
        Recognised::ForPeople => Ok(ImportSource::default()),
        Recognised::Unknown(..) => Err(in_file(no_header())),
    }
}

fn read_workbook(bytes: &[u8], kinds: &[&'static Kind], given: Option<&'static Kind>) -> Result<ImportSource, Wrong> {
    // Its cells are read and nothing of it is handed on: links and objects in it do no harm, and offices need not take them out.
    match files::kind_of_archive(bytes)? {
        MediaType::Xlsx => {}
        other => return Err(Wrong::FileDeclared(other.value())),
    }
    let (mut tables, mut reports): (Vec<Table>, Vec<RowReport>) = (Vec::new(), Vec::new());
    let (mut for_people, mut beside) = (false, None);
    for sheet in workbook::read(bytes)? {
        let name = sheet.name.clone();
        match recognise(sheet, kinds, given, beside, Layout::Workbook) {
            Recognised::Table(table) => {
                if table.is_named && table.part == 0 {
                    beside = Some(table.kind);
                }
                tables.push(*table);
            }
            Recognised::ForPeople => for_people = true,
            Recognised::Unknown(row, at, text) => reports.push(unknown(&name, "", row, at, text)),
        }
    }
    // The lists as offices print them, beside sheets of our own that say the same and more, are for people.
    let named: Vec<_> =
        tables.iter().filter(|table| table.is_named && table.part == 0).map(|table| table.kind.name).collect();
    tables.retain(|table| table.is_named || !named.contains(&table.kind.name));
    match tables.is_empty() && !for_people {
        true => Err(no_header()),
        false => Ok(of_tables(tables, reports)),
    }
}

fn of_tables(tables: Vec<Table>, mut reports: Vec<RowReport>) -> ImportSource {
    for table in &tables {
        let headers = table.unknown.iter();
        reports.extend(
            headers.map(|(row, at, text)| unknown(&table.sheet.name, table.kind.name, *row, *at, text.clone())),
        );
    }
    // Several headers of one row are told together.
    let mut together: Vec<RowReport> = Vec::new();
    for report in reports {
        match together.last_mut().filter(|last| last.sheet == report.sheet && last.row == report.row) {
            Some(last) => last.problems.extend(report.problems),
            None => together.push(report),
        }
    }
    ImportSource { tables, reports: together, ..ImportSource::default() }
}

fn unknown(sheet: &str, kind: &str, row: u32, at: u16, header: String) -> RowReport {
    let mut report = RowReport::new(sheet, row, kind);
    report.outcome = RowOutcome::Refused;
    let header: String = header.chars().take(60).collect();
    report.wrong(address(at, row), &Wrong::HeaderUnknown(header));
    report
}

fn no_header() -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        "没有找到认识的表头（至少要有编码和另一列）；请使用 /v1/imports/template.xlsx 中的模板",
        "has no header that is known (a code and one more column at least); see /v1/imports/template.xlsx",
    ))
}
