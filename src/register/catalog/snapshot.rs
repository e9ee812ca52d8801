//! The register at one moment.

use std::{collections::BTreeSet, ops::Bound, sync::Arc};

use actix_web::http::header::HeaderValue;
use chrono::{DateTime, Utc};
use imbl::{HashMap, OrdMap, OrdSet, Vector};

use super::{
    attached::Attached,
    entry::{Entry, Revision},
    line::{Address, LineInRecord, LineScope, Logged, ShelfNumber},
    shelf::Shelf,
};
use crate::{
    model::kinds::{Kind, KnownRecord, Reference, Register},
    register::{
        changes::{Change, ChangeDocument, RecordName, Seq, WireError, leaf},
        db::DbError,
    },
    transparency::Tree,
};

/// Every published record after change [`Snapshot::seq`]. Cloning one copies nothing that grows with the register.
#[derive(Clone, PartialEq)]
pub struct Snapshot {
    pub(super) seq: Seq,
    pub(super) at: DateTime<Utc>,
    pub(super) seq_header: HeaderValue,
    pub(super) shelves: Vector<Arc<Shelf>>,
    /// The records that name another one, by the kind and key that they name.
    pub(super) referrers: HashMap<(ShelfNumber, Arc<str>), OrdSet<Address>>,
    /// Every line of the log.
    pub(super) log: Vector<Logged>,
    /// The last `seq` of each publication and its time.
    pub(super) publications: OrdMap<Seq, DateTime<Utc>>,
    /// The stored files that are public.
    pub(super) attached: Attached,
    /// The last change that erased something.
    pub(super) erased: Seq,
    /// The Merkle tree of the log.
    pub(super) tree: Tree,
}

impl Snapshot {
    /// A register of these kinds in which nothing was ever published.
    pub fn empty(kinds: &[&'static Kind]) -> Self {
        Self {
            seq: 0,
            at: DateTime::UNIX_EPOCH,
            seq_header: HeaderValue::from_static("0"),
            shelves: kinds.iter().map(|kind| Arc::new(Shelf::new(kind))).collect(),
            referrers: HashMap::new(),
            log: Vector::new(),
            publications: OrdMap::new(),
            attached: Attached::default(),
            erased: 0,
            tree: Tree::default(),
        }
    }

    /// A register of the same kinds in which nothing was ever published.
    pub(super) fn emptied(&self) -> Self {
        Self::empty(&self.kinds().collect::<Vec<_>>())
    }

    /// The last change that is part of it.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// When that change was published.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// [`Snapshot::seq`] as the header `Registry-Seq`.
    pub fn seq_header(&self) -> &HeaderValue {
        &self.seq_header
    }

    /// The kinds that it holds.
    pub fn kinds(&self) -> impl Iterator<Item = &'static Kind> {
        self.shelves.iter().map(|shelf| shelf.kind)
    }

    /// The kind with this name.
    pub fn kind(&self, name: &str) -> Option<&'static Kind> {
        Some(self.shelf(name)?.kind)
    }

    /// The kind whose records have addresses below this path: `items`, say.
    pub fn kind_at(&self, path: &str) -> Option<&'static Kind> {
        self.kinds().find(|kind| kind.path == path)
    }

    /// The shelves of all kinds.
    pub fn shelves(&self) -> impl Iterator<Item = &Arc<Shelf>> {
        self.shelves.iter()
    }

    /// The shelf of a kind.
    pub fn shelf(&self, kind: &str) -> Option<&Arc<Shelf>> {
        self.shelves.iter().find(|shelf| shelf.kind.name == kind)
    }

    /// The record of this kind and key.
    pub fn get(&self, kind: &str, key: &str) -> Option<&Arc<Entry>> {
        self.shelf(kind)?.get(key)
    }

    /// The record that a reference names.
    pub fn resolve(&self, reference: &Reference) -> Option<(&'static Kind, &Arc<Entry>)> {
        reference.kinds.iter().find_map(|kind| {
            let shelf = self.shelf(kind)?;
            Some((shelf.kind, shelf.get(&reference.key)?))
        })
    }

    /// The records that name `entry` of the kind `kind`.
    pub fn referrers_of(&self, kind: &str, entry: &Entry) -> Vec<(&'static Kind, &Arc<Entry>)> {
        let Some(number) = self.number(kind) else { return Vec::new() };
        let addresses = self.addresses_naming(number, entry);
        addresses
            .into_iter()
            .filter_map(|(shelf, id)| Some((self.shelves.get(shelf)?.kind, self.at_address((shelf, id))?)))
            .collect()
    }

    /// Whether a published revision that was not erased names the file with this hash.
    pub fn names_file(&self, hash: &str) -> bool {
        self.attached.contains(hash)
    }

    /// The hashes of all such files, in no order.
    pub fn named_files(&self) -> impl Iterator<Item = &Arc<str>> {
        self.attached.hashes()
    }

    /// The number of a kind's shelf.
    pub(super) fn number(&self, kind: &str) -> Option<ShelfNumber> {
        self.shelves.iter().position(|shelf| shelf.kind.name == kind)
    }

    pub(super) fn at_address(&self, (shelf, id): Address) -> Option<&Arc<Entry>> {
        self.shelves.get(shelf)?.by_id(id)
    }

    pub(super) fn addresses_naming(&self, shelf: ShelfNumber, entry: &Entry) -> BTreeSet<Address> {
        entry.keys().filter_map(|key| self.referrers.get(&(shelf, key.clone()))).flatten().copied().collect()
    }

    /// The last change published before `at`.
    pub fn seq_before(&self, at: DateTime<Utc>) -> Seq {
        // The times of publications never go back, so they are sorted like the publications themselves.
        let mut last = 0;
        let (mut low, mut high) = (0, self.seq);
        while low <= high && high > 0 {
            let middle = low + (high - low) / 2;
            let end = self.publications.range((Bound::Included(middle), Bound::Unbounded)).next();
            match end {
                Some((seq, published)) if *published < at => {
                    last = *seq;
                    low = *seq + 1;
                }
                _ => high = middle - 1,
            }
        }
        last
    }

    /// The first line of the log, without its body.
    pub fn first_change(&self) -> Option<&Change> {
        self.change(1).map(|(.., change)| change)
    }

    /// A line of the log, without its body, and the record that it is about.
    pub fn change(&self, seq: Seq) -> Option<(&'static Kind, &Entry, &Change)> {
        let logged = self.logged(seq)?;
        let (kind, entry) = (self.shelves.get(logged.address.0)?.kind, self.at_address(logged.address)?);
        let change = match logged.line {
            LineInRecord::Revision(at) => &entry.revisions.get(at as usize)?.change,
            LineInRecord::Erasure(at) => &**entry.erasures.get(at as usize)?,
        };
        Some((kind, entry, change))
    }

    /// A line of the log as others read it, with its body or without; `None` when there is none.
    pub fn document(&self, seq: Seq, with_body: bool) -> Result<Option<ChangeDocument>, DbError> {
        let Some((logged, (.., change))) = self.logged(seq).zip(self.change(seq)) else { return Ok(None) };
        let affects = self.affected(logged, seq);
        if !with_body {
            return Ok(Some(ChangeDocument::reference(change.clone(), affects)));
        }
        let whole = match self.revision(logged) {
            Some(revision) => revision.to_change()?,
            None => change.clone(),
        };
        let document = ChangeDocument::new(whole, affects).map_err(|error| match error {
            WireError::Json(_, error) => DbError::Document(error),
            WireError::Reference(_) | WireError::Source(_) => DbError::Damaged(error.to_string()),
        })?;
        Ok(Some(document))
    }

    /// Whose the record of a line is after it, and was before it; `None` where nobody can tell any more, because a text was
    /// erased.
    pub fn scopes(&self, seq: Seq) -> impl Iterator<Item = Option<&LineScope>> {
        let logged = self.logged(seq);
        let before = logged.and_then(|logged| self.line_before(logged));
        logged.into_iter().chain(before).map(|logged| logged.scope.as_deref())
    }

    /// The last line of the publication in which `seq` is.
    pub fn publication_of(&self, seq: Seq) -> Option<Seq> {
        self.publications.range(seq..).next().map(|(end, _)| *end)
    }

    pub(super) fn logged(&self, seq: Seq) -> Option<&Logged> {
        self.log.get(usize::try_from(seq).ok()?.checked_sub(1)?)
    }

    /// The revision that a line made; `None` for an erasure.
    pub(super) fn revision(&self, logged: &Logged) -> Option<&Arc<Revision>> {
        match logged.line {
            LineInRecord::Revision(at) => self.at_address(logged.address)?.revisions.get(at as usize),
            LineInRecord::Erasure(_) => None,
        }
    }

    /// The line that made the revision before.
    pub(super) fn line_before(&self, logged: &Logged) -> Option<&Logged> {
        let LineInRecord::Revision(at) = logged.line else { return None };
        let before = self.at_address(logged.address)?.revisions.get((at as usize).checked_sub(1)?)?;
        self.logged(before.change.seq)
    }

    /// The records that a line altered beside its own, by the keys that they had then.
    fn affected(&self, logged: &Logged, seq: Seq) -> Vec<RecordName> {
        let records = logged.affected.addresses();
        let named = records.filter_map(|(shelf, id)| {
            let kind = self.shelves.get(shelf)?.kind.name;
            Some(RecordName { kind: kind.into(), key: self.at_address((shelf, id))?.key_at(seq).into() })
        });
        let mut named: Vec<_> = named.collect();
        named.sort_unstable();
        named
    }

    /// The last change that erased something; 0 when nothing was.
    pub fn erased(&self) -> Seq {
        self.erased
    }

    /// The Merkle tree of the log: one leaf for each line.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The leaf of a line in that tree.
    pub fn leaf(&self, seq: Seq) -> Result<Option<Vec<u8>>, DbError> {
        Ok(self.change(seq).map(|(.., change)| leaf(change)).transpose()?)
    }

    /// Whether a publication ended at `seq`; 0 is the empty register.
    pub fn is_publication(&self, seq: Seq) -> bool {
        seq == 0 || self.publications.contains_key(&seq)
    }

    /// A line whose text is missing, though no line erases it.
    pub fn withheld(&self) -> Option<Seq> {
        let entries = self.shelves.iter().flat_map(|shelf| shelf.entries());
        let bare = entries.flat_map(|entry| {
            let revisions = entry.revisions.iter().filter(|revision| revision.body.is_none());
            revisions.map(|revision| &revision.change).filter(|change| entry.tombstone(change.revision).is_none())
        });
        bare.map(|change| change.seq).min()
    }

    /// About how many bytes of its records it does not share with `other`.
    pub(super) fn bytes_beside(&self, other: &Self) -> usize {
        let shelves = self.shelves.iter().zip(&other.shelves).filter(|(own, other)| !Arc::ptr_eq(own, other));
        let own = shelves.flat_map(|(own, other)| {
            let others = other.entries().map(Some).chain(std::iter::repeat(None));
            let pairs = own.entries().zip(others);
            pairs.filter(|(own, other)| other.is_none_or(|other| !Arc::ptr_eq(own, other))).map(|(own, _)| own.bytes())
        });
        own.sum()
    }

    /// How many publications there were.
    pub fn publications(&self) -> usize {
        self.publications.len()
    }
}

impl Register for Snapshot {
    fn record(&self, kinds: &[&'static str], key: &str) -> Option<KnownRecord<'_>> {
        kinds.iter().find_map(|kind| known(kind, self.get(kind, key)?))
    }

    fn users(&self, kind: &'static str, key: &str) -> Vec<KnownRecord<'_>> {
        let Some(entry) = self.get(kind, key) else { return Vec::new() };
        let users = self.referrers_of(kind, entry).into_iter().filter(|(_, user)| user.is_listed());
        users.filter_map(|(kind, user)| known(kind.name, user)).collect()
    }

    fn namesake(&self, kind: &'static str, organisation: &str, name: &str, own: &str) -> Option<String> {
        let shelf = self.shelf(kind)?;
        let ids = shelf.posted("organisation", organisation)?;
        let mut others = ids.iter().filter_map(|id| shelf.by_id(id));
        let same = others.find(|other| other.is_listed() && other.indexed.title == name && *other.key != *own);
        same.map(|other| other.key.to_string())
    }

    fn returned_at(&self, kind: &'static str, key: &str) -> Option<DateTime<Utc>> {
        self.get(kind, key)?.returned_at()
    }
}

/// The part of `entry` that rules about other records see.
fn known<'a>(kind: &'static str, entry: &'a Entry) -> Option<KnownRecord<'a>> {
    Some(KnownRecord {
        kind,
        key: &entry.key,
        status: entry.status,
        successor: entry.successor.as_deref(),
        published_at: entry.current()?.change.published_at,
        indexed: &entry.indexed,
        body: entry.body().ok()?.unwrap_or_default(),
    })
}
