//! Values at paths of objects.

use serde_json::{Map, Value};

/// Returns the value at the path of a column, in a record or an element.
pub fn value_at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| value.get(step))
}

/// Writes a path as an RFC 6901 pointer.
pub fn pointer(path: &[String]) -> String {
    path.iter().map(|step| format!("/{step}")).collect()
}

/// Whether there is an object at a path.
pub fn object_at(object: &Map<String, Value>, path: &[String]) -> bool {
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
