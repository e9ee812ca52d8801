//! The columns in which records of a kind are exchanged, made from the schema of the kind: **the** place on which exports
//! and imports agree.
//!
//! - A field is a column whose header is its Chinese term; the members of an object are columns of their own, `条款·条`.
//!   How a value stands in a cell is told by [`super::Form`], and every cell is read back as what was written.
//! - A list of objects (materials, legal bases, nodes of a chart …) is a sheet of its own in a workbook, one row for each,
//!   beginning with the code of the record; the rows stand in the order of the list. In a file with one table (csv) it is
//!   one cell. Lists of numbered sentences and of contacts are one cell in both.
//! - Columns that begin with `登记信息` tell what the register knows of a record (`meta`). Imports pass over them.
//! - A row that begins with [`super::CONTINUED`] goes on with the cells above it: a cell of a workbook has at most
//!   [`super::LONGEST_CELL`] characters.
//!
//! - Sheets and tables have one row of headers, the first. A table ends with a row `#end,COUNT,SEQ` ([`END`]), a workbook
//!   with the sheet [`ABOUT`]; imports pass over both. A workbook of items also has the lists as offices print them
//!   ([`super::LISTS`]): imports compare them with what is printed of the register, and take what was edited there.
//! - A csv guards what looks like a formula ([`super::guarded`], [`super::unguarded`]).
//!
//! Exports: [`Book::write`]. Imports: find a sheet by its name and its columns by their headers, put the cells in the order
//! of [`Sheet::columns`], [`super::joined`], then [`Book::read`]; the body then goes through [`Kind::read`], and
//! [`Book::cell_of`] tells in which cell a mistake is.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde_json::{Map, Value};

use super::{
    paths::{object_at, put, value_at},
    schema::{Layout, sheets},
    sheet::{Row, Sheet},
};
use crate::{model::kinds::Kind, problem::Wrong};

/// The first cell of the row that ends a table; the number of records and the `seq` of the register follow.
pub const END: &str = "#end";
/// The sheet that says of what a workbook is a picture.
pub const ABOUT: &str = "说明";

/// The sheets of a kind: first that of the records, then those of their lists.
pub struct Book {
    /// The kind.
    pub kind: &'static Kind,
    /// The sheets.
    pub sheets: Vec<Sheet>,
}

/// A cell that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Misread {
    /// Its place.
    pub cell: CellPlace,
    /// The reason.
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

impl Book {
    /// Returns the sheets of a kind. They are made once for the process.
    pub fn of(kind: &'static Kind, layout: Layout) -> &'static Self {
        static BOOKS: Mutex<BTreeMap<(&'static str, Layout), &'static Book>> = Mutex::new(BTreeMap::new());
        let mut known = BOOKS.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .entry((kind.name, layout))
            .or_insert_with(|| Box::leak(Box::new(Self { kind, sheets: sheets(kind, layout) })))
    }

    /// The sheet of the records.
    pub fn records(&self) -> &Sheet {
        &self.sheets[0]
    }

    /// Finds the sheet with this name.
    pub fn sheet(&self, name: &str) -> Option<usize> {
        self.sheets.iter().position(|sheet| sheet.name == name.trim())
    }

    /// Writes the rows of a record, its body with or without `meta`, on each of the sheets.
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

    /// Reads the body of a record from its rows on each of the sheets. What cannot be read is told and left out.
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

    /// Finds the cell of what an RFC 6901 pointer names in a body; of what has several columns the first, of a whole list its
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{
        fields::Shape,
        model::{KINDS, items},
        problem::FieldError,
        register::tables::{Form, schema::kind_of},
    };

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
                (Some("uri-reference"), _) => json!("https://a.example/b"),
                (Some("time-of-day"), _) => json!("08:30"),
                (Some("month-day"), _) => json!("10-01"),
                (Some("longitude" | "latitude"), _) => json!("26.257"),
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
