//! The responses that are problem documents, with examples.

use serde_json::{Map, Value, json};

use super::pieces::{reference, schema};
use crate::problem::{Code, FieldError, Language, MissingParameter, Problem, Wrong};

/// The media type of problem documents.
pub const PROBLEM: &str = "application/problem+json";

/// The response of one status: a problem document with one of these codes.
pub fn problem_response(codes: &[Code]) -> Value {
    match codes {
        [code] => reference("responses", code.spec().code),
        _ => whole_problem_response(codes),
    }
}

/// The same, written out also where there is only one code.
pub fn whole_problem_response(codes: &[Code]) -> Value {
    if let [code] = codes {
        return response_of(*code);
    }
    let descriptions: Vec<_> =
        codes.iter().map(|code| code.spec()).map(|spec| format!("`{}` {}", spec.code, spec.chinese)).collect();
    let examples: Map<_, _> = codes
        .iter()
        .map(|code| (code.spec().code.to_owned(), json!({ "value": problem_example(*code, Language::Chinese) })))
        .collect();
    let content = json!({ "schema": schema("Problem"), "examples": examples });
    json!({ "description": descriptions.join(" · "), "content": { PROBLEM: content } })
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
pub fn problem_responses() -> Map<String, Value> {
    Code::ALL.iter().map(|code| (code.spec().code.to_owned(), response_of(*code))).collect()
}

fn response_of(code: Code) -> Value {
    let spec = code.spec();
    let content = json!({
        "schema": schema("Problem"),
        "examples": {
            "zh-CN": { "value": problem_example(code, Language::Chinese) },
            "en": { "value": problem_example(code, Language::English) },
        },
    });
    let description = format!("{} · {}", spec.chinese, spec.english);
    let mut response = json!({ "description": description, "content": { PROBLEM: content } });
    let names: &[&str] = match code {
        Code::TooManyRequests => &["Retry-After", "RateLimit", "RateLimit-Policy"],
        Code::Unavailable => &["Retry-After"],
        _ => &[],
    };
    for name in names {
        response["headers"][*name] = reference("headers", name);
    }
    response
}
