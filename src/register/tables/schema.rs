//! Columns and sheets made from the schema of a kind.

use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

use super::{
    cell::Form,
    sheet::{Column, Sheet},
};
use crate::{
    fields::Shape,
    model::kinds::Kind,
    register::catalog::Meta,
    values::code_lists::{self, CodeList},
};

/// The header under which the columns of `meta` stand.
const REGISTERED: &str = "登记信息";
/// The sign between the term of an object and that of its member.
const BETWEEN: &str = "·";

static META: LazyLock<Shape> = LazyLock::new(Shape::of::<Meta<'static>>);

/// How lists of objects are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// Each on a sheet of its own.
    Workbook,
    /// Each in one cell.
    Table,
}

/// Makes the sheets of a kind: first that of the records, then those of their lists.
pub fn sheets(kind: &Kind, layout: Layout) -> Vec<Sheet> {
    let shape = (kind.shape)();
    let mut made = Making::new(shape, layout);
    made.members(shape.schema_at("").unwrap_or(&Value::Null), true);
    let Making { mut columns, lists, .. } = made;
    let key = columns.iter().find(|column| column.path == ["code"]).cloned();
    columns.extend(registered());
    let records = Sheet {
        name: sheet_name(&[kind.chinese]),
        list: Vec::new(),
        columns,
        always: false,
        by_header: OnceLock::new(),
    };
    let lists = lists.into_iter().map(|mut sheet| {
        sheet.columns.splice(0..0, key.clone());
        sheet
    });
    [records].into_iter().chain(lists).collect()
}

/// Makes the columns of what the register knows of a record.
fn registered() -> Vec<Column> {
    let mut made = Making::new(&META, Layout::Table);
    (made.path, made.terms) = (vec!["meta".into()], vec![REGISTERED.to_owned()]);
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

impl<'a> Making<'a> {
    fn new(shape: &'a Shape, layout: Layout) -> Self {
        Self { shape, layout, path: Vec::new(), terms: Vec::new(), columns: Vec::new(), lists: Vec::new() }
    }

    /// Adds the columns of the members of an object.
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

    /// Adds the column, the columns or the sheet of a member that its object `must` have; `required` tells it of the object.
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
            // A list in the element of a list is one cell.
            let mut list = Making::new(self.shape, Layout::Table);
            list.members(element, true);
            self.lists.push(Sheet {
                name: sheet_name(&terms),
                list: self.path.clone(),
                columns: list.columns,
                always: must,
                by_header: OnceLock::new(),
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

    /// Returns the form of a value that fits in one cell; none for an object or a list of objects.
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

/// Returns the names of the members of an object.
fn members(schema: &Value) -> Vec<&str> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// Returns the type that is not `null`.
pub fn kind_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    }
}

/// Finds the code list of a schema: the one that has its values and with whose term it is described.
pub fn listed(schema: &Value) -> Option<&'static CodeList> {
    let (values, description) = (schema.get("enum")?.as_array()?, schema.get("description")?.as_str()?);
    code_lists::LISTS.iter().find(|list| {
        let own = list.codes.iter().map(|code| code.value);
        description.starts_with(&format!("{}: ", list.label)) && own.eq(values.iter().filter_map(Value::as_str))
    })
}

/// Makes a name that spreadsheets take for a sheet: without signs of theirs, and of 31 characters at most.
fn sheet_name(terms: &[&str]) -> String {
    let signs = |c: char| match c {
        '/' => '／',
        '\\' | '?' | '*' | '[' | ']' | ':' | '\'' => '_',
        _ => c,
    };
    terms.join(BETWEEN).chars().map(signs).take(31).collect()
}
