//! What an endpoint may answer, by status.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    operation::{Operation, content},
    pieces::{reference, schema},
    problems::{PROBLEM, problem_response, whole_problem_response},
};
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

/// The problems of an endpoint that reads what is sent to it, and be it to find that nothing is.
const OF_BODIES: [Code; 5] =
    [Code::UnreadableBody, Code::UnsupportedMediaType, Code::InvalidBody, Code::BodyTooLarge, Code::TooSlow];

/// The problems of a body that nobody asked for.
const OF_ALL_BODIES: [Code; 2] = [Code::BodyTooLarge, Code::TooSlow];

/// The headers of every success.
const ANSWER_HEADERS: [&str; 5] = ["Registry-Seq", "X-Request-Id", "API-Version", "RateLimit", "RateLimit-Policy"];

const PAGE: &str = "text/html";

impl Operation {
    /// Its responses by status. An endpoint's own errors stand beside the problems of their status, and a page beside the document of
    /// each problem where people meet it.
    pub(super) fn responses(&self, example: Option<&Value>) -> Map<String, Value> {
        let mut responses = Map::new();
        for (index, (status, description)) in self.successes.iter().enumerate() {
            responses.insert(status.to_string(), self.success(description, example.filter(|_| index == 0)));
        }
        if self.conditional || self.versioned {
            let not_modified = "未变化 · The client has it already (`If-None-Match`, `If-Modified-Since`).";
            responses.insert("304".into(), json!({ "description": not_modified }));
        }
        if self.path.contains("{key}") && self.needs.is_none() {
            let moved = "编码已变更 · The record has another key now, or its key is written otherwise: see `Location`.";
            let headers = json!({ "Location": reference("headers", "Location") });
            responses.insert("308".into(), json!({ "description": moved, "headers": headers }));
        }
        let is_page = !self.is_of_staff && self.answers.iter().any(|(media_type, _)| *media_type == PAGE);
        for (status, codes) in self.codes_by_status() {
            let own = self.own_errors.iter().find(|(own, _)| *own == status);
            let response = match own {
                Some((_, own)) => with_content(own.clone(), PROBLEM, schema("Problem")),
                None if is_page => with_content(whole_problem_response(&codes), PAGE, json!({ "type": "string" })),
                None => problem_response(&codes),
            };
            responses.insert(status.to_string(), response);
        }
        for (status, response) in &self.own_errors {
            responses.entry(status.to_string()).or_insert_with(|| response.clone());
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
        let of_mirrors: &[Code] = if self.is_of_staff { &[Code::MirrorReadOnly] } else { &[] };
        let of_bodies: &[Code] = match (self.verb, self.is_of_staff) {
            ("get" | "delete", true) => &OF_ALL_BODIES,
            ("get" | "delete", false) => &[],
            _ => &OF_BODIES,
        };
        let of_all = of_callers.iter().chain(of_mirrors).chain(of_bodies).chain(&SHARED);
        let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        for code in self.problems.iter().chain(below_a_record).chain(of_all) {
            let codes = by_status.entry(code.spec().status.as_u16()).or_default();
            if !codes.contains(code) {
                codes.push(*code);
            }
        }
        by_status
    }

    fn success(&self, description: &str, example: Option<&Value>) -> Value {
        let answers = self.answers.iter().enumerate();
        let mut content = content(answers.map(|(at, (media_type, schema))| {
            // What the demonstration does not answer has the example of its schema.
            let shown = example.filter(|_| at == 0).or_else(|| schema.get("example"));
            (*media_type, schema, shown)
        }));
        if let Some((media_type, _)) =
            self.answers.first().filter(|(_, schema)| self.conditional && schema["format"] == "binary")
        {
            content[*media_type]["examples"] = json!({ "demonstration": { "externalValue": self.example } });
        }
        let of_state: &[&str] = match (self.conditional, self.versioned) {
            (true, _) => &["ETag", "Last-Modified", "Link"],
            (false, true) => &["ETag"],
            (false, false) => &[],
        };
        let names = of_state.iter().chain(&ANSWER_HEADERS);
        let headers: Map<_, _> = names.map(|name| ((*name).to_owned(), reference("headers", name))).collect();
        match content.is_empty() {
            true => json!({ "description": description, "headers": headers }),
            false => json!({ "description": description, "headers": headers, "content": content }),
        }
    }
}

/// A response that may also have a body of this media type.
fn with_content(mut response: Value, media_type: &str, schema: Value) -> Value {
    response["content"][media_type] = json!({ "schema": schema });
    response
}
