//! What an endpoint promises, as data: from it come `/openapi.json`, the interactive page and the tests that hold every
//! endpoint to it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::{
    fields::Shape,
    problem::{Code, FieldError, Language, MissingParameter, Problem, ProblemDocument, Wrong},
};

/// One endpoint.
pub struct Operation {
    /// Unique, `snake_case`.
    pub id: String,
    /// Group of the page.
    pub tag: &'static str,
    /// `get`, `post`, …
    pub verb: &'static str,
    /// Path with `{parameters}`.
    pub path: String,
    /// One line: Chinese · English.
    pub summary: String,
    /// What it answers and what its caller should know.
    pub description: String,
    /// OpenAPI parameter objects.
    pub parameters: Vec<Value>,
    /// Media types of the answer and the schema of each.
    pub answers: Vec<(&'static str, Value)>,
    /// Problems that are its own, beside those of every endpoint.
    pub problems: Vec<Code>,
    /// A request to the demonstration register that shows what it does.
    pub example: String,
    /// The response that takes the place of the problem of 503.
    pub unready: Option<Value>,
    /// Whether the answer belongs to a state of the register: it then has an entity tag and can be 304.
    pub conditional: bool,
    /// The permissions of which a caller needs one; empty when a token is all it takes; `None` when it takes none.
    pub needs: Option<Vec<&'static str>>,
    /// What is sent: media type, schema and an example.
    pub sends: Vec<(&'static str, Value, Option<Value>)>,
    /// Responses that take the place of the problems of their status: of endpoints whose errors have a form of their own.
    pub own_errors: Vec<(u16, Value)>,
    /// The status of success, when it is not 200, and other ones that say success.
    pub successes: Vec<(u16, &'static str)>,
}

impl Operation {
    /// An operation that answers JSON, without parameters or problems of its own.
    pub fn json(id: impl Into<String>, tag: &'static str, path: impl Into<String>, schema: Value) -> Self {
        let path = path.into();
        Self {
            id: id.into(),
            tag,
            verb: "get",
            example: path.clone(),
            path,
            summary: String::new(),
            description: String::new(),
            parameters: Vec::new(),
            answers: vec![("application/json", schema)],
            problems: Vec::new(),
            unready: None,
            conditional: true,
            needs: None,
            sends: Vec::new(),
            own_errors: Vec::new(),
            successes: vec![(200, "成功 · Success")],
        }
    }

    /// An operation of the staff part that answers JSON; see [`Operation::json`].
    pub fn staff(
        id: impl Into<String>,
        tag: &'static str,
        verb: &'static str,
        path: impl Into<String>,
        schema: Value,
    ) -> Self {
        Self { verb, needs: Some(Vec::new()), conditional: false, ..Self::json(id, tag, path, schema) }
    }

    /// The same for those who have one of these permissions.
    pub fn needing(mut self, permissions: impl IntoIterator<Item = &'static str>) -> Self {
        self.needs = Some(permissions.into_iter().collect());
        self
    }

    /// The same for anybody.
    pub fn open(mut self) -> Self {
        self.needs = None;
        self
    }

    /// The same, to which JSON is sent.
    pub fn sent(mut self, schema: Value, example: Value) -> Self {
        self.sends.push(("application/json", schema, Some(example)));
        self
    }

    /// The same, to which something is sent.
    pub fn sent_as(mut self, media_type: &'static str, schema: Value) -> Self {
        self.sends.push((media_type, schema, None));
        self
    }

    /// The same, succeeding with these statuses; the first carries the answer's body.
    pub fn succeeds(mut self, successes: &[(u16, &'static str)]) -> Self {
        self.successes = successes.to_vec();
        self
    }

    /// The same, without a body in the answer.
    pub fn silent(mut self) -> Self {
        self.answers.clear();
        self.successes = vec![(204, "已完成 · Done")];
        self
    }

    /// The same with its texts.
    pub fn says(mut self, summary: impl Into<String>, description: impl Into<String>) -> Self {
        self.summary = summary.into();
        self.description = description.into();
        self
    }

    /// The same with parameters.
    pub fn takes(mut self, parameters: impl IntoIterator<Item = Value>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// The same with problems of its own.
    pub fn refuses(mut self, problems: &[Code]) -> Self {
        self.problems.extend(problems);
        self
    }

    /// The same with a request that shows it.
    pub fn shown_by(mut self, request: impl Into<String>) -> Self {
        self.example = request.into();
        self
    }

    /// The same, of the process and not of the register.
    pub fn unconditional(mut self) -> Self {
        self.conditional = false;
        self
    }

    fn document(&self, example: Option<&Value>) -> Value {
        let mut responses = Map::new();
        for (index, (status, description)) in self.successes.iter().enumerate() {
            responses.insert(status.to_string(), self.success(description, example.filter(|_| index == 0)));
        }
        if self.conditional {
            let not_modified = "未变化 · The client has it already (`If-None-Match`, `If-Modified-Since`).";
            responses.insert("304".into(), json!({ "description": not_modified }));
        }
        if self.path.contains("{key}") && self.needs.is_none() {
            let moved = "编码已变更 · The record has another key now, or its key is written otherwise: see `Location`.";
            responses.insert("308".into(), json!({ "description": moved }));
        }
        let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        let shared: &[Code] = &[
            Code::InvalidQuery,
            Code::InvalidHeader,
            Code::MethodNotAllowed,
            Code::NotAcceptable,
            Code::UriTooLong,
            Code::HeadersTooLarge,
            Code::Internal,
            Code::Unavailable,
        ];
        let below_a_record = self.path.contains('{').then_some(&Code::InvalidPath);
        let of_callers: &[Code] = match &self.needs {
            Some(permissions) if permissions.is_empty() => {
                &[Code::Unauthenticated, Code::PasswordChangeRequired, Code::TooManyRequests]
            }
            Some(_) => &[Code::Unauthenticated, Code::Forbidden, Code::PasswordChangeRequired, Code::TooManyRequests],
            None => &[Code::TooManyRequests],
        };
        let of_bodies: &[Code] = match self.sends.is_empty() {
            true => &[],
            false => &[
                Code::UnreadableBody,
                Code::UnsupportedMediaType,
                Code::InvalidBody,
                Code::BodyTooLarge,
                Code::TooSlow,
            ],
        };
        let codes = self.problems.iter().chain(below_a_record).chain(of_callers).chain(of_bodies).chain(shared);
        for code in codes {
            let codes = by_status.entry(code.spec().status.as_u16()).or_default();
            if !codes.contains(code) {
                codes.push(*code);
            }
        }
        for (status, codes) in by_status {
            responses.insert(status.to_string(), problem_response(&codes));
        }
        for (status, response) in &self.own_errors {
            responses.insert(status.to_string(), response.clone());
        }
        if let Some(unready) = &self.unready {
            responses.insert("503".into(), unready.clone());
        }
        let mut parameters = self.parameters.clone();
        let mut headers: Vec<&str> = match (self.conditional, &self.needs) {
            (true, _) => vec!["If-None-Match", "Registry-Seq-Min", "Accept-Language"],
            (false, Some(_)) => vec!["Accept-Language"],
            (false, None) => Vec::new(),
        };
        if self.problems.contains(&Code::PreconditionMissing) {
            headers.push("If-Match");
        }
        if self.problems.contains(&Code::IdempotencyMismatch) {
            headers.push("Idempotency-Key");
        }
        parameters.extend(headers.iter().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })));
        let mut document = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "description": self.text(),
            "parameters": parameters,
        });
        if !self.sends.is_empty() {
            document["requestBody"] = self.request_body();
        }
        document["responses"] = Value::Object(responses);
        if self.needs.is_some() {
            document["security"] = json!([{ "bearer": [] }]);
        }
        document
    }

    fn text(&self) -> String {
        match &self.needs {
            None if self.verb == "get" => format!("{}\n\nExample · 示例: `GET {}`", self.description, self.example),
            None => self.description.clone(),
            Some(needs) if needs.is_empty() => {
                format!("{}\n\n权限 · Permission: 任何已登录账号 · any account", self.description)
            }
            Some(needs) => format!("{}\n\n权限 · Permission: `{}`", self.description, needs.join("`, `")),
        }
    }

    fn request_body(&self) -> Value {
        let content: Map<_, _> = self
            .sends
            .iter()
            .map(|(media_type, schema, example)| {
                let mut body = json!({ "schema": schema });
                if let Some(example) = example {
                    body["example"] = example.clone();
                }
                ((*media_type).to_owned(), body)
            })
            .collect();
        json!({ "required": true, "content": content })
    }

    fn success(&self, description: &str, example: Option<&Value>) -> Value {
        let content: Map<_, _> = self
            .answers
            .iter()
            .enumerate()
            .map(|(index, (media_type, schema))| {
                let mut body = json!({ "schema": schema });
                if let (0, Some(example)) = (index, example) {
                    body["example"] = example.clone();
                }
                ((*media_type).to_owned(), body)
            })
            .collect();
        let mut headers = Map::new();
        let names: &[&str] = match self.conditional {
            true => &[
                "ETag",
                "Last-Modified",
                "Link",
                "Registry-Seq",
                "X-Request-Id",
                "API-Version",
                "RateLimit",
                "RateLimit-Policy",
            ],
            false => &["Registry-Seq", "X-Request-Id", "API-Version", "RateLimit", "RateLimit-Policy"],
        };
        for name in names {
            headers.insert((*name).into(), json!({ "$ref": format!("#/components/headers/{name}") }));
        }
        match content.is_empty() {
            true => json!({ "description": description, "headers": headers }),
            false => json!({ "description": description, "headers": headers, "content": content }),
        }
    }
}

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
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schema of an object of which nothing more is promised. Without `additionalProperties`, generators take it for one that has
/// no members.
pub fn any_object() -> Value {
    json!({ "type": "object", "additionalProperties": true })
}

/// The schemas of the document, by name.
#[derive(Default)]
pub struct Schemas(Map<String, Value>);

impl Schemas {
    /// Adds the schema of a type and of all that it refers to.
    pub fn add<T: ToSchema>(&mut self) {
        self.add_shape(&Shape::of::<T>());
    }

    /// Adds the schemas of a shape.
    pub fn add_shape(&mut self, shape: &Shape) {
        for (name, schema) in shape.components() {
            self.put(name, schema.clone());
        }
    }

    /// Adds one schema under a name.
    pub fn put(&mut self, name: &str, schema: Value) {
        if let Some(other) = self.0.get(name).filter(|other| **other != schema) {
            log::error!("two schemas are called {name}: {other} and {schema}");
        }
        self.0.insert(name.to_owned(), schema);
    }

    /// The schema with this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

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
    let tags: Vec<_> =
        tags.iter().map(|(name, description)| json!({ "name": name, "description": description })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "清单 qingdan",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "权责清单和公共服务事项登记簿 · The register of powers, responsibilities and public services",
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "本服务 · this server" }],
        "tags": tags,
        "paths": paths,
        "components": { "schemas": schemas.0, "responses": problem_responses(), "headers": headers(), "parameters": request_headers(), "securitySchemes": { "bearer": bearer() } },
    })
}

/// The response of one status: a problem document with one of these codes.
fn problem_response(codes: &[Code]) -> Value {
    if let [code] = codes {
        return json!({ "$ref": format!("#/components/responses/{}", code.spec().code) });
    }
    let descriptions: Vec<_> =
        codes.iter().map(|code| code.spec()).map(|spec| format!("`{}` {}", spec.code, spec.chinese)).collect();
    let examples: Map<_, _> = codes
        .iter()
        .map(|code| (code.spec().code.to_owned(), json!({ "value": problem_example(*code, Language::Chinese) })))
        .collect();
    let content = json!({ "schema": schema("Problem"), "examples": examples });
    json!({ "description": descriptions.join(" · "), "content": { "application/problem+json": content } })
}

fn problem_example(code: Code, language: Language) -> Value {
    let wrong = FieldError::parameter("limit", Wrong::OutOfRange("1–200".into())).with_value("0");
    let errors = match code {
        Code::InvalidQuery => vec![wrong, FieldError::parameter("colour", Wrong::UnknownParameter)],
        Code::InvalidCursor => vec![FieldError::parameter("cursor", Wrong::OtherWalk)],
        Code::InvalidHeader => vec![FieldError::header("Registry-Seq-Min", Wrong::OutOfRange("≥ 0".into()))],
        _ => Vec::new(),
    };
    let problem = match code {
        Code::FeeParameterMissing => Problem::fee_parameters_missing(vec![missing_example()]),
        _ => Problem::with_errors(code, errors),
    };
    serde_json::to_value(problem.document(language, "/v1/items")).unwrap_or_default()
}

fn missing_example() -> MissingParameter {
    MissingParameter {
        parameter: "volume".into(),
        label: "年用水量".into(),
        r#type: "decimal",
        unit: Some("m3".into()),
        values: Vec::new(),
        min: Some("0".into()),
        max: None,
        fees: vec!["fee-rural-water".into()],
    }
}

/// One response for each problem code, with the document that it sends.
fn problem_responses() -> Map<String, Value> {
    let response = |code: Code| {
        let spec = code.spec();
        let content = json!({
            "schema": schema("Problem"),
            "examples": {
                "zh-CN": { "value": problem_example(code, Language::Chinese) },
                "en": { "value": problem_example(code, Language::English) },
            },
        });
        let description = format!("{} · {}", spec.chinese, spec.english);
        let mut response = json!({ "description": description, "content": { "application/problem+json": content } });
        let names: &[&str] = match code {
            Code::TooManyRequests => &["Retry-After", "RateLimit", "RateLimit-Policy"],
            Code::Unavailable => &["Retry-After"],
            _ => &[],
        };
        for name in names {
            response["headers"][*name] = json!({ "$ref": format!("#/components/headers/{name}") });
        }
        (spec.code.to_owned(), response)
    };
    Code::ALL.iter().copied().map(response).collect()
}

fn bearer() -> Value {
    json!({
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "访问令牌 · An access token from `POST /v1/sessions`, `POST /v1/oauth/token` or a configured OIDC issuer.",
    })
}

/// The request headers that operations refer to.
fn request_headers() -> Value {
    let header = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "header", "required": false, "description": description, "schema": schema });
    json!({
        "If-None-Match": header(
            "If-None-Match",
            "实体标签 · The `ETag` of the last read: 304 while it still holds.",
            json!({ "type": "string" }),
        ),
        "Registry-Seq-Min": header(
            "Registry-Seq-Min",
            "最低变更序号 · Waits up to five seconds until this replica has read the change, then 503; 429 when too many requests of the \
             client wait already.",
            json!({ "type": "integer", "format": "int64", "minimum": 0 }),
        ),
        "If-Match": json!({
            "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" }, "example": "\"1\"",
            "description": "所见版本 · The `ETag` of your last read: 428 without it, 412 when it is no longer the version; `*` for any.",
        }),
        "Idempotency-Key": header(
            "Idempotency-Key",
            "幂等键 · Any text of 1–255 ASCII characters, new for each new request: one that comes again with it is answered with what \
             the first one was answered, for 24 hours.",
            json!({ "type": "string", "maxLength": 255 }),
        ),
        "Accept-Language": header(
            "Accept-Language",
            "语言 · Of problem documents: `zh-CN` (default) or `en`. Data are in the language of the register.",
            json!({ "type": "string" }),
        ),
    })
}

fn headers() -> Value {
    let text = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string" }, "example": example });
    json!({
        "ETag": text("实体标签 · Strong entity tag: shown seq, version of the software, encoding.", "\"346-0.1.0\""),
        "Last-Modified": text("最近变更时间 · Time of the last change of what is shown.", "Thu, 01 Jun 2017 01:00:00 GMT"),
        "Link": text("下一页 · `rel=\"next\"`, of a list that goes on (RFC 8288).", "</v1/items?cursor=…>; rel=\"next\""),
        "Registry-Seq": text("变更序号 · The last change that is part of the answer.", "383"),
        "X-Request-Id": text("请求标识 · Yours, or a new one.", "b6adb2e2c53d7358"),
        "RateLimit": text(
            "剩余请求次数 · Of the policy that the request counted for: `r` requests are left, and `t` seconds pass until all are there again \
             (draft-ietf-httpapi-ratelimit-headers). Absent where there is no limit.",
            "\"readers\";r=599;t=1",
        ),
        "RateLimit-Policy": text(
            "限流规则 · `q` requests in `w` seconds: `readers` without a token, `callers` with one that was seen to hold, `sign-in` where tokens are given.",
            "\"readers\";q=600;w=60",
        ),
        "Retry-After": json!({
            "description": "重试等待秒数 · Seconds after which to try again.", "schema": { "type": "integer", "minimum": 1 }, "example": 3,
        }),
        "API-Version": text("接口版本 · The full version.", env!("CARGO_PKG_VERSION")),
    })
}
