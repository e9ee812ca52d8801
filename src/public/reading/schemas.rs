//! The schemas of records, rows and pages, made from the schemas of the kinds.

use serde_json::{Map, Value, json};

use super::{
    divisions::DivisionRow,
    facets::FacetCount,
    service::{LogDocument, ServiceDocument},
};
use crate::{
    model::kinds::{Kind, Sites, Slot},
    register::{
        catalog::Meta,
        upstream::{LogKind, MirrorOf},
    },
    values::code_lists::{CodeList, Status},
    web::{
        contract::{Schemas, schema},
        one::{Comparison, RevisionRow},
        owner::Owner,
    },
};

/// Adds the schemas of the operations of every kind.
pub fn add_of_records(kinds: &[&'static Kind], schemas: &mut Schemas) {
    for kind in kinds {
        schemas.add_shape((kind.shape)());
    }
    schemas.add::<Meta<'static>>();
    schemas.add::<Status>();
    schemas.add::<FacetCount>();
    schemas.add::<RevisionRow<'static>>();
    schemas.add::<Comparison<'static>>();
    schemas.put("CodeAndName", code_and_name());
    schemas.put("Highlight", highlight());
    schemas.put("RevisionPage", page(&schema("RevisionRow")));
    for kind in kinds {
        let short = short_schema(kind, schemas);
        schemas.put(&format!("{}Short", name(kind)), short);
    }
    schemas.put("Embedded", embedded(kinds));
    for kind in kinds {
        let (name, whole, row) = (name(kind), record_schema(kind, schemas), row_schema(kind, schemas));
        schemas.put(&format!("{name}Record"), whole);
        schemas.put(&format!("{name}Row"), row);
        schemas.put(&format!("{name}Page"), page(&schema(&format!("{name}Row"))));
    }
}

/// Adds the schemas of the operations of the register as a whole.
pub fn add_of_register(schemas: &mut Schemas) {
    schemas.add::<ServiceDocument>();
    schemas.add::<Owner>();
    schemas.add::<LogDocument>();
    schemas.add::<MirrorOf>();
    schemas.add::<LogKind>();
    schemas.add::<DivisionRow>();
    schemas.add::<CodeList>();
    schemas.put("CodeListPage", page(&schema("CodeList")));
    schemas.put("DivisionPage", page(&schema("DivisionRecord")));
}

/// The name of the kind's schema.
pub fn name(kind: &Kind) -> &'static str {
    (kind.shape)().name()
}

/// The schema of a page of these rows.
fn page(row: &Value) -> Value {
    json!({
        "type": "object",
        "description": "一页: one page of a list.",
        "required": ["items", "next", "total", "seq"],
        "properties": {
            "items": { "type": "array", "items": row, "description": "记录" },
            "next": { "type": ["string", "null"], "description": "下一页游标: null on the last page." },
            "total": { "type": "integer", "format": "int64", "minimum": 0, "description": "总数: of all pages." },
            "total_estimated": { "type": "boolean", "description": "总数为估计值: only where counting would cost too much." },
            "seq": { "type": "integer", "format": "int64", "minimum": 0, "description": "变更序号: the register that is shown." },
            "facets": {
                "type": "object", "description": "分面计数: when asked for.",
                "additionalProperties": { "type": "array", "items": schema("FacetCount") },
            },
            "missing": {
                "type": "array", "items": { "type": "string" },
                "description": "未找到的编码: those asked for by `code` that are not in the result.",
            },
        },
    })
}

fn code_and_name() -> Value {
    json!({
        "type": "object", "description": "编码和名称", "required": ["code", "name"],
        "properties": {
            "code": { "type": "string", "description": "编码" },
            "name": { "type": "string", "description": "名称" },
        },
    })
}

fn highlight() -> Value {
    json!({
        "type": "object",
        "description": "高亮: where the text was found, field by field: names also by pinyin and initials, other texts as written; `body` is an \
                        excerpt of the rest.",
        "additionalProperties": {
            "type": "array",
            "items": {
                "type": "object", "required": ["text"],
                "properties": {
                    "text": { "type": "string", "description": "文本: the segments together are the field." },
                    "match": { "type": "boolean", "description": "是否命中" },
                },
            },
        },
    })
}

/// The properties of a kind's body, by name.
fn properties(kind: &Kind, schemas: &Schemas) -> Map<String, Value> {
    let body = schemas.get(name(kind)).and_then(|body| body.get("properties")).and_then(Value::as_object);
    body.cloned().unwrap_or_default()
}

fn record_schema(kind: &Kind, schemas: &Schemas) -> Value {
    let mut record = schemas.get(name(kind)).cloned().unwrap_or_default();
    for (member, described) in [
        ("meta", schema("Meta")),
        ("embedded", schema("Embedded")),
        ("links", json!({ "type": "object", "description": "链接", "additionalProperties": { "type": "string" } })),
    ] {
        record["properties"][member] = described;
        if let Some(required) = record["required"].as_array_mut() {
            required.push(member.into());
        }
    }
    record
}

fn row_schema(kind: &Kind, schemas: &Schemas) -> Value {
    let body = properties(kind, schemas);
    let whole = schemas.get(name(kind)).and_then(|body| body.get("required")).and_then(Value::as_array);
    let mut row = Map::new();
    for field in kind.row {
        let described = body.get(*field).cloned().unwrap_or_default();
        let described = match *field {
            "organisation" => schema("CodeAndName"),
            _ if whole.is_some_and(|whole| whole.iter().any(|always| always == field)) => described,
            _ => nullable(described),
        };
        row.insert((*field).into(), described);
    }
    row.insert("status".into(), schema("Status"));
    row.insert(
        "revision".into(),
        json!({ "type": "integer", "format": "int64", "minimum": 1, "description": "修订号" }),
    );
    row.insert("published_at".into(), json!({ "type": "string", "format": "date-time", "description": "发布时间" }));
    row.insert("highlight".into(), schema("Highlight"));
    if kind.sites != Sites::None {
        row.insert(
            "distance_m".into(),
            json!({ "type": "integer", "minimum": 0, "description": "距离（米）: with `near`." }),
        );
    }
    json!({
        "type": "object",
        "description": format!("{}摘要: a row of a list; with `fields`, the code and what was asked for.", kind.chinese),
        "required": ["code"],
        "properties": row,
    })
}

/// A row writes null for what the body leaves out.
fn nullable(schema: Value) -> Value {
    let nullable = schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"));
    if nullable || schema.get("oneOf").is_some() {
        return schema;
    }
    json!({ "oneOf": [schema, { "type": "null" }] })
}

fn short_schema(kind: &Kind, schemas: &Schemas) -> Value {
    let body = properties(kind, schemas);
    let mut short: Map<_, _> =
        kind.short.iter().filter_map(|field| Some(((*field).to_owned(), body.get(*field)?.clone()))).collect();
    short.insert("status".into(), schema("Status"));
    json!({
        "type": "object",
        "description": format!("{}（内嵌）: what other records show of it.", kind.chinese),
        "required": ["code", "status"],
        "properties": short,
    })
}

fn embedded(kinds: &[&'static Kind]) -> Value {
    let short = |kind: &str| {
        let kind = kinds.iter().find(|known| known.name == kind);
        kind.map_or(json!({}), |kind| schema(&format!("{}Short", name(kind))))
    };
    let listed = |short: Value| json!({ "type": "array", "items": short, "description": "内嵌记录: each once." });
    let slots = [
        (Slot::Organisation, "organisation"),
        (Slot::Parent, "organisation"),
        (Slot::Organisations, "organisation"),
        (Slot::Places, "place"),
        (Slot::Fees, "fee"),
        (Slot::Instruments, "legal_instrument"),
        (Slot::Providers, "intermediary"),
        (Slot::Items, "item"),
        (Slot::Successor, "item"),
    ];
    let mut properties: Map<_, _> = slots
        .iter()
        .map(|(slot, kind)| {
            let described = if slot.is_single() { short(kind) } else { listed(short(kind)) };
            (slot.name().to_owned(), described)
        })
        .collect();
    properties.insert("intermediaries".into(), listed(short("intermediary")));
    json!({
        "type": "object",
        "description": "内嵌记录: what the record shows of others; publishing one of them moves this record's ETag.",
        "properties": properties,
    })
}
