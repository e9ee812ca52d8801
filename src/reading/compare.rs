//! The difference between two bodies, field by field, with the Chinese term of each.
//!
//! Lists of objects are compared by what identifies their elements, not by position: a new first material is one addition
//! and not a change of every line.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    spans::{Span, spans},
    telling::told,
};
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
    /// 所在位置: in which element of which list, or in what part, such as `申请材料“居民身份证”`; absent at the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "申请材料“居民身份证”")]
    pub within: Option<String>,
    /// 变化
    pub change: Kind,
    /// 原值
    #[schema(value_type = Option<Value>)]
    pub from: Option<Value>,
    /// 新值
    #[schema(value_type = Option<Value>)]
    pub to: Option<Value>,
    /// 文本差异: of a changed text, unless old and new have little in common. Those that are not `inserted` make up the old
    /// text, those that are not `deleted` the new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spans: Option<Vec<Span>>,
    /// 原次序和新次序: of a moved element, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<[usize; 2]>, example = json!([3, 1]))]
    pub places: Option<[usize; 2]>,
}

/// 变化: added 新增 · removed 删除 · changed 修改 · moved 移动.
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
    /// 移动: an element of a list stands elsewhere among those that stayed; what else of it changed is told beside.
    Moved,
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

/// Characters of what an element is called.
const LONGEST_NAME: usize = 24;

impl Difference {
    /// What differs between two values of a field, if anything.
    pub fn between(pointer: &str, label: &str, from: Option<Value>, to: Option<Value>) -> Option<Self> {
        let change = match (&from, &to) {
            (from, to) if from == to => return None,
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            _ => Kind::Changed,
        };
        let (pointer, label) = (pointer.into(), label.into());
        Some(Self { pointer, label, within: None, change, from, to, spans: None, places: None })
    }
}

/// What differs between two bodies of one shape.
pub fn compare(shape: &Shape, from: &Value, to: &Value) -> Vec<Difference> {
    let mut comparison = Comparison { shape, within: Vec::new(), found: Vec::new() };
    comparison.values("", from, to);
    comparison.found
}

struct Comparison<'a> {
    shape: &'a Shape,
    /// What the values that are compared are parts of, from the outside.
    within: Vec<String>,
    found: Vec<Difference>,
}

impl Comparison<'_> {
    fn values(&mut self, pointer: &str, from: &Value, to: &Value) {
        match (from, to) {
            (from, to) if from == to => {}
            (Value::Object(from), Value::Object(to)) if pointer.is_empty() || has_parts(from, to) => {
                let part = (!pointer.is_empty()).then(|| self.label(pointer)).filter(|label| !label.is_empty());
                let is_part = part.is_some();
                self.within.extend(part);
                self.objects(pointer, from, to);
                self.within.truncate(self.within.len() - usize::from(is_part));
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

    /// Elements are known again first as a whole, then by what identifies them, then by their place where the words are much
    /// the same.
    fn arrays(&mut self, pointer: &str, from: &[Value], to: &[Value]) {
        let (mut pairs, mut left) = equal(from, to);
        for same in [is_same, is_reworded] {
            for (pair, new) in pairs.iter_mut().zip(to).filter(|(pair, _)| pair.is_none()) {
                *pair = left.iter().position(|(_, old)| same(old, new)).map(|at| left.remove(at));
            }
        }
        let moved = moved(&pairs);
        for (index, (old, new)) in pairs.into_iter().zip(to).enumerate() {
            let at = format!("{pointer}/{index}");
            match old {
                Some((place, old)) => {
                    if moved.contains(&index) && is_in_order(new) {
                        let places = [place + 1, index + 1];
                        self.found.push(self.moved(&at, old, new, places));
                    }
                    self.elements(&at, old, new);
                }
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
            (Value::Object(old), Value::Object(new)) => {
                let label = self.label(pointer);
                self.within.push(match name_of(self.shape, pointer, from) {
                    Some(name) => format!("{label}“{name}”"),
                    None => label,
                });
                self.objects(pointer, &unplaced(old), &unplaced(new));
                self.within.pop();
            }
            _ => self.values(pointer, from, to),
        }
    }

    fn moved(&self, pointer: &str, from: &Value, to: &Value, places: [usize; 2]) -> Difference {
        Difference {
            pointer: pointer.into(),
            label: self.label(pointer),
            within: self.within(),
            change: Kind::Moved,
            from: Some(from.clone()),
            to: Some(to.clone()),
            spans: None,
            places: Some(places),
        }
    }

    fn within(&self) -> Option<String> {
        (!self.within.is_empty()).then(|| self.within.join(" › "))
    }

    fn note(&mut self, pointer: &str, from: Option<&Value>, to: Option<&Value>) {
        let Some(found) = Difference::between(pointer, &self.label(pointer), from.cloned(), to.cloned()) else {
            return;
        };
        let within = self.within();
        let is_code = || self.shape.schema_at(pointer).is_some_and(|schema| schema.get("enum").is_some());
        let spans = match (&found.from, &found.to) {
            (Some(Value::String(from)), Some(Value::String(to))) if !is_code() => spans(from, to),
            _ => None,
        };
        self.found.push(Difference { within, spans, ..found });
    }

    fn label(&self, pointer: &str) -> String {
        self.shape.term(pointer).unwrap_or_default().to_owned()
    }
}

/// An element of the old list and its place there.
type Placed<'a> = (usize, &'a Value);

/// For each element of `to` the first one of `from` that says the same and is not another's, and those of `from` that are left.
fn equal<'a>(from: &'a [Value], to: &[Value]) -> (Vec<Option<Placed<'a>>>, Vec<Placed<'a>>) {
    let mut places: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (place, old) in from.iter().enumerate() {
        places.entry(content(old)).or_default().push_back(place);
    }
    let place_of = |new: &Value| places.get_mut(&content(new)).and_then(VecDeque::pop_front);
    let pairs: Vec<_> = to.iter().map(place_of).collect();
    let taken: HashSet<usize> = pairs.iter().flatten().copied().collect();
    let left = from.iter().enumerate().filter(|(place, _)| !taken.contains(place));
    (pairs.into_iter().map(|place| place.map(|place| (place, &from[place]))).collect(), left.collect())
}

/// What an element says, wherever in its list it stands: the same text for equal ones.
fn content(element: &Value) -> String {
    let mut text = String::new();
    write_content(element, true, &mut text);
    text
}

fn write_content(value: &Value, is_element: bool, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().filter(|(name, _)| !is_element || *name != "seq").collect();
            members.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, inner) in members {
                text.push_str(&Value::from(name.as_str()).to_string());
                write_content(inner, false, text);
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for inner in elements {
                write_content(inner, false, text);
                text.push(',');
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

/// The new places of the elements that no longer stand in the order of old: the fewest whose moving explains the new one.
fn moved(pairs: &[Option<(usize, &Value)>]) -> Vec<usize> {
    let kept: Vec<(usize, usize)> =
        pairs.iter().enumerate().filter_map(|(new, pair)| Some((new, pair.as_ref()?.0))).collect();
    // The longest run in the old order that ends at each element, and the element before it there.
    let mut runs: Vec<(usize, Option<usize>)> = Vec::with_capacity(kept.len());
    for (at, (_, old)) in kept.iter().enumerate() {
        let before = (0..at).filter(|before| kept[*before].1 < *old).max_by_key(|before| (runs[*before].0, *before));
        runs.push((before.map_or(1, |before| runs[before].0 + 1), before));
    }
    let mut stays = vec![false; kept.len()];
    let mut last = (0..kept.len()).max_by_key(|at| runs[*at].0);
    while let Some(at) = last {
        stays[at] = true;
        last = runs[at].1;
    }
    kept.iter().zip(stays).filter(|(_, stays)| !stays).map(|((new, _), _)| *new).collect()
}

/// Whether the place of an element in its list says anything: not of the parts of a graph, nor of tiers.
fn is_in_order(element: &Value) -> bool {
    let has = |name: &str| element.get(name).is_some();
    element.is_object() && !has("lane") && !(has("from") && has("to")) && (has("seq") || has("id") || has("code"))
}

/// What an element of a list is called.
fn name_of(shape: &Shape, pointer: &str, element: &Value) -> Option<String> {
    let (name, value) =
        IDENTITIES.iter().filter(|name| **name != "id").find_map(|name| Some((name, element.get(*name)?)))?;
    let named = element.get("name").filter(|name| name.is_string());
    let told = match named {
        Some(name) => name.as_str().unwrap_or_default().to_owned(),
        None => told(shape, &member(pointer, name), value),
    };
    match told.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => Some(format!("{}…", &told[..end])),
        None => Some(told),
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

fn is_same(from: &Value, to: &Value) -> bool {
    let (Value::Object(from), Value::Object(to)) = (from, to) else { return false };
    if let (Some(start), Some(end)) = (from.get("from").zip(to.get("from")), from.get("to").zip(to.get("to"))) {
        return start.0 == start.1 && end.0 == end.1;
    }
    let identity = IDENTITIES.iter().find(|name| from.contains_key(**name) && to.contains_key(**name));
    identity.is_some_and(|name| from.get(*name) == to.get(*name))
}

/// A numbered element in the same place, with words that were changed and not replaced.
fn is_reworded(from: &Value, to: &Value) -> bool {
    let text = |element: &'_ Value| -> Option<String> {
        let words = ["text", "name", "question"].iter().find_map(|name| element.get(*name));
        words.and_then(Value::as_str).map(str::to_owned)
    };
    let is_in_place = from.get("seq").is_some_and(|seq| to.get("seq") == Some(seq));
    is_in_place && text(from).zip(text(to)).is_some_and(|(from, to)| spans(&from, &to).is_some())
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
    fn an_element_that_moved_is_told_from_one_that_changed() {
        let part = |seq: u32, name: &str, copies: u32| json!({ "seq": seq, "name": name, "copies": copies });
        let from = json!({ "materials": [part(1, "a", 1), part(2, "b", 1), part(3, "c", 1)] });
        let to = json!({ "materials": [part(1, "c", 2), part(2, "a", 1), part(3, "b", 1)] });

        let found = compare(&Shape::of::<Sample>(), &from, &to);

        let told: Vec<_> = found.iter().map(|one| (one.pointer.as_str(), one.change, one.places)).collect();
        assert_eq!(told, [("/materials/0", Kind::Moved, Some([3, 1])), ("/materials/0/copies", Kind::Changed, None)]);
        assert_eq!(found[1].within.as_deref(), Some("材料“c”"));
        assert_eq!(found[0].within, None);
    }

    #[test]
    fn absent_null_and_empty_are_the_same() {
        assert_eq!(found(json!({ "name": null, "materials": [] }), json!({})), []);
        let expected = [("/name".to_owned(), "名称".to_owned(), Kind::Removed)];
        assert_eq!(found(json!({ "name": "a" }), json!({ "name": null })), expected);
    }
}
