//! Rows into what they say of a record: values at places of its body, each with the cell that says it.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

use super::{
    cells::{Cell, Row},
    normalise_cell::{self, Notice},
    tables::{Meaning, Table},
};
use crate::{
    model::kinds::{Kind, Owner},
    problem::Wrong,
    register::{
        catalog::Snapshot,
        tables::{
            Form,
            columns::{Column, value_at},
        },
    },
    values,
};

/// From here on a number in a spreadsheet has lost digits.
const LOST_DIGITS: f64 = 1e15;

/// What one or several rows say of a record.
#[derive(Default)]
pub struct RowReading {
    /// The values.
    pub edits: Vec<Edit>,
    /// What was normalised: row, column, how.
    pub notices: Vec<(u32, u16, Notice)>,
    /// What cannot be read: row, column, why.
    pub wrong: Vec<(u32, u16, Wrong)>,
    /// Where that is.
    wrong_at: HashSet<(u32, u16)>,
}

/// What was noted of one row, with the column of each.
#[derive(Default)]
pub struct OfRow<'a> {
    /// What was normalised.
    pub notices: Vec<(u16, Notice)>,
    /// What cannot be read.
    pub wrong: Vec<(u16, &'a Wrong)>,
}

/// A value at a place of the body.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The place.
    pub path: Vec<String>,
    /// The value; none takes away what is there.
    pub value: Option<Value>,
    /// The column that says it.
    pub column: u16,
    /// What of the present and of the new value the column shows, where that is not all of it.
    pub shown: Option<(Value, Value)>,
}

/// What of the register reading rows needs: titles and names to codes. Made once for an import.
pub struct Names {
    instruments: HashMap<String, String>,
    organisations: HashMap<String, String>,
}

impl Names {
    /// Those of a register.
    pub fn of(register: &Snapshot) -> Self {
        let mut names = Self { instruments: HashMap::new(), organisations: HashMap::new() };
        for kind in register.kinds() {
            let entries = register.shelf(kind.name).into_iter().flat_map(|shelf| shelf.entries());
            // Those in force last: of two with one title they are meant.
            let (listed, out): (Vec<_>, Vec<_>) = entries.partition(|entry| entry.is_listed());
            for entry in out.into_iter().chain(listed) {
                names.add(kind, &entry.indexed.title, &entry.key);
            }
        }
        names
    }

    /// Adds one.
    pub fn add(&mut self, kind: &Kind, title: &str, code: &str) {
        if kind.owner == Owner::Itself {
            self.organisations.insert(bare(title), code.to_owned());
        } else if kind.name == "legal_instrument" {
            self.instruments.insert(bare(title), code.to_owned());
        }
    }

    /// The legal instrument with this title.
    pub fn instrument(&self, title: &str) -> Option<&str> {
        self.instruments.get(&bare(title)).map(String::as_str)
    }

    /// The organisation with this name.
    pub fn organisation(&self, name: &str) -> Option<&str> {
        self.organisations.get(&bare(name)).map(String::as_str)
    }
}

/// A title as titles are compared: without spaces, of one width.
fn bare(title: &str) -> String {
    title.nfkc().filter(|c| !c.is_whitespace()).collect()
}

impl RowReading {
    /// Notes how a cell was normalised.
    pub fn note_cell(&mut self, row: u32, at: u16, normalised: &NormalisedCell) {
        self.notices.extend(normalised.notices.iter().map(|notice| (row, at, *notice)));
        if let Some(wrong) = &normalised.wrong {
            self.refuse(row, at, wrong.clone());
        }
    }

    /// Notes that a cell cannot be read.
    pub fn refuse(&mut self, row: u32, at: u16, wrong: Wrong) {
        self.wrong_at.insert((row, at));
        self.wrong.push((row, at, wrong));
    }

    fn is_wrong(&self, row: u32, at: u16) -> bool {
        self.wrong_at.contains(&(row, at))
    }

    /// What was noted of each row: its notices and its mistakes, in the order in which they were.
    pub fn by_row(&self) -> HashMap<u32, OfRow<'_>> {
        let mut rows: HashMap<u32, OfRow<'_>> = HashMap::new();
        for (row, at, notice) in &self.notices {
            rows.entry(*row).or_default().notices.push((*at, *notice));
        }
        for (row, at, wrong) in &self.wrong {
            rows.entry(*row).or_default().wrong.push((*at, wrong));
        }
        rows
    }
}

/// What the columns of our own say in a row of records. `current` is the body that the record has.
pub fn of_record(table: &Table, row: &Row, current: Option<&Value>) -> RowReading {
    let mut reading = RowReading::default();
    let columns = &table.book.sheets[table.part].columns;
    let mut cells: Vec<String> = vec![String::new(); columns.len()];
    let own: Vec<_> = own_columns(table).collect();
    for (place, at) in &own {
        let old = current.and_then(|body| value_at(body, &columns[*place].path));
        let normalised = normalised_cell(table, &columns[*place], row.cell(*at), old);
        reading.note_cell(row.number, *at, &normalised);
        cells[*place] = normalised.text;
    }
    let (object, misread) = table.book.read(&[vec![cells]]);
    for one in misread {
        let at = own.iter().find(|(place, _)| *place == one.cell.column).map(|(_, at)| *at);
        if let Some(at) = at.filter(|at| !reading.is_wrong(row.number, *at)) {
            reading.refuse(row.number, at, one.wrong);
        }
    }
    for (place, at) in own {
        let path = columns[place].path.clone();
        let value = value_at(&object, &path).cloned();
        reading.edits.push(Edit { path, value, column: at, shown: None });
    }
    let mut hollow = Vec::new();
    hollows(&object, &mut Vec::new(), &mut hollow);
    let empty = |path| Edit { path, value: Some(Value::Object(Map::new())), column: table.code, shown: None };
    reading.edits.extend(hollow.into_iter().map(empty));
    reading
}

/// What the rows of one record on the sheet of a list say: the list.
pub fn of_list(table: &Table, rows: &[&Row], current: Option<&Value>) -> RowReading {
    let mut reading = RowReading::default();
    let sheet = &table.book.sheets[table.part];
    let own: Vec<_> = own_columns(table).collect();
    let old = current.and_then(|body| value_at(body, &sheet.list));
    let mut lines = Vec::with_capacity(rows.len());
    for (number, row) in rows.iter().enumerate() {
        let old = old.and_then(|list| list.get(number));
        let mut cells = vec![String::new(); sheet.columns.len()];
        for (place, at) in &own {
            let old = old.and_then(|element| value_at(element, &sheet.columns[*place].path));
            let normalised = normalised_cell(table, &sheet.columns[*place], row.cell(*at), old);
            reading.note_cell(row.number, *at, &normalised);
            cells[*place] = normalised.text;
        }
        lines.push(cells);
    }
    let mut sheets = vec![Vec::new(); table.part];
    sheets.push(lines);
    let (object, misread) = table.book.read(&sheets);
    for one in misread {
        let row = rows.get(one.cell.row).map(|row| row.number);
        let at = own.iter().find(|(place, _)| *place == one.cell.column).map(|(_, at)| *at);
        if let Some((row, at)) = row.zip(at).filter(|(row, at)| !reading.is_wrong(*row, *at)) {
            reading.refuse(row, at, one.wrong);
        }
    }
    let value = value_at(&object, &sheet.list).cloned();
    reading.edits.push(Edit { path: sheet.list.clone(), value, column: table.code, shown: None });
    reading
}

fn own_columns(table: &Table) -> impl Iterator<Item = (usize, u16)> {
    table.columns.iter().filter_map(|known| match known.meaning {
        Meaning::Own(place) => Some((place, known.at)),
        _ => None,
    })
}

/// The places of objects without members.
fn hollows(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let Value::Object(members) = value else { return };
    if members.is_empty() && !path.is_empty() {
        found.push(path.clone());
    }
    for (name, inner) in members {
        path.push(name.clone());
        hollows(inner, path, found);
        path.pop();
    }
}

/// A cell in its normal form, in which it is read.
#[derive(Debug, Default, PartialEq)]
pub struct NormalisedCell {
    /// Its text.
    pub text: String,
    /// What was done to it.
    pub notices: Vec<Notice>,
    /// Why it cannot be read at all.
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

/// A cell of a column of our own, as an office may have written it. What stands there as the register has it is not touched.
fn normalised_cell(table: &Table, column: &Column, cell: Option<&Cell>, current: Option<&Value>) -> NormalisedCell {
    let Some(cell) = cell else { return NormalisedCell::default() };
    let raw = cell.text();
    if current.is_some_and(|current| column.form.write(current) == raw) || raw.starts_with(['[', '{', '"']) {
        return NormalisedCell { text: raw, ..NormalisedCell::default() };
    }
    match cell {
        Cell::Fault(_) => return NormalisedCell::refused(Wrong::BadFormat("#REF! → …".into())),
        Cell::Number(number) if number.abs() >= LOST_DIGITS => return NormalisedCell::refused(lost_digits()),
        _ => {}
    }
    if normalise_cell::is_nothing(&raw) && column.form != Form::Boolean {
        return NormalisedCell::empty_word();
    }
    let pointer: String = column.path.iter().map(|step| format!("/{step}")).collect();
    match &column.form {
        Form::Text => text(table, &pointer, cell, &raw),
        Form::Integer | Form::Boolean | Form::Code(_) => {
            NormalisedCell::folded(normalise_cell::narrow(&normalise_cell::without_spaces(&raw)), &raw)
        }
        Form::Period => {
            let plain = normalise_cell::narrow(&normalise_cell::without_spaces(&raw));
            match normalise_cell::period(&raw) {
                Some((period, _)) => NormalisedCell { text: period.chinese(), ..NormalisedCell::folded(plain, &raw) },
                None => NormalisedCell::folded(plain, &raw),
            }
        }
        Form::List(_) | Form::Clauses | Form::Contacts(_) => NormalisedCell::folded(normalise_cell::lines(&raw), &raw),
        Form::Json => NormalisedCell { text: raw, ..NormalisedCell::default() },
    }
}

fn text(table: &Table, pointer: &str, cell: &Cell, raw: &str) -> NormalisedCell {
    let sheet = &table.book.sheets[table.part];
    let list: String = sheet.list.iter().map(|step| format!("/{step}")).collect();
    let pointer = if list.is_empty() { pointer.to_owned() } else { format!("{list}/0{pointer}") };
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
            NormalisedCell::folded(normalise_cell::code(raw).to_ascii_uppercase(), raw)
        }
        Some(_) => NormalisedCell::folded(normalise_cell::code(raw), raw),
        None if pointer == "/name" => NormalisedCell::folded(normalise_cell::name(raw), raw),
        None => NormalisedCell::folded(normalise_cell::lines(raw), raw),
    }
}

/// A code that a spreadsheet took for a number.
pub fn lost_digits() -> Wrong {
    Wrong::BadFormat(
        "文本：数字过长，表格软件已丢失末位数字 · text: the number is too long and has lost its last digits".into(),
    )
}

/// The code of a record in its cell, as it is looked up, and what was made of it.
pub fn code(cell: &Cell) -> NormalisedCell {
    match cell {
        Cell::Number(number) if number.abs() >= LOST_DIGITS => NormalisedCell::refused(lost_digits()),
        cell => {
            let raw = cell.text();
            NormalisedCell::folded(normalise_cell::code(&raw), &raw)
        }
    }
}

/// A code in its normal form.
pub fn normal_code(kind: &Kind, text: &str) -> Result<String, Wrong> {
    let schema = (kind.shape)().schema_at("/code");
    values::normalise(schema.and_then(|schema| schema.get("format")).and_then(Value::as_str), text)
}
