//! 移除: how many values a change takes out of the register.

use serde_json::Value;

/// Counts the values that stand in `from` and in `to` no more: absent, null, empty texts and empty lists say the same. An element
/// that only moved is not gone; one that was rewritten has lost what it does not say any more.
pub fn removed(from: &Value, to: &Value) -> usize {
    match (from, to) {
        _ if is_nothing(from) => 0,
        (Value::Array(from), _) => elements(from, to.as_array().map(Vec::as_slice).unwrap_or_default()),
        (Value::Object(from), Value::Object(to)) => {
            let gone = from.iter().map(|(name, value)| removed(value, to.get(name).unwrap_or(&Value::Null)));
            gone.sum()
        }
        _ => usize::from(is_nothing(to)),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    }
}

fn elements(from: &[Value], to: &[Value]) -> usize {
    let mut left: Vec<&Value> = to.iter().collect();
    let mut changed = Vec::new();
    for old in from {
        match left.iter().position(|new| same(old, new)) {
            Some(place) => {
                left.remove(place);
            }
            None => changed.push(old),
        }
    }
    let rewritten: usize = changed.iter().zip(&left).map(|(old, new)| removed(old, new)).sum();
    rewritten + changed.len().saturating_sub(left.len())
}

/// Whether two elements say the same, wherever in their list they stand.
fn same(one: &Value, other: &Value) -> bool {
    let (Some(first), Some(second)) = (one.as_object(), other.as_object()) else { return one == other };
    first.len() == second.len() && first.iter().all(|(name, value)| name == "seq" || second.get(name) == Some(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stands_nowhere_any_more_is_counted() {
        for (from, to, count) in [
            (json!("甲"), json!(null), 1),
            (json!("甲"), json!("乙"), 0),
            (json!("甲"), json!(""), 1),
            (json!(null), json!(null), 0),
            (json!(""), json!(null), 0),
            (json!([]), json!(null), 0),
            (json!(false), json!(null), 1),
            (json!(["a", "b", "c"]), json!(null), 3),
            (json!(["a", "b", "c"]), json!(["c", "a"]), 1),
            (json!(["a", "b"]), json!(["b", "a", "c"]), 0),
            (json!([{ "seq": 1, "text": "a" }, { "seq": 2, "text": "b" }]), json!([{ "seq": 1, "text": "b" }]), 1),
            (json!([{ "seq": 1, "text": "a" }]), json!([{ "seq": 1, "text": "b" }]), 0),
            (json!([{ "instrument": "x", "text": "a" }]), json!([{ "instrument": "y", "text": "" }]), 1),
            (json!({ "a": 1, "b": { "c": 2 } }), json!({ "a": 1 }), 1),
            (json!({ "a": 1, "b": 2 }), json!({}), 2),
            (json!({ "a": 1, "b": 2 }), json!(null), 1),
        ] {
            assert_eq!(removed(&from, &to), count, "{from} -> {to}");
        }
    }

    proptest! {
        #[test]
        fn a_list_that_only_grows_or_moves_loses_nothing(
            mut list in proptest::collection::vec("[a-e]{1,3}", 0..12), more in proptest::collection::vec("[a-e]{1,3}", 0..5), turn in 0_usize..12,
        ) {
            let from = json!(list);
            let turned = turn.min(list.len());
            list.rotate_left(turned);
            list.extend(more);
            prop_assert_eq!(removed(&from, &json!(list)), 0);
        }

        #[test]
        fn a_shorter_list_loses_the_difference_at_least(
            list in proptest::collection::vec("[a-e]{1,3}", 0..12), kept in 0_usize..12,
        ) {
            let kept = kept.min(list.len());
            prop_assert_eq!(removed(&json!(list), &json!(list[..kept])), list.len() - kept);
        }
    }
}
