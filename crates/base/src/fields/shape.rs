//! The schema of a type and of all that it refers to.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::schema::{COMPONENTS, LONG, plain, rewrite_references, term};
use crate::problem::FieldError;

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

    /// Adds to a mistake the term of its field.
    pub fn called(&self, mistake: FieldError) -> FieldError {
        let term = self.term(mistake.pointer());
        mistake.called(term)
    }

    /// The schema of the value at a pointer; a reference is followed.
    pub fn schema_at(&self, pointer: &str) -> Option<&Value> {
        let steps = pointer.split('/').skip(1).count();
        match steps {
            0 => self.definitions.get(&self.root),
            _ => self.steps(pointer).nth(steps - 1).map(|(schema, _)| self.inner(schema)),
        }
    }

    /// The Chinese term and the schema of a member of a resolved schema of an object.
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

    /// The root's schema.
    pub(super) fn root(&self) -> &Value {
        self.definitions.get(&self.root).unwrap_or(&Value::Null)
    }

    /// The schema that `value` is read by: references are followed, and of alternatives the fitting one is chosen.
    pub(super) fn resolved<'a>(&'a self, schema: &'a Value, value: &Value) -> &'a Value {
        let schema = self.inner(schema);
        match schema.get("oneOf").and_then(Value::as_array) {
            Some(choices) => self.inner(self.choose(choices, value)),
            None => schema,
        }
    }

    /// The alternative whose required members are there; the first where none fits.
    pub(super) fn choose<'b>(&'b self, choices: &'b [Value], value: &Value) -> &'b Value {
        let fits = |choice: &&Value| {
            let required = self.inner(choice).get("required").and_then(Value::as_array);
            required.is_some_and(|names| names.iter().filter_map(Value::as_str).all(|name| value.get(name).is_some()))
        };
        choices.iter().find(fits).or(choices.first()).unwrap_or(&Value::Null)
    }

    /// The schema that a reference leads to; of a nullable one, the alternative that is not `null`.
    pub(super) fn inner<'a>(&'a self, schema: &'a Value) -> &'a Value {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix(COMPONENTS)) {
            return self.definitions.get(name).map_or(schema, |schema| self.inner(schema));
        }
        match schema.get("oneOf").and_then(Value::as_array).map(Vec::as_slice) {
            Some([null, other]) | Some([other, null]) if null["type"] == "null" => self.inner(other),
            _ => schema,
        }
    }
}
