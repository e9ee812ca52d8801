//! Proposals: the drafts that an import would make.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A record that is new or changed, as it is kept until the import is applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The kind of the record.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// The revision that would be changed; none of a new record.
    pub base_revision: Option<i64>,
    /// Of a new record all fields, else those that differ, null for those that go. None once an erasure has taken them away.
    pub fields: Option<Map<String, Value>>,
}

/// Returns the fields that differ; null for those that go.
pub fn differing(current: Option<&Value>, after: &Value) -> Map<String, Value> {
    let none = Map::new();
    let before = current.and_then(Value::as_object).unwrap_or(&none);
    let after = after.as_object().unwrap_or(&none);
    let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    let mut fields: Map<String, Value> = changed.map(|(name, value)| (name.clone(), value.clone())).collect();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        fields.insert(name.clone(), Value::Null);
    }
    fields
}

/// Returns the body of a record with the fields of a proposal.
pub fn with_fields(current: Option<Value>, fields: &Map<String, Value>) -> Value {
    let mut body = current.and_then(|body| body.as_object().cloned()).unwrap_or_default();
    for (name, value) in fields {
        match value {
            Value::Null => {
                body.shift_remove(name);
            }
            value => {
                body.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(body)
}
