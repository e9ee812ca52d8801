//! Describes the operations of the register as a whole.

use serde_json::json;

use super::parameters::division_parameters;
use crate::{
    problem::Code,
    web::{
        contract::{Operation, any_object, path_parameter, schema},
        parameters::page_parameters,
    },
};

const TAG: &str = "register";

/// Describes the service document.
pub fn service(path: &str) -> Operation {
    Operation::json("get_service", TAG, path, schema("ServiceDocument"))
        .says("服务说明 · Service document", "Version, last change, counts, licence, and links to everything else.")
}

/// Describes the code lists.
pub fn code_lists(path: &str) -> Operation {
    Operation::json("list_code_lists", TAG, path, schema("CodeListPage"))
        .says("代码表 · Code lists", "Every code list: value, national code and Chinese term.")
        .takes(page_parameters())
        .refuses(&[Code::InvalidCursor])
        .shown_by(format!("{path}?limit=2"))
}

/// Describes one code list.
pub fn code_list(path: &str) -> Operation {
    Operation::json("get_code_list", TAG, path, schema("CodeList"))
        .says("某个代码表 · One code list", "The values of one code list.")
        .takes([path_parameter("name", "代码表名 · Name of the list.", "category")])
        .refuses(&[Code::NotFound])
        .shown_by("/v1/code-lists/category")
}

/// Describes the list of divisions.
pub fn divisions(path: &str) -> Operation {
    Operation::json("list_divisions", TAG, path, schema("DivisionPage"))
        .says("行政区划 · Divisions", "Divisions down to the township (GB/T 2260, GB/T 10114), by code.")
        .takes(division_parameters())
        .takes(page_parameters())
        .refuses(&[Code::InvalidCursor])
        .shown_by(format!("{path}?parent=350121&limit=2"))
}

/// Describes one division.
pub fn division(path: &str) -> Operation {
    Operation::json("get_division", TAG, path, schema("DivisionRecord"))
        .says("某个行政区划 · One division", "Name, level and parent, with links to its items and organisations.")
        .takes([path_parameter("code", "行政区划代码 · 6 or 9 digits.", "350121202")])
        .refuses(&[Code::NotFound])
        .shown_by("/v1/divisions/350121202")
}

/// Describes the JSON Schema of a kind.
pub fn json_schema(path: &str) -> Operation {
    Operation {
        answers: vec![("application/schema+json", any_object())],
        ..Operation::json("get_schema", TAG, path, json!({}))
    }
    .says("JSON Schema", "The JSON Schema (2020-12) of the body of a kind of record, for editors and validators.")
    .takes([path_parameter("file", "记录类别 · Kind and `.json`.", "place.json")])
    .refuses(&[Code::NotFound])
    .shown_by("/v1/schemas/place.json")
}
