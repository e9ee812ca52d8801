//! The register as a whole: service document, summary, code lists, divisions, schemas.

use qingdan::{model::KINDS, values::code_lists};

use crate::helpers::app::on_the_demo;

#[actix_web::test]
async fn the_service_document_counts_and_links_everything() {
    on_the_demo(async |app| {
        let service = app.json("/v1").await;
        assert_eq!((&service["seq"], &service["version"]), (&383.into(), &env!("CARGO_PKG_VERSION").into()));
        assert_eq!(service["records"].as_array().map(Vec::len), Some(KINDS.len()));
        assert_eq!(
            service["records"][0],
            serde_json::json!({
                "kind": "item", "label": "事项", "listed": 187, "ever": 193, "link": "/v1/items",
            })
        );
    })
    .await;
}

#[actix_web::test]
async fn the_summary_counts_the_three_lists() {
    on_the_demo(async |app| {
        let items = &app.json("/v1/summary").await["items"];
        assert_eq!(items["total"], 187);
        let count = |value: &str| {
            let lists = items["list"].as_array().expect("lists");
            lists.iter().find(|count| count["value"] == value).expect("the list")["count"].as_u64().expect("a count")
        };
        assert_eq!(count("power") + count("service"), 187);
        assert_eq!(count("responsibility"), count("power"));
        for name in ["category", "organisation", "charge"] {
            let counts = items[name].as_array().expect("counts");
            assert_eq!(
                counts.iter().map(|count| count["count"].as_u64().unwrap_or_default()).sum::<u64>(),
                187,
                "{name}"
            );
        }
        let status = items["status"].as_array().expect("counts");
        assert_eq!(status.iter().map(|count| count["count"].as_u64().unwrap_or_default()).sum::<u64>(), 193);
    })
    .await;
}

#[actix_web::test]
async fn every_code_list_is_there_with_national_codes_and_chinese_terms() {
    on_the_demo(async |app| {
        let lists = app.json("/v1/code-lists?limit=200").await;
        assert_eq!(lists["total"], code_lists::LISTS.len());
        let category = app.json("/v1/code-lists/category").await;
        assert_eq!(category["codes"].as_array().map(Vec::len), Some(11));
        assert_eq!(
            category["codes"][4],
            serde_json::json!({
                "value": "administrative_benefit", "national": "05", "label": "行政给付",
            })
        );
    })
    .await;
}

#[actix_web::test]
async fn divisions_are_found_by_code_by_parent_and_by_name() {
    on_the_demo(async |app| {
        for (filled, code) in [("350121202000", "350121202"), ("350121000000", "350121"), ("350121000", "350121")] {
            assert_eq!(app.json(&format!("/v1/divisions/{filled}")).await["code"], code, "{filled}");
        }
        let division = app.json("/v1/divisions/350121202").await;
        assert_eq!(
            (&division["name"], &division["level"], &division["parent"]),
            (&"洋里乡".into(), &"township".into(), &"350121".into())
        );
        assert_eq!(app.json(division["links"]["items"].as_str().expect("a link")).await["total"], 187);
        assert_eq!(app.json("/v1/divisions?parent=350121").await["total"], 16);
        assert_eq!(app.json("/v1/divisions?q=%E6%B4%8B%E9%87%8C%E4%B9%A1&below=3501").await["total"], 1);
        assert_eq!(app.json("/v1/divisions?level=province").await["total"], 31);
    })
    .await;
}

#[actix_web::test]
async fn every_published_body_is_valid_by_its_own_schema() {
    on_the_demo(async |app| {
        for kind in KINDS {
            let schema = app.json(&format!("/v1/schemas/{}.json", kind.name)).await;
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
            assert_eq!(schema["additionalProperties"], false);
            let mut described = 0;
            for (name, field) in schema["properties"].as_object().expect("properties") {
                let text = field.to_string();
                assert!(text.contains("description"), "{} {name}", kind.name);
                described += usize::from(text.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c)));
            }
            assert_eq!(
                Some(described),
                schema["properties"].as_object().map(|p| p.len()),
                "a Chinese term for every field of {}",
                kind.name
            );
            let mut record = app.json(&format!("/v1/{}/{}", kind.path, kind.example)).await;
            for reserved in ["meta", "embedded", "links"] {
                record.as_object_mut().expect("an object").remove(reserved);
            }
            let read = (kind.read)(&record).expect("it is valid");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&read).expect("JSON"), record, "in its normal form");
        }
    })
    .await;
}

/// The walk of `fields` knows these; one more in a derived schema would be published and not enforced.
const KEYWORDS: [&str; 20] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "format",
    "enum",
    "oneOf",
    "$ref",
    "description",
    "example",
    "examples",
    "pattern",
    "propertyNames",
];

#[test]
fn every_keyword_of_a_schema_is_one_that_is_enforced() {
    for kind in KINDS {
        for (name, schema) in (kind.shape)().components() {
            let unknown = unknown_keywords(schema);
            assert!(unknown.is_empty(), "{} {name}: {unknown:?}", kind.name);
            // A pattern only describes: what it says is enforced by the parser of its format.
            assert!(!schema.to_string().contains("pattern") || schema.to_string().contains("format"), "{name}");
        }
    }
}

fn unknown_keywords(schema: &serde_json::Value) -> Vec<String> {
    let Some(schema) = schema.as_object() else { return Vec::new() };
    let mut unknown: Vec<String> = schema.keys().filter(|key| !KEYWORDS.contains(&key.as_str())).cloned().collect();
    let inner =
        schema.get("properties").and_then(|inner| inner.as_object()).into_iter().flat_map(|inner| inner.values());
    let choices = schema.get("oneOf").and_then(|inner| inner.as_array()).into_iter().flatten();
    let direct = ["items", "additionalProperties"].into_iter().filter_map(|name| schema.get(name));
    unknown.extend(inner.chain(choices).chain(direct).flat_map(unknown_keywords));
    unknown
}
