//! Records on the sheets of a template: the worked example, and those of an organisation.

use rust_xlsxwriter::{Format, FormatAlign, Worksheet, XlsxError};
use serde_json::Value;

use super::header::{self, shown};
use crate::{
    register::{
        catalog::Snapshot,
        tables::{Book, Row, Sheet, split},
    },
    staff::imports::interpret::chosen,
};

/// The rows of records on one sheet of their book.
pub struct Filled {
    rows: Vec<Row>,
}

impl Filled {
    /// The rows on each sheet, the cells of a spreadsheet each; a record that a cell names with its name beside the code.
    pub fn of(book: &Book, records: &[Value], register: &Snapshot) -> Vec<Self> {
        let mut sheets: Vec<Self> = book.sheets.iter().map(|_| Self { rows: Vec::new() }).collect();
        for record in records {
            for ((filled, sheet), rows) in sheets.iter_mut().zip(&book.sheets).zip(book.write(record)) {
                let rows = rows.into_iter().map(|row| with_names(book, sheet, row, register));
                filled.rows.extend(rows.flat_map(split));
            }
        }
        sheets
    }

    /// Whether a column of the sheet has a cell that is not empty.
    pub fn uses(&self, column: usize) -> bool {
        self.rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()))
    }

    /// Writes the rows from this one on; returns the row below them.
    pub fn write(&self, page: &mut Worksheet, first: u32, sheet: &Sheet) -> Result<u32, XlsxError> {
        let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top).set_num_format("@");
        let mut at = first;
        for row in &self.rows {
            for (place, (number, _)) in (0_u16..).zip(shown(sheet)) {
                if let Some(cell) = row.get(number).filter(|cell| !cell.is_empty()) {
                    page.write_string_with_format(at, place, cell, &wrapped)?;
                }
            }
            at += 1;
        }
        Ok(at)
    }
}

/// Puts the names of records beside their codes, where a cell has one code.
fn with_names(book: &Book, sheet: &Sheet, mut row: Row, register: &Snapshot) -> Row {
    for (column, cell) in sheet.columns.iter().zip(&mut row) {
        let named = chosen::named_kind(book.kind, sheet, column).filter(|_| !cell.is_empty());
        let Some(kind) = named else { continue };
        let lines = cell.lines().map(|code| match register.get(kind, code) {
            Some(entry) => chosen::written(code, &entry.indexed.title),
            None => code.to_owned(),
        });
        *cell = lines.collect::<Vec<_>>().join("\n");
    }
    row
}

/// The worked example: the sheets of the book one below the other.
pub fn worked(page: &mut Worksheet, book: &Book, example: Vec<Filled>) -> Result<(), XlsxError> {
    let title = Format::new().set_bold().set_font_size(12);
    let mut at = 0;
    for (sheet, filled) in book.sheets.iter().zip(example) {
        if filled.rows.is_empty() {
            continue;
        }
        page.write_string_with_format(at, 0, format!("【{}】", sheet.name), &title)?;
        header::write(page, at + 1, sheet)?;
        at = filled.write(page, at + 2, sheet)? + 1;
    }
    Ok(())
}
