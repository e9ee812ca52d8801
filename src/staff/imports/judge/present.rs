//! A record as the register has it.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    model::kinds::Kind,
    problem::Problem,
    register::catalog::{Entry, Snapshot},
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

impl PresentRecord {
    /// Loads the record with a key.
    pub fn of(register: &Snapshot, kind: &Kind, key: &str) -> Result<Self, Problem> {
        let entry = register.get(kind.name, key).cloned();
        let text = entry.as_ref().map(|entry| entry.body()).transpose()?.flatten().map(|text| text.into_owned());
        let body = text.as_deref().map(serde_json::from_str).transpose()?;
        Ok(Self { entry, text, body })
    }

    /// Returns the number of its newest revision.
    pub fn revision(&self) -> Option<i64> {
        self.entry.as_ref().and_then(|entry| entry.current()).map(|revision| revision.change.revision)
    }
}
