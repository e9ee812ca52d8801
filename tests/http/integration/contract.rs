//! The OpenAPI document: equal to what is committed, complete, and true.

use std::{env, fs, path::Path};

use qingdan::{
    app::server,
    problem::Code,
    web::contract::{Operation, Schemas},
};
use serde_json::{Map, Value, json};

use crate::helpers::{
    app::{demos, on_the_demo},
    comparison::without_digests,
    document::Document,
    logs::is_signed,
};

fn openapi_folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi")
}

/// Compares with what is committed, or writes it when `UPDATE=1`.
fn hold_to(file: &str, value: &Value) {
    let path = openapi_folder().join(file);
    let text = format!("{}\n", serde_json::to_string_pretty(value).expect("JSON"));
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, text).expect("it can be written");
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "openapi/{file} is stale: run `UPDATE=1 ./test openapi` and look at the difference");
}

/// The answers of the demonstration register to the example of each operation.
async fn answers() -> Value {
    let [sqlite, _] = demos();
    // It tells how much of its log is signed.
    is_signed(sqlite).await;
    let mut schemas = Schemas::default();
    let mut answers = Map::new();
    let reads = server::operations(&mut schemas).into_iter().filter(|operation| operation.needs.is_none());
    for operation in reads.filter(|operation| operation.verb == "get") {
        if operation.id == "get_security_txt" {
            answers.insert(operation.id, security_txt().into());
            continue;
        }
        // A drawing for people names the address by which it was asked for.
        let host = [("host", "register.example")];
        let answer = sqlite.get_with(&operation.example, &host).await;
        answer.expect_status(200);
        let example = match answer.header("content-type") {
            _ if operation.example == "/.well-known/jwks.json" => public_key(),
            "application/octet-stream" => continue,
            _ if tells_digests(&operation) => without_salts(answer.text()),
            kind if kind.starts_with("text/html") => "<!DOCTYPE html>…".into(),
            kind if kind.contains("json") => answer.json(),
            kind if kind.starts_with("image/png") => continue,
            _ => answer.text().into(),
        };
        answers.insert(operation.id, example);
    }
    Value::Object(answers)
}

/// Whether an answer names digests of bodies.
fn tells_digests(operation: &Operation) -> bool {
    let of_the_log =
        operation.tag == "log" || operation.id.starts_with("get_proof_of_") || operation.id == "get_service";
    of_the_log || operation.tag == "changes" || operation.id == "check_paper" || operation.id.starts_with("export_")
}

/// Salts are each log's own, and with them digests: JSON where it is JSON.
fn without_salts(text: &str) -> Value {
    let text = without_digests(text);
    serde_json::from_str(&text).unwrap_or(text.into())
}

/// It tells a day, and the demonstration has no address to which weaknesses are reported.
fn security_txt() -> &'static str {
    "Contact: mailto:security@qingdan.example\nExpires: 2027-06-01T00:00:00Z\nPreferred-Languages: zh, en\n"
}

/// Keys are each server's own.
fn public_key() -> Value {
    json!({ "keys": [{
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "use": "sig", "alg": "EdDSA",
    }] })
}

#[actix_web::test]
async fn openapi_and_its_examples_are_what_is_committed() {
    let answers = answers().await;
    hold_to("examples.json", &answers);
    hold_to("openapi.json", &server::openapi(&answers));
    if env::var_os("UPDATE").is_none() {
        on_the_demo(async |app| {
            let served = app.get("/openapi.json").await;
            let committed = fs::read_to_string(openapi_folder().join("openapi.json")).expect("it is there");
            assert_eq!(served.text(), committed.trim_end());
        })
        .await;
    }
}

/// Path, verb and operation.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths.iter().flat_map(|(path, item)| {
        item.as_object().expect("verbs").iter().map(move |(verb, operation)| (path.as_str(), verb.as_str(), operation))
    })
}

#[test]
fn openapi_describes_every_operation_whole() {
    let document = server::openapi(&server::examples());
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = Vec::new();
    for (path, verb, operation) in operations(&document) {
        for name in ["operationId", "summary", "description"] {
            assert!(operation[name].as_str().is_some_and(|text| !text.is_empty()), "{name} of {path}");
        }
        ids.push(operation["operationId"].as_str().expect("an id"));
        if verb == "get" && operation.get("security").is_none() {
            let content = operation["responses"]["200"]["content"].as_object().expect("content");
            assert!(content.values().any(has_example), "an example of {path}");
        }
        if let Some(body) = operation.get("requestBody") {
            let content = body["content"].as_object().expect("content");
            assert!(content.values().all(|body| body["schema"].is_object()), "what is sent to {verb} {path}");
            assert!(content.values().any(has_example), "an example of what is sent to {verb} {path}");
        }
        for parameter in operation["parameters"].as_array().expect("parameters") {
            if parameter.get("$ref").is_some() {
                continue;
            }
            let typed = parameter["schema"].as_object().is_some_and(|schema| !schema.is_empty());
            assert!(typed && parameter["description"].is_string(), "{parameter} of {path}");
        }
        for part in path.split('/').filter_map(|part| part.strip_prefix('{')) {
            let name = part.split('}').next().expect("a name");
            let described = operation["parameters"].as_array().expect("parameters").iter().any(|p| p["name"] == name);
            assert!(described, "{name} of {path}");
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "operation ids are unique");
}

fn has_example(body: &Value) -> bool {
    body.get("example").or(body.get("examples")).is_some()
}

#[test]
fn openapi_says_whom_to_ask() {
    let document = server::openapi(&server::examples());
    assert!(document["info"]["contact"]["name"].is_string() && document["info"]["license"]["name"].is_string());
    assert!(document["paths"]["/.well-known/security.txt"]["get"].is_object());
}

/// What is changed by whoever saw its version is removed by whoever saw it.
#[test]
fn openapi_asks_for_the_version_of_what_is_removed() {
    let document = server::openapi(&server::examples());
    let asks = |operation: &Value| operation["responses"].get("428").is_some();
    let removed: Vec<_> = operations(&document).filter(|(_, verb, _)| *verb == "delete").collect();
    let versioned: Vec<_> = operations(&document).filter(|(_, verb, one)| *verb == "patch" && asks(one)).collect();
    let both = removed.iter().filter(|(path, ..)| versioned.iter().any(|(other, ..)| other == path));
    assert!(both.clone().count() >= 2 && both.clone().all(|(_, _, operation)| asks(operation)));
}

/// What is read has limits; what is only told promises none that it might not keep.
#[test]
fn openapi_limits_texts_that_are_read_and_no_others() {
    let document = server::openapi(&server::examples());
    let text = |schema: &str, field: &str| document["components"]["schemas"][schema]["properties"][field].clone();
    assert_eq!(text("NewComment", "comment")["maxLength"], 2000);
    assert_eq!(text("Item", "name")["minLength"], 1);
    for (schema, field) in [("Problem", "detail"), ("FieldProblem", "pointer"), ("FieldProblem", "parameter")] {
        assert!(text(schema, field)["type"].is_string() || text(schema, field)["type"].is_array(), "{schema}.{field}");
        assert!(text(schema, field).get("minLength").is_none() && text(schema, field).get("maxLength").is_none());
    }
}

#[test]
fn openapi_sends_nothing_by_default_that_finds_nothing() {
    let document = server::openapi(&server::examples());
    for (path, _, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().expect("parameters") {
            assert!(parameter["required"] == true || parameter.get("example").is_none(), "{parameter} of {path}");
        }
    }
}

#[test]
fn openapi_references_lead_somewhere_and_name_known_problems() {
    let document = server::openapi(&server::examples());
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    references.sort();
    references.dedup();
    assert!(references.len() > 40);
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("inside the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
        if let Some(code) = reference.strip_prefix("#/components/responses/") {
            assert!(Code::of(code).is_some(), "{code}");
        }
    }
}

#[test]
fn openapi_fields_begin_with_their_chinese_term() {
    let document = server::openapi(&server::examples());
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        for (field, described) in schema["properties"].as_object().into_iter().flatten() {
            let text = description(&document, described).unwrap_or_default();
            let chinese = text.chars().next().is_some_and(|c| !c.is_ascii_alphabetic() || text.starts_with("HTTP"));
            assert!(chinese && !text.is_empty(), "{name}.{field}: {text}");
        }
    }
}

fn description(document: &Value, schema: &Value) -> Option<String> {
    let own = schema.get("description").and_then(Value::as_str).map(str::to_owned);
    let alternatives = schema.get("oneOf").and_then(Value::as_array);
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|path| document.pointer(&path[1..]));
    own.or_else(|| alternatives?.iter().find_map(|choice| description(document, choice)))
        .or_else(|| description(document, target?))
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            let parts = object.iter().filter(|(name, _)| *name != "example" && *name != "examples");
            parts.for_each(|(_, inner)| collect_references(inner, found));
        }
        Value::Array(elements) => elements.iter().for_each(|inner| collect_references(inner, found)),
        _ => {}
    }
}

#[test]
fn openapi_tells_of_the_limits() {
    let document = server::openapi(&server::examples());
    let refused = &document["components"]["responses"]["too-many-requests"]["headers"];
    for name in ["Retry-After", "RateLimit", "RateLimit-Policy"] {
        assert!(refused[name].is_object(), "{name}");
    }
    for (path, verb, operation) in operations(&document) {
        let told = operation["responses"].as_object().expect("responses").iter();
        let mut told = told.filter(|(status, answer)| status.starts_with('2') && answer["headers"].is_object());
        assert!(told.all(|(_, answer)| answer["headers"]["RateLimit"].is_object()), "{verb} {path}");
    }
}

#[test]
fn answers_are_held_to_the_operation_whose_template_fits_best() {
    let route = |path| Document::get().route(path).map(|route| route.path.as_str());
    assert_eq!(route("/v1/items"), Some("/v1/items"));
    assert_eq!(route("/v1/items/FW-1"), Some("/v1/items/{key}"));
    assert_eq!(route("/v1/exports/items.csv"), Some("/v1/exports/items.{format}"));
    assert_eq!(route("/v1/log/tile/entries/x001/234"), Some("/v1/log/tile/entries/{index}"));
    assert_eq!(route("/v1/log/tile/0/x001/234"), Some("/v1/log/tile/{level}/{index}"));
    assert_eq!(route("/v1/items/"), None);
    assert_eq!(route("/nothing"), None);
}
