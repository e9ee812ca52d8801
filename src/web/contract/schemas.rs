//! The schemas of the document, by name.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::fields::{COMPONENTS, Shape, without_usual_limits};

/// The schemas of the document, by name.
#[derive(Default)]
pub struct Schemas {
    by_name: Map<String, Value>,
    /// Those that no record has: where nothing that is sent has them either, the usual limits of what is read do not hold.
    only_told: BTreeSet<String>,
}

impl Schemas {
    /// Adds the schema of a type and of all that it refers to.
    pub fn add<T: ToSchema>(&mut self) {
        for (name, schema) in Shape::of::<T>().components() {
            if !self.by_name.contains_key(name) {
                self.only_told.insert(name.clone());
            }
            self.put(name, schema.clone());
        }
    }

    /// Adds the schemas of a record's shape, by which it is read.
    pub fn add_shape(&mut self, shape: &Shape) {
        for (name, schema) in shape.components() {
            self.only_told.remove(name);
            self.put(name, schema.clone());
        }
    }

    /// Adds one schema under a name.
    pub fn put(&mut self, name: &str, schema: Value) {
        if let Some(other) = self.by_name.get(name).filter(|other| **other != schema) {
            log::error!("two schemas are called {name}: {other} and {schema}");
        }
        self.by_name.insert(name.to_owned(), schema);
    }

    /// The schema with this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.by_name.get(name)
    }

    /// All schemas, where these are the ones of what is sent.
    pub(super) fn finished<'a>(mut self, sent: impl Iterator<Item = &'a Value>) -> Map<String, Value> {
        let mut read = BTreeSet::new();
        sent.for_each(|schema| self.collect(schema, &mut read));
        for name in self.only_told.difference(&read) {
            if let Some(schema) = self.by_name.get_mut(name) {
                without_usual_limits(schema);
            }
        }
        self.by_name
    }

    /// Collects the names of the schemas to which one leads.
    fn collect(&self, schema: &Value, found: &mut BTreeSet<String>) {
        match schema {
            Value::Object(members) => {
                let name = members.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix(COMPONENTS));
                if let Some(name) = name.filter(|name| found.insert((*name).to_owned())) {
                    self.collect(self.get(name).unwrap_or(&Value::Null), found);
                }
                members.values().for_each(|inner| self.collect(inner, found));
            }
            Value::Array(elements) => elements.iter().for_each(|inner| self.collect(inner, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
