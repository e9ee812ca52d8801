//! A line of the log as the snapshot holds it: where it stands in its record, whose it is, and what else it altered.

use std::{collections::BTreeMap, sync::Arc};

use roaring::RoaringBitmap;

use super::{
    entry::{Entry, Id},
    shelf::Shelf,
};
use crate::model::kinds::{Kind, Owner};

/// The number of a shelf.
pub type ShelfNumber = usize;

/// A record by shelf and number.
pub type Address = (ShelfNumber, Id);

/// A line of the log. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// The record that it is about.
    pub(super) address: Address,
    /// Its place in the record.
    pub(super) line: LineInRecord,
    /// Whose the record was after it; `None` where its body was erased: nobody can tell.
    pub(super) scope: Option<Arc<LineScope>>,
    /// The other records that show something new since.
    pub(super) affected: Affected,
}

/// The place of a line of the log in its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineInRecord {
    /// Among its revisions.
    Revision(u32),
    /// Among its erasures.
    Erasure(u32),
}

/// Records by shelf and number; hardly anything where there are none, and some bytes for each where there are many.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Affected(Option<Arc<[(ShelfNumber, RoaringBitmap)]>>);

/// The properties by which followers of a part of the register choose lines. Lines that follow one another mostly share it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineScope {
    /// The lists on which it is: values of the filter `list`.
    pub lists: Vec<String>,
    /// The organisations that hold it, as the filter `organisation` knows them; an organisation is its own.
    pub organisations: Vec<String>,
    /// The division that it belongs to, its own or that of its organisation.
    pub division: Option<String>,
}

impl Affected {
    /// Collects records, each once.
    pub(super) fn of(addresses: impl IntoIterator<Item = Address>) -> Self {
        let mut shelves: BTreeMap<ShelfNumber, RoaringBitmap> = BTreeMap::new();
        for (shelf, id) in addresses {
            shelves.entry(shelf).or_default().insert(id);
        }
        Self((!shelves.is_empty()).then(|| shelves.into_iter().collect()))
    }

    /// The numbers of the records by shelf.
    pub(super) fn shelves(&self) -> impl Iterator<Item = &(ShelfNumber, RoaringBitmap)> {
        self.0.iter().flat_map(|shelves| shelves.iter())
    }

    /// The records by shelf and number.
    pub(super) fn addresses(&self) -> impl Iterator<Item = Address> {
        self.shelves().flat_map(|(shelf, ids)| ids.iter().map(move |id| (*shelf, id)))
    }
}

impl LineScope {
    /// The scope of a line about a record in `division`; `None` when its body was erased.
    pub(super) fn of(shelf: &Shelf, entry: &Entry, division: Option<String>) -> Option<Self> {
        entry.current()?.body.as_ref()?;
        let own = (shelf.kind.owner == Owner::Itself).then(|| entry.key.to_string());
        let organisations = filtered(shelf.kind, entry, "organisation").chain(own).collect();
        Some(Self { lists: filtered(shelf.kind, entry, "list").collect(), organisations, division })
    }
}

/// The values by which a filter of the kind finds the record.
fn filtered<'a>(kind: &'static Kind, entry: &'a Entry, name: &'static str) -> impl Iterator<Item = String> + 'a {
    let filters = kind.filters.iter().filter(move |filter| filter.name == name);
    let names = filters.flat_map(|filter| std::iter::once(filter.name).chain(filter.also));
    names.flat_map(|name| {
        let posted = entry.indexed.postings.iter().filter(move |(other, _)| *other == name);
        posted.map(|(_, value)| value.clone())
    })
}
