//! What an endpoint promises, as data: from it come `/openapi.json`, the interactive page and the tests that hold every
//! endpoint to it.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::{
    fields::Shape,
    problem::{Code, Language, Problem, ProblemDocument},
};

/// One endpoint.
pub struct Operation {
    /// Unique, `snake_case`.
    pub id: String,
    /// Group of the page.
    pub tag: &'static str,
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
    /// Whether the answer belongs to a state of the register: it then has an entity tag and can be 304.
    pub conditional: bool,
}

impl Operation {
    /// An operation that answers JSON, without parameters or problems of its own.
    pub fn json(id: impl Into<String>, tag: &'static str, path: impl Into<String>, schema: Value) -> Self {
        let path = path.into();
        Self {
            id: id.into(),
            tag,
            example: path.clone(),
            path,
            summary: String::new(),
            description: String::new(),
            parameters: Vec::new(),
            answers: vec![("application/json", schema)],
            problems: Vec::new(),
            conditional: true,
        }
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
        responses.insert("200".into(), self.success(example));
        if self.conditional {
            let not_modified = "未变化 · The client has it already (`If-None-Match`, `If-Modified-Since`).";
            responses.insert("304".into(), json!({ "description": not_modified }));
        }
        let shared: &[Code] = &[Code::InvalidQuery, Code::MethodNotAllowed, Code::NotAcceptable, Code::Unavailable];
        for code in self.problems.iter().chain(shared) {
            responses
                .entry(code.spec().status.as_str())
                .or_insert_with(|| json!({ "$ref": format!("#/components/responses/{}", code.spec().code) }));
        }
        json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "description": format!("{}\n\nExample · 示例: `GET {}`", self.description, self.example),
            "parameters": self.parameters,
            "responses": responses,
        })
    }

    fn success(&self, example: Option<&Value>) -> Value {
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
            true => &["ETag", "Last-Modified", "Registry-Seq", "X-Request-Id", "API-Version"],
            false => &["Registry-Seq", "X-Request-Id", "API-Version"],
        };
        for name in names {
            headers.insert((*name).into(), json!({ "$ref": format!("#/components/headers/{name}") }));
        }
        json!({ "description": "成功 · Success", "headers": headers, "content": content })
    }
}

/// A parameter in the path.
pub fn path_parameter(name: &str, description: &str, example: &str) -> Value {
    json!({
        "name": name, "in": "path", "required": true, "description": description,
        "schema": { "type": "string" }, "example": example,
    })
}

/// A parameter in the query.
pub fn query_parameter(name: &str, description: &str, schema: Value, example: Value) -> Value {
    json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema, "example": example })
}

/// A parameter that may be repeated.
pub fn repeated_parameter(name: &str, description: &str, items: Value, example: &str) -> Value {
    json!({
        "name": name, "in": "query", "required": false, "description": description, "style": "form", "explode": true,
        "schema": { "type": "array", "items": items }, "example": [example],
    })
}

/// A reference to a schema.
pub fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
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
        item["get"] = operation.document(examples.get(&operation.id));
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
        "components": { "schemas": schemas.0, "responses": problem_responses(), "headers": headers() },
    })
}

/// One response for each problem code, with the document that it sends.
fn problem_responses() -> Map<String, Value> {
    let response = |code: Code| {
        let spec = code.spec();
        let example =
            |language| serde_json::to_value(Problem::from(code).document(language, "/v1/items")).unwrap_or_default();
        let content = json!({
            "schema": schema("Problem"),
            "examples": {
                "zh-CN": { "value": example(Language::Chinese) },
                "en": { "value": example(Language::English) },
            },
        });
        let description = format!("{} · {}", spec.chinese, spec.english);
        (
            spec.code.to_owned(),
            json!({ "description": description, "content": { "application/problem+json": content } }),
        )
    };
    Code::ALL.into_iter().map(response).collect()
}

fn headers() -> Value {
    let text = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string" }, "example": example });
    json!({
        "ETag": text("实体标签 · Strong entity tag: shown seq, version of the software, encoding.", "\"346-0.1.0\""),
        "Last-Modified": text("最近变更时间 · Time of the last change of what is shown.", "Thu, 01 Jun 2017 01:00:00 GMT"),
        "Registry-Seq": text("变更序号 · The last change that is part of the answer.", "383"),
        "X-Request-Id": text("请求标识 · Yours, or a new one.", "b6adb2e2c53d7358"),
        "API-Version": text("接口版本 · The full version.", env!("CARGO_PKG_VERSION")),
    })
}
