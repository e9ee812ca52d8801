//! A body of JSON as it was sent.

use memchr::memmem;
use serde_json::Value;

use crate::{
    fields::member,
    problem::{Code, FieldError, Problem, Wrong},
};

/// Texts with U+0000 that one answer names at most: more say nothing new.
const MOST_MISTAKES: usize = 100;

/// The mark with which some programs begin a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a body as JSON. An empty one counts as `{}`; with `changes`, one that says nothing is refused.
pub fn json(body: &[u8], changes: bool) -> Result<Value, Problem> {
    // Notepad and PowerShell put a mark before a text; a parser may pass over it (RFC 8259, 8.1).
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let value = match body.is_empty() {
        true => Value::Object(serde_json::Map::new()),
        false => parsed(body)?,
    };
    match changes && value.as_object().is_some_and(serde_json::Map::is_empty) {
        true => Err(Problem::with_detail(
            Code::UnreadableBody,
            "请求内容什么也没有写。请写明要改的成员；要去掉的成员写 null。",
            "The body says nothing. Name the members that are to change; `null` takes one away.",
        )),
        false => Ok(value),
    }
}

fn parsed(body: &[u8]) -> Result<Value, Problem> {
    let value = serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Problem::with_detail(
            Code::UnreadableBody,
            format!("第 {line} 行第 {column} 列不是合法的 JSON。"),
            format!("Line {line}, column {column} is not JSON: {error}"),
        )
    })?;
    let mut mistakes = Vec::new();
    // As it has to be written in JSON.
    if memmem::find(body, br"\u0000").is_some() {
        find_nul(&value, "", &mut mistakes);
    }
    if mistakes.is_empty() { Ok(value) } else { Err(Problem::invalid_body(mistakes)) }
}

/// Finds the texts, and the objects with names of members, that have U+0000.
fn find_nul(value: &Value, at: &str, found: &mut Vec<FieldError>) {
    match value {
        _ if found.len() == MOST_MISTAKES => {}
        Value::String(text) if text.contains('\0') => found.push(FieldError::at(at, Wrong::ControlCharacter)),
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, element)| find_nul(element, &format!("{at}/{index}"), found));
        }
        Value::Object(members) => {
            if members.keys().any(|name| name.contains('\0')) {
                found.push(FieldError::at(at, Wrong::ControlCharacter));
            }
            members.iter().for_each(|(name, inner)| find_nul(inner, &member(at, name), found));
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}
