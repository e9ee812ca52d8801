//! Two bodies compared along their schema.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    difference::{Difference, Kind, Room},
    identity::IDENTITIES,
    matching::{Matching, moved},
};
use crate::{
    fields::{Shape, member},
    register::{
        display_value::display_value,
        spans::{Span, compared},
    },
};

/// Nodes and edges of a chart are compared one by one; other small objects as a whole.
const WHOLE: [&str; 9] = ["value", "amount", "from", "to", "depth", "supported", "required", "limited", "days"];

/// Characters of the name of an element at most.
const LONGEST_NAME: usize = 24;

/// Finds the differences between two bodies of one shape, as far as there is room.
pub fn compare_within(shape: &Shape, from: &Value, to: &Value, room: &mut Room) -> Vec<Difference> {
    let mut comparison = Comparison { shape, within: Vec::new(), found: Vec::new(), room, reworded: HashMap::new() };
    comparison.values("", from, to);
    comparison.found
}

/// Whether anything differs between two bodies of one shape.
pub fn differ(shape: &Shape, from: &Value, to: &Value) -> bool {
    let mut room = Room { differences: 0, ..Room::WITHOUT_SPANS };
    compare_within(shape, from, to, &mut room);
    room.more
}

struct Comparison<'a> {
    shape: &'a Shape,
    /// The parts in which the compared values stand, the outermost first.
    within: Vec<String>,
    found: Vec<Difference>,
    room: &'a mut Room,
    /// The spans of words by which elements were known again, by the pointers of the new words: they are told there.
    reworded: HashMap<String, Option<Vec<Span>>>,
}

impl Comparison<'_> {
    fn values(&mut self, pointer: &str, from: &Value, to: &Value) {
        match (from, to) {
            // Once something is left out, nothing more has to be found.
            _ if self.room.more => {}
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
        let mut matching = Matching::of(from, to);
        matching.by_content();
        matching.by_identity();
        matching.by_place(pointer, self.room, &mut self.reworded);
        let moved = moved(&matching.pairs);
        for (index, (old, new)) in matching.pairs.iter().zip(to).enumerate() {
            let at = format!("{pointer}/{index}");
            match old.and_then(|place| Some((place, from.get(place)?))) {
                Some((place, old)) => {
                    if moved.contains(&index) && is_in_order(new) && self.room.has_place() {
                        let moved = self.moved(&at, old, new, [place + 1, index + 1]);
                        self.room.add(&mut self.found, Some(moved));
                    }
                    self.elements(&at, old, new);
                }
                None => self.note(&at, None, Some(new)),
            }
        }
        for (place, old) in matching.left() {
            self.note(&format!("{pointer}/{place}"), Some(old), None);
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
        if from == to || !self.room.has_place() {
            return;
        }
        let Some(found) = Difference::between(pointer, &self.label(pointer), from.cloned(), to.cloned()) else {
            return;
        };
        let within = self.within();
        let is_code = self.shape.schema_at(pointer).is_some_and(|schema| schema.get("enum").is_some());
        let spans = match (&found.from, &found.to) {
            (Some(Value::String(from)), Some(Value::String(to))) if !is_code => match self.reworded.remove(pointer) {
                Some(known) => known,
                None => compared(from, to, &mut self.room.work).spans(),
            },
            _ => None,
        };
        self.room.add(&mut self.found, Some(Difference { within, spans, ..found }));
    }

    fn label(&self, pointer: &str) -> String {
        self.shape.term(pointer).unwrap_or_default().to_owned()
    }
}

/// Whether the place of an element in its list says anything: not of the parts of a graph, nor of tiers.
fn is_in_order(element: &Value) -> bool {
    let has = |name: &str| element.get(name).is_some();
    element.is_object() && !has("lane") && !(has("from") && has("to")) && (has("seq") || has("id") || has("code"))
}

/// The name of an element of a list.
fn name_of(shape: &Shape, pointer: &str, element: &Value) -> Option<String> {
    let (name, value) =
        IDENTITIES.iter().filter(|name| **name != "id").find_map(|name| Some((name, element.get(*name)?)))?;
    let named = element.get("name").filter(|name| name.is_string());
    let told = match named {
        Some(name) => name.as_str().unwrap_or_default().to_owned(),
        None => display_value(shape, &member(pointer, name), value),
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use utoipa::ToSchema;

    use super::*;
    use crate::register::{compare::difference::MOST_BYTES, spans::MOST_WORK};

    /// Compares two bodies with room for every difference.
    fn compare(shape: &Shape, from: &Value, to: &Value) -> Vec<Difference> {
        compare_within(shape, from, to, &mut Room::of(usize::MAX, usize::MAX))
    }

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

    /// A list of so many parts with texts that differ.
    fn long(parts: u32, text: &str) -> Value {
        let part = |seq: u32| json!({ "seq": seq, "name": format!("{text}{}", seq % 7), "copies": seq });
        json!({ "materials": (1..=parts).map(part).collect::<Vec<_>>() })
    }

    #[test]
    fn long_lists_are_compared_in_the_time_that_it_takes_to_read_them() {
        let (from, to) = (long(20_000, "甲乙丙丁"), long(20_000, "戊己庚辛"));
        assert_eq!(compare(&Shape::of::<Sample>(), &from, &to).len(), 40_000, "nothing is known again");
        let mut turned = from.clone();
        turned["materials"].as_array_mut().expect("a list").reverse();
        let moved = compare(&Shape::of::<Sample>(), &from, &turned);
        assert_eq!(moved.len(), 19_999, "all but one have moved");
    }

    #[test]
    fn differences_are_told_while_there_is_room_and_then_that_there_are_more() {
        let (from, to) = (long(100, "甲乙丙丁"), long(100, "戊己庚辛"));
        let told = |room: &mut Room| compare_within(&Shape::of::<Sample>(), &from, &to, room).len();
        for (mut room, number, more) in [
            (Room::of(200, usize::MAX), 200, false),
            (Room::of(199, usize::MAX), 199, true),
            (Room::of(usize::MAX, 1), 1, true),
            (Room::PUBLIC, 200, false),
        ] {
            assert_eq!((told(&mut room), room.more()), (number, more));
        }
        let mut room = Room::of(3, usize::MAX);
        assert_eq!(compare_within(&Shape::of::<Sample>(), &from, &from, &mut room), []);
        assert_eq!(told(&mut room), 3, "what is equal takes no room");
        assert!(compare_within(&Shape::of::<Sample>(), &from, &to, &mut room).is_empty(), "all share it");
    }

    /// A body with so many parts of so many characters each, one of `characters` after another.
    fn wordy(parts: usize, length: usize, characters: &str) -> Value {
        let part = |seq: usize| {
            let name: String = characters.chars().cycle().skip(seq).take(length).collect();
            json!({ "seq": seq, "name": format!("{name}。"), "copies": 1 })
        };
        json!({ "materials": (1..=parts).map(part).collect::<Vec<_>>() })
    }

    #[test]
    fn long_bodies_that_share_nothing_take_no_work_and_no_more_bytes_than_an_answer_has_room_for() {
        let (from, to) = (wordy(135, 1990, "甲乙丙丁"), wordy(135, 1990, "戊己庚辛"));
        assert!(from.to_string().len() > 800_000);
        let mut room = Room::PUBLIC;

        let found = compare_within(&Shape::of::<Sample>(), &from, &to, &mut room);

        assert_eq!(room.work, MOST_WORK);
        assert!(room.more(), "both together are longer than an answer");
        let bytes: usize = found.iter().map(Difference::bytes).sum();
        assert!((MOST_BYTES..MOST_BYTES + 10_000).contains(&bytes), "{bytes}");
        assert!(differ(&Shape::of::<Sample>(), &from, &to) && !differ(&Shape::of::<Sample>(), &from, &from));
    }

    #[test]
    fn bodies_of_the_same_characters_take_the_work_that_there_is_and_are_then_told_without_spans() {
        let (from, to) = (wordy(100, 400, "甲乙丙丁戊己"), wordy(100, 400, "丙丁甲乙戊己"));
        // To compare two of the texts takes the square of their length, or a little less.
        let mut room = Room { work: 7 * 400 * 400 + 100_000, ..Room::PUBLIC };

        let found = compare_within(&Shape::of::<Sample>(), &from, &to, &mut room);

        assert!(!room.more() && found.len() == 100, "all are known again, and told");
        assert!(found.iter().all(|one| one.change == Kind::Changed));
        let with_spans = found.iter().filter(|one| one.spans.is_some()).count();
        assert_eq!(with_spans, 7, "an element is known by its words and then told by them: that is paid once");
        assert!(room.work < 398 * 398);
        let without = compare_within(&Shape::of::<Sample>(), &from, &to, &mut Room::WITHOUT_SPANS.clone());
        assert!(without.len() == 100 && without.iter().all(|one| one.spans.is_none()));
    }

    #[test]
    fn absent_null_and_empty_are_the_same() {
        assert_eq!(found(json!({ "name": null, "materials": [] }), json!({})), []);
        let expected = [("/name".to_owned(), "名称".to_owned(), Kind::Removed)];
        assert_eq!(found(json!({ "name": "a" }), json!({ "name": null })), expected);
    }
}
