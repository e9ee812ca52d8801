//! All records of one kind, and every index over them. Cloning a shelf copies nothing that grows with it.

use std::{ops::Bound, sync::Arc};

use imbl::{HashMap, OrdMap, OrdSet, Vector};
use roaring::RoaringBitmap;

use super::entry::{Entry, Id};
use crate::{model::kinds::Kind, register::changes::Seq, search, values::code_lists::Status};

/// The posting name of a record's status.
pub const STATUS: &str = "status";
/// The posting name of a record's division.
pub const DIVISION: &str = "division";

/// Records of one kind.
#[derive(Clone)]
pub struct Shelf {
    /// The kind of its records.
    pub kind: &'static Kind,
    ids: HashMap<Arc<str>, Id>,
    entries: Vector<Arc<Entry>>,
    by_key: OrdMap<Arc<str>, Id>,
    by_shown: OrdSet<(Seq, Id)>,
    by_published: OrdSet<(Seq, Id)>,
    postings: OrdMap<(&'static str, Arc<str>), Arc<RoaringBitmap>>,
    text: search::Index,
}

/// An entry as the indexes know it, `None` when it is new, and as it is, `None` when it is not there any more.
pub(super) type Rewritten = (Option<Arc<Entry>>, Option<Arc<Entry>>);

/// An order in which a list can be walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By key.
    Key,
    /// By the last publication of the record itself, newest first.
    Published,
}

impl Shelf {
    /// An empty shelf.
    pub fn new(kind: &'static Kind) -> Self {
        Self {
            kind,
            ids: HashMap::new(),
            entries: Vector::new(),
            by_key: OrdMap::new(),
            by_shown: OrdSet::new(),
            by_published: OrdSet::new(),
            postings: OrdMap::new(),
            text: search::Index::default(),
        }
    }

    /// The record with this key or former key.
    pub fn get(&self, key: &str) -> Option<&Arc<Entry>> {
        self.ids.get(key).and_then(|id| self.by_id(*id))
    }

    /// The record with this number.
    pub fn by_id(&self, id: Id) -> Option<&Arc<Entry>> {
        self.entries.get(id as usize)
    }

    /// Every record, whatever its status, in the order of the log.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Arc<Entry>> {
        self.entries.iter()
    }

    /// The number that the next new record gets.
    pub(super) fn next_id(&self) -> Id {
        Id::try_from(self.entries.len()).unwrap_or(Id::MAX)
    }

    /// The text index.
    pub fn text(&self) -> &search::Index {
        &self.text
    }

    /// The records that have this posting.
    pub fn posted(&self, name: &'static str, value: &str) -> Option<&Arc<RoaringBitmap>> {
        self.postings.get(&(name, Arc::from(value)))
    }

    /// The records in any of these states.
    pub fn in_states(&self, states: &[Status]) -> RoaringBitmap {
        let posted = states.iter().filter_map(|status| self.posted(STATUS, status.value()));
        posted.fold(RoaringBitmap::new(), |all, ids| all | &**ids)
    }

    /// The records that lists show unless asked otherwise.
    pub fn listed(&self) -> RoaringBitmap {
        self.in_states(&[Status::InForce, Status::Suspended])
    }

    /// Every posting with this name whose value begins with `prefix`, by value.
    pub fn postings<'a>(
        &'a self,
        name: &'static str,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a Arc<RoaringBitmap>)> {
        let from: (&'static str, Arc<str>) = (name, Arc::from(prefix));
        self.postings
            .range((Bound::Included(from), Bound::Unbounded))
            .take_while(move |((posting, value), _)| *posting == name && value.starts_with(prefix))
            .map(|((_, value), ids)| (value, ids))
    }

    /// The records whose shown seq is greater than `seq`.
    pub fn shown_since(&self, seq: Seq) -> RoaringBitmap {
        self.by_shown.range((Bound::Excluded((seq, Id::MAX)), Bound::Unbounded)).map(|(_, id)| *id).collect()
    }

    /// Every record that was ever published, in this order, beginning after the given record.
    pub fn walk<'a>(&'a self, order: Order, after: Option<&Entry>) -> Box<dyn Iterator<Item = &'a Arc<Entry>> + 'a> {
        match order {
            Order::Key => {
                let start = after.map_or(Bound::Unbounded, |entry| Bound::Excluded(entry.key.clone()));
                let ids = self.by_key.range((start, Bound::Unbounded)).map(|(_, id)| *id);
                Box::new(ids.filter_map(|id| self.by_id(id)))
            }
            Order::Published => {
                let end = after.map_or(Bound::Unbounded, |entry| Bound::Excluded((published(entry), entry.id)));
                let ids = self.by_published.range((Bound::Unbounded, end)).rev().map(|(_, id)| *id);
                Box::new(ids.filter_map(|id| self.by_id(id)))
            }
        }
    }

    /// Puts `entry` where it belongs, without its indexes.
    pub(super) fn put(&mut self, entry: Arc<Entry>) {
        for key in entry.keys() {
            self.ids.insert(key.clone(), entry.id);
        }
        match entry.id as usize {
            at if at < self.entries.len() => {
                self.entries.set(at, entry);
            }
            _ => self.entries.push_back(entry),
        }
    }

    /// Puts `then` in the place of `now`, which came later, without its indexes. Where there is nothing to put, `now` has to be the last.
    pub(super) fn put_back(&mut self, now: &Entry, then: Option<Arc<Entry>>) {
        for key in now.keys() {
            self.ids.remove(key);
        }
        match then {
            Some(then) => self.put(then),
            None => self.entries.truncate(now.id as usize),
        }
    }

    /// Replaces what the indexes know of entries: as they were, and as they are.
    pub(super) fn reindex(&mut self, entries: &[Rewritten]) {
        let first = self.text == search::Index::default();
        for (old, new) in entries {
            if let Some(old) = old {
                self.unindex(old);
            }
            if let Some(new) = new {
                self.index(new);
            }
            match (old, new) {
                (Some(old), Some(new)) => self.text.replace(new.id, &old.text, &new.text),
                (Some(old), None) => self.text.remove(old.id, &old.text),
                (None, Some(new)) if !first => self.text.insert(new.id, &new.text),
                (None, Some(_) | None) => {}
            }
        }
        if first {
            // Many at once, as at start-up, in a fraction of the time.
            let new = entries.iter().filter_map(|(_, new)| new.as_ref());
            self.text = search::Index::build(new.map(|new| (new.id, &*new.text)));
        }
    }

    fn unindex(&mut self, entry: &Entry) {
        self.by_key.remove(&entry.key);
        self.by_shown.remove(&(entry.shown.seq, entry.id));
        self.by_published.remove(&(published(entry), entry.id));
        for (name, value) in postings(entry) {
            let at = (name, Arc::from(value));
            let Some(ids) = self.postings.get_mut(&at) else { continue };
            Arc::make_mut(ids).remove(entry.id);
            if ids.is_empty() {
                self.postings.remove(&at);
            }
        }
    }

    fn index(&mut self, entry: &Entry) {
        self.by_key.insert(entry.key.clone(), entry.id);
        self.by_shown.insert((entry.shown.seq, entry.id));
        self.by_published.insert((published(entry), entry.id));
        for (name, value) in postings(entry) {
            let ids = self.postings.entry((name, Arc::from(value))).or_default();
            Arc::make_mut(ids).insert(entry.id);
        }
    }
}

/// The change that published the record's newest revision.
fn published(entry: &Entry) -> Seq {
    entry.current().map_or(0, |revision| revision.change.seq)
}

fn postings(entry: &Entry) -> impl Iterator<Item = (&'static str, &str)> {
    let own = entry.indexed.postings.iter().map(|(name, value)| (*name, value.as_str()));
    own.chain([(STATUS, entry.status.value())]).chain(entry.division.as_deref().map(|code| (DIVISION, code)))
}

impl PartialEq for Shelf {
    fn eq(&self, other: &Self) -> bool {
        self.kind.name == other.kind.name
            && self.ids == other.ids
            && self.entries == other.entries
            && self.by_key == other.by_key
            && self.by_shown == other.by_shown
            && self.by_published == other.by_published
            && self.postings == other.postings
            && self.text == other.text
    }
}
