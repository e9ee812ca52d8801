//! The general form of a value that is written as text.

use unicode_normalization::UnicodeNormalization;

use super::{CatalogueCode, DecimalText, Division, HandlingCode, ImplementationCode, ItemCode, Uscc, hours};
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
            false => Err(Wrong::BadFormat("[a-z0-9-]{3,64}".into())),
        }
    }
}

/// Full-width letters, digits and signs folded to ASCII and surrounding space trimmed, as codes are often typed.
pub(super) fn fold(text: &str) -> String {
    text.trim().chars().map(fold_char).collect()
}

fn fold_char(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// Plain text as the register stores it: NFC, surrounding space trimmed, no control characters but line breaks.
fn text(text: &str) -> Result<String, Wrong> {
    let text: String = text.trim().nfc().filter(|c| *c != '\r').collect();
    match text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        true => Err(Wrong::ControlCharacter),
        false => Ok(text),
    }
}

/// The normal form of a string whose schema has this `format`, or what is wrong with it.
pub fn normalise(format: Option<&str>, value: &str) -> Result<String, Wrong> {
    match format {
        Some("uscc") => Uscc::parse(value).map(String::from),
        Some("division") => Division::parse(value).map(String::from),
        Some("catalogue-code") => CatalogueCode::parse(value).map(String::from),
        Some("implementation-code") => ImplementationCode::parse(value).map(String::from),
        Some("handling-code") => HandlingCode::parse(value).map(String::from),
        Some("item-code") => ItemCode::parse(value).map(String::from),
        Some("key") => Key::parse(value).map(String::from),
        Some("decimal") => DecimalText::parse(value).map(String::from),
        Some("date") => date(value),
        Some("time-of-day") => hours::time_of_day(value),
        Some("month-day") => hours::month_day(value),
        Some("uri") => uri(value),
        Some("identifier") => formed(value, "[a-z_]{1,32}", |c| c.is_ascii_lowercase() || c == '_', 1..=32),
        Some("postcode") => formed(value, "[0-9]{6}", |c| c.is_ascii_digit(), 6..=6),
        _ => text(value),
    }
}

fn formed(
    value: &str,
    form: &str,
    allowed: impl Fn(char) -> bool,
    lengths: std::ops::RangeInclusive<usize>,
) -> Result<String, Wrong> {
    let value = fold(value);
    match lengths.contains(&value.len()) && value.chars().all(allowed) {
        true => Ok(value),
        false => Err(Wrong::BadFormat(form.into())),
    }
}

fn date(value: &str) -> Result<String, Wrong> {
    let value = fold(value);
    let form = || Wrong::BadFormat("YYYY-MM-DD".into());
    let date: chrono::NaiveDate = value.parse().map_err(|_| form())?;
    match value.len() == 10 && (1900..=2200).contains(&chrono::Datelike::year(&date)) {
        true => Ok(value),
        false => Err(form()),
    }
}

/// A web address, or a file of the register.
fn uri(value: &str) -> Result<String, Wrong> {
    let value = value.trim();
    let clean = !value.chars().any(|c| c.is_whitespace() || c.is_control()) && value.len() <= 2000;
    match clean && (value.strip_prefix("https://").is_some_and(|rest| rest.contains('.')) || is_file(value)) {
        true => Ok(value.into()),
        false => Err(Wrong::BadFormat("https://…".into())),
    }
}

fn is_file(value: &str) -> bool {
    let hash = value.strip_prefix("/v1/files/");
    hash.is_some_and(|hash| hash.len() == 64 && hash.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')))
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
        assert_eq!(Key::parse(" ＹＡＮＧＬＩ－hall ").expect("a key").as_str(), "yangli-hall");
        assert_eq!(text(" a\u{0301}\r\nb ").expect("text"), "á\nb");
        assert_eq!(text("a\u{0}b"), Err(Wrong::ControlCharacter));
    }

    #[test]
    fn only_web_addresses_and_files_of_the_register_are_links() {
        assert!(uri("https://qingdan.example/a.pdf").is_ok());
        assert!(uri(&format!("/v1/files/{}", "0".repeat(64))).is_ok());
        for wrong in ["http://a.example", "javascript:alert(1)", "https://", "/v1/files/../x", "https://a b.c"] {
            assert!(uri(wrong).is_err(), "{wrong}");
        }
    }
}
