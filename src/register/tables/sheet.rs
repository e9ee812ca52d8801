//! The sheets of a book: their columns, and a row as an object and back.

use std::{collections::HashMap, sync::OnceLock};

use serde_json::{Map, Value};

use super::{
    cell::Form,
    paths::{put, value_at},
};
use crate::problem::Wrong;

/// A row of cells, in the order of the columns of its sheet.
pub type Row = Vec<String>;

/// One sheet.
pub struct Sheet {
    /// Its name; unique, and one that a spreadsheet takes.
    pub name: String,
    /// The path of the list in the body; empty for the records themselves.
    pub list: Vec<String>,
    /// The columns, the code of the record first.
    pub columns: Vec<Column>,
    /// Whether the object around the list is never without it, be it empty.
    pub(super) always: bool,
    /// The numbers of the columns by their headers without spaces.
    pub(super) by_header: OnceLock<HashMap<String, usize>>,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its header; unique in its sheet.
    pub header: String,
    /// The path of its values: in the record, or in the element of the list; the first column of a list's sheet is the code
    /// of the record.
    pub path: Vec<String>,
    /// How its values are written.
    pub form: Form,
    /// Whether no record, or no element, is without it.
    pub required: bool,
    /// The description in the schema: the Chinese term, and more in English.
    pub note: String,
    /// Whether an empty list is something else than none.
    pub(super) keeps_empty: bool,
    /// How much of `path` leads to an object that may be there without any member; its first column then says so.
    pub(super) hollow: Option<usize>,
}

impl Column {
    /// Whether it tells what the register knows, and is nothing to import.
    pub fn is_of_register(&self) -> bool {
        self.path.first().is_some_and(|first| first == "meta")
    }

    fn write(&self, value: &Value) -> String {
        let here = value_at(value, &self.path).unwrap_or(&Value::Null);
        if here.as_array().is_some_and(Vec::is_empty) && !self.keeps_empty {
            return String::new();
        }
        let hollow = self.hollow.and_then(|depth| value_at(value, &self.path[..depth])).and_then(Value::as_object);
        match (hollow.is_some_and(Map::is_empty), self.form.write(here)) {
            (true, _) => HOLLOW.into(),
            (false, text) if self.hollow.is_some() && text == HOLLOW => Value::from(text).to_string(),
            (false, text) => text,
        }
    }

    fn read(&self, cell: &str, into: &mut Map<String, Value>) -> Result<(), Wrong> {
        if let Some(depth) = self.hollow.filter(|_| cell == HOLLOW) {
            put(into, &self.path[..depth], Value::Object(Map::new()));
        } else if let Some(value) = self.form.read(cell)? {
            put(into, &self.path, value);
        }
        Ok(())
    }
}

fn without_spaces(header: &str) -> String {
    header.chars().filter(|c| !c.is_whitespace()).collect()
}

/// An object without members.
const HOLLOW: &str = "{}";

impl Sheet {
    /// Finds the number of the column with this header, however its spaces and line breaks are written.
    pub fn column(&self, header: &str) -> Option<usize> {
        let numbers =
            || self.columns.iter().enumerate().map(|(at, column)| (without_spaces(&column.header), at)).collect();
        self.by_header.get_or_init(numbers).get(&without_spaces(header)).copied()
    }

    /// Writes the row of a record, or of an element of its list.
    pub(super) fn row(&self, code: &str, value: &Value) -> Row {
        let skip = usize::from(!self.list.is_empty());
        let own = self.columns.iter().skip(skip).map(|column| column.write(value));
        (skip > 0).then(|| code.to_owned()).into_iter().chain(own).collect()
    }

    /// Reads the object of a row.
    pub(super) fn object(&self, row: &Row, mut misread: impl FnMut(usize, Wrong)) -> Map<String, Value> {
        let mut object = Map::new();
        let skip = usize::from(!self.list.is_empty());
        for (number, (column, cell)) in self.columns.iter().zip(row).enumerate().skip(skip) {
            if column.is_of_register() {
                continue;
            }
            if let Err(wrong) = column.read(cell, &mut object) {
                misread(number, wrong);
            }
        }
        object
    }
}
