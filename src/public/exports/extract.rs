//! The content of an export, records of one kind from one state of the register by key; and the definition of a format.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    model::kinds::Kind,
    problem::{Code, Problem},
    public::reading::{ListRequest, select},
    register::{
        catalog::{Entry, Snapshot, meta, with_members},
        changes::Seq,
    },
};

/// The records of an export.
pub struct Extract {
    /// Their kind.
    pub kind: &'static Kind,
    /// The register that they are from.
    pub snapshot: Arc<Snapshot>,
    /// The records, by key.
    pub entries: Vec<Arc<Entry>>,
    /// Scheme and host of the register, for formats that name records by their addresses.
    pub base: String,
    /// The filters, as they were asked.
    pub filters: String,
    /// Whether a text begins with a byte order mark.
    pub bom: bool,
}

/// How records are written as a text.
pub struct Format {
    /// The ending of the name of the file.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// For the entity tag: the formats of one address differ.
    pub variant: &'static str,
    /// Writes what comes before the records.
    pub begin: fn(&Extract, &mut Vec<u8>) -> Result<(), Problem>,
    /// Writes one record, by its place among them.
    pub record: fn(&Extract, usize, &Entry, &mut Vec<u8>) -> Result<(), Problem>,
    /// Writes what comes after them: their number and the `seq`.
    pub end: fn(&Extract, &mut Vec<u8>) -> Result<(), Problem>,
}

impl Extract {
    /// Selects the records of `kind` that `request` asks for in `snapshot`.
    pub fn new(kind: &'static Kind, snapshot: Arc<Snapshot>, request: &ListRequest) -> Result<Self, Problem> {
        let shelf = snapshot.shelf(kind.name).ok_or(Code::NotFound)?;
        let entries = select(&snapshot, shelf, request).by_key(shelf);
        Ok(Self { kind, entries, base: String::new(), filters: String::new(), bom: false, snapshot: snapshot.clone() })
    }

    /// How many records there are.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// The last change that they show.
    pub fn seq(&self) -> Seq {
        self.snapshot.seq()
    }

    /// Writes a record as JSON: its body, and `meta` with the digest that the log commits to and the salt that goes with it.
    pub fn json(&self, entry: &Entry) -> Result<String, Problem> {
        let revision = entry.current().ok_or(Code::Gone)?;
        let body = revision.text()?.ok_or(Code::Gone)?;
        let meta = serde_json::to_string(&meta(self.kind, entry, revision))?;
        let change = &revision.change;
        let (digest, salt) = (serde_json::to_string(&change.body_digest)?, serde_json::to_string(&change.salt)?);
        let meta = with_members(&meta, &format!(r#""body_digest":{digest},"salt":{salt}}}"#));
        Ok(with_members(&body, &format!(r#""meta":{meta}}}"#)))
    }

    /// Reads the JSON of a record, with its `meta`.
    pub fn value(&self, entry: &Entry) -> Result<Value, Problem> {
        Ok(serde_json::from_str(&self.json(entry)?)?)
    }

    /// Returns the name or title of another record; its key where it is not known.
    pub fn name_of<'a>(&'a self, kind: &str, key: &'a str) -> &'a str {
        match self.snapshot.get(kind, key) {
            Some(entry) if !entry.indexed.title.is_empty() => &entry.indexed.title,
            _ => key,
        }
    }
}
