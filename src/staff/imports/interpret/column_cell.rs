//! Cells in the normal form in which their columns are read.

use serde_json::Value;

use super::{
    normalise_cell,
    numbered::{self, WithinLines},
    tables::Table,
};
use crate::{
    model::kinds::Kind,
    problem::Wrong,
    register::tables::{Column, Form, pointer},
    staff::imports::{notice::Notice, read::Cell},
    values::{self, DecimalText},
};

/// From here on a number in a spreadsheet has lost digits.
const LOST_DIGITS: f64 = 1e15;

/// A cell in its normal form, in which it is read.
#[derive(Debug, Default, PartialEq)]
pub struct NormalisedCell {
    /// Its text.
    pub text: String,
    /// The liberties that were taken with it.
    pub notices: Vec<Notice>,
    /// The reason why it cannot be read at all.
    pub wrong: Option<Wrong>,
}

impl NormalisedCell {
    /// A text that was made of `raw`.
    pub fn folded(text: String, raw: &str) -> Self {
        let notices = if text == raw { Vec::new() } else { vec![Notice::Folded] };
        Self { text, notices, wrong: None }
    }

    fn empty_word() -> Self {
        Self { notices: vec![Notice::EmptyWord], ..Self::default() }
    }

    fn refused(wrong: Wrong) -> Self {
        Self { wrong: Some(wrong), ..Self::default() }
    }
}

/// Normalises a cell of a column of our own, as an office may have written it. One that says what the register has is not
/// touched.
pub fn normalised_cell(table: &Table, column: &Column, cell: Option<&Cell>, current: Option<&Value>) -> NormalisedCell {
    let Some(cell) = cell else { return NormalisedCell::default() };
    if let Cell::Unreadable(why) = cell {
        return NormalisedCell::refused(why.wrong());
    }
    let raw = cell.text();
    if current.is_some_and(|current| column.form.write(current) == raw) || raw.starts_with(['[', '{', '"']) {
        return NormalisedCell { text: raw, ..NormalisedCell::default() };
    }
    if let Some(wrong) = unreadable(cell) {
        return NormalisedCell::refused(wrong);
    }
    if matches!(cell, Cell::Number(number) if number.abs() >= LOST_DIGITS) {
        return NormalisedCell::refused(Wrong::DigitsLost);
    }
    // A free text may name an annex.
    let is_elsewhere = match column.form {
        Form::Text => normalise_cell::is_ditto(&raw),
        _ => normalise_cell::points_elsewhere(&raw),
    };
    if is_elsewhere {
        return NormalisedCell::refused(Wrong::CellElsewhere);
    }
    if normalise_cell::is_nothing(&raw) && column.form != Form::Boolean {
        return NormalisedCell::empty_word();
    }
    match &column.form {
        Form::Text => text(table, column, cell, &raw, current),
        Form::Integer | Form::Boolean | Form::Code(_) => NormalisedCell::folded(normalise_cell::plain(&raw), &raw),
        Form::Period => {
            let folded = NormalisedCell::folded(normalise_cell::plain(&raw), &raw);
            match normalise_cell::period(&raw) {
                Some((period, _)) => NormalisedCell::folded(period.chinese(), &raw),
                None => folded,
            }
        }
        Form::Clauses => list(&raw, numbered::written),
        Form::List(form) if **form == Form::Text && !normalise_cell::lines(&raw).contains('\n') => {
            list(&raw, |texts| texts.join("\n"))
        }
        Form::List(_) | Form::Contacts(_) => NormalisedCell::folded(normalise_cell::lines(&raw), &raw),
        Form::Json => NormalisedCell { text: raw, ..NormalisedCell::default() },
    }
}

/// The reason why nobody can tell what a cell says: a formula that failed, or has no result in the file. It is never taken for an empty one.
pub fn unreadable(cell: &Cell) -> Option<Wrong> {
    match cell {
        Cell::Unreadable(why) => Some(why.wrong()),
        Cell::Fault(_) => Some(Wrong::BadFormat("#REF! → …".into())),
        _ => None,
    }
}

/// Takes a numbered list apart that stands on one line; `write` puts its elements onto lines of their own.
fn list(raw: &str, write: impl Fn(&[String]) -> String) -> NormalisedCell {
    let lines = normalise_cell::lines(raw);
    let elements = numbered::elements(&lines);
    match elements.within_lines {
        WithinLines::Nothing => NormalisedCell::folded(lines, raw),
        WithinLines::Split => {
            NormalisedCell { text: write(&elements.texts), notices: vec![Notice::ListSplit], wrong: None }
        }
        WithinLines::Whole => NormalisedCell { text: lines, notices: vec![Notice::ListWhole], wrong: None },
    }
}

fn text(table: &Table, column: &Column, cell: &Cell, raw: &str, current: Option<&Value>) -> NormalisedCell {
    let (list, pointer) = (pointer(&table.book.sheets[table.part].list), pointer(&column.path));
    let pointer = if list.is_empty() { pointer } else { format!("{list}/0{pointer}") };
    let schema = (table.kind.shape)().schema_at(&pointer);
    let format = schema.and_then(|schema| schema.get("format")).and_then(Value::as_str);
    match format {
        Some("date") => match normalise_cell::date(cell) {
            Some((date, notice)) => {
                NormalisedCell { text: date.to_string(), notices: notice.into_iter().collect(), wrong: None }
            }
            None => NormalisedCell::refused(Wrong::CellDate),
        },
        Some("uscc" | "item-code" | "implementation-code" | "handling-code" | "catalogue-code" | "division") => {
            NormalisedCell::folded(normal(format, normalise_cell::code(raw).to_ascii_uppercase()), raw)
        }
        Some("decimal" | "longitude" | "latitude") => {
            let figure = normal(format, normalise_cell::code(raw));
            // Spreadsheets drop the last zero of a figure: it says what the register has.
            let now = current.and_then(Value::as_str).filter(|now| DecimalText::are_equal(now, &figure));
            NormalisedCell::folded(now.map_or(figure.clone(), str::to_owned), raw)
        }
        Some(_) => NormalisedCell::folded(normalise_cell::code(raw), raw),
        None if pointer == "/name" => NormalisedCell::folded(normalise_cell::name(raw), raw),
        None => NormalisedCell::folded(normalise_cell::lines(raw), raw),
    }
}

/// The normal form of a text; one that has none stays, to be refused.
fn normal(format: Option<&str>, text: String) -> String {
    values::normalise(format, &text).unwrap_or(text)
}

/// Normalises the cell with the code of a record, as the code is looked up.
pub fn code(cell: &Cell) -> NormalisedCell {
    if let Some(wrong) = unreadable(cell) {
        return NormalisedCell::refused(wrong);
    }
    match cell {
        Cell::Number(number) if number.abs() >= LOST_DIGITS => NormalisedCell::refused(Wrong::DigitsLost),
        cell => {
            let raw = cell.text();
            NormalisedCell::folded(normalise_cell::code(&raw), &raw)
        }
    }
}

/// Returns a code in its normal form, as a kind has it.
pub fn normal_code(kind: &Kind, text: &str) -> Result<String, Wrong> {
    let schema = (kind.shape)().schema_at("/code");
    values::normalise(schema.and_then(|schema| schema.get("format")).and_then(Value::as_str), text)
}
