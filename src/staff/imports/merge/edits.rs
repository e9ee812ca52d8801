//! Edits beside the body of a record: which of them differ from it, and taking values away.

use serde_json::{Map, Value};

use crate::{register::tables::value_at, staff::imports::interpret::Edit};

/// Whether an edit says something else than stands at its place.
pub fn differs(edit: &Edit, current: Option<&Value>) -> bool {
    !says_same(current.and_then(|body| value_at(body, &edit.path)), edit.value.as_ref())
}

/// Whether two values say the same, wherever in them something is absent or an empty list: what a sheet shows of an element has no
/// cell for the lists that it does not have.
fn says_same(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (present(one), present(other)) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let mut names = one.keys().chain(other.keys());
            names.all(|name| says_same(one.get(name), other.get(name)))
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len() && pairs.all(|(one, other)| says_same(Some(one), Some(other)))
        }
        (one, other) => one == other,
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_absent_says_as_much_as_an_empty_list() {
        let list = |nodes: Value| Edit::new(vec!["nodes".into()], Some(nodes), 1);
        let current = json!({ "nodes": [{ "id": "a", "materials_in": [] }, { "id": "b" }] });
        for (nodes, is_other) in [
            (json!([{ "id": "a" }, { "id": "b", "outcome": null }]), false),
            (json!([{ "id": "a", "materials_in": [1] }, { "id": "b" }]), true),
            (json!([{ "id": "a" }]), true),
            (json!([{ "id": "a" }, { "id": "c" }]), true),
            (json!([]), true),
        ] {
            assert_eq!(differs(&list(nodes.clone()), Some(&current)), is_other, "{nodes}");
        }
        assert!(!differs(&list(json!([])), Some(&json!({}))));
        assert!(differs(&list(json!({})), Some(&json!({}))), "an object is there, whatever it has");
    }
}
