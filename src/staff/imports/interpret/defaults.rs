//! 补充内容: what the client says of new records where the file says nothing of it. The first load of an office takes its lists, and
//! lists do not have what a record needs to be published.

use serde_json::{Map, Value};

use crate::{
    model::kinds::Kind,
    problem::{FieldError, Wrong},
    register::tables::pointer,
};

/// An example of what is sent.
const EXAMPLE: &str =
    "[{\"kind\": \"item\", \"when\": {\"category\": \"administrative_licence\"}, \"body\": {\"visits\": 1}}]";

/// Values for new records, by kind and by what they have already, in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults(Vec<Supplied>);

#[derive(Clone, Debug, PartialEq)]
struct Supplied {
    kind: &'static str,
    /// The fields that a record must have with one of these values.
    when: Map<String, Value>,
    body: Map<String, Value>,
}

impl Defaults {
    /// Reads a list in JSON of `kind`, `when` (may be absent) and `body`, whose fields must be known.
    pub fn read(text: &str, kinds: &[&'static Kind]) -> Result<Self, Vec<FieldError>> {
        let malformed = |place: &[String]| FieldError::at(pointer(place), Wrong::BadFormat(EXAMPLE.into()));
        let own = "defaults".to_owned();
        let Ok(Value::Array(elements)) = serde_json::from_str(text) else { return Err(vec![malformed(&[own])]) };
        let (mut supplied, mut wrong) = (Vec::new(), Vec::new());
        for (number, element) in elements.into_iter().enumerate() {
            match one(element, kinds, &[own.clone(), number.to_string()]) {
                Ok(one) => supplied.push(one),
                Err(mistakes) if mistakes.is_empty() => wrong.push(malformed(&[own.clone(), number.to_string()])),
                Err(mistakes) => wrong.extend(mistakes),
            }
        }
        if wrong.is_empty() { Ok(Self(supplied)) } else { Err(wrong) }
    }

    /// Fills what a new record does not have. Says whether anything was filled.
    pub fn fill(&self, kind: &Kind, body: &mut Map<String, Value>) -> bool {
        let mut filled = false;
        for one in self.0.iter().filter(|one| one.kind == kind.name) {
            if !one.when.iter().all(|(name, wanted)| has(body.get(name), wanted)) {
                continue;
            }
            for (name, value) in &one.body {
                if is_nothing(body.get(name)) {
                    body.insert(name.clone(), value.clone());
                    filled = true;
                }
            }
        }
        filled
    }
}

/// Whether a value is the wanted one, or one of several.
fn has(value: Option<&Value>, wanted: &Value) -> bool {
    match wanted {
        Value::Null => is_nothing(value),
        Value::Array(several) => several.iter().any(|one| has(value, one)),
        one => value == Some(one),
    }
}

fn is_nothing(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(elements)) => elements.is_empty(),
        Some(_) => false,
    }
}

/// Reads one element; no mistake of its own where it is none at all.
fn one(element: Value, kinds: &[&'static Kind], place: &[String]) -> Result<Supplied, Vec<FieldError>> {
    let Value::Object(mut members) = element else { return Err(Vec::new()) };
    let named = members.shift_remove("kind");
    let kind = kinds.iter().find(|kind| named.as_ref().and_then(Value::as_str) == Some(kind.name));
    let (when, body) = (members.shift_remove("when"), members.shift_remove("body"));
    let at = |steps: &[&str]| {
        pointer(&place.iter().cloned().chain(steps.iter().map(|step| (*step).to_owned())).collect::<Vec<_>>())
    };
    let Some(kind) = kind else {
        let known: Vec<_> = kinds.iter().map(|kind| kind.name).collect();
        return Err(vec![FieldError::at(at(&["kind"]), Wrong::NotInCodeList(known.join(", ")))]);
    };
    let (Some(Value::Object(body)), true) = (body, members.is_empty()) else { return Err(Vec::new()) };
    let when = match when {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(when)) => when,
        Some(_) => return Err(Vec::new()),
    };
    let is_known = |name: &String| (kind.shape)().schema_at(&pointer(std::slice::from_ref(name))).is_some();
    let unknown = |list: &'static str, names: &Map<String, Value>| {
        // A record is told by its code, and nobody gives it another one.
        let names = names.keys().filter(|name| !is_known(name) || list == "body" && *name == "code");
        names.map(|name| FieldError::at(at(&[list, name]), Wrong::UnknownField)).collect::<Vec<_>>()
    };
    let wrong: Vec<_> = unknown("when", &when).into_iter().chain(unknown("body", &body)).collect();
    if wrong.is_empty() { Ok(Supplied { kind: kind.name, when, body }) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::KINDS;

    fn item() -> &'static Kind {
        KINDS.into_iter().find(|kind| kind.name == "item").expect("a kind")
    }

    #[test]
    fn what_nobody_says_is_filled_and_what_somebody_says_stays() {
        let said = json!([
            { "kind": "organisation", "body": { "address": "洋里乡" } },
            { "kind": "item", "when": { "category": ["administrative_licence", "public_service"] }, "body": { "initiation": "on_application" } },
            { "kind": "item", "when": { "initiation": "on_application" }, "body": { "visits": 1, "audience": ["person"] } },
            { "kind": "item", "body": { "initiation": "ex_officio", "visits": 0, "handling_office": "党政办公室" } },
        ]);
        let defaults = Defaults::read(&said.to_string(), &KINDS).expect("it is right");
        let filled = |body: Value| {
            let Value::Object(mut body) = body else { panic!("no object") };
            defaults.fill(item(), &mut body).then_some(Value::Object(body))
        };
        assert_eq!(
            filled(json!({ "category": "public_service", "audience": [], "handling_office": "甲" })),
            Some(json!({
                "category": "public_service", "audience": ["person"], "handling_office": "甲", "initiation": "on_application", "visits": 1,
            }))
        );
        let other =
            filled(json!({ "category": "administrative_penalty", "audience": ["enterprise"] })).expect("filled");
        assert_eq!((&other["initiation"], &other["visits"]), (&json!("ex_officio"), &json!(0)));
        assert_eq!(other["audience"], json!(["enterprise"]));
        let whole = json!({ "initiation": "ex_officio", "visits": 0, "handling_office": "甲" });
        assert_eq!(filled(whole), None);
        assert!(!Defaults::default().fill(item(), &mut Map::new()));
    }

    #[test]
    fn a_mistake_names_its_place() {
        for (text, place) in [
            ("x", "/defaults"),
            ("{}", "/defaults"),
            ("[1]", "/defaults/0"),
            (r#"[{"kind": "item"}]"#, "/defaults/0"),
            (r#"[{"kind": "item", "body": {}, "where": {}}]"#, "/defaults/0"),
            (r#"[{"kind": "items", "body": {}}]"#, "/defaults/0/kind"),
            (r#"[{"kind": "item", "body": {}}, {"kind": "item", "body": {"visit": 1}}]"#, "/defaults/1/body/visit"),
            (r#"[{"kind": "item", "body": {"code": "a"}}]"#, "/defaults/0/body/code"),
            (r#"[{"kind": "item", "when": {"kinds": 1}, "body": {}}]"#, "/defaults/0/when/kinds"),
        ] {
            let wrong = Defaults::read(text, &KINDS).expect_err(text);
            assert_eq!(wrong[0].pointer(), place, "{text}");
        }
    }
}
