//! Edits applied to the body of a record: which of them differ from it, putting values in and taking them away.

use serde_json::{Map, Value};

use super::rows::Edit;
pub use crate::register::tables::columns::put;
use crate::register::tables::columns::value_at;

/// Whether an edit says something else than stands at its place.
pub fn differs(edit: &Edit, current: Option<&Value>) -> bool {
    let now = current.and_then(|body| value_at(body, &edit.path));
    present(now) != present(edit.value.as_ref())
}

/// Absent, null and an empty list say the same.
pub fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null() && value.as_array().is_none_or(|elements| !elements.is_empty()))
}

/// Takes what stands at a place away, and the objects around it that have nothing else.
pub fn remove(body: &mut Map<String, Value>, path: &[String]) {
    match path {
        [] => {}
        [last] => {
            body.shift_remove(last);
        }
        [first, rest @ ..] => {
            if let Some(Value::Object(inner)) = body.get_mut(first) {
                remove(inner, rest);
                if inner.is_empty() {
                    body.shift_remove(first);
                }
            }
        }
    }
}

/// The fields that differ; null for those that go.
pub fn differing(current: Option<&Value>, after: &Value) -> Map<String, Value> {
    let none = Map::new();
    let before = current.and_then(Value::as_object).unwrap_or(&none);
    let after = after.as_object().unwrap_or(&none);
    let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    let mut fields: Map<String, Value> = changed.map(|(name, value)| (name.clone(), value.clone())).collect();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        fields.insert(name.clone(), Value::Null);
    }
    fields
}

/// The body of a record with the fields of a proposal.
pub fn with_fields(current: Option<Value>, fields: &Map<String, Value>) -> Value {
    let mut body = current.and_then(|body| body.as_object().cloned()).unwrap_or_default();
    for (name, value) in fields {
        match value {
            Value::Null => {
                body.shift_remove(name);
            }
            value => {
                body.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(body)
}
