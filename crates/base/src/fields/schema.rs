//! A schema as plain JSON, and the keywords of JSON Schema that are read from it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};

/// The longest text, in characters, whose schema gives no figure of its own.
const DEFAULT_MOST: u64 = 2000;
/// Levels of a document at most: only conditions of fees can nest at all.
pub const DEEPEST: usize = 24;
/// The pointer below which utoipa puts the schemas that others refer to.
pub const COMPONENTS: &str = "#/components/schemas/";

/// The name that utoipa gives to the schema of an alias of a number, to which it refers as to that of a struct.
pub const LONG: &str = "i64";

/// A schema as plain JSON, with numbers in their place and the limits that hold for every text written out.
pub fn plain(schema: &RefOr<Schema>) -> Value {
    let mut schema = serde_json::to_value(schema).unwrap_or_default();
    write_out(&mut schema);
    schema
}

fn write_out(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix(COMPONENTS)) == Some(LONG) {
                object.remove("$ref");
                object.insert("type".into(), "integer".into());
                object.insert("format".into(), "int64".into());
            }
            let is_text = kind_of_object(object) == Some("string");
            let is_free = !["enum", "format", "pattern"].iter().any(|name| object.contains_key(*name));
            if is_text && is_free {
                object.entry("minLength").or_insert_with(|| json!(1));
                object.entry("maxLength").or_insert_with(|| json!(DEFAULT_MOST));
            }
            object.values_mut().for_each(write_out);
        }
        Value::Array(elements) => elements.iter_mut().for_each(write_out),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Takes away the limits of texts that the type does not name: they hold for what is read, and what is answered may be longer, or empty.
pub fn without_usual_limits(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if kind_of_object(object) == Some("string") {
                object.retain(|name, limit| match name.as_str() {
                    "minLength" => *limit != json!(1),
                    "maxLength" => *limit != json!(DEFAULT_MOST),
                    _ => true,
                });
            }
            object.values_mut().for_each(without_usual_limits);
        }
        Value::Array(elements) => elements.iter_mut().for_each(without_usual_limits),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Applies `rewrite` to every `$ref`.
pub fn rewrite_references(schema: &mut Value, rewrite: &impl Fn(&str) -> String) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref") {
                *reference = rewrite(reference);
            }
            object.values_mut().for_each(|inner| rewrite_references(inner, rewrite));
        }
        Value::Array(elements) => elements.iter_mut().for_each(|inner| rewrite_references(inner, rewrite)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The type that is not `null`.
pub fn kind_of(schema: &Value) -> Option<&str> {
    schema.as_object().and_then(kind_of_object)
}

fn kind_of_object(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    }
}

/// Whether `null` fits the schema.
pub fn is_nullable(schema: &Value) -> bool {
    let by_type = schema.get("type").and_then(Value::as_array).is_some_and(|kinds| kinds.iter().any(|k| k == "null"));
    let by_choice =
        schema.get("oneOf").and_then(Value::as_array).is_some_and(|c| c.iter().any(|s| s["type"] == "null"));
    by_type || by_choice
}

/// The Chinese term with which a description begins.
pub fn term(schema: &Value) -> &str {
    let nullable = || schema.get("oneOf")?.as_array()?.iter().find_map(|choice| choice.get("description"));
    let description = schema.get("description").or_else(nullable).and_then(Value::as_str).unwrap_or_default();
    description.split([':', '\n']).next().unwrap_or_default().trim()
}

/// The names of the members that a schema of an object requires.
pub fn required(schema: &Value) -> BTreeSet<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The schema of the elements of a list; one that lets anything stand where it names none.
pub fn elements(schema: &Value) -> &Value {
    schema.get("items").unwrap_or(&Value::Null)
}

/// The schema of a member of an object: its own, or that of all members that have none.
pub fn member_schema<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let own = schema.get("properties").and_then(|properties| properties.get(name));
    own.or_else(|| schema.get("additionalProperties"))
}

/// Whether a pointer has more levels than a document may have.
pub fn is_too_deep(pointer: &str) -> bool {
    pointer.bytes().filter(|byte| *byte == b'/').count() > DEEPEST
}

/// The longest text that fits this schema, in characters.
pub fn longest(schema: &Value) -> u64 {
    schema.get("maxLength").and_then(Value::as_u64).unwrap_or(DEFAULT_MOST)
}

/// The most elements that a list of this schema has, where these are more.
pub fn too_many(schema: &Value, elements: &[Value]) -> Option<u64> {
    schema.get("maxItems").and_then(Value::as_u64).filter(|most| elements.len() as u64 > *most)
}

/// The pointer of a member of the object at `pointer` (RFC 6901).
pub fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}
