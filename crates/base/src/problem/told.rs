//! The words for what a mistake's sentence names.

use super::language::Detail;

/// Something that a sentence can name, in either language.
pub trait Told {
    /// The words for it.
    fn told(&self) -> Detail;
}

/// Implements [`Told`] for what reads the same in both languages.
macro_rules! same_in_both {
    ($($type:ty),+) => { $(impl Told for $type {
        fn told(&self) -> Detail {
            Detail::same(self)
        }
    })+ };
}

same_in_both! { String, &str, char, u32, u64, i64, usize }

impl Told for Detail {
    fn told(&self) -> Detail {
        self.clone()
    }
}

/// A type of JSON by its name, such as `integer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonType(String);

impl From<&str> for JsonType {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl Told for JsonType {
    fn told(&self) -> Detail {
        let (chinese, english) = match self.0.as_str() {
            "integer" => ("整数，例如 3", "must be an integer, such as 3"),
            "number" => ("数字，例如 1.5", "must be a number, such as 1.5"),
            "string" => ("文字，例如 \"洋里乡\"", "must be a text in quotes, such as \"洋里乡\""),
            "boolean" => ("true（是）或者 false（否）", "must be true or false"),
            "array" => ("列表，例如 [ … ]", "must be a list, such as [ … ]"),
            "object" => ("对象，例如 { … }", "must be an object, such as { … }"),
            other => return Detail::new(other, format!("must be of type {other}")),
        };
        Detail::new(chinese, english)
    }
}
