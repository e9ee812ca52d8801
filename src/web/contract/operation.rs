//! One endpoint as data, and as an OpenAPI operation.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{pieces::reference, problems::problem_response};
use crate::problem::Code;

/// The problems of every endpoint.
const SHARED: [Code; 8] = [
    Code::InvalidQuery,
    Code::InvalidHeader,
    Code::MethodNotAllowed,
    Code::NotAcceptable,
    Code::UriTooLong,
    Code::HeadersTooLarge,
    Code::Internal,
    Code::Unavailable,
];

/// The problems of an endpoint to which something is sent.
const OF_BODIES: [Code; 5] =
    [Code::UnreadableBody, Code::UnsupportedMediaType, Code::InvalidBody, Code::BodyTooLarge, Code::TooSlow];

/// The headers of every success.
const ANSWER_HEADERS: [&str; 5] = ["Registry-Seq", "X-Request-Id", "API-Version", "RateLimit", "RateLimit-Policy"];

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
    /// Tells its answer and whatever its caller should know.
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
    /// The bodies that are sent: media type, schema and an example.
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

    /// Lets only those in who have one of these permissions.
    pub fn needing(mut self, permissions: impl IntoIterator<Item = &'static str>) -> Self {
        self.needs = Some(permissions.into_iter().collect());
        self
    }

    /// Lets anybody in, without a token.
    pub fn open(mut self) -> Self {
        self.needs = None;
        self
    }

    /// Takes JSON.
    pub fn sent(mut self, schema: Value, example: Value) -> Self {
        self.sends.push(("application/json", schema, Some(example)));
        self
    }

    /// Takes a body of this media type.
    pub fn sent_as(mut self, media_type: &'static str, schema: Value) -> Self {
        self.sends.push((media_type, schema, None));
        self
    }

    /// Succeeds with these statuses; the first carries the answer's body.
    pub fn succeeds(mut self, successes: &[(u16, &'static str)]) -> Self {
        self.successes = successes.to_vec();
        self
    }

    /// Answers 204, without a body.
    pub fn silent(mut self) -> Self {
        self.answers.clear();
        self.successes = vec![(204, "已完成 · Done")];
        self
    }

    /// Sets its summary and its description.
    pub fn says(mut self, summary: impl Into<String>, description: impl Into<String>) -> Self {
        self.summary = summary.into();
        self.description = description.into();
        self
    }

    /// Adds parameters.
    pub fn takes(mut self, parameters: impl IntoIterator<Item = Value>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Adds problems of its own.
    pub fn refuses(mut self, problems: &[Code]) -> Self {
        self.problems.extend(problems);
        self
    }

    /// Sets the request that shows it.
    pub fn shown_by(mut self, request: impl Into<String>) -> Self {
        self.example = request.into();
        self
    }

    /// Says that the answer is about the process, not a state of the register: it has no entity tag.
    pub fn unconditional(mut self) -> Self {
        self.conditional = false;
        self
    }

    /// The OpenAPI operation; `example` is an answer to its example request.
    pub(super) fn document(&self, example: Option<&Value>) -> Value {
        let mut document = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "description": self.text(),
            "parameters": self.all_parameters(),
        });
        if !self.sends.is_empty() {
            let bodies = self.sends.iter().map(|(media_type, schema, example)| (*media_type, schema, example.as_ref()));
            document["requestBody"] = json!({ "required": true, "content": content(bodies) });
        }
        document["responses"] = Value::Object(self.responses(example));
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

    /// Its own parameters, and the request headers that it reads.
    fn all_parameters(&self) -> Vec<Value> {
        let headers: &[&str] = match (self.conditional, &self.needs) {
            (true, _) => &["If-None-Match", "Registry-Seq-Min", "Accept-Language"],
            (false, Some(_)) => &["Accept-Language"],
            (false, None) => &[],
        };
        let by_problem =
            [(Code::PreconditionMissing, "If-Match"), (Code::IdempotencyMismatch, "Idempotency-Key")].into_iter();
        let needed = by_problem.filter(|(code, _)| self.problems.contains(code)).map(|(_, name)| name);
        let headers = headers.iter().copied().chain(needed).map(|name| reference("parameters", name));
        self.parameters.iter().cloned().chain(headers).collect()
    }

    /// Its responses by status; those of an endpoint's own take the place of the problems.
    fn responses(&self, example: Option<&Value>) -> Map<String, Value> {
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
        for (status, codes) in self.codes_by_status() {
            responses.insert(status.to_string(), problem_response(&codes));
        }
        for (status, response) in &self.own_errors {
            responses.insert(status.to_string(), response.clone());
        }
        if let Some(unready) = &self.unready {
            responses.insert("503".into(), unready.clone());
        }
        responses
    }

    /// The problems of the endpoint, its own first.
    fn codes_by_status(&self) -> BTreeMap<u16, Vec<Code>> {
        let below_a_record = self.path.contains('{').then_some(&Code::InvalidPath);
        let of_callers: &[Code] = match &self.needs {
            Some(permissions) if permissions.is_empty() => {
                &[Code::Unauthenticated, Code::PasswordChangeRequired, Code::TooManyRequests]
            }
            Some(_) => &[Code::Unauthenticated, Code::Forbidden, Code::PasswordChangeRequired, Code::TooManyRequests],
            None => &[Code::TooManyRequests],
        };
        let of_bodies: &[Code] = if self.sends.is_empty() { &[] } else { &OF_BODIES };
        let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        for code in self.problems.iter().chain(below_a_record).chain(of_callers).chain(of_bodies).chain(&SHARED) {
            let codes = by_status.entry(code.spec().status.as_u16()).or_default();
            if !codes.contains(code) {
                codes.push(*code);
            }
        }
        by_status
    }

    fn success(&self, description: &str, example: Option<&Value>) -> Value {
        let answers = self.answers.iter().enumerate();
        let content =
            content(answers.map(|(at, (media_type, schema))| (*media_type, schema, example.filter(|_| at == 0))));
        let of_state: &[&str] = if self.conditional { &["ETag", "Last-Modified", "Link"] } else { &[] };
        let names = of_state.iter().chain(&ANSWER_HEADERS);
        let headers: Map<_, _> = names.map(|name| ((*name).to_owned(), reference("headers", name))).collect();
        match content.is_empty() {
            true => json!({ "description": description, "headers": headers }),
            false => json!({ "description": description, "headers": headers, "content": content }),
        }
    }
}

/// The `content` of a body: schema and example by media type.
fn content<'a>(bodies: impl Iterator<Item = (&'static str, &'a Value, Option<&'a Value>)>) -> Map<String, Value> {
    bodies
        .map(|(media_type, schema, example)| {
            let mut body = json!({ "schema": schema });
            if let Some(example) = example {
                body["example"] = example.clone();
            }
            (media_type.to_owned(), body)
        })
        .collect()
}
