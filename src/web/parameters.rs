//! Parameters that many endpoints have, as the contract tells of them.

use serde_json::{Value, json};

use crate::{
    model::kinds::Kind,
    web::{
        contract::{path_parameter, query_parameter},
        page::{DEFAULT_LIMIT, MOST},
    },
};

/// `key`, of a record of this kind.
pub fn key_parameter(kind: &Kind) -> Value {
    path_parameter("key", &format!("编码 · Code of one of the {}.", kind.english), kind.example)
}

/// `n`, the number of a revision in the path.
pub fn revision_parameter() -> Value {
    json!({
        "name": "n", "in": "path", "required": true, "description": "修订号 · Number of the revision, from 1.",
        "schema": revision_schema(), "example": 1,
    })
}

/// `from` and `to`, the revisions that are compared.
pub fn compared_parameters() -> [Value; 2] {
    [("from", "原修订号 · From this revision.", "1"), ("to", "新修订号 · To this revision.", "2")]
        .map(|(name, description, example)| query_parameter(name, description, revision_schema(), example))
}

fn revision_schema() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 1 })
}

/// `as_of`.
pub fn as_of_parameter() -> Value {
    query_parameter(
        "as_of",
        "历史时点 · The register as it was: after this `seq` (with the whole of its publication), at this instant, or at the \
         end of this day in China. What was erased since then is missing.",
        json!({ "type": "string" }),
        "2016-12-31",
    )
}

/// `limit` and `cursor`.
pub fn page_parameters() -> Vec<Value> {
    vec![
        query_parameter(
            "limit",
            "每页数量 · Rows of a page; with `code`, 200 unless given.",
            json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT }),
            "20",
        ),
        json!({
            "name": "cursor", "in": "query", "required": false, "schema": { "type": "string", "minLength": 1 },
            "description": "游标 · `next` of the page before, unchanged; it never expires.",
        }),
    ]
}
