//! The register at one moment.

use std::{collections::BTreeSet, ops::Bound, sync::Arc};

use actix_web::http::header::HeaderValue;
use chrono::{DateTime, Utc};
use imbl::{HashMap, OrdMap, OrdSet, Vector};

use super::{
    attached::Attached,
    entry::{Entry, Id},
    shelf::Shelf,
};
use crate::{
    changes::{Change, Seq},
    kinds::{Kind, Known, Reference, Register},
};

/// The number of a shelf.
pub type ShelfNumber = usize;

/// A record by shelf and number.
pub type Address = (ShelfNumber, Id);

/// Where a line of the log stands in its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Among its revisions.
    Revision(u32),
    /// Among its erasures.
    Erasure(u32),
}

/// Every published record after change [`Snapshot::seq`]. Cloning one copies nothing that grows with the register.
#[derive(Clone, PartialEq)]
pub struct Snapshot {
    pub(super) seq: Seq,
    pub(super) at: DateTime<Utc>,
    pub(super) seq_header: HeaderValue,
    pub(super) shelves: Vector<Arc<Shelf>>,
    /// Who names a record, by the kind and key that they name.
    pub(super) referrers: HashMap<(ShelfNumber, Arc<str>), OrdSet<Address>>,
    /// Where each line of the log stands: record and position there.
    pub(super) log: Vector<(Address, Line)>,
    /// The last `seq` of each publication and its time.
    pub(super) publications: OrdMap<Seq, DateTime<Utc>>,
    /// The stored files that are public.
    pub(super) attached: Attached,
    /// The last change that erased something.
    pub(super) erased: Seq,
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
        }
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
        let (address, line) = self.log.get(usize::try_from(seq).ok()?.checked_sub(1)?)?;
        let (kind, entry) = (self.shelves.get(address.0)?.kind, self.at_address(*address)?);
        let change = match line {
            Line::Revision(at) => entry.revisions.get(*at as usize).map(|revision| &revision.change),
            Line::Erasure(at) => entry.erasures.get(*at as usize).map(|change| &**change),
        };
        Some((kind, entry, change?))
    }

    /// The last change that erased something; 0 when nothing was.
    pub fn erased(&self) -> Seq {
        self.erased
    }

    /// The last change of the publication to which change `seq` belongs; 0 for 0.
    pub fn publication_of(&self, seq: Seq) -> Seq {
        match seq {
            0 => 0,
            _ => self
                .publications
                .range((Bound::Included(seq), Bound::Unbounded))
                .next()
                .map_or(self.seq, |(end, _)| *end),
        }
    }

    /// Whether a publication ended at `seq`; 0 is the empty register.
    pub fn is_publication(&self, seq: Seq) -> bool {
        seq == 0 || self.publications.contains_key(&seq)
    }

    /// How many publications there were.
    pub fn publications(&self) -> usize {
        self.publications.len()
    }
}

impl Register for Snapshot {
    fn record(&self, kinds: &[&'static str], key: &str) -> Option<Known<'_>> {
        kinds.iter().find_map(|kind| known(kind, self.get(kind, key)?))
    }

    fn users(&self, kind: &'static str, key: &str) -> Vec<Known<'_>> {
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
}

/// What rules about other records see of `entry`.
fn known<'a>(kind: &'static str, entry: &'a Entry) -> Option<Known<'a>> {
    Some(Known {
        kind,
        key: &entry.key,
        status: entry.status,
        successor: entry.successor.as_deref(),
        published_at: entry.current()?.change.published_at,
        indexed: &entry.indexed,
        body: entry.body().ok()?.unwrap_or_default(),
    })
}
