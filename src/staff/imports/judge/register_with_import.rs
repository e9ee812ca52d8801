//! The register as it would be with what an import brings: rules ask it, so that an item may name an organisation that stands
//! in the same file.

use std::{borrow::Cow, collections::HashMap};

use chrono::DateTime;

use crate::{
    model::kinds::{Indexed, Kind, KnownRecord, Register},
    register::catalog::{Entry, Snapshot},
    staff::imports::interpret::{ITEM, Names},
    values::code_lists::Status,
};

/// Characters of the code of an organisation, with which those of its items begin.
const ORGANISATION: usize = 18;

/// A register with the records that an import brings.
pub struct RegisterWithImport<'a> {
    /// The register itself.
    pub register: &'a Snapshot,
    /// The codes of its records by their names, and of those that were brought.
    pub names: Names,
    brought: HashMap<(&'static str, String), Brought>,
}

#[derive(Default)]
struct Brought {
    indexed: Indexed,
    body: String,
}

impl<'a> RegisterWithImport<'a> {
    /// Begins with nothing brought.
    pub fn new(register: &'a Snapshot) -> Self {
        Self { register, names: Names::of(register), brought: HashMap::new() }
    }

    /// Adds a record that may come, of which nothing else is known yet, unless the register has it.
    pub fn expect(&mut self, kind: &Kind, key: &str) {
        if self.register.get(kind.name, key).is_none() {
            self.brought.entry((kind.name, key.to_owned())).or_default();
        }
    }

    /// Adds a new record, with its body as JSON text. No record names an item by its name.
    pub fn bring(&mut self, kind: &Kind, key: &str, title: Option<&str>, body: String) {
        if kind.name == ITEM {
            return;
        }
        if let Some(title) = title {
            self.names.add(kind, title, key);
        }
        if let Ok(indexed) = (kind.index)(&body) {
            self.brought.insert((kind.name, key.to_owned()), Brought { indexed, body });
        }
    }

    /// The records of this name that the register has under other codes: of items those of the same organisation, with whose code theirs
    /// begin.
    pub fn namesakes(&self, kind: &Kind, key: &str, title: &str) -> Vec<&Entry> {
        let is_near = |code: &str| kind.name != ITEM || code.get(..ORGANISATION) == key.get(..ORGANISATION);
        let others = self.names.exact(kind.name, title, |other| other.code != key && is_near(&other.code));
        let entries = others.into_iter().filter_map(|other| self.register.get(kind.name, &other.code));
        entries.map(|entry| &**entry).collect()
    }

    /// Takes a record away that will not come after all.
    pub fn drop(&mut self, kind: &Kind, key: &str) {
        self.brought.remove(&(kind.name, key.to_owned()));
    }
}

impl Register for RegisterWithImport<'_> {
    fn record(&self, kinds: &[&'static str], key: &str) -> Option<KnownRecord<'_>> {
        kinds.iter().find_map(|kind| {
            let known = self.register.record(&[*kind], key);
            known.or_else(|| {
                let ((kind, key), brought) = self.brought.get_key_value(&(*kind, key.to_owned()))?;
                Some(KnownRecord {
                    kind,
                    key,
                    status: Status::InForce,
                    successor: None,
                    published_at: DateTime::UNIX_EPOCH,
                    indexed: &brought.indexed,
                    body: Cow::Borrowed(&brought.body),
                })
            })
        })
    }

    fn users(&self, kind: &'static str, key: &str) -> Vec<KnownRecord<'_>> {
        self.register.users(kind, key)
    }

    /// Two of a name are a warning, which no import asks for: looking for them among thousands would take its time.
    fn namesake(&self, _: &'static str, _: &str, _: &str, _: &str) -> Option<String> {
        None
    }
}
