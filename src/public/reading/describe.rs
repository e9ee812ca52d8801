//! What the endpoints of every kind and of the register as a whole promise.

use serde_json::{Map, Value, json};

use super::{
    divisions::DivisionRow,
    facets::FacetCount,
    http::{LogDocument, ServiceDocument, paths},
    request::{Sort, facet_names, field_names},
};
use crate::{
    model::kinds::{Filter, Kind, Sites, Slot, Values},
    problem::Code,
    register::{
        catalog::Meta,
        upstream::{LogKind, MirrorOf},
    },
    values::code_lists::{CodeList, Status},
    web::{
        contract::{Operation, Schemas, any_object, path_parameter, query_parameter, repeated_parameter, schema},
        one::{Comparison, RevisionRow},
        parameters::{as_of_parameter, page_parameters},
    },
};

/// The tags of these operations, with what they hold.
pub const TAGS: [(&str, &str); 8] = [
    ("items", "事项：权力清单、责任清单、公共服务事项清单 · Items of the three lists"),
    ("organisations", "机构 · Organisations"),
    ("places", "办事场所 · Places"),
    ("fees", "收费目录清单 · The fee list"),
    ("legal-instruments", "法律法规文件 · Legal instruments"),
    ("intermediaries", "中介机构 · Intermediaries"),
    ("clean-ups", "清理结果 · Clean-up rounds"),
    ("register", "登记簿：概况、代码表、行政区划、模式 · The register as a whole"),
];

/// The operations of every kind, and their schemas.
pub fn records(kinds: &[&'static Kind], schemas: &mut Schemas) -> Vec<Operation> {
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
    kinds.iter().flat_map(|kind| of_kind(kind, schemas)).collect()
}

fn of_kind(kind: &'static Kind, schemas: &mut Schemas) -> Vec<Operation> {
    let (whole, row) = (record_schema(kind, schemas), row_schema(kind, schemas));
    schemas.put(&format!("{}Record", name(kind)), whole);
    schemas.put(&format!("{}Row", name(kind)), row);
    schemas.put(&format!("{}Page", name(kind)), page(&schema(&format!("{}Row", name(kind)))));
    let [one, list, revisions, revision, compare] = paths(kind);
    let (chinese, english, example) = (kind.chinese, kind.english, kind.example);
    let own = format!("/v1/{}/{example}", kind.path);
    let key = || path_parameter("key", &format!("编码 · Code of one of the {english}."), example);
    let id = |what: &str| format!("{what}_{}", kind.name);
    let number = || json!({ "type": "integer", "format": "int64", "minimum": 1 });
    let below = [Code::NotFound, Code::Gone];
    vec![
        Operation::json(format!("list_{}", kind.path.replace('-', "_")), kind.path, list, schema(&format!("{}Page", name(kind))))
            .says(format!("{chinese}列表 · List {english}"), list_description(kind))
            .takes(list_parameters(kind))
            .refuses(&[Code::InvalidCursor])
            .shown_by(format!("{list}?limit=2")),
        Operation::json(id("get"), kind.path, one, schema(&format!("{}Record", name(kind))))
            .says(
                format!("{chinese}详情 · One of the {english}"),
                "The whole record: the body's own fields, and beside them `meta`, `embedded` (what it shows of others) and \
                 `links`. Cancelled and merged records answer 200 with their status and successor; one that was renumbered \
                 answers 308, an erased one 410.",
            )
            .takes([key(), as_of_parameter()])
            .refuses(&below)
            .shown_by(own.clone()),
        Operation::json(id("list_revisions_of"), kind.path, revisions, schema("RevisionPage"))
            .says(
                format!("{chinese}修订记录 · Revisions"),
                "Every published revision, oldest first: which office published it, when, why, and on what document.",
            )
            .takes([key(), as_of_parameter()])
            .takes(page_parameters())
            .refuses(&below)
            .refuses(&[Code::InvalidCursor])
            .shown_by(format!("{own}/revisions")),
        Operation::json(id("get_revision_of"), kind.path, revision, schema(&format!("{}Record", name(kind))))
            .says(format!("{chinese}某次修订 · One revision"), "The body as that revision published it. It never changes.")
            .takes([
                key(),
                json!({
                    "name": "n", "in": "path", "required": true, "description": "修订号 · Number of the revision, from 1.",
                    "schema": number(), "example": 1,
                }),
                as_of_parameter(),
            ])
            .refuses(&below)
            .shown_by(format!("{own}/revisions/1")),
        Operation::json(id("compare_revisions_of"), kind.path, compare, schema("Comparison"))
            .says(
                format!("{chinese}修订比较 · Compare two revisions"),
                "Field by field, with the Chinese term of each; elements of lists are known again by what identifies them, \
                 and one that only stands elsewhere is `moved`; changed texts have `spans`, unless they have little in common or there \
                 are too many long ones. The first 5,000 differences, or 1 MB of them; `more` says that there are more. \
                 Without parameters: the last revision and the one before.",
            )
            .takes([
                key(),
                query_parameter("from", "原修订号 · From this revision.", number(), "1"),
                query_parameter("to", "新修订号 · To this revision.", number(), "2"),
                as_of_parameter(),
            ])
            .refuses(&below)
            .shown_by(format!("{own}/compare")),
    ]
}

/// The operations of the register as a whole, and their schemas.
pub fn register(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<ServiceDocument>();
    schemas.add::<LogDocument>();
    schemas.add::<MirrorOf>();
    schemas.add::<LogKind>();
    schemas.add::<DivisionRow>();
    schemas.add::<CodeList>();
    schemas.put("CodeListPage", page(&schema("CodeList")));
    schemas.put("DivisionPage", page(&schema("DivisionRecord")));
    let tag = "register";
    vec![
        Operation::json("get_service", tag, "/v1", schema("ServiceDocument")).says(
            "服务说明 · Service document",
            "Version, last change, counts, licence, and links to everything else.",
        ),
        Operation::json("list_code_lists", tag, "/v1/code-lists", schema("CodeListPage"))
            .says("代码表 · Code lists", "Every code list: value, national code and Chinese term.")
            .takes(page_parameters())
            .refuses(&[Code::InvalidCursor])
            .shown_by("/v1/code-lists?limit=2"),
        Operation::json("get_code_list", tag, "/v1/code-lists/{name}", schema("CodeList"))
            .says("某个代码表 · One code list", "The values of one code list.")
            .takes([path_parameter("name", "代码表名 · Name of the list.", "category")])
            .refuses(&[Code::NotFound])
            .shown_by("/v1/code-lists/category"),
        Operation::json("list_divisions", tag, "/v1/divisions", schema("DivisionPage"))
            .says("行政区划 · Divisions", "Divisions down to the township (GB/T 2260, GB/T 10114), by code.")
            .takes(division_parameters())
            .takes(page_parameters())
            .refuses(&[Code::InvalidCursor])
            .shown_by("/v1/divisions?parent=350121&limit=2"),
        Operation::json("get_division", tag, "/v1/divisions/{code}", schema("DivisionRecord"))
            .says("某个行政区划 · One division", "Name, level and parent, with links to its items and organisations.")
            .takes([path_parameter("code", "行政区划代码 · 6 or 9 digits.", "350121202")])
            .refuses(&[Code::NotFound])
            .shown_by("/v1/divisions/350121202"),
        Operation {
            answers: vec![("application/schema+json", any_object())],
            ..Operation::json("get_schema", tag, "/v1/schemas/{file}", json!({}))
        }
        .says("JSON Schema", "The JSON Schema (2020-12) of the body of a kind of record, for editors and validators.")
        .takes([path_parameter("file", "记录类别 · Kind and `.json`.", "place.json")])
        .refuses(&[Code::NotFound])
        .shown_by("/v1/schemas/place.json"),
    ]
}

/// The name of the kind's schema.
fn name(kind: &Kind) -> String {
    (kind.shape)().name().to_owned()
}

fn list_description(kind: &Kind) -> String {
    let more = match kind.name {
        "item" => {
            "The three lists: `list=power`, `list=responsibility` (the powers, each with its `responsibilities` and \
             `accountability`) and `list=service`. "
        }
        "fee" => "The fee list (收费目录清单); each fee shows the items that charge it under `embedded.items`. ",
        _ => "",
    };
    format!(
        "{more}Rows are summaries, by code unless sorted otherwise; `fields` chooses other members. Without `status`, records \
         in force and suspended ones are listed."
    )
}

/// What says which records of a kind are asked for.
pub fn filter_parameters(kind: &'static Kind) -> Vec<Value> {
    let mut parameters: Vec<_> = kind.filters.iter().map(filter_parameter).collect();
    let states = json!({ "type": "string", "enum": ["in_force", "suspended", "cancelled", "merged"] });
    parameters.push(repeated_parameter("status", "记录状态 · State of the record.", states, "in_force"));
    let codes = "编码 · Records by code, up to 200 at once, cancelled and merged ones included; `missing` names those that are not in the result.";
    parameters.push(repeated_parameter("code", codes, json!({ "type": "string" }), kind.example));
    parameters.push(query_parameter(
        "changed_since",
        "变更起点 · Only records that show something new, cancelled and merged ones included: after this `seq`, or at or after \
         this instant or date (its beginning in China).",
        json!({ "type": "string" }),
        "2017-01-01T00:00:00Z",
    ));
    parameters.push(query_parameter(
        "q",
        "搜索 · Text: Chinese substrings, codes, and for Latin words pinyin (`dibao`) and initials (`db`); several words must \
         all match.",
        json!({ "type": "string", "minLength": 1, "maxLength": 200 }),
        if kind.name == "item" { "低保" } else { "洋里" },
    ));
    if kind.sites != Sites::None {
        parameters.push(query_parameter(
            "near",
            "附近 · Longitude and latitude (CGCS2000): nearest first, with `distance_m`; records without coordinates are left out.",
            json!({ "type": "string" }),
            "119.0312,26.2561",
        ));
        parameters.push(query_parameter(
            "open_at",
            "开放时间 · Only what is open at this instant by its hours and recorded closures, in the local time of China. Public \
             holidays count only where a place has entered them as closures.",
            json!({ "type": "string", "format": "date-time" }),
            "2026-11-23T09:00:00+08:00",
        ));
    }
    parameters.push(as_of_parameter());
    parameters
}

fn list_parameters(kind: &'static Kind) -> Vec<Value> {
    let mut parameters = filter_parameters(kind);
    let sorts: Vec<_> = Sort::NAMES
        .iter()
        .filter(|(_, sort)| *sort != Sort::Distance || kind.sites != Sites::None)
        .map(|(name, _)| *name)
        .collect();
    parameters.push(query_parameter(
        "sort",
        "排序 · `code` (default), `published_at` (newest first), `relevance` (default with `q`), `distance` (default with `near`).",
        json!({ "type": "string", "enum": sorts }),
        "code",
    ));
    let listed = |names: Vec<&str>| json!({ "type": "array", "items": { "type": "string", "enum": names } });
    let commas = |name: &str, description: &str, names: Vec<&str>, example: &[&str]| {
        json!({
            "name": name, "in": "query", "required": false, "style": "form", "explode": false,
            "description": format!("{description} 例 · e.g. `{}`", example.join(",")),
            "schema": listed(names),
        })
    };
    parameters.push(commas(
        "fields",
        "字段 · Members of a row, beside its code.",
        field_names(kind),
        &["status", "meta"],
    ));
    parameters.push(commas("facets", "分面 · Fields to count over the whole result.", facet_names(kind), &["status"]));
    parameters.push(query_parameter(
        "highlight",
        "高亮 · Whether rows show where `q` was found.",
        json!({ "type": "boolean", "default": false }),
        "true",
    ));
    parameters.extend(page_parameters());
    parameters
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

fn division_parameters() -> Vec<Value> {
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
    let body = schemas.get(&name(kind)).and_then(|body| body.get("properties")).and_then(Value::as_object);
    body.cloned().unwrap_or_default()
}

fn record_schema(kind: &Kind, schemas: &Schemas) -> Value {
    let mut record = schemas.get(&name(kind)).cloned().unwrap_or_default();
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
    let whole = schemas.get(&name(kind)).and_then(|body| body.get("required")).and_then(Value::as_array);
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
