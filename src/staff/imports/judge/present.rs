//! A record as the register has it.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    model::kinds::Kind,
    problem::Problem,
    register::catalog::{Entry, Snapshot},
    staff::imports::interpret::Base,
};

/// The present state of a record, if the register has one.
#[derive(Default)]
pub struct PresentRecord {
    /// Its entry; none when it is new.
    pub entry: Option<Arc<Entry>>,
    /// Its body, as text; none when it was erased.
    pub text: Option<String>,
    /// Its body.
    pub body: Option<Value>,
}

/// An earlier revision of a record, of which a file is an export.
pub struct OlderRevision {
    /// Its number.
    pub number: i64,
    /// Its body; none when it was erased.
    pub body: Option<Value>,
}

impl PresentRecord {
    /// Loads the record with a key.
    pub fn of(register: &Snapshot, kind: &Kind, key: &str) -> Result<Self, Problem> {
        let entry = register.get(kind.name, key).cloned();
        let text = entry.as_ref().map(|entry| entry.body()).transpose()?.flatten().map(|text| text.into_owned());
        let body = text.as_deref().map(serde_json::from_str).transpose()?;
        Ok(Self { entry, text, body })
    }

    /// Returns the revision of which a file shows the record; none where it is the newest one, or was never there.
    pub fn older(&self, base: Base) -> Result<Option<OlderRevision>, Problem> {
        let Some(entry) = &self.entry else { return Ok(None) };
        let newest = self.revision();
        let older = match base {
            Base::Revision(number) => entry.revision(number),
            Base::Seq(seq) => entry.revisions.iter().take_while(|revision| revision.change.seq <= seq).last(),
        };
        let Some(older) = older.filter(|older| Some(older.change.revision) < newest) else { return Ok(None) };
        let body = older.text()?.map(|text| serde_json::from_str(&text)).transpose()?;
        Ok(Some(OlderRevision { number: older.change.revision, body }))
    }

    /// Returns the number of its newest revision.
    pub fn revision(&self) -> Option<i64> {
        self.entry.as_ref().and_then(|entry| entry.current()).map(|revision| revision.change.revision)
    }
}
