//! 表头对照: headers that the client maps to fields by hand.

use std::collections::HashMap;

use serde_json::Value;

use super::header_text::{bare, nearest};
use crate::{
    model::kinds::Kind,
    problem::{FieldError, Wrong},
    register::tables::{Book, Column, Layout, pointer},
};

/// Headers and the fields that they mean, by the client's word. An empty field: the column is not to be read.
#[derive(Clone, Debug, Default)]
pub struct Mapped(HashMap<String, String>);

impl Mapped {
    /// Reads an object in JSON, `{"权责名称": "name"}`, whose fields must be known to one of these kinds.
    pub fn read(text: &str, kinds: &[&'static Kind]) -> Result<Self, Vec<FieldError>> {
        let object = match serde_json::from_str(text) {
            Ok(Value::Object(object)) => object,
            _ => return Err(vec![FieldError::at("/columns", Wrong::BadFormat("{\"权责名称\": \"name\"}".into()))]),
        };
        let (mut mapped, mut wrong) = (HashMap::new(), Vec::new());
        for (header, field) in object {
            let place = pointer(&["columns".to_owned(), header.clone()]);
            match field {
                Value::Null => mapped.insert(bare(&header), String::new()),
                Value::String(field) if field.is_empty() || is_known(&field, kinds) => {
                    mapped.insert(bare(&header), field)
                }
                Value::String(field) => {
                    wrong.push(FieldError::at(&place, Wrong::NotInCodeList(suggested(&field, kinds))));
                    None
                }
                _ => {
                    wrong.push(FieldError::at(&place, Wrong::WrongType("string".into())));
                    None
                }
            };
        }
        if wrong.is_empty() { Ok(Self(mapped)) } else { Err(wrong) }
    }

    /// The field of a header that is given without marks and notes.
    pub fn field(&self, bare: &str) -> Option<&str> {
        self.0.get(bare).map(String::as_str)
    }
}

/// Whether a client means a column: by its path, its pointer or its Chinese header.
pub fn is_named(column: &Column, field: &str) -> bool {
    column.path.join(".") == field || pointer(&column.path) == field || column.header == field
}

fn columns<'a>(kinds: &'a [&'static Kind]) -> impl Iterator<Item = &'static Column> + 'a {
    let books = kinds.iter().flat_map(|kind| [Layout::Workbook, Layout::Table].map(|layout| Book::of(kind, layout)));
    books.flat_map(|book| &book.sheets).flat_map(|sheet| &sheet.columns).filter(|column| !column.is_of_register())
}

fn is_known(field: &str, kinds: &[&'static Kind]) -> bool {
    columns(kinds).any(|column| is_named(column, field))
}

/// The fields that are most like one.
fn suggested(field: &str, kinds: &[&'static Kind]) -> String {
    let paths: Vec<String> = columns(kinds).map(|column| column.path.join(".")).collect();
    let known = paths.iter().map(String::as_str).chain(columns(kinds).map(|column| column.header.as_str()));
    nearest(field, known).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::KINDS;

    #[test]
    fn headers_are_mapped_to_fields_that_are_known() {
        let mapped = Mapped::read(r#"{"权责名称*": "name", "备注": null}"#, &KINDS).expect("it is right");
        assert_eq!(
            (mapped.field(&bare("权责名称（必填）")), mapped.field("备注"), mapped.field("别的")),
            (Some("name"), Some(""), None)
        );
        for (text, place) in
            [("[]", "/columns"), ("x", "/columns"), (r#"{"a": "nam"}"#, "/columns/a"), (r#"{"a": 1}"#, "/columns/a")]
        {
            let wrong = Mapped::read(text, &KINDS).expect_err(text);
            assert_eq!(wrong[0].pointer(), place, "{text}");
        }
    }
}
