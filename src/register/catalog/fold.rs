//! From one snapshot to a later one, change by change: the records, who names whom, and which records show something else.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value};

use super::{
    entry::{Entry, Moment, NOTHING, Revision},
    line::{Address, Affected, LineInRecord, LineScope, Logged, ShelfNumber},
    render,
    shelf::Shelf,
    snapshot::Snapshot,
};
use crate::{
    model::kinds::{Indexed, Kind, Reference, Slot},
    register::{
        changes::{Change, leaf_hash},
        db::DbError,
    },
    transparency::Hash,
    values::code_lists::{Action, Status},
};

/// A snapshot in the making.
pub struct Fold {
    pub(super) next: Snapshot,
    /// The records that were altered, with the entry that the indexes still know; `None` for new ones.
    pub(super) altered: BTreeMap<Address, Option<Arc<Entry>>>,
}

impl Fold {
    /// Begins on `snapshot`.
    pub fn on(snapshot: &Snapshot) -> Self {
        Self { next: snapshot.clone(), altered: BTreeMap::new() }
    }

    /// The register with what was applied so far: its records and references are true, its indexes and answers are not
    /// yet.
    pub fn state(&self) -> &Snapshot {
        &self.next
    }

    /// Applies the next change of the log.
    pub fn apply(&mut self, change: &Change) -> Result<(), DbError> {
        self.apply_hashed(change, leaf_hash(change)?)
    }

    pub(super) fn apply_hashed(&mut self, change: &Change, leaf: Hash) -> Result<(), DbError> {
        if change.seq != self.next.seq + 1 {
            return Err(DbError::Damaged(format!("change {} does not follow {}", change.seq, self.next.seq)));
        }
        let (address, line, affected) = self.alter(change)?;
        self.next.log.push_back(Logged { address, line, scope: None, affected });
        self.next.tree.push(leaf);
        self.next.seq = change.seq;
        if change.seq == change.publication {
            self.settle_scopes();
            self.next.at = change.published_at;
            self.next.publications.insert(change.seq, change.published_at);
        }
        Ok(())
    }

    /// Applies a later line of the log of which only some records are looked at: the log itself is not kept.
    pub(super) fn apply_alone(&mut self, change: &Change) -> Result<(), DbError> {
        self.alter(change).map(|_| ())
    }

    /// Alters the record that a change is about, and who shows it.
    fn alter(&mut self, change: &Change) -> Result<(Address, LineInRecord, Affected), DbError> {
        let unknown = || DbError::Damaged(format!("change {} is of kind {}", change.seq, change.kind));
        let shelf = self.next.number(&change.kind).ok_or_else(unknown)?;
        let old = self.next.shelves[shelf].get(&change.key).cloned();
        let new = Arc::new(self.changed(shelf, old.as_deref(), change)?);
        let address = (shelf, new.id);
        let last = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).saturating_sub(1);
        let line = match change.action {
            Action::Erase => {
                self.next.erased = change.seq;
                LineInRecord::Erasure(last(new.erasures.len()))
            }
            _ => LineInRecord::Revision(last(new.revisions.len())),
        };
        self.remember(address);
        self.put(shelf, new.clone());
        self.move_references(address, old.as_deref(), Some(&new));
        let affected = self.show_to_others(shelf, old.as_deref(), &new, change);
        self.move_files(old.as_deref(), &new)?;
        Ok((address, line, affected))
    }

    /// Says of every line of the publication whose its record is, once all of it is there: an organisation may come after
    /// what it holds. An erasure takes what would say it away.
    fn settle_scopes(&mut self) {
        let begin = self.next.publications.get_max().map_or(0, |(seq, _)| usize::try_from(*seq).unwrap_or_default());
        let mut last: Option<Arc<LineScope>> = begin.checked_sub(1).and_then(|at| self.next.log.get(at)?.scope.clone());
        for at in begin..self.next.log.len() {
            let Some(logged) = self.next.log.get(at).filter(|logged| matches!(logged.line, LineInRecord::Revision(_)))
            else {
                continue;
            };
            let Some(scope) = self.scope(logged.address) else { continue };
            let before = self.next.line_before(logged).and_then(|before| before.scope.clone());
            let known = last.iter().chain(&before).find(|known| ***known == scope).cloned();
            let settled = Logged { scope: Some(known.unwrap_or_else(|| Arc::new(scope))), ..logged.clone() };
            last.clone_from(&settled.scope);
            self.next.log.set(at, settled);
        }
    }

    fn scope(&self, address: Address) -> Option<LineScope> {
        let entry = self.next.at_address(address)?;
        let organisation = entry.indexed.references.iter().filter(|reference| reference.slot == Slot::Organisation);
        let theirs = || organisation.clone().find_map(|reference| self.next.resolve(reference));
        let division = entry.indexed.division.clone().or_else(|| theirs()?.1.indexed.division.clone());
        LineScope::of(self.next.shelves.get(address.0)?, entry, division)
    }

    pub(super) fn shelf_mut(&mut self, shelf: ShelfNumber) -> &mut Shelf {
        Arc::make_mut(&mut self.next.shelves[shelf])
    }

    fn put(&mut self, shelf: ShelfNumber, entry: Arc<Entry>) {
        self.shelf_mut(shelf).put(entry);
    }

    /// Keeps what the indexes know of a record before it is altered.
    pub(super) fn remember(&mut self, address: Address) {
        if !self.altered.contains_key(&address) {
            self.altered.insert(address, self.next.at_address(address).cloned());
        }
    }

    /// The entry after `change`; what is shown of it is written later.
    fn changed(&self, shelf: ShelfNumber, old: Option<&Entry>, change: &Change) -> Result<Entry, DbError> {
        let kind = self.next.shelves[shelf].kind;
        let moment = Moment { seq: change.seq, at: change.published_at };
        let mut entry = match old {
            Some(old) => old.clone(),
            None => Entry::fresh(self.next.shelves[shelf].next_id(), change, moment),
        };
        entry.shown = moment;
        if change.action == Action::Erase {
            return Ok(without(entry, change));
        }
        if let Some(last) = entry.revisions.pop_back() {
            entry.revisions.push_back(Arc::new(last.packed()));
        }
        entry.push(Arc::new(Revision::of(change)));
        describe(kind, &mut entry)?;
        Ok(entry)
    }

    /// Keeps `referrers` true: who names whom.
    pub(super) fn move_references(&mut self, address: Address, old: Option<&Entry>, new: Option<&Entry>) {
        for at in old.into_iter().flat_map(|entry| self.targets(&entry.indexed)).collect::<Vec<_>>() {
            if let Some(naming) = self.next.referrers.get_mut(&at) {
                naming.remove(&address);
                if naming.is_empty() {
                    self.next.referrers.remove(&at);
                }
            }
        }
        for at in new.into_iter().flat_map(|entry| self.targets(&entry.indexed)).collect::<Vec<_>>() {
            self.next.referrers.entry(at).or_default().insert(address);
        }
    }

    /// Keeps the public files true: a new revision names its own, one whose body was erased names none any more.
    fn move_files(&mut self, old: Option<&Entry>, new: &Entry) -> Result<(), DbError> {
        let before = old.map(|entry| entry.revisions.clone()).unwrap_or_default();
        for (position, now) in new.revisions.iter().enumerate() {
            match (before.get(position), &now.body) {
                (None, Some(_)) => self.next.attached.add(&now.text()?.unwrap_or_default()),
                (Some(then), None) if then.body.is_some() => {
                    self.next.attached.remove(&then.text()?.unwrap_or_default());
                }
                (None | Some(_), _) => {}
            }
        }
        Ok(())
    }

    fn targets(&self, indexed: &Indexed) -> Vec<(ShelfNumber, Arc<str>)> {
        let keys = indexed
            .references
            .iter()
            .flat_map(|reference| reference.kinds.iter().map(|kind| (*kind, Arc::from(reference.key.as_str()))));
        keys.filter_map(|(kind, key)| Some((self.next.number(kind)?, key))).collect()
    }

    /// Moves the shown seq of the other records that show this one, and now show something else. Returns which those are.
    fn show_to_others(&mut self, shelf: ShelfNumber, old: Option<&Entry>, new: &Entry, change: &Change) -> Affected {
        let is_current = new.current().is_some_and(|current| current.change.revision == change.revision);
        let is_lost = change.action == Action::Erase && is_current;
        let looks_different = is_lost || old.is_none_or(|old| old.short != new.short);
        let mut showing = Vec::new();
        if looks_different {
            showing.extend(self.next.addresses_naming(shelf, new));
        }
        if is_lost {
            showing.extend(self.showing_users());
        }
        let shown_back = |entry: &Entry| -> Vec<Reference> {
            entry.indexed.references.iter().filter(|reference| reference.shown_back).cloned().collect()
        };
        let (before, after) = (old.map(shown_back).unwrap_or_default(), shown_back(new));
        for reference in before.iter().chain(&after) {
            let names = |list: &[Reference]| list.iter().any(|other| other.key == reference.key);
            if looks_different || names(&before) != names(&after) {
                showing.extend(self.address_of(reference));
            }
        }
        showing.retain(|address| *address != (shelf, new.id));
        for address in &showing {
            self.remember(*address);
            if let Some(entry) = self.next.at_address(*address) {
                let shown = Arc::new(Entry { shown: new.shown, ..Entry::clone(entry) });
                self.put(address.0, shown);
            }
        }
        Affected::of(showing)
    }

    /// Every record that shows who uses it. Which of them showed a record whose text is gone, nobody can tell any more.
    fn showing_users(&self) -> Vec<Address> {
        let shelves = self.next.shelves.iter().enumerate().filter(|(_, shelf)| shelf.kind.shows_users);
        shelves.flat_map(|(number, shelf)| shelf.entries().map(move |entry| (number, entry.id))).collect()
    }

    fn address_of(&self, reference: &Reference) -> Option<Address> {
        let (kind, entry) = self.next.resolve(reference)?;
        Some((self.next.number(kind.name)?, entry.id))
    }
}

/// Says of a record what follows from the text that it has now, but for what it shows of others.
pub(super) fn describe(kind: &Kind, entry: &mut Entry) -> Result<(), DbError> {
    // An erased text leaves nothing behind.
    (entry.indexed, entry.short) = (Arc::default(), NOTHING.into());
    let Some(current) = entry.current().cloned() else { return Ok(()) };
    let Some(body) = current.text()? else { return Ok(()) };
    let mut indexed = (kind.index)(&body)?;
    indexed.references.extend(entry.successor.iter().map(|key| to_successor(kind, key)));
    entry.indexed = Arc::new(indexed);
    let fields: Map<String, Value> = serde_json::from_str(&body)?;
    entry.short = serde_json::to_string(&render::short(kind, &fields, entry.status))?.into();
    Ok(())
}

/// The reference of a record to the one that took its place.
pub(super) fn to_successor(kind: &Kind, key: &str) -> Reference {
    Reference::new("", kind.itself, key, Slot::Successor).loose()
}

/// The entry after an erasure. One of an earlier revision alters nothing of what is shown now.
fn without(mut entry: Entry, erasure: &Change) -> Entry {
    if let Some(at) = entry.revisions.iter().position(|revision| revision.change.revision == erasure.revision) {
        let erased = entry.revisions.get(at).map(|revision| Arc::new(revision.erased()));
        erased.into_iter().for_each(|erased| drop(entry.revisions.set(at, erased)));
    }
    entry.erasures.push_back(Arc::new(erasure.clone()));
    entry.status = entry.status_now();
    if entry.status == Status::Erased {
        entry.indexed = Arc::default();
        entry.short = NOTHING.into();
    }
    entry
}
