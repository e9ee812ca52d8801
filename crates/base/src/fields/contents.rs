//! Finds in a document, without judging the rest, the first part that is too large, and its free texts.

use serde_json::Value;

use super::{
    schema::{DEEPEST, elements, is_too_deep, kind_of, longest, member, member_schema, too_many},
    shape::Shape,
};
use crate::problem::{FieldError, Wrong};

/// Bytes of the longest pointer that is followed.
const MOST_POINTER: usize = 500;

impl Shape {
    /// The first part of `value` that is larger than its schema lets it be: too many elements, too long a text, too many levels.
    /// Nothing else is asked, and members that the schema does not name are passed over: a document of another version of the
    /// software is no larger for being written otherwise.
    pub fn oversized(&self, value: &Value) -> Option<FieldError> {
        self.first_oversized(self.root(), value, "")
    }

    /// Every free text of `value`, with its pointer: texts whose schema gives neither a format nor a list of values.
    pub fn free_texts<'a>(&self, value: &'a Value) -> Vec<(String, &'a str)> {
        let mut found = Vec::new();
        self.collect_texts(self.root(), value, String::new(), &mut found);
        found
    }

    fn first_oversized(&self, schema: &Value, value: &Value, pointer: &str) -> Option<FieldError> {
        if is_too_deep(pointer) {
            return Some(FieldError::at(pointer, Wrong::TooDeep(DEEPEST)));
        }
        let schema = self.resolved(schema, value);
        // Nothing is too large where the schema lets anything stand.
        kind_of(schema)?;
        match value {
            Value::String(text) => {
                let most = longest(schema);
                (text.chars().count() as u64 > most).then(|| FieldError::at(pointer, Wrong::TooLong(most)))
            }
            Value::Array(values) => {
                if let Some(most) = too_many(schema, values) {
                    return Some(FieldError::at(pointer, Wrong::TooMany(most)));
                }
                let inner = elements(schema);
                let mut values = values.iter().enumerate();
                values.find_map(|(at, value)| self.first_oversized(inner, value, &format!("{pointer}/{at}")))
            }
            Value::Object(object) => object.iter().find_map(|(name, inner)| {
                self.first_oversized(member_schema(schema, name)?, inner, &member(pointer, name))
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        }
    }

    fn collect_texts<'a>(&self, schema: &Value, value: &'a Value, pointer: String, found: &mut Vec<(String, &'a str)>) {
        if pointer.len() > MOST_POINTER {
            return;
        }
        let schema = self.resolved(schema, value);
        match value {
            Value::String(text) if schema.get("format").is_none() && schema.get("enum").is_none() => {
                found.push((pointer, text));
            }
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.collect_texts(elements(schema), value, format!("{pointer}/{index}"), found);
                }
            }
            Value::Object(object) => {
                for (name, inner) in object {
                    let field = member_schema(schema, name).unwrap_or(&Value::Null);
                    self.collect_texts(field, inner, member(&pointer, name), found);
                }
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
