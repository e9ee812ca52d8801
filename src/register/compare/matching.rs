//! Which elements of two lists are the same: by their content, by what identifies them, or by their place.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde_json::Value;

use super::{
    difference::Room,
    identity::{Identity, Names, content},
};
use crate::{
    fields::member,
    register::spans::{Compared, Span, compared},
};

/// Which element of a new list is which one of an old one, as far as that is known.
pub(super) struct Matching<'a> {
    from: &'a [Value],
    to: &'a [Value],
    /// For each element of the new list its place in the old one.
    pub(super) pairs: Vec<Option<usize>>,
    /// For each element of the old list whether it is one of the new list.
    taken: Vec<bool>,
}

/// Places in the old list, by what the elements there have in common.
type Places = HashMap<String, VecDeque<usize>>;

impl<'a> Matching<'a> {
    pub(super) fn of(from: &'a [Value], to: &'a [Value]) -> Self {
        Self { from, to, pairs: vec![None; to.len()], taken: vec![false; from.len()] }
    }

    /// Elements that say the same.
    pub(super) fn by_content(&mut self) {
        let mut places = index(self.left(), |old| Some(content(old)));
        for (new, element) in self.to.iter().enumerate() {
            if let Some(place) = places.get_mut(&content(element)).and_then(|places| self.first(places)) {
                self.pair(new, place);
            }
        }
    }

    /// Elements with the same value of the surest name that both have.
    pub(super) fn by_identity(&mut self) {
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
    pub(super) fn by_place(
        &mut self,
        pointer: &str,
        room: &mut Room,
        reworded: &mut HashMap<String, Option<Vec<Span>>>,
    ) {
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
    pub(super) fn left(&self) -> impl Iterator<Item = Placed<'a>> {
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

/// The new places of the elements that no longer stand in the order of old: the fewest whose moving explains the new one.
pub(super) fn moved(pairs: &[Option<usize>]) -> HashSet<usize> {
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

/// The words of an element, and what they are called there, of old and of new.
fn words<'a>(from: &'a Value, to: &'a Value) -> Option<(&'static str, &'a str, &'a str)> {
    let words = |name: &'static str| Some((name, from.get(name)?.as_str()?, to.get(name)?.as_str()?));
    ["text", "name", "question"].into_iter().find_map(words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::register::compare::identity::IDENTITIES;

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
}
