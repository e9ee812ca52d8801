//! A value of a record as people read it: Chinese terms instead of values of code lists, periods in words.

use serde_json::{Map, Value};

use crate::{fields::Shape, register::tables::listed, values::Period};

/// The word for a value that is not there.
const NOTHING: &str = "（无）";

/// The value at a pointer of a body of this shape, as people read it in Chinese.
pub fn display_value(shape: &Shape, pointer: &str, value: &Value) -> String {
    display_by_schema(shape, shape.schema_at(pointer).unwrap_or(&Value::Null), value)
}

fn display_by_schema(shape: &Shape, schema: &Value, value: &Value) -> String {
    match value {
        Value::Null => NOTHING.into(),
        Value::Bool(true) => "是".into(),
        Value::Bool(false) => "否".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => term_of(schema, text).unwrap_or(text).to_owned(),
        Value::Array(elements) if elements.is_empty() => NOTHING.into(),
        Value::Array(elements) => {
            let inner = shape.elements_of(schema).unwrap_or(&Value::Null);
            elements.iter().map(|element| display_by_schema(shape, inner, element)).collect::<Vec<_>>().join("；")
        }
        Value::Object(members) => period(value).unwrap_or_else(|| object(shape, schema, members)),
    }
}

fn period(value: &Value) -> Option<String> {
    serde_json::from_value(value.clone()).ok().map(Period::chinese)
}

fn object(shape: &Shape, schema: &Value, members: &Map<String, Value>) -> String {
    let said = members.iter().filter(|(name, value)| *name != "seq" && !is_nothing(value)).map(|(name, value)| {
        let (term, inner) = shape.member_of(schema, name).unwrap_or((name, &Value::Null));
        format!("{term}：{}", display_by_schema(shape, inner, value))
    });
    said.collect::<Vec<_>>().join("，")
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// The Chinese term of a value, when its schema is that of a code list.
fn term_of(schema: &Value, value: &str) -> Option<&'static str> {
    listed(schema)?.get(value).map(|code| code.label)
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::json;
    use utoipa::ToSchema;

    use super::*;
    use crate::values::code_lists::Category;

    #[derive(Serialize, ToSchema)]
    #[schema(as = Told)]
    struct Sample {
        /// 类别: of the sample.
        category: Option<Category>,
        /// 时限
        limits: Vec<Period>,
        /// 收费
        charged: bool,
    }

    #[test]
    fn a_value_is_told_in_the_words_of_its_field() {
        let shape = Shape::of::<Sample>();
        let say = |pointer: &str, value: Value| display_value(&shape, pointer, &value);
        assert_eq!(say("/category", json!("administrative_benefit")), "行政给付");
        assert_eq!(say("/category", json!("unheard_of")), "unheard_of");
        assert_eq!(say("/limits/0", json!({ "value": 3, "unit": "working_day" })), "3个工作日");
        assert_eq!(say("/limits", json!([])), "（无）");
        assert_eq!(
            say("", json!({ "category": "other_power", "limits": [{ "value": 1, "unit": "month" }], "charged": true })),
            "类别：其他行政权力，时限：1个月，收费：是"
        );
        assert_eq!(say("/nowhere/at/all", json!("x")), "x");
    }
}
