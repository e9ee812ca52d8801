//! Fills the gaps that mistakes leave in a document, so that the rest of it can be read.

use serde_json::{Map, Value, json};

use super::{
    schema::{elements, is_nullable, kind_of, required},
    shape::Shape,
};

impl Shape {
    /// Puts a value that fits the schema where nothing stands, such as in place of a mistake.
    pub(super) fn fill(&self, schema: &Value, value: &mut Value) {
        if value.is_null() && is_nullable(schema) {
            return;
        }
        let schema = self.inner(schema);
        if value.is_null() && is_nullable(schema) {
            return;
        }
        let schema = self.resolved(schema, value);
        match (kind_of(schema), &mut *value) {
            (Some("object"), Value::Object(object)) => self.fill_object(schema, object),
            (Some("array"), Value::Array(values)) => {
                values.iter_mut().for_each(|value| self.fill(elements(schema), value));
            }
            (Some(kind), Value::Null) => {
                *value = placeholder(kind, schema);
                if let Value::Object(object) = value {
                    self.fill_object(schema, object);
                }
            }
            _ => {}
        }
    }

    fn fill_object(&self, schema: &Value, object: &mut Map<String, Value>) {
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let required = required(schema);
        for (name, field) in properties {
            match object.get_mut(name) {
                // A field that may be left out is: only its absence means nothing.
                Some(Value::Null) if !required.contains(name.as_str()) => {
                    object.shift_remove(name);
                }
                Some(value) => self.fill(field, value),
                None if required.contains(name.as_str()) => {
                    let mut value = Value::Null;
                    self.fill(field, &mut value);
                    object.insert(name.clone(), value);
                }
                None => {}
            }
        }
        if let Some(field @ Value::Object(_)) = schema.get("additionalProperties") {
            object.values_mut().for_each(|value| self.fill(field, value));
        }
    }
}

/// A value of this type that fits the schema and means nothing.
fn placeholder(kind: &str, schema: &Value) -> Value {
    let first = |name: &str| schema.get(name).and_then(Value::as_array).and_then(|values| values.first()).cloned();
    match kind {
        "object" => json!({}),
        "array" => json!([]),
        "boolean" => json!(false),
        "integer" | "number" => {
            let least = schema.get("minimum").and_then(Value::as_f64).unwrap_or_default();
            json!(least as i64)
        }
        _ => first("enum").or_else(|| first("examples")).unwrap_or_else(|| {
            match schema.get("format").and_then(Value::as_str) {
                Some("date") => json!("2000-01-01"),
                Some("time-of-day") => json!("00:00"),
                Some("month-day") => json!("01-01"),
                Some("longitude" | "latitude") => json!("0"),
                _ => json!("-"),
            }
        }),
    }
}
