//! Records in JSON: the key of each, and the values that it says.

use std::collections::{HashMap, hash_map::Entry};

use serde_json::{Map, Value};

use super::{column_cell::normal_code, labels::name_fields, reading::Edit};
use crate::{
    problem::Wrong,
    staff::{
        drafts::ADDED,
        imports::{
            read::json::Record,
            report::{RowOutcome, RowReport},
        },
    },
};

/// Records of the file by kind and key: the number of the first.
pub type FirstRecords = HashMap<(&'static str, String), u32>;

/// Returns the key of a record, or the report on one that has none, or one that another has.
pub fn key(record: &Record, first: &mut FirstRecords) -> Result<String, Box<RowReport>> {
    let (key, wrong) = match body(record).get("code") {
        None | Some(Value::Null) => (None, Wrong::CodeMissing),
        Some(Value::String(code)) => match normal_code(record.kind, code) {
            Ok(key) => match first.entry((record.kind.name, key.clone())) {
                Entry::Vacant(place) => {
                    place.insert(record.number);
                    return Ok(key);
                }
                Entry::Occupied(place) => (Some(key), Wrong::RowDuplicate(*place.get())),
            },
            Err(wrong) => (Some(code.clone()), wrong),
        },
        Some(_) => (None, Wrong::WrongType("string".into())),
    };
    let mut report = RowReport::new(&record.list, record.number, record.kind.name);
    (report.outcome, report.key) = (RowOutcome::Refused, key);
    report.wrong("/code".into(), &wrong);
    name_fields(&mut report, record.kind, None);
    Err(Box::new(report))
}

/// Returns what a record says: every field that it has, and of the present body every field that it does not have.
pub fn edits(record: &Record, current: Option<&Value>) -> Vec<Edit> {
    let body = body(record);
    let edit = |name: &str, value: Option<Value>| Edit::new(vec![name.to_owned()], value, 0);
    let gone = current.and_then(Value::as_object).into_iter().flatten().filter(|(name, _)| !body.contains_key(*name));
    let gone: Vec<_> = gone.map(|(name, _)| edit(name, None)).collect();
    let said = body.into_iter().filter(|(name, _)| name != "code");
    said.map(|(name, value)| edit(&name, Some(value))).chain(gone).collect()
}

/// The body of a record, without what answers add to it.
pub fn body(record: &Record) -> Map<String, Value> {
    let mut body: Map<String, Value> = serde_json::from_str(record.text.get()).unwrap_or_default();
    ADDED.iter().for_each(|name| {
        body.shift_remove(*name);
    });
    body
}
