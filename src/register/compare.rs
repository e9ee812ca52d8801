//! The difference between two bodies, field by field, with the Chinese term of each.
//!
//! Lists of objects are compared by what identifies their elements, not by position: a new first material is one addition
//! and not a change of every line.
//!
//! The work grows as the two bodies do: drafts hold lists of whatever length, and a comparison of each element with each is how a
//! processor is kept from everybody else. All that one answer tells shares one [`Room`]: for differences, for bytes, and for the work that
//! the texts among them take.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    display_value::display_value,
    spans::{Compared, MOST_WORK, Span, compared},
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

/// The differences that an answer has room for, and the work that their texts may take. Of several comparisons that one answer tells,
/// all share it.
#[derive(Clone, Debug)]
pub struct Room {
    differences: usize,
    bytes: usize,
    /// Comparisons of parts of texts.
    work: usize,
    more: bool,
}

/// Differences that an answer to everybody tells at most, and about how many bytes of them.
const MOST_DIFFERENCES: usize = 5000;
const MOST_BYTES: usize = 1 << 20;

impl Room {
    /// Room for what an answer to everybody tells.
    pub const PUBLIC: Self = Self::of(MOST_DIFFERENCES, MOST_BYTES);
    /// Room without an end, for who has no use for spans: no text is compared part by part.
    pub const WITHOUT_SPANS: Self = Self { work: 0, ..Self::of(usize::MAX, usize::MAX) };

    /// Room for so many differences, and for so many bytes of them: the one that goes beyond is the last.
    pub const fn of(differences: usize, bytes: usize) -> Self {
        Self { differences, bytes, work: MOST_WORK, more: false }
    }

    /// Whether something differs that is not told.
    pub const fn more(&self) -> bool {
        self.more
    }

    /// Whether one more difference is told; where it is not, the room remembers that there are more.
    fn has_place(&mut self) -> bool {
        self.more |= self.differences == 0 || self.bytes == 0;
        !self.more
    }

    /// Adds a difference to those that were found, if there is one and room for it.
    pub fn add(&mut self, found: &mut Vec<Difference>, difference: Option<Difference>) {
        if let Some(difference) = difference
            && self.has_place()
        {
            self.differences -= 1;
            self.bytes = self.bytes.saturating_sub(difference.bytes());
            found.push(difference);
        }
    }
}

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

    /// About how many bytes of an answer it takes.
    fn bytes(&self) -> usize {
        let values: usize = self.from.iter().chain(&self.to).map(bytes_of).sum();
        let spans: usize = self.spans.iter().flatten().map(|span| AROUND_SPAN + span.text.len()).sum();
        let within = self.within.as_ref().map_or(0, String::len);
        AROUND + self.pointer.len() + self.label.len() + within + values + spans
    }
}

/// Bytes of the names and marks around what a difference tells, and around one of its spans.
const AROUND: usize = 80;
const AROUND_SPAN: usize = 32;

fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(elements) => elements.iter().map(|element| bytes_of(element) + 1).sum::<usize>() + 2,
        Value::Object(members) => {
            members.iter().map(|(name, inner)| name.len() + 4 + bytes_of(inner)).sum::<usize>() + 2
        }
    }
}

/// What differs between two bodies of one shape, as far as there is room.
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
    /// What the values that are compared are parts of, from the outside.
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

/// Which element of a new list is which one of an old one, as far as that is known.
struct Matching<'a> {
    from: &'a [Value],
    to: &'a [Value],
    /// For each element of the new list its place in the old one.
    pairs: Vec<Option<usize>>,
    /// For each element of the old list whether it is one of the new list.
    taken: Vec<bool>,
}

/// Places in the old list, by what the elements there have in common.
type Places = HashMap<String, VecDeque<usize>>;

impl<'a> Matching<'a> {
    fn of(from: &'a [Value], to: &'a [Value]) -> Self {
        Self { from, to, pairs: vec![None; to.len()], taken: vec![false; from.len()] }
    }

    /// Elements that say the same.
    fn by_content(&mut self) {
        let mut places = index(self.left(), |old| Some(content(old)));
        for (new, element) in self.to.iter().enumerate() {
            if let Some(place) = places.get_mut(&content(element)).and_then(|places| self.first(places)) {
                self.pair(new, place);
            }
        }
    }

    /// Elements with the same value of the surest name that both have.
    fn by_identity(&mut self) {
        // Which names an element has decides by which of them it is compared: few lists have elements of more than one sort.
        let mut sorts: BTreeMap<Names, Vec<Placed<'a>>> = BTreeMap::new();
        for (place, old) in self.left() {
            sorts.entry(Names::of(old)).or_default().push((place, old));
        }
        let mut known: HashMap<(Names, Identity), Places> = HashMap::new();
        for new in self.unpaired() {
            let element = &self.to[new];
            let own = Names::of(element);
            let mut first: Option<usize> = None;
            for (names, elements) in &sorts {
                let Some(identity) = names.surest(own) else { continue };
                let places = known
                    .entry((*names, identity))
                    .or_insert_with(|| index(elements.iter().copied(), |old| identity.of(old)));
                let same = identity.of(element).and_then(|value| places.get_mut(&value));
                let place = same.and_then(|places| self.first(places));
                first = first.into_iter().chain(place).min();
            }
            if let Some(place) = first {
                self.pair(new, place);
            }
        }
    }

    /// Numbered elements with the same number, and words that were changed and not replaced, whose spans are kept. Of several old ones
    /// with one number only the first is looked at. `pointer` is that of the new list.
    fn by_place(&mut self, pointer: &str, room: &mut Room, reworded: &mut HashMap<String, Option<Vec<Span>>>) {
        let number = |element: &Value| element.get("seq").map(Value::to_string);
        let mut places = index(self.left(), number);
        for new in self.unpaired() {
            let element = &self.to[new];
            let same = number(element).and_then(|number| places.get_mut(&number));
            let place = same.and_then(|places| self.first(places));
            let words = place.and_then(|place| Some((place, words(&self.from[place], element)?)));
            let Some((place, (name, from, to))) = words else { continue };
            let spans = match compared(from, to, &mut room.work) {
                Compared::Unlike => continue,
                alike => alike.spans(),
            };
            reworded.insert(member(&format!("{pointer}/{new}"), name), spans);
            self.pair(new, place);
        }
    }

    fn pair(&mut self, new: usize, place: usize) {
        self.pairs[new] = Some(place);
        self.taken[place] = true;
    }

    /// The first of these places that is not another's.
    fn first(&self, places: &mut VecDeque<usize>) -> Option<usize> {
        while places.pop_front_if(|place| self.taken[*place]).is_some() {}
        places.front().copied()
    }

    /// The places of the new elements that are not known.
    fn unpaired(&self) -> Vec<usize> {
        self.pairs.iter().enumerate().filter(|(_, pair)| pair.is_none()).map(|(new, _)| new).collect()
    }

    /// The old elements that are not known again, in their order.
    fn left(&self) -> impl Iterator<Item = Placed<'a>> {
        let placed = self.from.iter().enumerate().zip(&self.taken);
        placed.filter(|(_, taken)| !**taken).map(|(placed, _)| placed)
    }
}

/// An element of the old list and its place there.
type Placed<'a> = (usize, &'a Value);

/// The places of elements by what `key` says of them.
fn index<'a>(elements: impl Iterator<Item = Placed<'a>>, key: impl Fn(&Value) -> Option<String>) -> Places {
    let mut places = Places::new();
    for (place, element) in elements {
        if let Some(key) = key(element) {
            places.entry(key).or_default().push_back(place);
        }
    }
    places
}

/// Which names an element has, by which it might be known: a bit for each of [`IDENTITIES`], and [`ENDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Names(u16);

/// The bit of an edge, which is known by both of its ends.
const ENDS: u16 = 1 << IDENTITIES.len();

/// What two elements are known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Identity {
    /// Both ends.
    Ends,
    /// The value of this name.
    Name(&'static str),
}

impl Names {
    fn of(element: &Value) -> Self {
        let has = |name: &str| element.get(name).is_some();
        let names = IDENTITIES.iter().enumerate().filter(|(_, name)| has(name)).map(|(at, _)| 1_u16 << at);
        let ends = if has("from") && has("to") { ENDS } else { 0 };
        Self(names.fold(ends, |names, name| names | name))
    }

    /// By what an element with these names and one with `other` are known, if by anything.
    fn surest(self, other: Self) -> Option<Identity> {
        let both = self.0 & other.0;
        if both & ENDS != 0 {
            return Some(Identity::Ends);
        }
        let found = IDENTITIES.iter().enumerate().find(|(at, _)| both & (1_u16 << at) != 0);
        found.map(|(_, name)| Identity::Name(name))
    }
}

impl Identity {
    /// What it is of an element: the same text for equal ones.
    fn of(self, element: &Value) -> Option<String> {
        let mut text = String::new();
        match self {
            Self::Ends => {
                write_content(element.get("from")?, false, &mut text);
                text.push(' ');
                write_content(element.get("to")?, false, &mut text);
            }
            Self::Name(name) => write_content(element.get(name)?, false, &mut text),
        }
        Some(text)
    }
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
fn moved(pairs: &[Option<usize>]) -> HashSet<usize> {
    let kept: Vec<(usize, usize)> = pairs.iter().enumerate().filter_map(|(new, pair)| Some((new, (*pair)?))).collect();
    // Of the runs in the old order that have one element, two, three and so on: where the one that ends the earliest ends, and for
    // each element the one before it in its run.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(kept.len());
    for (at, (_, old)) in kept.iter().enumerate() {
        let length = ends.partition_point(|end| kept[*end].1 < *old);
        before.push(length.checked_sub(1).map(|last| ends[last]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut stays = vec![false; kept.len()];
    let mut last = ends.last().copied();
    while let Some(at) = last {
        stays[at] = true;
        last = before[at];
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

/// The words of an element, and what they are called there, of old and of new.
fn words<'a>(from: &'a Value, to: &'a Value) -> Option<(&'static str, &'a str, &'a str)> {
    let words = |name: &'static str| Some((name, from.get(name)?.as_str()?, to.get(name)?.as_str()?));
    ["text", "name", "question"].into_iter().find_map(words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// What differs between two bodies, all of it.
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

    /// How elements were known again before that was done by indexes: the first one of the old list that is the same.
    fn known_one_by_one(from: &[Value], to: &[Value]) -> Vec<Option<usize>> {
        fn says_the_same(from: &Value, to: &Value) -> bool {
            content(from) == content(to)
        }
        fn is_same(from: &Value, to: &Value) -> bool {
            let both = |name: &str| from.get(name).zip(to.get(name));
            if let (Some(start), Some(end)) = (both("from"), both("to")) {
                return start.0 == start.1 && end.0 == end.1;
            }
            IDENTITIES.iter().find_map(|name| both(name)).is_some_and(|(old, new)| old == new)
        }
        let mut pairs = vec![None; to.len()];
        let passes: [fn(&Value, &Value) -> bool; 2] = [says_the_same, is_same];
        for same in passes {
            for (new, element) in to.iter().enumerate().filter(|(new, _)| pairs[*new].is_none()).collect::<Vec<_>>() {
                let is_taken = |place: &usize| pairs.contains(&Some(*place));
                let place = (0..from.len()).find(|place| !is_taken(place) && same(&from[*place], element));
                pairs[new] = place;
            }
        }
        pairs
    }

    fn any_list() -> impl Strategy<Value = Vec<Value>> {
        let member = (prop::sample::select(vec!["id", "code", "name", "from", "to", "seq", "copies"]), 0..3_i64);
        let element = prop::collection::vec(member, 0..4).prop_map(|members| {
            Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
        });
        prop::collection::vec(element, 0..8)
    }

    proptest! {
        #[test]
        fn elements_are_known_again_as_if_each_were_compared_with_each(from in any_list(), to in any_list()) {
            let mut matching = Matching::of(&from, &to);
            matching.by_content();
            matching.by_identity();
            prop_assert_eq!(matching.pairs, known_one_by_one(&from, &to));
        }

        #[test]
        fn what_stays_is_in_the_order_of_old_and_no_more_could(places in prop::collection::vec(0..30_usize, 0..10)) {
            let mut seen = HashSet::new();
            let once = |place: usize| Some(place).filter(|place| seen.insert(*place));
            let pairs: Vec<_> = places.into_iter().map(once).collect();
            let moved = moved(&pairs);
            let kept = |is_left: &dyn Fn(usize) -> bool| -> Vec<usize> {
                pairs.iter().enumerate().filter(|(new, _)| is_left(*new)).filter_map(|(_, pair)| *pair).collect()
            };
            let stays = kept(&|new| !moved.contains(&new));
            prop_assert!(stays.is_sorted());
            let longest = (0..1_usize << pairs.len()).map(|some| kept(&|new| some & (1 << new) != 0));
            let longest = longest.filter(|some| some.is_sorted()).map(|some| some.len()).max();
            prop_assert_eq!(Some(stays.len()), longest);
        }
    }

    #[test]
    fn absent_null_and_empty_are_the_same() {
        assert_eq!(found(json!({ "name": null, "materials": [] }), json!({})), []);
        let expected = [("/name".to_owned(), "名称".to_owned(), Kind::Removed)];
        assert_eq!(found(json!({ "name": "a" }), json!({ "name": null })), expected);
    }
}
