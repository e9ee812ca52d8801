//! Reads a document as a value of its type.

use std::any::type_name;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::shape::Shape;
use crate::problem::{FieldError, Wrong};

impl Shape {
    /// Reads `value` as `T`, or says everything that is wrong with it.
    pub fn read<T: DeserializeOwned>(&self, value: &Value) -> Result<T, Vec<FieldError>> {
        let (normal, mistakes) = self.normal(value);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        serde_json::from_value(normal).map_err(|error| {
            log::error!("the schema of {} lets through what the type refuses: {error}", type_name::<T>());
            vec![FieldError::at("", Wrong::WrongType(self.name().into()))]
        })
    }

    /// Reads `value` as `T` even where it is wrong or incomplete: everything that is wrong is told, and in its place stands
    /// something that fits the schema and means nothing. None when not even that can be read.
    pub fn read_leniently<T: DeserializeOwned>(&self, value: &Value) -> (Option<T>, Vec<FieldError>) {
        let (mut normal, mistakes) = self.normal(value);
        if !mistakes.is_empty() {
            self.fill(self.root(), &mut normal);
        }
        let read = serde_json::from_value(normal);
        if let Err(error) = &read
            && mistakes.is_empty()
        {
            log::error!("the schema of {} lets through what the type refuses: {error}", type_name::<T>());
        }
        (read.ok(), mistakes)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;
    use utoipa::ToSchema;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        /// 名称: what it is called.
        #[schema(max_length = 4)]
        name: String,
        /// 编码
        #[schema(format = "uscc")]
        code: Option<String>,
        #[serde(default)]
        #[schema(max_items = 2)]
        parts: Vec<Part>,
    }

    #[derive(Debug, PartialEq, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    struct Part {
        /// 序号
        #[schema(minimum = 1, maximum = 9)]
        seq: u32,
    }

    fn mistakes(value: Value) -> Vec<(String, &'static str)> {
        let errors = Shape::of::<Sample>().read::<Sample>(&value).expect_err("it is wrong");
        errors.into_iter().map(|error| (error.place.to_string(), error.wrong.code())).collect()
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let found = mistakes(
            json!({ "name": "12345", "code": "113501210036191168", "parts": [{}, { "seq": 1, "x": 1 }], "a/b": 1 }),
        );
        let expected = [
            ("/name", "too-long"),
            ("/code", "uscc-check-digit"),
            ("/parts/0/seq", "required"),
            ("/parts/1/x", "unknown-field"),
            ("/parts/1/seq", "duplicate"),
            ("/a~1b", "unknown-field"),
        ];
        assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
        assert_eq!(mistakes(json!([])), [(String::new(), "wrong-type")]);
        assert_eq!(mistakes(json!({ "name": "  " })), [("/name".to_owned(), "required")]);
    }

    #[test]
    fn what_is_right_is_read_in_its_normal_form() {
        let value = json!({ "name": " 洋里 ", "code": "１1350121003619116b", "parts": [{ "seq": 1 }] });
        let read: Sample = Shape::of::<Sample>().read(&value).expect("it is right");
        let expected =
            Sample { name: "洋里".into(), code: Some("11350121003619116B".into()), parts: vec![Part { seq: 1 }] };
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_larger_than_its_schema_lets_it_be_is_found_and_nothing_else() {
        let found = |value: Value| {
            let wrong = Shape::of::<Sample>().oversized(&value)?;
            Some((wrong.place.to_string(), wrong.wrong.code()))
        };
        let at = |pointer: &str, code| Some((pointer.to_owned(), code));
        assert_eq!(found(json!({ "name": "洋里洋里", "parts": [{}, { "seq": 10 }] })), None);
        assert_eq!(found(json!({ "name": "洋里洋里\u{202e}" })), at("/name", "too-long"));
        assert_eq!(found(json!({ "code": "1".repeat(2001) })), at("/code", "too-long"), "of any format");
        assert_eq!(found(json!({ "parts": [1, 2, 3] })), at("/parts", "too-many"));
        assert_eq!(found(json!({ "name": 5, "more": [1, 2, 3], "code": "no code" })), None, "another version has it");
    }

    #[test]
    fn a_field_is_called_by_its_chinese_term() {
        let shape = Shape::of::<Sample>();
        assert_eq!(shape.term("/name"), Some("名称"));
        assert_eq!(shape.term("/parts/0/seq"), Some("序号"));
        assert_eq!(shape.term("/nothing"), None);
        let found =
            shape.read::<Sample>(&json!({ "parts": [{}, { "seq": 2, "x": 1 }], "y": 1 })).expect_err("it is wrong");
        let told: Vec<_> = found.iter().map(|error| (error.pointer(), error.label())).collect();
        let expected = [("/name", Some("名称")), ("/parts/0/seq", Some("序号")), ("/parts/1/x", None), ("/y", None)];
        assert_eq!(told, expected);
    }
}
