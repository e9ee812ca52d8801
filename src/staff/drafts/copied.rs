//! A draft that begins with a published text: an earlier revision that is restored, or a record that is copied as a new one.

use serde_json::{Value, json};

use super::{
    content::{DraftSource, NewDraft, has_body},
    open::kind_of,
};
use crate::{
    base::merge_patch,
    fields::member,
    model::kinds::Kind,
    problem::{FieldError, Problem, Wrong},
    register::catalog::{Entry, Snapshot},
    values::code_lists::Action,
};

/// The text with which a draft began, and what could not be taken over as it was.
pub struct Copied {
    key: String,
    revision: i64,
    removed: Vec<String>,
    replaced: Vec<String>,
}

impl Copied {
    /// Returns what the answer tells of it.
    pub fn json(&self) -> Value {
        json!({ "key": self.key, "revision": self.revision, "removed": self.removed, "replaced": self.replaced })
    }
}

/// Fills in the body of a request that names a published text; what the request says of the body replaces that of the text, as a merge
/// patch does. `None` where it names none, or does not say of which kind or for what.
pub fn filled(register: &Snapshot, new: &NewDraft) -> Result<Option<(NewDraft, Copied)>, Problem> {
    let (Some(from), Some(name), Some(action)) = (&new.from, &new.kind, new.action) else { return Ok(None) };
    let kind = kind_of(register, name)?;
    if !has_body(action) {
        return Err(mistake("/from", Wrong::UnknownField));
    }
    let entry = source(register, kind, action, new, from)?;
    let (revision, mut body) = text(entry, from.revision)?;
    let (removed, replaced) = match action {
        Action::Create => (without_codes(&mut body), Vec::new()),
        _ => (Vec::new(), under(&mut body, &entry.key)),
    };
    if let Some(own) = &new.body {
        merge_patch::merge(&mut body, own);
    }
    let key = new.key.clone().or_else(|| (action != Action::Create).then(|| entry.key.to_string()));
    let copied = Copied { key: entry.key.to_string(), revision, removed, replaced };
    Ok(Some((NewDraft { key, body: Some(body), from: None, ..new.clone() }, copied)))
}

fn mistake(pointer: &str, wrong: Wrong) -> Problem {
    Problem::invalid_body(vec![FieldError::at(pointer, wrong)])
}

/// The record whose text is meant: the draft's own, unless a new one is made after it.
fn source<'a>(
    register: &'a Snapshot,
    kind: &'static Kind,
    action: Action,
    new: &NewDraft,
    from: &DraftSource,
) -> Result<&'a Entry, Problem> {
    let own = new.key.as_deref().filter(|_| action != Action::Create);
    let (pointer, key) = match (&from.key, own) {
        (Some(key), _) => ("/from/key", key.as_str()),
        (None, Some(own)) => ("/key", own),
        (None, None) if action == Action::Create => return Err(mistake("/from/key", Wrong::Required)),
        (None, None) => return Err(mistake("/key", Wrong::Required)),
    };
    let unknown = || mistake(pointer, Wrong::ReferenceUnknown { kind: kind.name, key: key.to_owned() });
    let entry = register.get(kind.name, key).ok_or_else(unknown)?;
    match own {
        Some(own) if entry.keys().all(|key| **key != *own) => {
            Err(mistake("/from/key", Wrong::NotInCodeList(own.to_owned())))
        }
        _ => Ok(entry),
    }
}

/// The number and body of the revision that is meant: the newest, unless one is named.
fn text(entry: &Entry, number: Option<i64>) -> Result<(i64, Value), Problem> {
    let newest = entry.current().map_or(0, |current| current.change.revision);
    let number = number.unwrap_or(newest);
    let beyond = || mistake("/from/revision", Wrong::OutOfRange(format!("1–{newest}")));
    let revision = entry.revision(number).ok_or_else(beyond)?;
    let text = revision.text()?.ok_or_else(|| mistake("/from/revision", Wrong::AlreadyErased))?;
    Ok((number, serde_json::from_str(&text)?))
}

/// The members of a body that are its code or made of it.
fn codes(body: &Value) -> Vec<String> {
    let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
    let is_made_of = |name: &str, value: &Value| {
        let begins = || value.as_str().is_some_and(|text| text.starts_with(code));
        name == "code" || (name.ends_with("_code") && !code.is_empty() && begins())
    };
    let members = body.as_object().into_iter().flatten();
    members.filter(|(name, value)| is_made_of(name, value)).map(|(name, _)| name.clone()).collect()
}

/// Takes the codes of a copy away, which are another record's, and returns where they stood.
fn without_codes(body: &mut Value) -> Vec<String> {
    let names = codes(body);
    if let Some(members) = body.as_object_mut() {
        names.iter().for_each(|name| drop(members.shift_remove(name)));
    }
    names.iter().map(|name| member("", name)).collect()
}

/// Puts an earlier text under the code that its record has now, and returns where it had another.
fn under(body: &mut Value, key: &str) -> Vec<String> {
    let before = body.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
    if before == key {
        return Vec::new();
    }
    let names = codes(body);
    for name in &names {
        let rest = body[name.as_str()].as_str().and_then(|text| text.strip_prefix(before.as_str())).unwrap_or_default();
        let renamed = format!("{key}{rest}");
        body[name.as_str()] = renamed.into();
    }
    names.iter().map(|name| member("", name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_neither_the_code_nor_what_is_made_of_it() {
        let mut body =
            json!({ "code": "A5", "catalogue_code": "5", "handling_code": "A501", "name": "A5 的事", "n": 1 });
        assert_eq!(without_codes(&mut body), ["/code", "/handling_code"]);
        assert_eq!(body, json!({ "catalogue_code": "5", "name": "A5 的事", "n": 1 }));
        assert_eq!(without_codes(&mut body), Vec::<String>::new());
    }

    #[test]
    fn an_earlier_text_stands_under_the_present_code() {
        let mut body = json!({ "code": "A5", "handling_code": "A501", "other_code": "B501" });
        assert_eq!(under(&mut body, "A5"), Vec::<String>::new());
        assert_eq!(under(&mut body, "C5"), ["/code", "/handling_code"]);
        assert_eq!(body, json!({ "code": "C5", "handling_code": "C501", "other_code": "B501" }));
    }
}
