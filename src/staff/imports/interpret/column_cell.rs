//! Cells in the normal form in which their columns are read.

use serde_json::Value;

use super::{
    chosen,
    left_digits::LeftDigits,
    named_cell::{self, Naming},
    names::Names,
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

    fn restored(text: String) -> Self {
        Self { text, notices: vec![Notice::DigitsRestored], wrong: None }
    }
}

/// Normalises a cell of a column of our own, as an office may have written it. One that says what the register has is not
/// touched. `names` are the codes of what it may name.
pub fn normalised_cell(
    (table, column): (&Table, &Column),
    cell: Option<&Cell>,
    current: Option<&Value>,
    names: &Names,
) -> NormalisedCell {
    let Some(cell) = cell else { return NormalisedCell::default() };
    if let Some(restored) = restored(column, cell, current) {
        return restored;
    }
    if let Cell::Unreadable(why) = cell {
        return NormalisedCell::refused(why.wrong());
    }
    let kind = chosen::named_kind(table.kind, &table.book.sheets[table.part], column).or_else(|| providers(column));
    let raw = match kind {
        Some(_) => chosen::codes(&cell.text()),
        None => cell.text(),
    };
    if current.is_some_and(|current| column.form.write(current) == raw) || raw.starts_with(['[', '{', '"']) {
        return NormalisedCell { text: raw, ..NormalisedCell::default() };
    }
    if let Some(wrong) = says_nothing(column, cell, &raw) {
        return NormalisedCell::refused(wrong);
    }
    if normalise_cell::is_nothing(&raw) && column.form != Form::Boolean {
        return NormalisedCell::empty_word();
    }
    let naming = kind.map(|kind| Naming { kind, names, current });
    if let Some(read) = naming.and_then(|naming| named_cell::read(naming, &column.form, &raw)) {
        return match read {
            Ok((text, notices)) => NormalisedCell { text, notices, wrong: None },
            Err(wrong) => NormalisedCell::refused(wrong),
        };
    }
    in_form((table, column), (cell, &raw), current)
}

/// The reason why a cell says nothing that can be read, whatever its column is for.
fn says_nothing(column: &Column, cell: &Cell, raw: &str) -> Option<Wrong> {
    let is_elsewhere = match column.form {
        // A free text may name an annex.
        Form::Text => normalise_cell::is_ditto(raw),
        _ => normalise_cell::points_elsewhere(raw),
    };
    match cell {
        Cell::Number(number) if number.abs() >= LOST_DIGITS => Some(Wrong::DigitsLost),
        cell => unreadable(cell).or(is_elsewhere.then_some(Wrong::CellElsewhere)),
    }
}

/// The code that the register has, where a spreadsheet left some digits of it.
fn restored(column: &Column, cell: &Cell, current: Option<&Value>) -> Option<NormalisedCell> {
    let now = current.and_then(Value::as_str).filter(|_| column.form == Form::Text)?;
    let left = LeftDigits::of(cell)?;
    left.fit(now).map(|_| NormalisedCell::restored(now.to_owned()))
}

/// The kind of the records that a column of providers names.
fn providers(column: &Column) -> Option<&'static str> {
    column.path.last().filter(|name| *name == "providers").map(|_| "intermediary")
}

/// Normalises a cell that says something, in the form of its column.
fn in_form((table, column): (&Table, &Column), (cell, raw): (&Cell, &str), current: Option<&Value>) -> NormalisedCell {
    match &column.form {
        Form::Text => text(table, column, cell, raw, current),
        Form::Integer | Form::Boolean | Form::Code(_) => NormalisedCell::folded(normalise_cell::plain(raw), raw),
        Form::Period => {
            let folded = NormalisedCell::folded(normalise_cell::plain(raw), raw);
            match normalise_cell::period(raw) {
                Some((period, _)) => NormalisedCell::folded(period.chinese(), raw),
                None => folded,
            }
        }
        Form::Clauses => list(raw, current, numbered::written),
        Form::List(form) if **form == Form::Text && !normalise_cell::lines(raw).contains('\n') => {
            list(raw, current, |texts| texts.join("\n"))
        }
        Form::List(_) | Form::Contacts(_) => NormalisedCell::folded(normalise_cell::lines(raw), raw),
        Form::Json => NormalisedCell { text: raw.to_owned(), ..NormalisedCell::default() },
    }
}

/// The reason why nobody can tell what a cell says: a formula that failed, or has no result in the file. It is never taken for an empty one.
pub fn unreadable(cell: &Cell) -> Option<Wrong> {
    match cell {
        Cell::Unreadable(why) => Some(why.wrong()),
        Cell::Fault(_) => Some(Wrong::CellFault),
        _ => None,
    }
}

/// Takes a numbered list apart that stands on one line; `write` puts its elements onto lines of their own. Elements of the register
/// that have such numbers within them stay whole.
fn list(raw: &str, current: Option<&Value>, write: impl Fn(&[String]) -> String) -> NormalisedCell {
    let lines = normalise_cell::lines(raw);
    let now = current.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let elements = numbered::elements_beside(&lines, now);
    match elements.within_lines {
        WithinLines::Nothing => NormalisedCell::folded(lines, raw),
        WithinLines::Split => {
            NormalisedCell { text: write(&elements.texts), notices: vec![Notice::ListSplit], wrong: None }
        }
        WithinLines::Whole => NormalisedCell { text: lines, notices: vec![Notice::ListWhole], wrong: None },
    }
}

fn text(table: &Table, column: &Column, cell: &Cell, raw: &str, current: Option<&Value>) -> NormalisedCell {
    let sheet = &table.book.sheets[table.part];
    let schema = chosen::schema_of(table.kind, sheet, column);
    let is_name = sheet.list.is_empty() && pointer(&column.path) == "/name";
    let format = schema.and_then(|schema| schema.get("format")).and_then(Value::as_str);
    match format {
        Some("date") => match normalise_cell::date(cell) {
            Some((date, notice)) => {
                NormalisedCell { text: date.to_string(), notices: notice.into_iter().collect(), wrong: None }
            }
            None => NormalisedCell::refused(Wrong::CellDate),
        },
        Some("catalogue-code") if is_shortened(raw) => {
            NormalisedCell::restored(format!("{:0>12}", normalise_cell::code(raw)))
        }
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
        None if is_name => NormalisedCell::folded(normalise_cell::name(raw), raw),
        None => NormalisedCell::folded(normalise_cell::lines(raw), raw),
    }
}

/// Whether a text may be a catalogue code without its leading zeros: the code of the item has it whole, and tells whether it is.
fn is_shortened(raw: &str) -> bool {
    let code = normalise_cell::code(raw);
    (6..12).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit()) && !code.starts_with('0')
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
