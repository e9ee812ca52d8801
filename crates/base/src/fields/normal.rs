//! The normal form of a document: a walk along the schema that notes every mistake.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    schema::{DEEPEST, elements, is_nullable, is_too_deep, kind_of, longest, member, required, term, too_many},
    shape::Shape,
};
use crate::{
    problem::{FieldError, Wrong},
    values::{fold, normalise},
};

/// Mistakes that are told of one document: more say nothing new.
const MOST_MISTAKES: usize = 1000;

impl Shape {
    /// The normal form of `value`, with every mistake in it; `null` stands in the place of each.
    pub(super) fn normal(&self, value: &Value) -> (Value, Vec<FieldError>) {
        let mut walk = Walk { shape: self, errors: Vec::new() };
        let normal = walk.value(self.root(), value, "");
        (normal, walk.errors)
    }
}

/// One walk along a document.
struct Walk<'a> {
    shape: &'a Shape,
    errors: Vec<FieldError>,
}

impl Walk<'_> {
    /// The normal form of `value`; a mistake is noted at `pointer`.
    fn value(&mut self, schema: &Value, value: &Value, pointer: &str) -> Value {
        if is_too_deep(pointer) {
            return self.wrong(pointer, Wrong::TooDeep(DEEPEST));
        }
        let nullable = is_nullable(schema);
        let schema = self.shape.inner(schema);
        if value.is_null() && (nullable || is_nullable(schema)) {
            return Value::Null;
        }
        if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
            let chosen = self.shape.choose(choices, value).clone();
            return self.value(&chosen, value, pointer);
        }
        match (kind_of(schema), value) {
            (Some("object"), Value::Object(object)) => self.object(schema, object, pointer),
            (Some("array"), Value::Array(elements)) => self.array(schema, elements, pointer),
            (Some("string"), Value::String(text)) => self.text(schema, text, pointer),
            (Some("integer" | "number"), Value::Number(_)) => self.number(schema, value, pointer),
            (Some("boolean"), Value::Bool(_)) | (None, _) => value.clone(),
            (Some(kind), _) => self.wrong(pointer, Wrong::WrongType(kind.into())),
        }
    }

    fn object(&mut self, schema: &Value, object: &Map<String, Value>, pointer: &str) -> Value {
        let mut normal = Map::new();
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let required = required(schema);
        for (name, field) in properties {
            let at = member(pointer, name);
            match object.get(name) {
                Some(value) => {
                    let value = self.value(field, value, &at);
                    normal.insert(name.clone(), value);
                }
                None if required.contains(name.as_str()) => {
                    self.wrong(&at, Wrong::Required);
                }
                None => {}
            }
        }
        for (name, value) in object.iter().filter(|(name, _)| !properties.contains_key(*name)) {
            let at = member(pointer, name);
            match schema.get("additionalProperties") {
                Some(field @ Value::Object(_)) if is_language_tag(name) => {
                    let value = self.value(field, value, &at);
                    normal.insert(name.clone(), value);
                }
                Some(Value::Object(_)) => {
                    self.wrong(&at, Wrong::LanguageForm);
                }
                _ => {
                    let near = nearest(properties, name).map(str::to_owned);
                    self.wrong(&at, near.map_or(Wrong::UnknownField, Wrong::Misnamed));
                }
            }
        }
        Value::Object(normal)
    }

    fn array(&mut self, schema: &Value, values: &[Value], pointer: &str) -> Value {
        let length = values.len() as u64;
        if let Some(least) = schema.get("minItems").and_then(Value::as_u64).filter(|least| length < *least) {
            self.wrong(pointer, Wrong::TooFew(least));
        }
        if let Some(most) = too_many(schema, values) {
            return self.wrong(pointer, Wrong::TooMany(most));
        }
        let inner = elements(schema);
        let numbered = values.iter().enumerate();
        let normal: Vec<_> =
            numbered.map(|(index, value)| self.value(inner, value, &format!("{pointer}/{index}"))).collect();
        self.identities(&normal, pointer);
        Value::Array(normal)
    }

    /// `seq` counts from 1 without gaps; an `id` or `scheme` stands once in its list, and so does a text; figures may repeat.
    fn identities(&mut self, elements: &[Value], pointer: &str) {
        let mut seen = BTreeSet::new();
        for (index, element) in elements.iter().enumerate() {
            if let Some(seq) = element.get("seq").and_then(Value::as_u64).filter(|seq| *seq != index as u64 + 1) {
                let wrong = if seq <= index as u64 { Wrong::Duplicate(seq.to_string()) } else { right_seq(index) };
                self.wrong(&format!("{pointer}/{index}/seq"), wrong);
            }
            let named = ["id", "scheme"].into_iter().find_map(|name| Some((name, element.get(name)?.as_str()?)));
            let (place, identity) = match (named, element) {
                (Some((name, identity)), _) => (format!("{pointer}/{index}/{name}"), identity.to_owned()),
                (None, Value::String(text)) => (format!("{pointer}/{index}"), text.clone()),
                _ => continue,
            };
            if !seen.insert(identity.clone()) {
                self.wrong(&place, Wrong::Duplicate(identity));
            }
        }
    }

    fn text(&mut self, schema: &Value, text: &str, pointer: &str) -> Value {
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            let text = fold(text);
            let listed = values.iter().any(|value| *value == text);
            let words = || values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
            return match listed {
                true => text.into(),
                false => self.wrong(pointer, Wrong::NotInCodeList(words())),
            };
        }
        let format = schema.get("format").and_then(Value::as_str);
        let normal = match normalise(format, text) {
            Ok(normal) => normal,
            Err(_) if fold(text).is_empty() => return self.wrong(pointer, Wrong::Required),
            Err(wrong) => return self.wrong(pointer, wrong),
        };
        let most = longest(schema);
        let may_be_empty = schema.get("minLength").and_then(Value::as_u64) == Some(0);
        match normal.chars().count() as u64 {
            0 if !may_be_empty => self.wrong(pointer, Wrong::Required),
            length if length > most => self.wrong(pointer, Wrong::TooLong(most)),
            _ => normal.into(),
        }
    }

    fn number(&mut self, schema: &Value, value: &Value, pointer: &str) -> Value {
        let Some(number) = value.as_i64() else {
            return self.wrong(pointer, Wrong::WrongType("integer".into()));
        };
        let bound = |name: &str| schema.get(name).and_then(|bound| bound.as_i64().or(bound.as_f64().map(|b| b as i64)));
        let (least, most) = (bound("minimum").unwrap_or(i64::MIN), bound("maximum").unwrap_or(i64::from(u32::MAX)));
        match (least..=most).contains(&number) {
            true => value.clone(),
            false => self.wrong(pointer, Wrong::OutOfRange(format!("{least}–{most}"))),
        }
    }

    fn wrong(&mut self, pointer: &str, wrong: Wrong) -> Value {
        if self.errors.len() < MOST_MISTAKES {
            self.errors.push(FieldError::at(pointer, wrong).called(self.shape.term(pointer)));
        }
        Value::Null
    }
}

fn right_seq(index: usize) -> Wrong {
    Wrong::OutOfRange((index + 1).to_string())
}

fn is_language_tag(name: &str) -> bool {
    let mut parts = name.split('-');
    let language = parts.next().is_some_and(|part| (2..=3).contains(&part.len()) && is_letters(part));
    language && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn is_letters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
}
/// Bytes of a name that is compared with others at most.
const LONGEST_NAME: usize = 64;
/// The name at least so like another (Jaro–Winkler, of 1) may have been meant.
const LIKE: f64 = 0.85;

/// The known member whose name or Chinese term an unknown one is, or is nearly.
fn nearest<'a>(properties: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let likeness = |(known, field): (&'a String, &Value)| {
        let likeness = if term(field) == name.trim() { 1.0 } else { strsim::jaro_winkler(known, name) };
        (likeness, known.as_str())
    };
    if name.len() > LONGEST_NAME {
        return None;
    }
    let best = properties.iter().map(likeness).max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(likeness, _)| *likeness >= LIKE).map(|(_, known)| known)
}
