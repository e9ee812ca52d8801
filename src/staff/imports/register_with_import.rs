//! The register as it would be with what an import brings: rules ask it, so that an item may name an organisation that stands
//! in the same file.

use std::{borrow::Cow, collections::HashMap};

use chrono::DateTime;

use crate::{
    model::kinds::{Indexed, Kind, KnownRecord, Register},
    register::catalog::Snapshot,
    values::code_lists::Status,
};

/// A register with the records that an import brings.
pub struct RegisterWithImport<'a> {
    /// The register itself.
    pub register: &'a Snapshot,
    brought: HashMap<(&'static str, String), Brought>,
}

#[derive(Default)]
struct Brought {
    indexed: Indexed,
    body: String,
}

impl<'a> RegisterWithImport<'a> {
    /// The register with nothing brought yet.
    pub fn new(register: &'a Snapshot) -> Self {
        Self { register, brought: HashMap::new() }
    }

    /// A record that will be there, of which nothing else is known yet.
    pub fn expect(&mut self, kind: &Kind, key: &str) {
        self.brought.entry((kind.name, key.to_owned())).or_default();
    }

    /// A record that will be there with this normal body.
    pub fn bring(&mut self, kind: &Kind, key: &str, body: String) {
        if let Ok(indexed) = (kind.index)(&body) {
            self.brought.insert((kind.name, key.to_owned()), Brought { indexed, body });
        }
    }

    /// A record that will not be there after all.
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
