//! A proxy that compresses between staff and the register, and what is compressed of the answers to staff.

use std::collections::BTreeSet;

use qingdan::app::server;
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{Answer, TestApp, decoded, on_a_demo_of_its_own, on_both_databases, on_the_demo, send},
    nginx::{Nginx, Way},
    people::{decision, id_of, tag_of},
};

const ITEM: &str = "11350121003619116B5000511001000";
/// Members of answers that nobody else may guess.
const SECRETS: [&str; 5] = ["access_token", "refresh_token", "client_secret", "secret", "password"];

/// A client that takes gzip and sends back the tags that it has got, whatever they look like.
struct Client<'a> {
    nginx: &'a Nginx,
    way: Way,
    name: &'a str,
}

impl Client<'_> {
    async fn ask(&self, method: Method, path: &str, tag: (&str, &str), body: Option<&Value>) -> Answer {
        let request = self.nginx.request(self.way, method, path).bearer_auth(self.name);
        let request = request.header("accept-encoding", "gzip").header(tag.0, tag.1);
        send(body.iter().fold(request, |request, body| request.json(body))).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, ("x-nothing", "0"), None).await
    }
}

fn told(answer: &Answer) -> Value {
    serde_json::from_slice(&decoded(answer)).unwrap_or_else(|_| panic!("no JSON: {answer:?}"))
}

fn amendment() -> Value {
    json!({ "kind": "item", "action": "amend", "key": ITEM, "reason": "测试", "document": decision() })
}

#[actix_web::test]
async fn a_draft_is_edited_through_an_nginx_that_compresses() {
    on_a_demo_of_its_own(async |app| {
        let nginx = Nginx::in_front_of(&app).await;
        for way in [Way::Transparent, Way::Compressing] {
            let path = format!("/v1/drafts/{}", id_of(&app.as_("editor").drafts(amendment()).await));
            edit(&nginx, way, &path).await;
        }
    })
    .await;
}

/// Edits a draft as a client does that reads it, changes it and gives it up, beside another one.
async fn edit(nginx: &Nginx, way: Way, path: &str) {
    let editor = Client { nginx, way, name: "editor" };
    let other = Client { nginx, way, name: "editor-2" };
    let read = editor.get(path).await;
    read.expect_status(200);
    assert_eq!(read.header("content-encoding"), "gzip", "{way:?}");
    let tag = read.header("etag");
    assert_eq!(tag.starts_with("W/"), way == Way::Compressing, "nginx weakens what it compresses: {tag}");
    assert_eq!(told(&read)["version"], 1);
    editor.ask(Method::GET, path, ("if-none-match", tag), None).await.expect_status(304);

    let changed = editor.ask(Method::PATCH, path, ("if-match", tag), Some(&json!({ "body": { "visits": 1 } }))).await;
    let late = other.ask(Method::PATCH, path, ("if-match", tag), Some(&json!({ "reason": "另一原因" }))).await;

    changed.expect_status(200);
    assert_eq!(told(&changed)["body"]["visits"], 1);
    late.expect_status(412);
    let problem = told(&late);
    assert_eq!((&problem["code"], &problem["conflict"]["version"]), (&json!("stale"), &json!(2)), "{problem}");
    assert_eq!(problem["conflict"]["changes"][0]["by"], "editor");
    other.ask(Method::DELETE, path, ("if-match", tag), None).await.expect_status(412);
    let tag = changed.header("etag");
    editor.ask(Method::GET, path, ("if-none-match", tag), None).await.expect_status(304);
    editor.ask(Method::DELETE, path, ("if-match", tag), None).await.expect_status(204);
}

#[actix_web::test]
async fn what_staff_read_is_compressed_and_its_tag_stays() {
    on_a_demo_of_its_own(async |app| {
        let draft = app.as_("editor").drafts(amendment()).await;
        let draft = app.as_("editor").patch(&draft, json!({ "body": { "name": "预览的名称" } })).await.json();
        let own = format!("/v1/drafts/{}", id_of(&draft));
        for path in [own.clone(), format!("{own}/preview/record"), format!("{own}/check")] {
            let plain = app.as_("editor").get(&path).await;
            plain.expect_status(200);
            assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "Accept-Encoding"), "{path}");
            let long = plain.bytes.len() >= 860;
            assert!(long || path.ends_with("check"), "{path}");
            for encoding in ["gzip", "br", "zstd"] {
                let asked = [("accept-encoding", encoding)];
                let packed = app.as_("editor").send(Method::GET, &path, &asked, None).await;
                assert_eq!(packed.header("content-encoding"), if long { encoding } else { "" }, "{path}");
                assert_eq!((packed.header("vary"), packed.header("cache-control")), ("Accept-Encoding", "no-store"));
                assert_eq!(packed.header("etag"), plain.header("etag"), "{path}");
                // A preview tells when it would be published: at the moment that it is asked.
                assert!(path.ends_with("record") || decoded(&packed) == plain.bytes, "{path} in {encoding}");
            }
        }
        let tag = tag_of(&draft);
        let asked = [("accept-encoding", "gzip"), ("if-match", tag.as_str())];
        let saved = app.as_("editor").send(Method::PATCH, &own, &asked, Some(&json!({ "reason": "改" }))).await;
        assert_eq!((saved.header("content-encoding"), saved.header("etag")), ("gzip", "\"3\""));
        let asked = [("accept-encoding", "gzip"), ("if-none-match", "W/\"3-gzip\"")];
        let known = app.as_("editor").send(Method::GET, &own, &asked, None).await;
        known.expect_status(304);
        assert_eq!((known.header("content-encoding"), known.header("etag")), ("", "\"3\""));
    })
    .await;
}

#[actix_web::test]
async fn the_tag_of_a_record_is_known_in_the_form_that_a_proxy_gives_it() {
    on_the_demo(async |app| {
        let path = format!("/v1/items/{ITEM}");
        let tag = app.get(&path).await.header("etag").trim_matches('"').to_owned();
        for form in ["\"TAG\"", "W/\"TAG\"", "\"TAG-gzip\"", "\"TAG--gzip\"", "\"TAG;gzip\"", "W/\"TAG-deflate\""] {
            let known = app.get_with(&path, &[("if-none-match", &form.replace("TAG", &tag))]).await;
            assert_eq!(known.status.as_u16(), 304, "{form}");
        }
        for other in ["\"TAGgzip\"", "\"TAG-other\"", "\"0-gzip\""] {
            let unknown = app.get_with(&path, &[("if-none-match", &other.replace("TAG", &tag))]).await;
            assert_eq!(unknown.status.as_u16(), 200, "{other}");
        }
    })
    .await;
}

/// Gathers the names of all members that an answer by this schema may have.
fn members(document: &Value, schema: &Value, seen: &mut BTreeSet<String>, names: &mut BTreeSet<String>) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        if seen.insert(reference.to_owned()) {
            let found = document.pointer(reference.trim_start_matches('#')).expect("it is there");
            members(document, found, seen, names);
        }
        return;
    }
    names.extend(
        schema.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone()),
    );
    match schema {
        Value::Object(parts) => parts.values().for_each(|part| members(document, part, seen, names)),
        Value::Array(parts) => parts.iter().for_each(|part| members(document, part, seen, names)),
        _ => {}
    }
}

/// Whether an answer of this operation may hold a secret.
fn tells_a_secret(document: &Value, operation: &str) -> bool {
    let paths = document["paths"].as_object().expect("paths").values().filter_map(Value::as_object);
    let found = paths.flat_map(|path| path.values()).find(|found| found["operationId"] == operation);
    let answers = found.unwrap_or_else(|| panic!("no {operation}"))["responses"].as_object().expect("answers").iter();
    let mut names = BTreeSet::new();
    for (_, answer) in answers.filter(|(status, _)| status.starts_with('2')) {
        let schema = &answer["content"]["application/json"]["schema"];
        members(document, schema, &mut BTreeSet::new(), &mut names);
    }
    SECRETS.iter().any(|secret| names.contains(*secret))
}

#[actix_web::test]
async fn what_may_tell_a_secret_is_never_compressed_and_all_else_is() {
    on_the_demo(async |app| {
        let document = app.json("/openapi.json").await;
        for endpoint in server::endpoints() {
            let operation = endpoint.operation_id();
            let secret = tells_a_secret(&document, &operation);
            assert_eq!(endpoint.terms.compressed, !secret, "{operation}: say `telling_secrets()`, or do not");
        }
    })
    .await;
    on_both_databases(async |app: TestApp| {
        let admin = app.token("admin").await;
        let asked = [("accept-encoding", "gzip, br, zstd")];
        for number in 1..=8 {
            let client = json!({ "name": format!("省平台{number}") });
            let made = app.call_with(Method::POST, "/v1/clients", &admin, &asked, Some(&client)).await;
            made.expect_status(201);
            assert_eq!((made.header("content-encoding"), made.header("vary")), ("", ""));
        }
        let listed = app.call_with(Method::GET, "/v1/clients", &admin, &asked, None).await;
        assert!(listed.bytes.len() > 860 && listed.header("content-encoding").is_empty(), "{listed:?}");
    })
    .await;
}
