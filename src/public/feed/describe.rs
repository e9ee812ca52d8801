//! Describes the operations of the feed.

use serde_json::{Value, json};

use super::{
    http::{EVENT_STREAM, LONGEST_WAIT},
    page::{ChangePage, DEFAULT_LIMIT, MOST},
};
use crate::{
    problem::Code,
    register::changes::{ChangeDocument, RecordName},
    web::contract::{Operation, Schemas, query_parameter, repeated_parameter, schema},
};

/// The tag of these operations.
pub const TAG: (&str, &str) = ("changes", "变更：供其他系统同步 · The log of changes, for those who follow it");

/// Adds the schemas of these operations.
pub fn add_schemas(schemas: &mut Schemas) {
    schemas.add::<RecordName>();
    schemas.add::<ChangeDocument>();
    schemas.add::<ChangePage>();
}

/// Describes pages of the log.
pub fn list(path: &str) -> Operation {
    Operation::json("list_changes", TAG.0, path, schema("ChangePage"))
        .says(
            "变更 · Changes since a seq",
            "Everything that was published, in order and without gaps: begin with `since=0` (or the `seq` of an export), go \
             on with `next`. A page holds at most `limit` changes and 512 kB, or one change that is longer. While \
             `ends_publication` is false, what became public together goes on in the next page: gather it, and apply it \
             as one. Cancellations and erasures are in it like everything else; an erased body is null in every page from then on. With filters, `next` passes what they left out; a change \
             is let through as its record became or as it was before, and what was erased always. A `since` that the log \
             has not reached is refused with 409: the register was restored or rewritten. See openapi/MIRROR.md.",
        )
        .takes(parameters())
        .takes([
            query_parameter(
                "limit",
                "每页数量 · Changes of a page at most. It holds fewer where they are long.",
                json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT }),
                "100",
            ),
            query_parameter(
                "wait",
                "等待秒数 · How long to wait for something new when there is nothing.",
                json!({ "type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0 }),
                "30",
            ),
        ])
        .refuses(&[Code::AheadOfLog])
        .shown_by(format!("{path}?since=376&limit=1"))
}

/// Describes the log as a stream of events.
pub fn stream(path: &str) -> Operation {
    Operation {
        answers: vec![(EVENT_STREAM, json!({ "type": "string" }))],
        ..Operation::json("stream_changes", TAG.0, path, json!({}))
    }
    .says(
        "变更流 · Changes as server-sent events",
        "The same as events: `event: changes`, the data a page as of `/v1/changes`, the id its `next`. A reader that comes \
         back with `Last-Event-ID` loses nothing and sees nothing twice. An id without data moves a filtered reader on. A \
         comment is sent every 15 seconds when there is nothing else; a reader that takes longer than 30 seconds over \
         16 kB is cut.",
    )
    .takes(parameters())
    .takes([json!({
        "name": "Last-Event-ID", "in": "header", "required": false,
        "description": "上次事件序号 · Id of the last event; counts for more than `since`.",
        "schema": { "type": "integer", "format": "int64", "minimum": 0 },
    })])
    .refuses(&[Code::AheadOfLog])
    .shown_by(format!("{path}?since=380&body=none"))
    .unconditional()
}

fn parameters() -> Vec<Value> {
    let mut parameters = vec![
        query_parameter(
            "since",
            "起点 · The last change that the reader has: 0, or `next` of the page before. Any change will do.",
            json!({ "type": "integer", "format": "int64", "minimum": 0, "default": 0 }),
            "346",
        ),
        query_parameter(
            "body",
            "内容 · `full`, or `none` for references without `body` and `salt`.",
            json!({ "type": "string", "enum": ["full", "none"], "default": "full" }),
            "none",
        ),
    ];
    parameters.extend(filters());
    parameters
}

/// Describes the filters of the feed.
pub fn filters() -> Vec<Value> {
    let text = || json!({ "type": "string", "minLength": 1 });
    vec![
        repeated_parameter("kind", "记录类别 · Kind of record.", text(), "item"),
        repeated_parameter(
            "list",
            "清单 · Only items of this list.",
            json!({ "type": "string", "enum": ["power", "responsibility", "service"] }),
            "power",
        ),
        repeated_parameter(
            "organisation",
            "机构 · Only what this organisation holds, or itself.",
            text(),
            "11350121003619116B",
        ),
        repeated_parameter(
            "division",
            "行政区划 · Only what belongs to this division or lies below it; the beginning of a code will do.",
            json!({ "type": "string", "pattern": "^[0-9]{2,12}$" }),
            "350121",
        ),
    ]
}
