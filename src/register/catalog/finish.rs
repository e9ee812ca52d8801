//! The end of a fold: everything that was altered is written once, and put into the indexes.

use std::{collections::BTreeMap, sync::Arc};

use actix_web::{http::header::HeaderValue, web::Bytes};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{
    entry::{Entry, NOTHING},
    fold::Fold,
    line::{LineInRecord, ShelfNumber},
    prepared::Prepared,
    render,
    shelf::Rewritten,
    snapshot::Snapshot,
};
use crate::{
    model::kinds::{Indexed, Reference},
    register::{
        changes::{Change, Seq},
        db::DbError,
    },
    search::{Document, Text},
    values::code_lists::{Action, Status},
};

impl Snapshot {
    /// This snapshot and then `changes`, which must follow it without a gap and end with a publication.
    ///
    /// After an erasure everything is folded again: what an erased revision once altered in others must be as if read
    /// from the log, where it no longer stands.
    pub fn after(&self, changes: &[Change]) -> Result<Self, DbError> {
        let mut fold = Fold::on(self);
        changes.iter().try_for_each(|change| fold.apply(change))?;
        let next = fold.finish()?;
        match changes.iter().any(|change| change.action == Action::Erase) {
            true => next.rewound(&next.emptied(), next.seq),
            false => Ok(next),
        }
    }

    /// The register as it was after the publication that ended at `seq`, folded on an `earlier` one with the revisions
    /// that this one holds. Costs as much as what lies between them.
    pub fn rewound(&self, earlier: &Self, seq: Seq) -> Result<Self, DbError> {
        let mut fold = Fold::on(earlier);
        let position = |seq: Seq| usize::try_from(seq).unwrap_or_default();
        let (from, count) = (position(earlier.seq), position(seq - earlier.seq));
        for logged in self.log.iter().skip(from).take(count) {
            let lost = || DbError::Damaged("a change without its revision".into());
            let entry = self.at_address(logged.address).ok_or_else(lost)?;
            // Hashed before: an erasure leaves the leaves as they were.
            let leaf = self.tree.leaf(fold.next.tree.size()).ok_or_else(lost)?;
            match logged.line {
                LineInRecord::Revision(at) => {
                    fold.apply_hashed(&entry.revisions.get(at as usize).ok_or_else(lost)?.to_change()?, leaf)?;
                }
                LineInRecord::Erasure(at) => {
                    fold.apply_hashed(entry.erasures.get(at as usize).ok_or_else(lost)?, leaf)?
                }
            }
        }
        fold.finish()
    }
}

impl Fold {
    /// Writes what was altered, as the register after the publication that ended at `seq`.
    pub(super) fn finish_at(mut self, seq: Seq, at: DateTime<Utc>) -> Result<Snapshot, DbError> {
        (self.next.seq, self.next.at) = (seq, at);
        self.next.publications.insert(seq, at);
        self.finish()
    }

    /// Writes everything that was altered and puts it into the indexes.
    pub fn finish(mut self) -> Result<Snapshot, DbError> {
        if !self.next.is_publication(self.next.seq) {
            return Err(DbError::Damaged(format!("no publication ends at {}", self.next.seq)));
        }
        let mut written: BTreeMap<ShelfNumber, Vec<Rewritten>> = BTreeMap::new();
        for (address, old) in std::mem::take(&mut self.altered) {
            let entry = self.next.at_address(address).map(|entry| self.written(address.0, entry)).transpose()?;
            written.entry(address.0).or_default().push((old, entry.map(Arc::new)));
        }
        for (number, entries) in written {
            let shelf = self.shelf_mut(number);
            entries.iter().filter_map(|(_, entry)| entry.clone()).for_each(|entry| shelf.put(entry));
            shelf.reindex(&entries);
        }
        self.next.seq_header = HeaderValue::from(self.next.seq);
        Ok(self.next)
    }

    /// The entry with its answer, its row and its text as they are now.
    fn written(&self, shelf: ShelfNumber, entry: &Entry) -> Result<Entry, DbError> {
        let kind = self.next.shelves[shelf].kind;
        let Some(revision) = entry.current() else { return Ok(entry.clone()) };
        let body = revision.text()?.unwrap_or(NOTHING.into());
        let fields: Map<String, Value> = serde_json::from_str(&body)?;
        let embedded = self.embedded(shelf, entry)?;
        let row = render::row(kind, entry, &fields, embedded.get("organisation"));
        let meta = render::meta(kind, entry, revision);
        let answer = render::record(&body, &meta, &serde_json::to_string(&embedded)?, &render::links(kind, entry))?;
        let own = entry.indexed.division.as_deref();
        let division = own.or_else(|| embedded.get("organisation")?.get("division")?.as_str()).map(Arc::from);
        Ok(Entry {
            division,
            text: Arc::new(Text::of(&document(&entry.indexed, &embedded))),
            answer: Arc::new(Prepared::new(answer, entry.shown.seq, entry.shown.at)),
            row: Bytes::from(serde_json::to_vec(&row)?),
            ..entry.clone()
        })
    }

    /// Collects what the record shows of others, each once, in the order in which it names them.
    fn embedded(&self, shelf: ShelfNumber, entry: &Entry) -> Result<Map<String, Value>, DbError> {
        let mut embedded = Map::new();
        for reference in &entry.indexed.references {
            if let Some((_, target)) =
                self.next.resolve(reference).filter(|(_, target)| target.status != Status::Erased)
            {
                let short: Value = serde_json::from_str(&target.short)?;
                embed(&mut embedded, reference, short);
            }
        }
        if !self.next.shelves[shelf].kind.shows_users {
            return Ok(embedded);
        }
        for address in self.next.addresses_naming(shelf, entry) {
            let Some(other) = self.next.at_address(address).filter(|other| other.is_listed()) else { continue };
            let names_this =
                |reference: &Reference| reference.shown_back && entry.keys().any(|key| **key == *reference.key);
            if other.indexed.references.iter().any(names_this) {
                let short: Value = serde_json::from_str(&other.short)?;
                if let Some(list) = list(&mut embedded, self.next.shelves[address.0].kind.path) {
                    list.push(short);
                }
            }
        }
        Ok(embedded)
    }
}

fn embed(embedded: &mut Map<String, Value>, reference: &Reference, short: Value) {
    let name = reference.slot.name();
    if reference.slot.is_single() {
        embedded.entry(name).or_insert(short);
    } else if let Some(list) = list(embedded, name).filter(|list| !list.contains(&short)) {
        list.push(short);
    }
}

/// The list with this name, which is made where there is none.
fn list<'a>(embedded: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Vec<Value>> {
    embedded.entry(name).or_insert_with(|| Value::Array(Vec::new())).as_array_mut()
}

/// The words by which a record is found: its own, and the names of the records that it shows.
fn document(indexed: &Indexed, embedded: &Map<String, Value>) -> Document {
    let mut document = indexed.document.clone();
    let name = |short: &Value| short.get("name").or(short.get("title")).and_then(Value::as_str).map(str::to_owned);
    let names = embedded.iter().filter(|(slot, _)| *slot != "items").flat_map(|(_, shown)| match shown {
        Value::Array(list) => list.iter().filter_map(name).collect(),
        single => name(single).into_iter().collect::<Vec<_>>(),
    });
    for name in names {
        document.body.push('\n');
        document.body.push_str(&name);
    }
    document
}
