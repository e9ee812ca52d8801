//! Every answer of the suite is held to the OpenAPI document: `app::send` asks here, so that no test has to.

use std::{
    collections::{BTreeMap, HashMap},
    env, fs,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, PoisonError},
};

use boon::SchemaIndex;
use reqwest::{Method, StatusCode, header};
use serde_json::Value;

use crate::helpers::{
    answer::{Answer, decoded},
    document::{Document, Response, Route, essence},
    effort::times,
};

/// Of each kind of answer every fiftieth is checked against its schema when the first ones were.
const EVERY: usize = 50;

/// The variable with which mismatches are only written down, so that one run finds all of them.
const COLLECT: &str = "QINGDAN_COLLECT_ANSWERS";

/// What is known of the answers so far.
#[derive(Default)]
struct Seen {
    answers: usize,
    bodies: usize,
    /// How often each operation, status and media type was answered.
    kinds: HashMap<String, usize>,
    /// How many answers the document does not describe, and why it does not.
    outside: BTreeMap<&'static str, usize>,
    /// What broke the document's word, and how often.
    broken: BTreeMap<String, usize>,
}

static SEEN: LazyLock<Mutex<Seen>> = LazyLock::new(Mutex::default);

/// Fails where an answer is not what the document says of its operation.
///
/// # Panics
///
/// With the operation, the status, the place and what the schema says of it.
pub fn hold(method: &Method, path: &str, answer: &Answer) {
    let checked = check(method, path, answer);
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.answers += 1;
    if let Ok(Some(reason)) = checked {
        *seen.outside.entry(reason).or_default() += 1;
    }
    if let Err(broken) = &checked {
        *seen.broken.entry(broken.clone()).or_default() += 1;
    }
    if checked.is_err() || seen.answers.is_multiple_of(100) {
        tell(&seen);
    }
    drop(seen);
    if let (Err(broken), None) = (checked, env::var_os(COLLECT)) {
        panic!("{broken}\n{method} {path}: {}", String::from_utf8_lossy(&answer.bytes));
    }
}

/// Why the document says nothing of an answer, if it does not.
fn check(method: &Method, path: &str, answer: &Answer) -> Result<Option<&'static str>, String> {
    if let Some(reason) = outside(path).or_else(|| beneath(answer)) {
        return Ok(Some(reason));
    }
    let Some(route) = Document::get().route(path) else {
        return match answer.status {
            StatusCode::NOT_FOUND => Ok(Some("an unknown address below /v1, which is 404")),
            status if status.is_client_error() => Ok(Some("refused before it was looked for")),
            status => Err(format!("{method} {path} is not in the document, and {status}")),
        };
    };
    let verb = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
    let Some(operation) = route.operations.get(&verb) else { return other_method(method, route, answer) };
    let (status, name) = (answer.status.as_str(), format!("{verb} {} {}", route.path, answer.status.as_u16()));
    let response = operation.get(status).or_else(|| operation.get("default"));
    let response = response.ok_or_else(|| format!("{name}: this status is not declared"))?;
    as_declared(&name, response, answer, method == Method::HEAD).map_err(|broken| format!("{name}: {broken}"))?;
    Ok(None)
}

/// Why the document says nothing of what is answered at an address.
fn outside(path: &str) -> Option<&'static str> {
    let below = |base: &str| path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    match path {
        "/openapi.json" => Some("the document itself"),
        _ if below("/v1/things") => Some("endpoints that only tests have (things.rs)"),
        _ if !["/v1", "/health", "/.well-known"].into_iter().any(below) => {
            Some("pages for people, what they show, and figures: not of the API")
        }
        _ => None,
    }
}

/// Whether something before the register refused: the HTTP layer, as the document's introduction says of it.
fn beneath(answer: &Answer) -> Option<&'static str> {
    let is_empty = answer.bytes.is_empty() && !answer.headers.contains_key(header::CONTENT_TYPE);
    let refused = matches!(answer.status.as_u16(), 400 | 408 | 431) && is_empty;
    refused.then_some("refused by the HTTP layer, without a body")
}

/// A method that a path does not know: 405 with those that it knows. `OPTIONS` tells them.
fn other_method(method: &Method, route: &Route, answer: &Answer) -> Result<Option<&'static str>, String> {
    match answer.status.as_u16() {
        405 if !answer.header("allow").is_empty() => Ok(Some("a method that the path does not know, which is 405")),
        _ if method == Method::OPTIONS => Ok(Some("OPTIONS, which CORS and RFC 9110 describe")),
        status => Err(format!("{method} {} is not in the document, and {status}", route.path)),
    }
}

/// Whether an answer has the headers, the media type and the body that a response declares.
fn as_declared(name: &str, response: &Response, answer: &Answer, without_body: bool) -> Result<(), String> {
    let missing = response.headers.iter().find(|name| !answer.headers.contains_key(name.as_str()));
    if let Some(header) = missing {
        return Err(format!("the header {header} is missing"));
    }
    if response.content.is_empty() {
        let is_empty = answer.bytes.is_empty();
        return if is_empty { Ok(()) } else { Err("it has a body, and none is declared".into()) };
    }
    let sent = answer.header("content-type");
    let declared = |kind: &str| kind == sent || essence(kind) == essence(sent);
    let (_, schema) = response.content.iter().find(|(kind, _)| declared(kind)).ok_or_else(|| {
        let kinds: Vec<_> = response.content.iter().map(|(kind, _)| kind.as_str()).collect();
        format!("{sent:?} is none of {kinds:?}")
    })?;
    match schema {
        Some(schema) if !without_body && is_next(format!("{name} {}", essence(sent))) => {
            valid(answer, response, *schema)
        }
        _ => Ok(()),
    }
}

fn valid(answer: &Answer, response: &Response, schema: SchemaIndex) -> Result<(), String> {
    let body: Value = serde_json::from_slice(&decoded(answer)).map_err(|error| format!("no JSON: {error}"))?;
    Document::get().check(&body, schema)?;
    let is_problem = answer.header("content-type") == "application/problem+json" && !response.codes.is_empty();
    match body["code"].as_str().filter(|code| is_problem && !response.codes.iter().any(|known| known == code)) {
        Some(code) => Err(format!("the problem {code} is none of {:?}", response.codes)),
        None => Ok(()),
    }
}

/// Whether the body of the next answer of a kind is checked: the first ones, and then some.
fn is_next(kind: String) -> bool {
    static FIRST: LazyLock<usize> = LazyLock::new(|| times("CHECKED_ANSWERS", 40));
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let count = seen.kinds.entry(kind).or_default();
    *count += 1;
    let is_next = *count <= *FIRST || count.is_multiple_of(EVERY);
    seen.bodies += usize::from(is_next);
    is_next
}

/// Writes what is known so far to `target/answers.txt`.
fn tell(seen: &Seen) {
    let mut text = format!(
        "{} answers held to the document, {} bodies to their schemas, {} kinds of JSON of {} responses declared\n\nOutside of it:\n",
        seen.answers - seen.outside.values().sum::<usize>(),
        seen.bodies,
        seen.kinds.len(),
        Document::get().declared(),
    );
    text.extend(seen.outside.iter().map(|(reason, count)| format!("{count} {reason}\n")));
    text.push_str("\nBroken:\n");
    text.extend(seen.broken.iter().map(|(broken, count)| format!("{count} {broken}\n")));
    // Nothing depends on it: it is for whoever wants to know.
    let _ = fs::write(file(), text);
}

fn file() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target")).join("answers.txt")
}
