//! The members by which an element of a list is known again.

use serde_json::Value;

/// Members by which an element of a list is known again, the surest first. `seq` is only a place.
pub(super) const IDENTITIES: [&str; 12] = [
    "id",
    "code",
    "instrument",
    "place",
    "organisation",
    "item",
    "scheme",
    "name",
    "question",
    "stage",
    "kind",
    "text",
];
/// Which names an element has, by which it might be known: a bit for each of [`IDENTITIES`], and [`ENDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Names(u16);

/// The bit of an edge, which is known by both of its ends.
const ENDS: u16 = 1 << IDENTITIES.len();

/// The members by which two elements are known to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Identity {
    /// Both ends.
    Ends,
    /// The value of this name.
    Name(&'static str),
}

impl Names {
    pub(super) fn of(element: &Value) -> Self {
        let has = |name: &str| element.get(name).is_some();
        let names = IDENTITIES.iter().enumerate().filter(|(_, name)| has(name)).map(|(at, _)| 1_u16 << at);
        let ends = if has("from") && has("to") { ENDS } else { 0 };
        Self(names.fold(ends, |names, name| names | name))
    }

    /// The surest identity that an element with these names and one with `other` have in common.
    pub(super) fn surest(self, other: Self) -> Option<Identity> {
        let both = self.0 & other.0;
        if both & ENDS != 0 {
            return Some(Identity::Ends);
        }
        let found = IDENTITIES.iter().enumerate().find(|(at, _)| both & (1_u16 << at) != 0);
        found.map(|(_, name)| Identity::Name(name))
    }
}

impl Identity {
    /// The identity of an element as a text, which is equal for equal ones.
    pub(super) fn of(self, element: &Value) -> Option<String> {
        let mut text = String::new();
        match self {
            Self::Ends => {
                write_content(element.get("from")?, false, &mut text);
                text.push(' ');
                write_content(element.get("to")?, false, &mut text);
            }
            Self::Name(name) => write_content(element.get(name)?, false, &mut text),
        }
        Some(text)
    }
}

/// The content of an element without its place in the list, as a text, which is equal for equal ones.
pub(super) fn content(element: &Value) -> String {
    let mut text = String::new();
    write_content(element, true, &mut text);
    text
}

fn write_content(value: &Value, is_element: bool, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().filter(|(name, _)| !is_element || *name != "seq").collect();
            members.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, inner) in members {
                text.push_str(&Value::from(name.as_str()).to_string());
                write_content(inner, false, text);
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for inner in elements {
                write_content(inner, false, text);
                text.push(',');
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}
