//! One endpoint as data, and as an OpenAPI operation.

use serde_json::{Map, Value, json};

use super::pieces::reference;
use crate::problem::Code;

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
    /// Whether the answer belongs to a state of the register: it then has an entity tag and can be 304.
    pub conditional: bool,
    /// The permissions of which a caller needs one; empty when a token is all it takes; `None` when it takes none.
    pub needs: Option<Vec<&'static str>>,
    /// The bodies that are sent: media type, schema and an example.
    pub sends: Vec<(&'static str, Value, Option<Value>)>,
    /// The errors of an endpoint that have a form of their own, by status: its problems of that status stand beside it.
    pub own_errors: Vec<(u16, Value)>,
    /// The status of success, when it is not 200, and other ones that say success.
    pub successes: Vec<(u16, &'static str)>,
    /// Whether it belongs to the staff part, which a mirror refuses.
    pub is_of_staff: bool,
    /// Whether its answer has a version of its own, an entity tag with which it can be 304.
    pub versioned: bool,
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
            conditional: true,
            needs: None,
            sends: Vec::new(),
            own_errors: Vec::new(),
            successes: vec![(200, "成功 · Success")],
            is_of_staff: false,
            versioned: false,
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
        Self {
            verb,
            needs: Some(Vec::new()),
            conditional: false,
            is_of_staff: true,
            ..Self::json(id, tag, path, schema)
        }
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

    /// Takes a body of this media type, such as this one.
    pub fn sent_like(mut self, media_type: &'static str, schema: Value, example: Value) -> Self {
        self.sends.push((media_type, schema, Some(example)));
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

    /// Says that its answer has a version, which `If-None-Match` may name.
    pub fn versioned(mut self) -> Self {
        self.versioned = true;
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
            (false, _) if self.versioned => &["If-None-Match", "Accept-Language"],
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
}

/// The `content` of a body: schema and example by media type.
pub(super) fn content<'a>(
    bodies: impl Iterator<Item = (&'static str, &'a Value, Option<&'a Value>)>,
) -> Map<String, Value> {
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
