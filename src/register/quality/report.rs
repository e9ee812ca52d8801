//! The rules over the whole register: what they find, by rule, by organisation, by severity, and scores.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::finding::in_order;
use crate::{
    model::kinds::{Body, Kind, KnownRecord, Register},
    problem::{FieldError, Severity},
    register::catalog::{Entry, Id, Snapshot},
    values::code_lists::Status,
};

/// Everything that the rules find in one state of the register on one day.
pub struct Survey {
    /// The day, in China.
    pub today: NaiveDate,
    /// Every record in force or suspended, in the order of kinds and of the log.
    pub records: Vec<Surveyed>,
}

/// A record and what is wrong with it.
pub struct Surveyed {
    /// Its kind.
    pub kind: &'static Kind,
    /// The record.
    pub entry: Arc<Entry>,
    /// The findings of the rules, the worst first.
    pub found: Vec<FieldError>,
}

/// 事项名称
#[derive(Serialize, ToSchema)]
pub struct ItemName {
    /// 编码
    #[schema(example = "11350121003619116B5000511001000")]
    pub key: String,
    /// 名称
    #[schema(example = "最低生活保障对象审核")]
    pub name: String,
}

impl ItemName {
    /// Of a record.
    pub fn of(record: &Surveyed) -> Self {
        Self { key: record.entry.key.to_string(), name: record.entry.indexed.title.clone() }
    }
}

impl Survey {
    /// Asks every rule of every record of the register.
    pub fn of(snapshot: &Snapshot, today: NaiveDate) -> Self {
        let around = Indexed::new(snapshot);
        let listed = snapshot.shelves().flat_map(|shelf| {
            shelf.entries().filter(|entry| entry.is_listed()).map(|entry| (shelf.kind, entry.clone()))
        });
        let records = listed.map(|(kind, entry)| {
            let body = entry.body().ok().flatten();
            let found = body.map(|body| in_order((kind.check)(Body::Normal(&body), &around, today)));
            let found = found.unwrap_or_default();
            Surveyed { kind, entry, found }
        });
        Self { today, records: records.collect() }
    }
}

impl Survey {
    /// The number of records and findings that it holds.
    pub fn weight(&self) -> usize {
        self.records.len() + self.records.iter().map(|record| record.found.len()).sum::<usize>()
    }
}

impl Surveyed {
    /// The organisation that it belongs to: of an organisation, itself.
    pub fn organisation(&self) -> Option<&str> {
        let own = (self.kind.name == "organisation").then_some(&*self.entry.key);
        let postings = &self.entry.indexed.postings;
        own.or_else(|| postings.iter().find(|(name, _)| *name == "organisation").map(|(_, value)| value.as_str()))
    }

    /// Its score, when it is an item in force: 100, less 10 for each error, 3 for each warning and 1 for each advice, not
    /// below 0.
    pub fn score(&self) -> Option<u32> {
        let counts = self.kind.name == "item" && self.entry.status == Status::InForce;
        counts.then(|| score(&self.found))
    }
}

fn score(found: &[FieldError]) -> u32 {
    let weight = |found: &FieldError| match found.wrong.severity() {
        Severity::Error => 10,
        Severity::Warning => 3,
        Severity::Advice => 1,
    };
    100_u32.saturating_sub(found.iter().map(weight).sum())
}

/// The mean of scores with one decimal, half up; none of nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mean {
    sum: u64,
    count: u64,
}

impl Mean {
    /// Takes one more score.
    pub fn add(&mut self, score: u32) {
        self.sum += u64::from(score);
        self.count += 1;
    }

    /// The number of values in the mean.
    pub fn count(self) -> u64 {
        self.count
    }

    /// The mean.
    pub fn value(self) -> Option<f64> {
        let tenths = (self.sum * 20 + self.count).checked_div(self.count * 2)?;
        Some(tenths as f64 / 10.0)
    }
}

/// A register whose names are known by a map, since every item is asked whether there is another of its name, and whose circles are
/// known, since every item is asked whether it needs itself.
struct Indexed<'a> {
    snapshot: &'a Snapshot,
    names: BTreeMap<(&'a str, &'a str, &'a str), Vec<&'a str>>,
    /// The records of a kind that lead into a circle by references that begin so.
    circles: RefCell<BTreeMap<(&'static str, &'static str), HashSet<Id>>>,
}

impl<'a> Indexed<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        let mut names: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for shelf in snapshot.shelves() {
            for entry in shelf.entries().filter(|entry| entry.is_listed()) {
                let organisation = entry.indexed.postings.iter().find(|(name, _)| *name == "organisation");
                if let Some((_, organisation)) = organisation {
                    let name = (shelf.kind.name, organisation.as_str(), entry.indexed.title.as_str());
                    names.entry(name).or_default().push(&*entry.key);
                }
            }
        }
        Self { snapshot, names, circles: RefCell::default() }
    }
}

impl Register for Indexed<'_> {
    fn record(&self, kinds: &[&'static str], key: &str) -> Option<KnownRecord<'_>> {
        self.snapshot.record(kinds, key)
    }

    fn users(&self, kind: &'static str, key: &str) -> Vec<KnownRecord<'_>> {
        self.snapshot.users(kind, key)
    }

    fn namesake(&self, kind: &'static str, organisation: &str, name: &str, own: &str) -> Option<String> {
        let same = self.names.get(&(kind, organisation, name))?;
        same.iter().find(|key| **key != own).map(|key| (*key).to_owned())
    }

    fn returned_at(&self, kind: &'static str, key: &str) -> Option<DateTime<Utc>> {
        self.snapshot.returned_at(kind, key)
    }

    fn is_in_no_circle(&self, kind: &'static str, beginning: &'static str, key: &str) -> bool {
        let Some(shelf) = self.snapshot.shelf(kind) else { return false };
        let Some(entry) = shelf.get(key) else { return false };
        let mut circles = self.circles.borrow_mut();
        let circular = circles.entry((kind, beginning)).or_insert_with(|| {
            let named = |entry: &Entry| -> Vec<Id> {
                let references = entry.indexed.references.iter();
                let there = references.filter(|reference| reference.pointer.starts_with(beginning));
                there.filter_map(|reference| shelf.get(&reference.key)).map(|other| other.id).collect()
            };
            leading_into_circles(shelf.entries().map(|entry| (entry.id, named(entry))))
        });
        !circular.contains(&entry.id)
    }
}

/// Finds the records from which a way leads into a circle, among these, each with the ones that it names. Whoever names nobody, or only
/// those from whom no way does, is none of them.
fn leading_into_circles(records: impl Iterator<Item = (Id, Vec<Id>)>) -> HashSet<Id> {
    let (mut left, mut users): (HashMap<Id, usize>, HashMap<Id, Vec<Id>>) = Default::default();
    for (id, named) in records {
        left.insert(id, named.len());
        named.into_iter().for_each(|named| users.entry(named).or_default().push(id));
    }
    let mut ends: Vec<Id> = left.iter().filter(|(_, named)| **named == 0).map(|(id, _)| *id).collect();
    while let Some(end) = ends.pop() {
        left.remove(&end);
        for user in users.remove(&end).unwrap_or_default() {
            if let Some(named) = left.get_mut(&user) {
                *named -= 1;
                if *named == 0 {
                    ends.push(user);
                }
            }
        }
    }
    left.into_keys().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Rule, Wrong};

    #[test]
    fn a_score_is_never_below_nothing() {
        let found = |rule: Rule, times| vec![FieldError::at("", Wrong::from(rule)); times];
        assert_eq!(score(&[]), 100);
        let some = [found(Rule::BasisMissing, 2), found(Rule::NameForm, 3), found(Rule::FaqMissing, 4)].concat();
        assert_eq!(score(&some), 67);
        assert_eq!(score(&found(Rule::BasisMissing, 11)), 0);
    }

    #[test]
    fn whoever_leads_into_a_circle_is_found_and_nobody_else() {
        let circular = |records: &[(Id, &[Id])]| {
            let records = records.iter().map(|(id, named)| (*id, named.to_vec()));
            let mut found: Vec<_> = leading_into_circles(records).into_iter().collect();
            found.sort_unstable();
            found
        };
        assert_eq!(circular(&[(1, &[2, 3]), (2, &[3]), (3, &[]), (4, &[1, 1])]), [0; 0]);
        assert_eq!(circular(&[(1, &[2]), (2, &[3]), (3, &[2]), (4, &[]), (5, &[4])]), [1, 2, 3]);
        assert_eq!(circular(&[(1, &[1])]), [1], "itself");
        let chain: Vec<_> = (0..100_000).map(|id| (id, vec![id + 1])).chain([(100_000, Vec::new())]).collect();
        assert!(leading_into_circles(chain.into_iter()).is_empty(), "as long as it may be");
    }

    #[test]
    fn a_mean_has_one_decimal_and_nothing_has_none() {
        let mean = |scores: &[u32]| {
            let mut mean = Mean::default();
            scores.iter().for_each(|score| mean.add(*score));
            mean.value()
        };
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[100, 99]), Some(99.5));
        assert_eq!(mean(&[100, 100, 99]), Some(99.7));
        assert_eq!(mean(&[98, 98, 98, 99]), Some(98.3), "98.25 is rounded half up");
    }
}
