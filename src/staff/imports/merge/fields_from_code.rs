//! The fields of a new item that follow from its code (docs/DOMAIN.md §4): a sheet need not repeat them.

use serde_json::{Map, Value};

use crate::values::{
    CatalogueCode, ItemCode,
    code_lists::{Category, ExerciseLevel, List},
};

/// Adds the fields that follow from a code, where the body has none of its own.
pub fn add_fields_from_code(body: &mut Map<String, Value>, code: &str) {
    let Ok(code) = ItemCode::parse(code) else { return };
    let code = code.as_str();
    let (Some(implementation), Some(catalogue)) = (code.get(..31), code.get(19..31)) else { return };
    let level = ExerciseLevel::ALL.iter().find(|level| level.code().national == code.get(18..19));
    let category = CatalogueCode::parse(catalogue).ok().and_then(|catalogue| catalogue.category());
    let said = [
        ("catalogue_code", Some(catalogue)),
        ("implementation_code", Some(implementation)),
        ("handling_code", Some(code).filter(|code| code.len() == 33)),
        ("exercise_level", level.map(|level| level.value())),
        ("organisation", code.get(..18)),
        ("category", category.map(Category::value)),
    ];
    for (name, value) in said {
        put(body, name, value);
    }
    let is_service = body.get("category").and_then(Value::as_str) == Some(Category::PublicService.value());
    let list = if is_service { List::Service } else { List::Power };
    let known = body.get("category").is_some().then(|| list.value());
    put(body, "list", known);
}

fn put(body: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|_| body.get(name).is_none_or(Value::is_null)) {
        body.insert(name.into(), value.into());
    }
}
