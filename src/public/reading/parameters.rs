//! Describes the parameters of lists.

use serde_json::{Value, json};

use super::request::{Sort, facet_names, field_names};
use crate::{
    model::kinds::{Filter, Kind, Sites, Values},
    web::{
        contract::{query_parameter, repeated_parameter, schema},
        parameters::{as_of_parameter, page_parameters},
    },
};

/// Describes the parameters that choose records of a kind.
pub fn filter_parameters(kind: &'static Kind) -> Vec<Value> {
    let mut parameters: Vec<_> = kind.filters.iter().map(filter_parameter).collect();
    parameters.extend(common_parameters(kind));
    if kind.sites != Sites::None {
        parameters.extend(site_parameters());
    }
    parameters.push(as_of_parameter());
    parameters
}

/// Describes the parameters by which records of any kind are chosen.
fn common_parameters(kind: &Kind) -> [Value; 4] {
    let states = json!({ "type": "string", "enum": ["in_force", "suspended", "cancelled", "merged"] });
    let codes = "编码 · Records by code, up to 200 at once, cancelled and merged ones included; `missing` names those that are not in the result.";
    [
        repeated_parameter("status", "记录状态 · State of the record.", states, "in_force"),
        repeated_parameter("code", codes, json!({ "type": "string" }), kind.example),
        query_parameter(
            "changed_since",
            "变更起点 · Only records that show something new, cancelled and merged ones included: after this `seq`, or at or after \
             this instant or date (its beginning in China).",
            json!({ "type": "string" }),
            "2017-01-01T00:00:00Z",
        ),
        query_parameter(
            "q",
            "搜索 · Text: Chinese substrings, codes, and for Latin words pinyin (`dibao`) and initials (`db`); several words must \
             all match.",
            json!({ "type": "string", "minLength": 1, "maxLength": 200 }),
            if kind.name == "item" { "低保" } else { "洋里" },
        ),
    ]
}

/// Describes the parameters by which records with places are chosen.
fn site_parameters() -> [Value; 2] {
    [
        query_parameter(
            "near",
            "附近 · Longitude and latitude (CGCS2000): nearest first, with `distance_m`; records without coordinates are left out.",
            json!({ "type": "string" }),
            "119.0312,26.2561",
        ),
        query_parameter(
            "open_at",
            "开放时间 · Only what is open at this instant by its hours and recorded closures, in the local time of China. Public \
             holidays count only where a place has entered them as closures.",
            json!({ "type": "string", "format": "date-time" }),
            "2026-11-23T09:00:00+08:00",
        ),
    ]
}

/// Describes the parameters of a kind's list.
pub fn list_parameters(kind: &'static Kind) -> Vec<Value> {
    let mut parameters = filter_parameters(kind);
    parameters.extend(row_parameters(kind));
    parameters.extend(page_parameters());
    parameters
}

/// Describes the parameters that say in which order rows come, and what they show.
fn row_parameters(kind: &'static Kind) -> [Value; 4] {
    let sorts = Sort::NAMES.iter().filter(|(_, sort)| *sort != Sort::Distance || kind.sites != Sites::None);
    let sorts: Vec<_> = sorts.map(|(name, _)| *name).collect();
    let order = "排序 · `code` (default), `published_at` (newest first), `relevance` (default with `q`), `distance` (default with `near`).";
    let highlight = "高亮 · Whether rows show where `q` was found.";
    [
        query_parameter("sort", order, json!({ "type": "string", "enum": sorts }), "code"),
        comma_parameter("fields", "字段 · Members of a row, beside its code.", field_names(kind), "status,meta"),
        comma_parameter("facets", "分面 · Fields to count over the whole result.", facet_names(kind), "status"),
        query_parameter("highlight", highlight, json!({ "type": "boolean", "default": false }), "true"),
    ]
}

/// Describes a parameter that takes several names with commas between them.
fn comma_parameter(name: &str, description: &str, names: Vec<&str>, example: &str) -> Value {
    json!({
        "name": name, "in": "query", "required": false, "style": "form", "explode": false,
        "description": format!("{description} 例 · e.g. `{example}`"),
        "schema": { "type": "array", "items": { "type": "string", "enum": names } },
    })
}

fn filter_parameter(filter: &Filter) -> Value {
    let values = match filter.values {
        Values::Listed(list) => schema(list.schema),
        Values::Words(words) => json!({ "type": "string", "enum": words }),
        Values::Boolean => json!({ "type": "string", "enum": ["true", "false"] }),
        Values::Division => json!({ "type": "string", "pattern": "^[0-9]{2,12}$" }),
        Values::Year => json!({ "type": "string", "pattern": "^[0-9]{4}$" }),
        Values::Key(_) | Values::Identifier | Values::Text => json!({ "type": "string", "minLength": 1 }),
    };
    repeated_parameter(filter.name, &format!("{} · By {}.", filter.chinese, filter.english), values, filter.example)
}

/// Describes the parameters of the list of divisions.
pub fn division_parameters() -> Vec<Value> {
    let code = || json!({ "type": "string", "pattern": "^[0-9]{2,12}$" });
    let levels = json!({ "type": "string", "enum": ["province", "city", "county", "township"] });
    vec![
        query_parameter("below", "上级或本级代码 · Everything below this code, itself included.", code(), "350121"),
        query_parameter("parent", "直接上级代码 · Directly below this code.", code(), "350121"),
        query_parameter("level", "级别 · Level.", levels, "township"),
        query_parameter(
            "q",
            "名称或代码 · Part of the name, or the beginning of the code.",
            json!({ "type": "string" }),
            "洋里",
        ),
    ]
}
