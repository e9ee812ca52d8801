//! Edits beside the body of a record: which of them differ from it, and taking values away.

use serde_json::{Map, Value};

use crate::{register::tables::value_at, staff::imports::interpret::Edit};

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
