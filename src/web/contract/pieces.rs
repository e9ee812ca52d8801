//! Parameters and references, as OpenAPI writes them.

use serde_json::{Value, json};

/// A parameter in the path.
pub fn path_parameter(name: &str, description: &str, example: &str) -> Value {
    json!({
        "name": name, "in": "path", "required": true, "description": description,
        "schema": { "type": "string" }, "example": example,
    })
}

/// A parameter in the query. Its example stands in the description: the interactive page would send it otherwise, and all
/// filters at once find nothing.
pub fn query_parameter(name: &str, description: &str, schema: Value, example: &str) -> Value {
    let description = described(description, example);
    json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
}

fn described(description: &str, example: &str) -> String {
    format!("{description} 例 · e.g. `{example}`")
}

/// A parameter that may be repeated.
pub fn repeated_parameter(name: &str, description: &str, items: Value, example: &str) -> Value {
    json!({
        "name": name, "in": "query", "required": false, "description": described(description, example),
        "style": "form", "explode": true, "schema": { "type": "array", "items": items },
    })
}

/// A reference to a schema.
pub fn schema(name: &str) -> Value {
    reference("schemas", name)
}

/// A reference to one of the components of this kind.
pub fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// The schema of an object of which nothing more is promised. Without `additionalProperties`, generators take it for one that has
/// no members.
pub fn any_object() -> Value {
    json!({ "type": "object", "additionalProperties": true })
}
