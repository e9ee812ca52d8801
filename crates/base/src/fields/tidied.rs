//! Writes the texts of a document as reading it leaves them, also where the document is incomplete or wrong elsewhere.

use serde_json::Value;

use super::{
    schema::{DEEPEST, elements, kind_of, member_schema},
    shape::Shape,
};
use crate::values::{fold, normalise};

impl Shape {
    /// Brings every text of `value` into the form in which reading leaves it: folded, without space around, composed (NFC). A text that is
    /// none of its format is brought into the form of free texts. Nothing else is changed: no member comes or goes.
    pub fn tidy(&self, value: &mut Value) {
        self.tidy_below(self.root(), value, DEEPEST);
    }

    fn tidy_below(&self, schema: &Value, value: &mut Value, levels: usize) {
        let schema = self.resolved(schema, value);
        match value {
            Value::String(text) if kind_of(schema) == Some("string") => {
                if let Some(tidy) = tidy_text(schema, text) {
                    *text = tidy;
                }
            }
            Value::Array(values) if levels > 0 => {
                values.iter_mut().for_each(|value| self.tidy_below(elements(schema), value, levels - 1));
            }
            Value::Object(object) if levels > 0 => {
                for (name, value) in object.iter_mut() {
                    self.tidy_below(member_schema(schema, name).unwrap_or(&Value::Null), value, levels - 1);
                }
            }
            _ => {}
        }
    }
}

/// The form in which a text is read; `None` where it is none of the values of its list, or nothing that may stand in a text.
fn tidy_text(schema: &Value, text: &str) -> Option<String> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(fold(text)).filter(|folded| values.iter().any(|value| value == folded));
    }
    let format = schema.get("format").and_then(Value::as_str);
    normalise(format, text).or_else(|_| normalise(None, text)).ok()
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;
    use utoipa::ToSchema;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
    struct Sample {
        /// 名称
        name: String,
        /// 编码
        #[schema(format = "uscc")]
        code: Option<String>,
        /// 部分
        parts: Option<Vec<Part>>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
    struct Part {
        /// 日期
        #[schema(format = "date")]
        day: Option<String>,
        /// 说明
        note: Option<String>,
    }

    fn tidied(mut value: Value) -> Value {
        Shape::of::<Sample>().tidy(&mut value);
        value
    }

    #[test]
    fn texts_become_what_reading_makes_of_them() {
        let written = json!({
            "name": " 老年人\u{200b}优待证\u{a0}", "code": "１１３５０１２１００３６１９１１６Ｂ",
            "parts": [{ "note": "e\u{301}\r\nb" }, { "note": "⼉童" }],
        });
        let tidy = json!({
            "name": "老年人优待证", "code": "11350121003619116B", "parts": [{ "note": "\u{e9}\nb" }, { "note": "儿童" }],
        });
        let read: Sample = Shape::of::<Sample>().read(&written).expect("it is right");
        assert_eq!(tidied(written), tidy);
        assert_eq!(serde_json::from_value::<Sample>(tidy.clone()).expect("a sample"), read);
        assert_eq!(tidied(tidy.clone()), tidy);
    }

    #[test]
    fn what_is_wrong_stays_to_be_told() {
        for wrong in [
            json!({ "name": 7, "code": ["x"], "parts": "none", "other": " x " }),
            json!({ "code": "12345", "parts": [{ "day": "昨天" }, null, 1] }),
            json!({ "name": null }),
            json!([" a "]),
            json!(" a "),
        ] {
            assert_eq!(tidied(wrong.clone()), wrong, "{wrong}");
        }
        assert_eq!(tidied(json!({ "code": " 不知道 " })), json!({ "code": "不知道" }));
        assert_eq!(tidied(json!({ "name": "   " })), json!({ "name": "" }));
    }
}
