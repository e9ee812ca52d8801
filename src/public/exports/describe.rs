//! Describes the operations of exports.

use serde_json::{Value, json};

use super::{
    cpsv::JSON_LD,
    http::{Standard, WORKBOOK_TYPE, endings, formats},
};
use crate::{
    model::{items, kinds::Kind},
    problem::Code,
    public::reading::filter_parameters,
    web::{
        contract::{Operation, Schemas, any_object, query_parameter, schema},
        parameters::as_of_parameter,
    },
};

/// The tag of these operations.
pub const TAG: (&str, &str) = ("exports", "导出 · Exports: the published register as files");

/// Adds the schemas of these operations.
pub fn add_schemas(kinds: &[&'static Kind], schemas: &mut Schemas) {
    schemas.put("ExportedMeta", exported_meta());
    for kind in kinds {
        let record = exported_record(kind, schemas);
        schemas.put(&exported(kind), record);
    }
}

/// The name of the schema of a record as exports have it.
fn exported(kind: &Kind) -> String {
    format!("{}Exported", (kind.shape)().name())
}

/// A body, which has no other members than its own, with `meta`.
fn exported_record(kind: &Kind, schemas: &Schemas) -> Value {
    let mut record = schemas.get((kind.shape)().name()).cloned().unwrap_or_default();
    record["properties"]["meta"] = schema("ExportedMeta");
    if let Some(required) = record["required"].as_array_mut() {
        required.push("meta".into());
    }
    record
}

/// Describes the catalogue.
pub fn catalogue(path: &str) -> Operation {
    Operation { answers: vec![(JSON_LD, any_object())], ..Operation::json("get_catalogue", TAG.0, path, json!({})) }
        .says(
            "数据目录 · Data catalogue",
            "The register described by DCAT 3 as JSON-LD: data sets, their files, publisher, contact, time and area.",
        )
        .takes([as_of_parameter()])
}

/// `meta` as exports have it.
fn exported_meta() -> Value {
    json!({
        "allOf": [schema("Meta"), {
            "type": "object",
            "required": ["body_digest"],
            "properties": {
                "body_digest": {
                    "type": "string", "pattern": "^[0-9a-f]{64}$",
                    "description": "内容摘要: hex SHA-256 of the salt followed by the canonical JSON of the body (RFC 8785), as the log commits to.",
                },
                "salt": { "type": ["string", "null"], "description": "盐值: 32 bytes in hex." },
            },
        }],
    })
}

/// Describes the export of items in the form of a standard.
pub fn of_standard(standard: &'static Standard, path: &str) -> Operation {
    Operation::json(format!("export_{}", standard.name), TAG.0, path, any_object())
        .says(standard.title, format!("{} Filters as in the list of items.", standard.about))
        .takes(filter_parameters(&items::KIND))
        .shown_by(format!("{path}?code={}", items::KIND.example))
}

/// Describes the export of a kind.
pub fn of_kind(kind: &'static Kind, path: &str) -> Operation {
    let endings: Vec<_> = endings(kind).collect();
    let id = format!("export_{}", kind.path.replace('-', "_"));
    Operation { answers: answers(kind), ..Operation::json(id, TAG.0, path, json!({})) }
        .says(
            format!("导出{} · Export {}", kind.chinese, kind.english),
            format!(
                "Every record in force or suspended, or those that the filters of the list name, by code, each with its whole body \
                 and `meta`; `as_of` gives the register as it was. Formats: `{}`. The answer is written while it is sent, and ends \
                 with the number of its records and the `seq` of the register, so that a cut file is noticed: `count` and `seq` \
                 after the records (json), a last line `{{\"end\":true,\"count\":…,\"seq\":…}}` (ndjson), a last row \
                 `#end,count,seq` (csv), the sheet 说明 (xlsx). In a csv, cells that a spreadsheet would take for formulas begin \
                 with an apostrophe. Imports read json, csv and xlsx back as unchanged.",
                endings.join("`, `")
            ),
        )
        .takes([json!({
            "name": "format", "in": "path", "required": true, "description": "格式 · Ending of the file.",
            "schema": { "type": "string", "enum": endings }, "example": "json",
        })])
        .takes(filter_parameters(kind))
        .takes([query_parameter(
            "bom",
            "字节顺序标记 · Of csv: whether the file begins with one, as some spreadsheets need it, and codes of digits of which a \
             spreadsheet would drop some begin with an apostrophe. Imports read both.",
            json!({ "type": "boolean", "default": false }),
            "true",
        )])
        .refuses(&[Code::NotFound])
        .shown_by(format!("/v1/exports/{}.json?code={}", kind.path, kind.example))
}

/// The media types of an export of a kind, each with its schema.
fn answers(kind: &'static Kind) -> Vec<(&'static str, Value)> {
    let record = schema(&exported(kind));
    let object = json!({
        "type": "object",
        "required": ["items", "count", "seq"],
        "properties": {
            "items": { "type": "array", "items": record },
            "count": { "type": "integer", "format": "int64", "description": "记录数: how many records there are." },
            "seq": { "type": "integer", "format": "int64", "description": "变更序号: the last change that they show." },
        },
    });
    let texts = formats(kind).filter(|format| format.name != "json");
    let texts = texts.map(|format| match format.media_type {
        JSON_LD => (JSON_LD, any_object()),
        media_type => (media_type, json!({ "type": "string" })),
    });
    let workbook = (WORKBOOK_TYPE, json!({ "type": "string", "format": "binary" }));
    [("application/json", object)].into_iter().chain(texts).chain([workbook]).collect()
}
