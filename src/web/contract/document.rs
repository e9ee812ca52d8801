//! The OpenAPI document: its own text, the paths of all operations, and the components to which they refer.

use serde_json::{Map, Value, json};

use super::{
    API_VERSION,
    headers::{headers, request_headers},
    operation::Operation,
    problems::problem_responses,
    schemas::Schemas,
};
use crate::problem::ProblemDocument;

const DESCRIPTION: &str = "\
清单（qingdan）公布乡镇、县级人民政府的权力清单、责任清单和公共服务事项清单。字段说明以中文标准术语开头。

The register of a township's or county's power list, responsibility list and public service list. Every field's \
description begins with its Chinese standard term (GB/T 39554).

**Reading.** No token is needed. `GET` also means `HEAD`. Answers carry a strong `ETag`: send it back in `If-None-Match` and \
get `304` while nothing that is shown has changed. gzip, br and zstd are offered. `Registry-Seq` says up to which change the \
answer goes; send `Registry-Seq-Min: n` to wait for a replica that is behind.

**Lists.** `{ items, next, total, seq }`. Follow `next` (also in `Link: rel=\"next\"`) with the same parameters: a walk is \
pinned to the `seq` at which it began, so publications in between neither drop nor double a row. A filter given several \
times means any of its values; different filters must all hold. Unknown parameters and values are 400, never ignored.

**Addresses.** Percent-encode what is not ASCII: `q=%E4%BD%8E%E4%BF%9D`, with curl `-G --data-urlencode 'q=低保'`. A raw \
Chinese address is refused by the HTTP layer itself, with an empty 400.

**Shapes.** A row of a list is a summary: it writes `null` for what a record leaves out, and `organisation` as code and name where \
the record has the code and shows the rest under `embedded`. `/v1/schemas/{kind}.json` describes the body alone: take `meta`, \
`embedded` and `links` off a record before validating it.

**Limits.** A client, which is an address or an IPv6 /64, or a caller whose token was seen to hold, has so many requests a minute \
(`RateLimit-Policy`) and sees in `RateLimit` how many are left. One record counts for 1; a page for 2; a search, a drawing or a page of \
the feed for 5; an earlier moment (`as_of`) or a survey of the register for 20; an export for 100, as a workbook for 300. A 304 \
counts for nothing where `If-None-Match` named the tag and nothing had to be worked out. Past the limit the answer is 429 with \
`Retry-After`. Addresses are at most 16 kB, headers 32 kB; past 128 kB, or 96 headers, or when a head does not arrive in time, the \
HTTP layer itself refuses, with an empty 431 or 408.

**Errors.** `application/problem+json` (RFC 9457) in Chinese, or in English by `Accept-Language: en`; `errors` names every \
offending field or parameter at once. The codes are explained at `/problems`.

**Embedding.** What a record shows of others (`embedded`) is part of it: when a place gets a new telephone number, exactly \
the items that show it get a new `ETag` and count as changed for `changed_since`.";

/// The OpenAPI 3.1 document of `operations`; `examples` holds answers by operation id.
pub fn document(operations: &[Operation], mut schemas: Schemas, tags: &[(&str, &str)], examples: &Value) -> Value {
    schemas.add::<ProblemDocument>();
    let mut paths = Map::new();
    for operation in operations {
        let item = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        item[operation.verb] = operation.document(examples.get(&operation.id));
    }
    let sent = operations.iter().flat_map(|operation| operation.sends.iter().map(|(_, schema, _)| schema));
    let schemas = schemas.finished(sent);
    let tags: Vec<_> =
        tags.iter().map(|(name, description)| json!({ "name": name, "description": description })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "清单 qingdan",
            "version": API_VERSION,
            "summary": "权责清单和公共服务事项登记簿 · The register of powers, responsibilities and public services",
            "description": DESCRIPTION,
            "contact": { "name": "主办单位 · The office that runs this register", "url": "/" },
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "本服务 · this server" }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": problem_responses(),
            "headers": headers(),
            "parameters": request_headers(),
            "securitySchemes": { "bearer": bearer() },
        },
    })
}

fn bearer() -> Value {
    json!({
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "访问令牌 · An access token from `POST /v1/sessions`, `POST /v1/oauth/token` or a configured OIDC issuer.",
    })
}
