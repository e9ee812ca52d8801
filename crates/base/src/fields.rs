//! Reads JSON against the schema of its type, collecting every mistake.
//!
//! The struct of a record says everything once: its derived schema carries types, limits and formats. [`Shape`] walks a
//! document along that schema, brings each text into its normal form, and notes whatever is wrong with its RFC 6901
//! pointer; what passes the walk is then read by serde. The same schema is the published JSON Schema.

use std::{any::type_name, collections::BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::{ToSchema, openapi::RefOr};

use crate::{
    problem::{FieldError, Wrong},
    values::normalise,
};

/// Every text whose schema gives no figure of its own has at most this many characters.
const DEFAULT_MOST: u64 = 2000;
/// Levels of a document at most: only conditions of fees can nest at all.
const DEEPEST: usize = 24;
/// Mistakes that are told of one document: more say nothing new.
const MOST_MISTAKES: usize = 1000;
/// Bytes of the longest pointer that is followed.
const MOST_POINTER: usize = 500;
/// Where utoipa puts the schemas that others refer to.
const COMPONENTS: &str = "#/components/schemas/";

/// What utoipa calls the schema of an alias of a number, to which it refers as to that of a struct.
const LONG: &str = "i64";

/// The schema of a type and of all that it refers to.
pub struct Shape {
    root: String,
    definitions: Map<String, Value>,
}

impl Shape {
    /// The shape of `T`.
    pub fn of<T: ToSchema>() -> Self {
        let mut schemas = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut schemas);
        let named = schemas.into_iter().filter(|(name, _)| name != LONG);
        let definitions = named.map(|(name, schema)| (name, plain(&schema))).collect();
        Self { root: T::name().into_owned(), definitions }
    }

    /// The schemas by name, the root among them, as OpenAPI components.
    pub fn components(&self) -> &Map<String, Value> {
        &self.definitions
    }

    /// The name of the root's schema.
    pub fn name(&self) -> &str {
        &self.root
    }

    /// The names of the fields of the root, in order, with the Chinese term of each.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let properties = self.definitions.get(&self.root).and_then(|root| root.get("properties"));
        properties.and_then(Value::as_object).into_iter().flatten().map(|(name, schema)| (name.as_str(), term(schema)))
    }

    /// The Chinese term of the field that an RFC 6901 pointer names; indexes are passed over.
    pub fn term(&self, pointer: &str) -> Option<&str> {
        self.steps(pointer).filter_map(|(_, field)| field.map(term).filter(|term| !term.is_empty())).last()
    }

    /// The schema of what a pointer points at, with what it only refers to in its place.
    pub fn schema_at(&self, pointer: &str) -> Option<&Value> {
        let steps = pointer.split('/').skip(1).count();
        match steps {
            0 => self.definitions.get(&self.root),
            _ => self.steps(pointer).nth(steps - 1).map(|(schema, _)| self.inner(schema)),
        }
    }

    /// The schema of the member of a resolved schema of an object, and what the member is called.
    pub fn member_of<'a>(&'a self, schema: &'a Value, name: &str) -> Option<(&'a str, &'a Value)> {
        let field = schema.get("properties")?.get(name)?;
        Some((term(field), self.inner(field)))
    }

    /// The schema of the elements of a resolved schema of a list.
    pub fn elements_of<'a>(&'a self, schema: &'a Value) -> Option<&'a Value> {
        Some(self.inner(schema.get("items")?))
    }

    /// The schemas on the way of a pointer, as far as it leads; beside each the field, where the step is one.
    fn steps<'a, 'p>(&'a self, pointer: &'p str) -> impl Iterator<Item = (&'a Value, Option<&'a Value>)> + use<'a, 'p> {
        let mut schema = self.definitions.get(&self.root);
        pointer.split('/').skip(1).map_while(move |step| {
            let here = self.inner(schema?);
            let field = here.get("properties").and_then(|properties| properties.get(step));
            schema = field.or_else(|| here.get("items"));
            Some((schema?, field))
        })
    }

    /// The schema as a JSON Schema document of its own (2020-12).
    pub fn json_schema(&self, id: &str) -> Value {
        let mut definitions = self.definitions.clone();
        let root = definitions.remove(&self.root).unwrap_or_default();
        let mut document =
            json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": id, "title": self.root });
        if let (Some(document), Value::Object(root)) = (document.as_object_mut(), root) {
            document.extend(root);
            document.insert("$defs".into(), Value::Object(definitions));
        }
        let root_reference = format!("{COMPONENTS}{}", self.root);
        rewrite_references(&mut document, &|reference| match reference {
            _ if reference == root_reference => "#".into(),
            _ => reference.replace(COMPONENTS, "#/$defs/"),
        });
        document
    }

    /// Reads `value` as `T`, or says everything that is wrong with it.
    pub fn read<T: DeserializeOwned>(&self, value: &Value) -> Result<T, Vec<FieldError>> {
        let (normal, mistakes) = self.normal(value);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        serde_json::from_value(normal).map_err(|error| {
            log::error!("the schema of {} lets through what the type refuses: {error}", type_name::<T>());
            vec![FieldError::at("", Wrong::WrongType(self.root.clone()))]
        })
    }

    /// Reads `value` as `T` even where it is wrong or incomplete: everything that is wrong is told, and in its place stands
    /// something that fits the schema and means nothing. None when not even that can be read.
    pub fn read_leniently<T: DeserializeOwned>(&self, value: &Value) -> (Option<T>, Vec<FieldError>) {
        let (mut normal, mistakes) = self.normal(value);
        if !mistakes.is_empty() {
            self.fill(self.root(), &mut normal);
        }
        let read = serde_json::from_value(normal);
        if let Err(error) = &read
            && mistakes.is_empty()
        {
            log::error!("the schema of {} lets through what the type refuses: {error}", type_name::<T>());
        }
        (read.ok(), mistakes)
    }

    /// The first thing in `value` that is larger than its schema lets it be: too many elements, too long a text, too many levels.
    /// Nothing else is asked, and nothing is looked at that the schema does not name: what another version of the software wrote
    /// is no larger for being written otherwise.
    pub fn oversized(&self, value: &Value) -> Option<FieldError> {
        self.first_oversized(self.root(), value, "")
    }

    /// Every free text of `value`, with its pointer: texts whose schema gives neither a format nor a list of values.
    pub fn free_texts<'a>(&self, value: &'a Value) -> Vec<(String, &'a str)> {
        let mut found = Vec::new();
        self.collect_texts(self.root(), value, String::new(), &mut found);
        found
    }

    fn root(&self) -> &Value {
        self.definitions.get(&self.root).unwrap_or(&Value::Null)
    }

    fn normal(&self, value: &Value) -> (Value, Vec<FieldError>) {
        let mut walk = Walk { shape: self, errors: Vec::new() };
        let normal = walk.value(self.root(), value, "");
        (normal, walk.errors)
    }

    fn first_oversized(&self, schema: &Value, value: &Value, pointer: &str) -> Option<FieldError> {
        if is_too_deep(pointer) {
            return Some(FieldError::at(pointer, Wrong::TooDeep(DEEPEST)));
        }
        let mut schema = self.inner(schema);
        if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
            schema = self.inner(self.choose(choices, value));
        }
        // Where the schema lets anything stand, nothing is too large.
        kind_of(schema)?;
        match value {
            Value::String(text) => {
                let most = longest(schema);
                (text.chars().count() as u64 > most).then(|| FieldError::at(pointer, Wrong::TooLong(most)))
            }
            Value::Array(elements) => {
                if let Some(most) = too_many(schema, elements) {
                    return Some(FieldError::at(pointer, Wrong::TooMany(most)));
                }
                let inner = schema.get("items").unwrap_or(&Value::Null);
                let mut elements = elements.iter().enumerate();
                elements.find_map(|(at, element)| self.first_oversized(inner, element, &format!("{pointer}/{at}")))
            }
            Value::Object(object) => object.iter().find_map(|(name, inner)| {
                let field = schema.get("properties").and_then(|properties| properties.get(name));
                let field = field.or_else(|| schema.get("additionalProperties"))?;
                self.first_oversized(field, inner, &member(pointer, name))
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        }
    }

    fn collect_texts<'a>(&self, schema: &Value, value: &'a Value, pointer: String, found: &mut Vec<(String, &'a str)>) {
        if pointer.len() > MOST_POINTER {
            return;
        }
        let mut schema = self.inner(schema);
        if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
            schema = self.inner(self.choose(choices, value));
        }
        match value {
            Value::String(text) if schema.get("format").is_none() && schema.get("enum").is_none() => {
                found.push((pointer, text));
            }
            Value::Array(elements) => {
                let inner = schema.get("items").unwrap_or(&Value::Null);
                for (index, element) in elements.iter().enumerate() {
                    self.collect_texts(inner, element, format!("{pointer}/{index}"), found);
                }
            }
            Value::Object(object) => {
                let properties = schema.get("properties");
                for (name, inner) in object {
                    let field = properties.and_then(|properties| properties.get(name));
                    let field = field.or_else(|| schema.get("additionalProperties")).unwrap_or(&Value::Null);
                    self.collect_texts(field, inner, member(&pointer, name), found);
                }
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The alternative whose required members are there; the first where none fits.
    fn choose<'b>(&'b self, choices: &'b [Value], value: &Value) -> &'b Value {
        let fits = |choice: &&Value| {
            let required = self.inner(choice).get("required").and_then(Value::as_array);
            required.is_some_and(|names| names.iter().filter_map(Value::as_str).all(|name| value.get(name).is_some()))
        };
        choices.iter().find(fits).or(choices.first()).unwrap_or(&Value::Null)
    }

    /// Puts what fits the schema where nothing is, or what was wrong and was taken out.
    fn fill(&self, schema: &Value, value: &mut Value) {
        if value.is_null() && is_nullable(schema) {
            return;
        }
        let mut schema = self.inner(schema);
        if value.is_null() && is_nullable(schema) {
            return;
        }
        if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
            schema = self.inner(self.choose(choices, value));
        }
        match (kind_of(schema), &mut *value) {
            (Some("object"), Value::Object(object)) => self.fill_object(schema, object),
            (Some("array"), Value::Array(elements)) => {
                let inner = schema.get("items").unwrap_or(&Value::Null);
                elements.iter_mut().for_each(|element| self.fill(inner, element));
            }
            (Some(kind), Value::Null) => {
                *value = placeholder(kind, schema);
                if let Value::Object(object) = value {
                    self.fill_object(schema, object);
                }
            }
            _ => {}
        }
    }

    fn fill_object(&self, schema: &Value, object: &mut Map<String, Value>) {
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let required: BTreeSet<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, field) in properties {
            match object.get_mut(name) {
                // A field that may be left out is: only its absence means nothing.
                Some(Value::Null) if !required.contains(name.as_str()) => {
                    object.shift_remove(name);
                }
                Some(value) => self.fill(field, value),
                None if required.contains(name.as_str()) => {
                    let mut value = Value::Null;
                    self.fill(field, &mut value);
                    object.insert(name.clone(), value);
                }
                None => {}
            }
        }
        if let Some(field @ Value::Object(_)) = schema.get("additionalProperties") {
            object.values_mut().for_each(|value| self.fill(field, value));
        }
    }

    /// What a schema that only points elsewhere points to; of a nullable one, the other alternative.
    fn inner<'a>(&'a self, schema: &'a Value) -> &'a Value {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix(COMPONENTS)) {
            return self.definitions.get(name).map_or(schema, |schema| self.inner(schema));
        }
        match schema.get("oneOf").and_then(Value::as_array).map(Vec::as_slice) {
            Some([null, other]) | Some([other, null]) if null["type"] == "null" => self.inner(other),
            _ => schema,
        }
    }
}

/// One walk along a document.
struct Walk<'a> {
    shape: &'a Shape,
    errors: Vec<FieldError>,
}

impl Walk<'_> {
    /// The normal form of `value`; what is wrong is noted at `pointer`.
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
        let required: BTreeSet<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
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
                    self.wrong(&at, Wrong::BadFormat("BCP 47".into()));
                }
                _ => {
                    self.wrong(&at, Wrong::UnknownField);
                }
            }
        }
        Value::Object(normal)
    }

    fn array(&mut self, schema: &Value, elements: &[Value], pointer: &str) -> Value {
        let length = elements.len() as u64;
        if let Some(least) = schema.get("minItems").and_then(Value::as_u64).filter(|least| length < *least) {
            self.wrong(pointer, Wrong::TooFew(least));
        }
        if let Some(most) = too_many(schema, elements) {
            return self.wrong(pointer, Wrong::TooMany(most));
        }
        let inner = schema.get("items").unwrap_or(&Value::Null);
        let normal: Vec<_> = elements
            .iter()
            .enumerate()
            .map(|(index, element)| self.value(inner, element, &format!("{pointer}/{index}")))
            .collect();
        self.identities(&normal, pointer);
        Value::Array(normal)
    }

    /// `seq` counts from 1 without gaps; an `id` or `scheme` stands once in its list, and so does a plain value.
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
                (None, Value::Number(number)) => (format!("{pointer}/{index}"), number.to_string()),
                _ => continue,
            };
            if !seen.insert(identity.clone()) {
                self.wrong(&place, Wrong::Duplicate(identity));
            }
        }
    }

    fn text(&mut self, schema: &Value, text: &str, pointer: &str) -> Value {
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            let text = text.trim();
            let listed = values.iter().any(|value| value == text);
            let words = || values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
            return match listed {
                true => text.into(),
                false => self.wrong(pointer, Wrong::NotInCodeList(words())),
            };
        }
        let format = schema.get("format").and_then(Value::as_str);
        let normal = match normalise(format, text) {
            Ok(normal) => normal,
            Err(_) if text.trim().is_empty() => return self.wrong(pointer, Wrong::Required),
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
            self.errors.push(FieldError::at(pointer, wrong));
        }
        Value::Null
    }
}

/// Something of this kind that fits the schema.
fn placeholder(kind: &str, schema: &Value) -> Value {
    let first = |name: &str| schema.get(name).and_then(Value::as_array).and_then(|values| values.first()).cloned();
    match kind {
        "object" => json!({}),
        "array" => json!([]),
        "boolean" => json!(false),
        "integer" | "number" => {
            let least = schema.get("minimum").and_then(Value::as_f64).unwrap_or_default();
            json!(least as i64)
        }
        _ => first("enum").or_else(|| first("examples")).unwrap_or_else(|| {
            match schema.get("format").and_then(Value::as_str) {
                Some("date") => json!("2000-01-01"),
                Some("time-of-day") => json!("00:00"),
                Some("month-day") => json!("01-01"),
                _ => json!("-"),
            }
        }),
    }
}

fn is_too_deep(pointer: &str) -> bool {
    pointer.bytes().filter(|byte| *byte == b'/').count() > DEEPEST
}

/// Characters of a text of this schema at most.
fn longest(schema: &Value) -> u64 {
    schema.get("maxLength").and_then(Value::as_u64).unwrap_or(DEFAULT_MOST)
}

/// How many elements a list of this schema has at most, where these are more.
fn too_many(schema: &Value, elements: &[Value]) -> Option<u64> {
    schema.get("maxItems").and_then(Value::as_u64).filter(|most| elements.len() as u64 > *most)
}

fn right_seq(index: usize) -> Wrong {
    Wrong::OutOfRange((index + 1).to_string())
}

/// A schema as plain JSON, with numbers in their place and the limits that hold for every text written out.
fn plain(schema: &RefOr<utoipa::openapi::Schema>) -> Value {
    let mut schema = serde_json::to_value(schema).unwrap_or_default();
    write_out(&mut schema);
    schema
}

fn write_out(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix(COMPONENTS)) == Some(LONG) {
                object.remove("$ref");
                object.insert("type".into(), "integer".into());
                object.insert("format".into(), "int64".into());
            }
            let is_text = kind_of_object(object) == Some("string");
            let is_free = !["enum", "format", "pattern"].iter().any(|name| object.contains_key(*name));
            if is_text && is_free {
                object.entry("minLength").or_insert_with(|| json!(1));
                object.entry("maxLength").or_insert_with(|| json!(DEFAULT_MOST));
            }
            object.values_mut().for_each(write_out);
        }
        Value::Array(elements) => elements.iter_mut().for_each(write_out),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Applies `rewrite` to every `$ref`.
pub fn rewrite_references(schema: &mut Value, rewrite: &impl Fn(&str) -> String) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref") {
                *reference = rewrite(reference);
            }
            object.values_mut().for_each(|inner| rewrite_references(inner, rewrite));
        }
        Value::Array(elements) => elements.iter_mut().for_each(|inner| rewrite_references(inner, rewrite)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn kind_of(schema: &Value) -> Option<&str> {
    schema.as_object().and_then(kind_of_object)
}

/// The type that is not `null`.
fn kind_of_object(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    }
}

fn is_nullable(schema: &Value) -> bool {
    let by_type = schema.get("type").and_then(Value::as_array).is_some_and(|kinds| kinds.iter().any(|k| k == "null"));
    let by_choice =
        schema.get("oneOf").and_then(Value::as_array).is_some_and(|c| c.iter().any(|s| s["type"] == "null"));
    by_type || by_choice
}

/// The Chinese term with which a description begins.
fn term(schema: &Value) -> &str {
    let nullable = || schema.get("oneOf")?.as_array()?.iter().find_map(|choice| choice.get("description"));
    let description = schema.get("description").or_else(nullable).and_then(Value::as_str).unwrap_or_default();
    description.split([':', '\n']).next().unwrap_or_default().trim()
}

fn is_language_tag(name: &str) -> bool {
    let mut parts = name.split('-');
    let language = parts.next().is_some_and(|part| (2..=3).contains(&part.len()) && is_letters(part));
    language && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn is_letters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The pointer of a member of what `pointer` points at (RFC 6901).
pub fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        /// 名称: what it is called.
        #[schema(max_length = 4)]
        name: String,
        /// 编码
        #[schema(format = "uscc")]
        code: Option<String>,
        #[serde(default)]
        #[schema(max_items = 2)]
        parts: Vec<Part>,
    }

    #[derive(Debug, PartialEq, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    struct Part {
        /// 序号
        #[schema(minimum = 1, maximum = 9)]
        seq: u32,
    }

    fn mistakes(value: Value) -> Vec<(String, &'static str)> {
        let errors = Shape::of::<Sample>().read::<Sample>(&value).expect_err("it is wrong");
        errors.into_iter().map(|error| (error.place.to_string(), error.wrong.code())).collect()
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let found = mistakes(
            json!({ "name": "12345", "code": "113501210036191168", "parts": [{}, { "seq": 1, "x": 1 }], "a/b": 1 }),
        );
        let expected = [
            ("/name", "too-long"),
            ("/code", "uscc-check-digit"),
            ("/parts/0/seq", "required"),
            ("/parts/1/x", "unknown-field"),
            ("/parts/1/seq", "duplicate"),
            ("/a~1b", "unknown-field"),
        ];
        assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
        assert_eq!(mistakes(json!([])), [(String::new(), "wrong-type")]);
        assert_eq!(mistakes(json!({ "name": "  " })), [("/name".to_owned(), "required")]);
    }

    #[test]
    fn what_is_right_is_read_in_its_normal_form() {
        let value = json!({ "name": " 洋里 ", "code": "１1350121003619116b", "parts": [{ "seq": 1 }] });
        let read: Sample = Shape::of::<Sample>().read(&value).expect("it is right");
        let expected =
            Sample { name: "洋里".into(), code: Some("11350121003619116B".into()), parts: vec![Part { seq: 1 }] };
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_larger_than_its_schema_lets_it_be_is_found_and_nothing_else() {
        let found = |value: Value| {
            let wrong = Shape::of::<Sample>().oversized(&value)?;
            Some((wrong.place.to_string(), wrong.wrong.code()))
        };
        let at = |pointer: &str, code| Some((pointer.to_owned(), code));
        assert_eq!(found(json!({ "name": "洋里洋里", "parts": [{}, { "seq": 10 }] })), None);
        assert_eq!(found(json!({ "name": "洋里洋里\u{202e}" })), at("/name", "too-long"));
        assert_eq!(found(json!({ "code": "1".repeat(2001) })), at("/code", "too-long"), "of any format");
        assert_eq!(found(json!({ "parts": [1, 2, 3] })), at("/parts", "too-many"));
        assert_eq!(found(json!({ "name": 5, "more": [1, 2, 3], "code": "no code" })), None, "another version has it");
    }

    #[test]
    fn a_field_is_called_by_its_chinese_term() {
        let shape = Shape::of::<Sample>();
        assert_eq!(shape.term("/name"), Some("名称"));
        assert_eq!(shape.term("/parts/0/seq"), Some("序号"));
        assert_eq!(shape.term("/nothing"), None);
    }
}
