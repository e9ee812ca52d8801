//! The difference between two bodies, field by field, with the Chinese term of each.
//!
//! Lists of objects are compared by what identifies their elements, not by position: a new first material is one addition
//! and not a change of every line.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::fields::{Shape, member};

/// 差异: one field that differs.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    /// 字段位置: RFC 6901 pointer, in the new body, or in the old one for what was removed.
    #[schema(example = "/promised_limit")]
    pub pointer: String,
    /// 字段名称
    #[schema(example = "承诺办结时限")]
    pub label: String,
    /// 变化
    pub change: Kind,
    /// 原值
    #[schema(value_type = Option<Value>)]
    pub from: Option<Value>,
    /// 新值
    #[schema(value_type = Option<Value>)]
    pub to: Option<Value>,
}

/// 变化: added 新增 · removed 删除 · changed 修改.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DifferenceKind)]
pub enum Kind {
    /// 新增
    Added,
    /// 删除
    Removed,
    /// 修改
    Changed,
}

/// Members by which an element of a list is known again, the surest first. `seq` is only a place.
const IDENTITIES: [&str; 12] = [
    "id",
    "code",
    "instrument",
    "place",
    "organisation",
    "item",
    "scheme",
    "name",
    "question",
    "stage",
    "kind",
    "text",
];
/// Nodes and edges of a chart are compared one by one; other small objects as a whole.
const WHOLE: [&str; 9] = ["value", "amount", "from", "to", "depth", "supported", "required", "limited", "days"];

impl Difference {
    /// What differs between two values of a field, if anything.
    pub fn between(pointer: &str, label: &str, from: Option<Value>, to: Option<Value>) -> Option<Self> {
        let change = match (&from, &to) {
            (from, to) if from == to => return None,
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            _ => Kind::Changed,
        };
        Some(Self { pointer: pointer.into(), label: label.into(), change, from, to })
    }
}

/// What differs between two bodies of one shape.
pub fn compare(shape: &Shape, from: &Value, to: &Value) -> Vec<Difference> {
    let mut comparison = Comparison { shape, found: Vec::new() };
    comparison.values("", from, to);
    comparison.found
}

struct Comparison<'a> {
    shape: &'a Shape,
    found: Vec<Difference>,
}

impl Comparison<'_> {
    fn values(&mut self, pointer: &str, from: &Value, to: &Value) {
        match (from, to) {
            (from, to) if from == to => {}
            (Value::Object(from), Value::Object(to)) if pointer.is_empty() || has_parts(from, to) => {
                self.objects(pointer, from, to);
            }
            (Value::Array(from), Value::Array(to)) => self.arrays(pointer, from, to),
            _ => self.note(pointer, present(from), present(to)),
        }
    }

    fn objects(&mut self, pointer: &str, from: &Map<String, Value>, to: &Map<String, Value>) {
        let removed = from.iter().filter(|(name, _)| !to.contains_key(*name));
        let names: Vec<_> = to.keys().chain(removed.map(|(name, _)| name)).collect();
        for name in names {
            let at = member(pointer, name);
            let old = from.get(name).unwrap_or(&Value::Null);
            let new = to.get(name).unwrap_or(&Value::Null);
            self.values(&at, old, new);
        }
    }

    /// Elements are known again first as a whole, then by what identifies them.
    fn arrays(&mut self, pointer: &str, from: &[Value], to: &[Value]) {
        let mut left: Vec<(usize, &Value)> = from.iter().enumerate().collect();
        let mut pairs: Vec<Option<&Value>> = vec![None; to.len()];
        for same in [is_equal, is_same] {
            for (pair, new) in pairs.iter_mut().zip(to).filter(|(pair, _)| pair.is_none()) {
                *pair = left.iter().position(|(_, old)| same(old, new)).map(|at| left.remove(at).1);
            }
        }
        for (index, (old, new)) in pairs.into_iter().zip(to).enumerate() {
            let at = format!("{pointer}/{index}");
            match old {
                Some(old) => self.elements(&at, old, new),
                None => self.note(&at, None, Some(new)),
            }
        }
        for (index, old) in left {
            self.note(&format!("{pointer}/{index}"), Some(old), None);
        }
    }

    /// An element that is known again: a new place in the list is no difference of its own.
    fn elements(&mut self, pointer: &str, from: &Value, to: &Value) {
        match (from, to) {
            (Value::Object(from), Value::Object(to)) => self.objects(pointer, &unplaced(from), &unplaced(to)),
            _ => self.values(pointer, from, to),
        }
    }

    fn note(&mut self, pointer: &str, from: Option<&Value>, to: Option<&Value>) {
        let label = self.shape.term(pointer).unwrap_or_default();
        self.found.extend(Difference::between(pointer, label, from.cloned(), to.cloned()));
    }
}

/// Absent, null and an empty list say the same.
fn present(value: &Value) -> Option<&Value> {
    match value {
        Value::Null => None,
        Value::Array(elements) if elements.is_empty() => None,
        value => Some(value),
    }
}

/// Whether two objects are read better part by part than as a whole.
fn has_parts(from: &Map<String, Value>, to: &Map<String, Value>) -> bool {
    !WHOLE.iter().any(|name| from.contains_key(*name) || to.contains_key(*name))
}

/// An element without its place in the list.
fn unplaced(element: &Map<String, Value>) -> Map<String, Value> {
    element.iter().filter(|(name, _)| *name != "seq").map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn is_equal(from: &Value, to: &Value) -> bool {
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => unplaced(from) == unplaced(to),
        _ => from == to,
    }
}

fn is_same(from: &Value, to: &Value) -> bool {
    let (Value::Object(from), Value::Object(to)) = (from, to) else { return false };
    if let (Some(start), Some(end)) = (from.get("from").zip(to.get("from")), from.get("to").zip(to.get("to"))) {
        return start.0 == start.1 && end.0 == end.1;
    }
    let identity = IDENTITIES.iter().find(|name| from.contains_key(**name) && to.contains_key(**name));
    identity.is_some_and(|name| from.get(*name) == to.get(*name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Sample {
        /// 名称
        name: String,
        /// 材料
        materials: Vec<Part>,
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Part {
        /// 序号
        seq: u32,
        /// 材料名称
        name: String,
        /// 份数
        copies: u32,
    }

    fn found(from: Value, to: Value) -> Vec<(String, String, Kind)> {
        let found = compare(&Shape::of::<Sample>(), &from, &to);
        found.into_iter().map(|difference| (difference.pointer, difference.label, difference.change)).collect()
    }

    #[test]
    fn a_new_first_element_is_one_addition() {
        let from =
            json!({ "materials": [{ "seq": 1, "name": "a", "copies": 1 }, { "seq": 2, "name": "b", "copies": 1 }] });
        let to = json!({ "materials": [
            { "seq": 1, "name": "c", "copies": 1 }, { "seq": 2, "name": "a", "copies": 1 }, { "seq": 3, "name": "b", "copies": 2 },
        ] });
        let expected = [
            ("/materials/0".to_owned(), "材料".to_owned(), Kind::Added),
            ("/materials/2/copies".to_owned(), "份数".to_owned(), Kind::Changed),
        ];
        assert_eq!(found(from, to), expected);
    }

    #[test]
    fn an_equal_element_is_known_before_one_of_the_same_name() {
        let from =
            json!({ "materials": [{ "seq": 1, "name": "a", "copies": 1 }, { "seq": 2, "name": "a", "copies": 2 }] });
        let to = json!({ "materials": [{ "seq": 1, "name": "a", "copies": 2 }] });
        assert_eq!(found(from, to), [("/materials/0".to_owned(), "材料".to_owned(), Kind::Removed)]);
    }

    #[test]
    fn absent_null_and_empty_are_the_same() {
        assert_eq!(found(json!({ "name": null, "materials": [] }), json!({})), []);
        let expected = [("/name".to_owned(), "名称".to_owned(), Kind::Removed)];
        assert_eq!(found(json!({ "name": "a" }), json!({ "name": null })), expected);
    }
}
