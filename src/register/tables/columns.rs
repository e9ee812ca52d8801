//! The columns in which records of a kind are exchanged, made from the schema of the kind: **the** place on which exports
//! and imports agree.
//!
//! - A field is a column whose header is its Chinese term; the members of an object are columns of their own, `条款·条`.
//!   How a value stands in a cell is told by [`Form`], and every cell is read back as what was written.
//! - A list of objects (materials, legal bases, nodes of a chart …) is a sheet of its own in a workbook, one row for each,
//!   beginning with the code of the record; the rows stand in the order of the list. In a file with one table (csv) it is
//!   one cell. Lists of numbered sentences and of contacts are one cell in both.
//! - Columns that begin with `登记信息` tell what the register knows of a record (`meta`). Imports pass over them.
//! - A row that begins with [`CONTINUED`] goes on with the cells above it: a cell of a workbook has at most
//!   [`LONGEST_CELL`] characters.
//!
//! - Sheets and tables have one row of headers, the first. A table ends with a row `#end,COUNT,SEQ` ([`END`]), a workbook
//!   with the sheet [`ABOUT`]; imports pass over both. A workbook of items also has the lists as offices print them
//!   (权力清单, 责任清单, 公共服务事项清单); where the sheet 事项 is there, it is what counts, and they are passed over, too.
//! - A csv guards what looks like a formula ([`super::guarded`], [`super::unguarded`]).
//!
//! Exports: [`Book::write`]. Imports: find a sheet by its name and its columns by their headers, put the cells in the order
//! of [`Sheet::columns`], [`joined`], then [`Book::read`]; the body then goes through [`Kind::read`], and
//! [`Book::cell_of`] tells in which cell a mistake is.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use serde_json::{Map, Value};

use super::cell::Form;
use crate::{
    fields::Shape,
    model::kinds::Kind,
    problem::Wrong,
    register::catalog::Meta,
    values::code_lists::{self, CodeList},
};

/// Characters of a cell of a workbook at most: what spreadsheets hold.
pub const LONGEST_CELL: usize = 32_000;
/// The first cell of a row that goes on with the cells of the row above.
pub const CONTINUED: &str = "（续）";
/// The first cell of the row that ends a table; the number of records and the `seq` of the register follow.
pub const END: &str = "#end";
/// The sheet that says of what a workbook is a picture.
pub const ABOUT: &str = "说明";
/// The header under which the columns of `meta` stand.
const REGISTERED: &str = "登记信息";
/// What stands between the term of an object and that of its member.
const BETWEEN: &str = "·";

static META: LazyLock<Shape> = LazyLock::new(Shape::of::<Meta<'static>>);

/// A row of cells, in the order of the columns of its sheet.
pub type Row = Vec<String>;

/// How lists of objects are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// Each on a sheet of its own.
    Workbook,
    /// Each in one cell.
    Table,
}

/// The sheets of a kind: first that of the records, then those of their lists.
pub struct Book {
    /// The kind.
    pub kind: &'static Kind,
    /// The sheets.
    pub sheets: Vec<Sheet>,
}

/// One sheet.
pub struct Sheet {
    /// Its name; unique, and one that a spreadsheet takes.
    pub name: String,
    /// Where the list stands in the body; empty for the records themselves.
    pub list: Vec<String>,
    /// The columns, the code of the record first.
    pub columns: Vec<Column>,
    /// Whether the object around the list is never without it, be it empty.
    always: bool,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its header; unique in its sheet.
    pub header: String,
    /// Where its values stand: in the record, or in the element of the list; the first column of a list's sheet is the code
    /// of the record.
    pub path: Vec<String>,
    /// How its values are written.
    pub form: Form,
    /// Whether no record, or no element, is without it.
    pub required: bool,
    /// What the schema says of it: the Chinese term, and more in English.
    pub note: String,
    /// Whether an empty list is something else than none.
    keeps_empty: bool,
    /// How much of `path` leads to an object that may be there without any member; its first column then says so.
    hollow: Option<usize>,
}

/// A cell that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Misread {
    /// Where.
    pub cell: CellPlace,
    /// Why.
    pub wrong: Wrong,
}

/// A cell of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellPlace {
    /// The number of the sheet in its book.
    pub sheet: usize,
    /// The number of the row among those of the record.
    pub row: usize,
    /// The number of the column.
    pub column: usize,
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

/// An object without members.
const HOLLOW: &str = "{}";

impl Sheet {
    /// The number of the column with this header, however its spaces and line breaks are written.
    pub fn column(&self, header: &str) -> Option<usize> {
        let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let header = bare(header);
        self.columns.iter().position(|column| bare(&column.header) == header)
    }

    fn row(&self, code: &str, value: &Value) -> Row {
        let skip = usize::from(!self.list.is_empty());
        let own = self.columns.iter().skip(skip).map(|column| column.write(value));
        (skip > 0).then(|| code.to_owned()).into_iter().chain(own).collect()
    }

    /// The object of a row.
    fn object(&self, row: &Row, mut misread: impl FnMut(usize, Wrong)) -> Map<String, Value> {
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

impl Book {
    /// The sheets of a kind. Made once for the process.
    pub fn of(kind: &'static Kind, layout: Layout) -> &'static Self {
        static BOOKS: Mutex<BTreeMap<(&'static str, Layout), &'static Book>> = Mutex::new(BTreeMap::new());
        let mut known = BOOKS.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((kind.name, layout)).or_insert_with(|| Box::leak(Box::new(Self::new(kind, layout))))
    }

    fn new(kind: &'static Kind, layout: Layout) -> Self {
        let shape = (kind.shape)();
        let mut made =
            Making { shape, layout, path: Vec::new(), terms: Vec::new(), columns: Vec::new(), lists: Vec::new() };
        made.members(shape.schema_at("").unwrap_or(&Value::Null), true);
        let Making { mut columns, lists, .. } = made;
        let key = columns.iter().find(|column| column.path == ["code"]).cloned();
        columns.extend(registered());
        let mut sheets = vec![Sheet { name: sheet_name(&[kind.chinese]), list: Vec::new(), columns, always: false }];
        sheets.extend(lists.into_iter().map(|mut sheet| {
            sheet.columns.splice(0..0, key.clone());
            sheet
        }));
        Self { kind, sheets }
    }

    /// The sheet of the records.
    pub fn records(&self) -> &Sheet {
        &self.sheets[0]
    }

    /// The sheet with this name.
    pub fn sheet(&self, name: &str) -> Option<usize> {
        self.sheets.iter().position(|sheet| sheet.name == name.trim())
    }

    /// The rows of a record, its body with or without `meta`, on each of the sheets.
    pub fn write(&self, record: &Value) -> Vec<Vec<Row>> {
        let code = record.get("code").and_then(Value::as_str).unwrap_or_default();
        let rows = |sheet: &Sheet| match sheet.list.is_empty() {
            true => vec![sheet.row(code, record)],
            false => {
                let elements = value_at(record, &sheet.list).and_then(Value::as_array).into_iter().flatten();
                elements.map(|element| sheet.row(code, element)).collect()
            }
        };
        self.sheets.iter().map(rows).collect()
    }

    /// The body of a record, by its rows on each of the sheets. What cannot be read is told and left out.
    pub fn read(&self, sheets: &[Vec<Row>]) -> (Value, Vec<Misread>) {
        let (mut body, mut misread) = (Map::new(), Vec::new());
        for (number, (sheet, rows)) in self.sheets.iter().zip(sheets).enumerate() {
            let mut objects = rows.iter().enumerate().map(|(at, row)| {
                sheet.object(row, |column, wrong| {
                    misread.push(Misread { cell: CellPlace { sheet: number, row: at, column }, wrong });
                })
            });
            match sheet.list.as_slice() {
                [] => body = objects.next().unwrap_or_default(),
                list => {
                    let elements: Vec<_> = objects.map(Value::Object).collect();
                    let around = sheet.always && object_at(&body, &list[..list.len() - 1]);
                    if !elements.is_empty() || around {
                        put(&mut body, list, elements.into());
                    }
                }
            }
        }
        (Value::Object(body), misread)
    }

    /// The cell of what an RFC 6901 pointer names in a body; of what has several columns the first, of a whole list its
    /// first row.
    pub fn cell_of(&self, pointer: &str) -> Option<CellPlace> {
        let steps: Vec<&str> = pointer.split('/').skip(1).collect();
        let begins = |path: &[String], steps: &[&str]| path.iter().zip(steps).all(|(own, step)| own == step);
        for (number, sheet) in self.sheets.iter().enumerate().skip(1) {
            let length = sheet.list.len();
            if begins(&sheet.list, &steps) && steps.len() >= length {
                let row = steps.get(length).and_then(|index| index.parse().ok()).unwrap_or(0);
                let rest = steps.get(length + 1..).unwrap_or_default();
                let column = sheet.columns.iter().skip(1).position(|column| begins(&column.path, rest));
                return Some(CellPlace { sheet: number, row, column: column.map_or(0, |column| column + 1) });
            }
        }
        let column = self.records().columns.iter().position(|column| begins(&column.path, &steps))?;
        Some(CellPlace { sheet: 0, row: 0, column })
    }
}

/// The rows that hold one row whose cells may be longer than a spreadsheet takes.
pub fn split(row: Row) -> Vec<Row> {
    if row.iter().all(|cell| cell.len() <= LONGEST_CELL) {
        return vec![row];
    }
    let parts: Vec<Vec<String>> = row.iter().map(|cell| pieces(cell)).collect();
    let rows = parts.iter().map(Vec::len).max().unwrap_or(1);
    let part = |cell: &Vec<String>, number: usize| cell.get(number).cloned().unwrap_or_default();
    let mut split: Vec<Row> = (0..rows).map(|number| parts.iter().map(|cell| part(cell, number)).collect()).collect();
    for row in split.iter_mut().skip(1) {
        if let Some(first) = row.first_mut() {
            *first = CONTINUED.into();
        }
    }
    split
}

/// The pieces of a cell: `char`s are counted as spreadsheets do, in units of UTF-16.
fn pieces(cell: &str) -> Vec<String> {
    let (mut pieces, mut length) = (vec![String::new()], 0);
    for c in cell.chars() {
        if length + c.len_utf16() > LONGEST_CELL {
            pieces.push(String::new());
            length = 0;
        }
        length += c.len_utf16();
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    pieces
}

/// Adds a row to those before it, or its cells to the last of them where it goes on with that. Whether it was a new one.
pub fn joined(rows: &mut Vec<Row>, row: Row) -> bool {
    match rows.last_mut().filter(|_| row.first().is_some_and(|first| first == CONTINUED)) {
        Some(last) => {
            last.iter_mut().zip(row).skip(1).for_each(|(cell, more)| cell.push_str(&more));
            false
        }
        None => {
            rows.push(row);
            true
        }
    }
}

/// The columns of what the register knows of a record.
fn registered() -> Vec<Column> {
    let mut made = Making {
        shape: &META,
        layout: Layout::Table,
        path: vec!["meta".into()],
        terms: vec![REGISTERED.into()],
        columns: Vec::new(),
        lists: Vec::new(),
    };
    made.members(META.schema_at("").unwrap_or(&Value::Null), false);
    made.columns
}

/// Columns and sheets while a schema is walked.
struct Making<'a> {
    shape: &'a Shape,
    layout: Layout,
    path: Vec<String>,
    terms: Vec<String>,
    columns: Vec<Column>,
    lists: Vec<Sheet>,
}

impl Making<'_> {
    /// The columns of the members of an object.
    fn members(&mut self, schema: &Value, required: bool) {
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let Some((term, inner)) = self.shape.member_of(schema, name) else { continue };
            let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let must = names.filter_map(Value::as_str).any(|must| must == name);
            self.path.push(name.clone());
            self.terms.push(if term.is_empty() { name.clone() } else { term.to_owned() });
            self.field(field, inner, required, must);
            self.path.pop();
            self.terms.pop();
        }
    }

    /// The column, the columns or the sheet of a member that its object `must` have; `required` tells it of the object.
    fn field(&mut self, field: &Value, inner: &Value, required: bool, must: bool) {
        if let Some(form) = self.form(inner) {
            self.column(field, form, required, must);
        } else if inner.get("properties").is_some() {
            let first = self.columns.len();
            self.members(inner, required && must);
            let names = inner.get("required").and_then(Value::as_array);
            let may_be_hollow = names.is_none_or(Vec::is_empty);
            if let Some(column) = self.columns.get_mut(first).filter(|_| may_be_hollow) {
                column.hollow = Some(self.path.len());
            }
        } else if let Some(element) = self.shape.elements_of(inner).filter(|_| self.layout == Layout::Workbook) {
            let terms: Vec<&str> = self.terms.iter().map(String::as_str).collect();
            let mut list = Making {
                shape: self.shape,
                // What is a list in the element of a list is one cell.
                layout: Layout::Table,
                path: Vec::new(),
                terms: Vec::new(),
                columns: Vec::new(),
                lists: Vec::new(),
            };
            list.members(element, true);
            self.lists.push(Sheet {
                name: sheet_name(&terms),
                list: self.path.clone(),
                columns: list.columns,
                always: must,
            });
        } else {
            self.column(field, Form::Json, required, must);
        }
    }

    fn column(&mut self, field: &Value, form: Form, required: bool, must: bool) {
        let nullable = field["type"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"));
        let referred = || field.get("oneOf")?.as_array()?.iter().find_map(|choice| choice.get("description"));
        let note = field.get("description").or_else(referred).and_then(Value::as_str).unwrap_or_default();
        self.columns.push(Column {
            header: self.terms.join(BETWEEN),
            path: self.path.clone(),
            form,
            required: required && must,
            note: note.to_owned(),
            keeps_empty: nullable || must,
            hollow: None,
        });
    }

    /// The form of what fits in one cell; none for an object or a list of objects.
    fn form(&self, schema: &Value) -> Option<Form> {
        match kind_of(schema) {
            Some("string") => Some(listed(schema).map_or(Form::Text, Form::Code)),
            Some("integer") => Some(Form::Integer),
            Some("boolean") => Some(Form::Boolean),
            Some("object") => match members(schema).as_slice() {
                [] => Some(Form::Json),
                ["value", "unit"] => Some(Form::Period),
                _ => None,
            },
            Some("array") => {
                let element = self.shape.elements_of(schema)?;
                match (members(element).as_slice(), self.form(element)) {
                    (["seq", "text"], _) => Some(Form::Clauses),
                    (["kind", "value"], _) => listed(self.shape.member_of(element, "kind")?.1).map(Form::Contacts),
                    (_, Some(form @ (Form::Text | Form::Integer | Form::Code(_)))) => Some(Form::List(Box::new(form))),
                    _ => None,
                }
            }
            _ => Some(Form::Json),
        }
    }
}

/// The names of the members of an object.
fn members(schema: &Value) -> Vec<&str> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// The type that is not `null`.
fn kind_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    }
}

/// The code list of a schema: the one that has its values and with whose term it is described.
pub fn listed(schema: &Value) -> Option<&'static CodeList> {
    let (values, description) = (schema.get("enum")?.as_array()?, schema.get("description")?.as_str()?);
    code_lists::LISTS.iter().find(|list| {
        let own = list.codes.iter().map(|code| code.value);
        description.starts_with(&format!("{}: ", list.label)) && own.eq(values.iter().filter_map(Value::as_str))
    })
}

/// A name that spreadsheets take for a sheet: without signs of theirs, and of 31 characters at most.
fn sheet_name(terms: &[&str]) -> String {
    let signs = |c: char| match c {
        '/' => '／',
        '\\' | '?' | '*' | '[' | ']' | ':' | '\'' => '_',
        _ => c,
    };
    terms.join(BETWEEN).chars().map(signs).take(31).collect()
}

/// The value at the path of a column, in a record or an element.
pub fn value_at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| value.get(step))
}

/// Whether there is an object at a path.
fn object_at(object: &Map<String, Value>, path: &[String]) -> bool {
    match path {
        [] => true,
        [first, rest @ ..] => object.get(first).and_then(Value::as_object).is_some_and(|inner| object_at(inner, rest)),
    }
}

/// Puts a value at its path, with the objects on the way.
pub fn put(object: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => {
            object.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let inner = object.entry(first.clone()).or_insert(Value::Null);
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{
        model::{clean_ups, fees, instruments, intermediaries, items, organisations, places},
        problem::FieldError,
    };

    const KINDS: [&Kind; 7] = [
        &items::KIND,
        &organisations::KIND,
        &places::KIND,
        &fees::KIND,
        &instruments::KIND,
        &intermediaries::KIND,
        &clean_ups::KIND,
    ];

    fn books() -> impl Iterator<Item = &'static Book> {
        KINDS.into_iter().flat_map(|kind| [Layout::Workbook, Layout::Table].map(|layout| Book::of(kind, layout)))
    }

    #[test]
    fn sheets_and_headers_are_unique_and_every_value_of_a_list_is_known() {
        for book in books() {
            let mut names: Vec<_> = book.sheets.iter().map(|sheet| &sheet.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), book.sheets.len(), "{names:?}");
            for sheet in &book.sheets {
                let mut headers: Vec<_> = sheet.columns.iter().map(|column| &column.header).collect();
                headers.sort_unstable();
                let double = headers.windows(2).find(|pair| pair[0] == pair[1]);
                assert_eq!(double, None, "{}", sheet.name);
                assert_eq!(sheet.columns[0].path, ["code"], "{}", sheet.name);
                for (number, column) in sheet.columns.iter().enumerate() {
                    assert_eq!(sheet.column(&column.header), Some(number));
                }
            }
        }
    }

    #[test]
    fn an_item_is_laid_out_as_offices_know_it() {
        let book = Book::of(&items::KIND, Layout::Workbook);
        let records = book.records();
        let form = |header: &str| records.column(header).map(|number| records.columns[number].form.clone());
        assert_eq!(form("承诺办结时限"), Some(Form::Period));
        assert_eq!(form("受理条件"), Some(Form::Clauses));
        assert!(matches!(form("事项类型"), Some(Form::Code(list)) if list.name == "category"));
        assert!(matches!(form("咨询方式"), Some(Form::Contacts(_))));
        assert_eq!(form("物流快递·是否支持"), Some(Form::Boolean));
        assert_eq!(form("登记信息·修订号"), Some(Form::Integer));
        assert_eq!(form("申请材料"), None, "it has a sheet of its own");
        for name in ["申请材料", "设定依据", "责任事项", "流程图·节点", "前置审批／前置服务"]
        {
            assert!(book.sheet(name).is_some(), "{name}");
        }
        let place = book.cell_of("/materials/2/name").expect("a cell");
        assert_eq!((book.sheets[place.sheet].name.as_str(), place.row), ("申请材料", 2));
        assert_eq!(book.sheets[place.sheet].columns[place.column].path, ["name"]);
        let place = book.cell_of("/express/supported").expect("a cell");
        assert_eq!((place.sheet, records.columns[place.column].header.as_str()), (0, "物流快递·是否支持"));
        assert_eq!(Book::of(&items::KIND, Layout::Table).sheets.len(), 1);
    }

    #[test]
    fn a_cell_that_cannot_be_read_is_named_and_the_rest_is_read() {
        let book = Book::of(&items::KIND, Layout::Workbook);
        let mut rows = book.write(&json!({ "code": "a", "name": "甲", "visits": 1, "materials": [{ "seq": 1 }] }));
        let visits = book.records().column("到现场次数").expect("a column");
        rows[0][0][visits] = "一次".into();
        let (body, misread) = book.read(&rows);
        assert_eq!(body, json!({ "code": "a", "name": "甲", "materials": [{ "seq": 1 }] }));
        assert_eq!(misread[0].cell, CellPlace { sheet: 0, row: 0, column: visits });
    }

    #[test]
    fn a_long_cell_goes_on_in_the_next_rows() {
        let row = vec!["code".to_owned(), "甲😀".repeat(25_000), String::new(), "短".into()];
        let split = split(row.clone());
        assert!(split.len() > 2);
        let mut rows = Vec::new();
        let new: Vec<bool> = split.into_iter().map(|row| joined(&mut rows, row)).collect();
        assert_eq!(rows, [row]);
        assert_eq!(new.iter().filter(|new| **new).count(), 1);
    }

    /// Something that fits a schema, drawn by `draw`; optional members are left out at times.
    fn drawn(
        shape: &Shape,
        field: &Value,
        schema: &Value,
        draw: &mut impl FnMut(usize) -> usize,
        depth: usize,
    ) -> Value {
        let texts = ["甲", "=1+1", "-", "“a”\"b\"", "[1]", "1.甲\n2.乙", "甲、乙", "电话：1", "{}", "是", "'x", "a\nb"];
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return values[draw(values.len())].clone();
        }
        if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
            let wrapper = json!({ "properties": { "choice": choices[0] } });
            let choice = shape.member_of(&wrapper, "choice").map(|(_, inner)| inner.clone()).unwrap_or_default();
            return drawn(shape, &choice, &choice, draw, depth + 1);
        }
        let example = schema.get("examples").or(field.get("examples")).and_then(|examples| examples.get(0));
        match kind_of(schema) {
            Some("string") => match (schema.get("format").and_then(Value::as_str), example) {
                (Some("date"), _) => json!("2020-02-29"),
                (Some("uri"), _) => json!("https://a.example/b"),
                (Some("time-of-day"), _) => json!("08:30"),
                (Some("month-day"), _) => json!("10-01"),
                (Some("identifier"), _) => json!("pages"),
                (Some("postcode"), _) => json!("350100"),
                (Some(_), Some(example)) => example.clone(),
                _ => json!(texts[draw(texts.len())]),
            },
            Some("integer") => json!(schema["minimum"].as_f64().unwrap_or(1.0) as i64),
            Some("boolean") => json!(draw(2) == 0),
            Some("array") => {
                let element = shape.elements_of(schema).cloned().unwrap_or_default();
                let length = draw(3).max(schema["minItems"].as_u64().unwrap_or(0) as usize);
                let mut elements: Vec<Value> =
                    (0..length).map(|_| drawn(shape, &element, &element, draw, depth + 1)).collect();
                elements.sort_by_key(Value::to_string);
                elements.dedup();
                for (number, element) in elements.iter_mut().enumerate().filter(|(_, e)| e.get("seq").is_some()) {
                    element["seq"] = json!(number + 1);
                }
                elements.into()
            }
            Some("object") => {
                let mut object = Map::new();
                for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                    let must = schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
                    let Some((_, inner)) = shape.member_of(schema, name) else { continue };
                    if must || depth < 4 && draw(3) > 0 {
                        object.insert(name.clone(), drawn(shape, field, inner, draw, depth + 1));
                    }
                }
                object.into()
            }
            _ => json!(1),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..Default::default() })]
        #[test]
        fn every_body_that_fits_its_schema_is_read_back(seed in any::<u64>()) {
            let mut state = seed | 1;
            let mut draw = |below: usize| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 33) as usize % below.max(1)
            };
            let mut read_back = 0;
            for kind in KINDS {
                let shape = (kind.shape)();
                let root = shape.schema_at("").expect("a schema");
                let mut body = drawn(shape, root, root, &mut draw, 0);
                body["code"] = json!(kind.example);
                let normal = match (kind.read)(&body) {
                    Ok(normal) => normal,
                    Err(wrong) => {
                        let is_double = |error: &FieldError| matches!(error.wrong, Wrong::Duplicate(_));
                        prop_assert!(wrong.iter().all(is_double), "{} {body} {wrong:?}", kind.name);
                        continue;
                    }
                };
                read_back += 1;
                let value: Value = serde_json::from_str(&normal).expect("JSON");
                for layout in [Layout::Workbook, Layout::Table] {
                    let book = Book::of(kind, layout);
                    let (read, misread) = book.read(&book.write(&value));
                    prop_assert_eq!(&misread, &[]);
                    prop_assert_eq!((kind.read)(&read), Ok(normal.clone()), "{}", read);
                }
            }
            prop_assert!(read_back > 2);
        }
    }
}
