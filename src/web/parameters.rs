//! Parameters that many endpoints have, as the contract tells of them.

use serde_json::{Value, json};

use crate::web::{
    contract::query_parameter,
    page::{DEFAULT_LIMIT, MOST},
};

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
