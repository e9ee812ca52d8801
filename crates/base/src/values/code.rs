//! The general form of a value that is written as text.

use crate::problem::Wrong;

/// Defines a text value: valid by construction, written in JSON as a string whose schema carries `format`.
macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, format $format:literal, pattern $pattern:literal, example $example:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                Self::parse(&text).map_err(|wrong| wrong.text($crate::problem::Language::English))
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let doc = [$($crate::values::code::doc_text(stringify!($doc))),*];
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .format(Some(utoipa::openapi::SchemaFormat::Custom($format.into())))
                    .pattern(Some($pattern))
                    .description(Some(doc.concat().trim().to_owned()))
                    .examples([$example])
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };
}
pub(super) use text_value;

/// The text of a doc attribute as `stringify!` shows it, for the schema's description.
pub(super) fn doc_text(attribute: &str) -> String {
    let text = attribute.split_once('"').map_or(attribute, |(_, text)| text);
    text.trim_end_matches('"').replace("\\\"", "\"")
}

text_value! {
    /// 编码: the key of a record that has no national code; lower-case letters, digits and hyphens.
    Key, format "key", pattern "^[a-z0-9-]{3,64}$", example "yangli-hall"
}

impl Key {
    /// Reads a key; letters are folded to lower case.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let text = fold(text).to_ascii_lowercase();
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        match (3..=64).contains(&text.len()) && text.chars().all(allowed) {
            true => Ok(Self(text)),
            false => Err(Wrong::KeyForm),
        }
    }
}

/// Full-width letters, digits and signs folded to ASCII, without what nobody sees and without space around, as codes are often
/// typed or copied.
pub fn fold(text: &str) -> String {
    qingdan_characters::code(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_a_value_is_described_by_its_doc_comment() {
        let schema = serde_json::to_value(<Key as utoipa::PartialSchema>::schema()).expect("JSON");
        assert!(schema["description"].as_str().is_some_and(|text| text.starts_with("编码: ")), "{schema}");
    }

    #[test]
    fn what_an_office_types_is_folded() {
        for typed in [" ＹＡＮＧＬＩ－hall ", "yangli\u{200b}-hall", "\u{feff}yangli‐hall", "yangli–hall\u{a0}"]
        {
            assert_eq!(Key::parse(typed).expect("a key").as_str(), "yangli-hall", "{typed:?}");
        }
        assert!(Key::parse("yangli\u{202e}-hall").is_err());
    }
}
