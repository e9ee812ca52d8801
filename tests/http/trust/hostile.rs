//! Texts of an office stay text wherever they stand: no name gets out of its place into the page, the picture or the file.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use qingdan::{
    app::server,
    staff::identity::Grant,
    values::code_lists::{Action, Role},
    web::contract::{Operation, Schemas},
};
use reqwest::Method;
use roxmltree::Document;
use serde_json::{Value, json};

use crate::helpers::{
    app::{Answer, Engine, TestApp, on_a_demo_of_its_own, on_each_database, patched, send, step},
    charts::read,
};

const DIBAO: &str = "/v1/items/11350121003619116B5000511001000";
/// Closes what it may stand in: an attribute, an element, a comment, CDATA, a label, a flowchart, YAML.
const HOSTILE: &str = "<script>alert(1)</script>\"'&]]>";
const ESCAPED: &str = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;]]&gt;";
/// Members whose text is free.
const FREE: [&str; 21] = [
    "name",
    "summary",
    "exercise_content",
    "handling_office",
    "role",
    "limit_note",
    "basis",
    "source_organisation",
    "when",
    "visit_reason",
    "reason",
    "window",
    "question",
    "answer",
    "label",
    "title",
    "note",
    "organisation_name",
    "court_name",
    "aliases",
    "keywords",
];
const ID: &str = "s0\"><svg onload=alert(1)> --> x[end] %% `#quot;";

/// Puts what is hostile behind every free text.
fn spoil(value: &mut Value, is_free: bool) {
    match value {
        Value::Object(object) => {
            for (name, member) in object.iter_mut() {
                let is_text = name == "text" || name == "documents_out" || FREE.contains(&name.as_str());
                spoil(member, is_text);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|element| spoil(element, is_free)),
        Value::String(text) if is_free => text.push_str(HOSTILE),
        Value::String(text) if text == "s0" => *text = ID.to_owned(),
        _ => {}
    }
}

/// The item with free texts of all sorts: hostile, written from the right, longer than any line.
fn spoilt(mut body: Value) -> Value {
    spoil(&mut body, false);
    let chart = &mut body["chart"];
    chart["nodes"][4]["name"] = json!("W".repeat(60));
    chart["nodes"][5]["name"] = json!("\u{200f}שלום עולם\u{200f} العربية 受理\u{200e}");
    chart["nodes"][6]["note"] =
        json!("--> %%{init: {}}%% click a \"javascript:alert(1)\" ; end ``` #lt; &#60;b&#62;\n---");
    body["conditions"][0]["text"] = json!(format!("{}{}", "x".repeat(400), "\u{200f}אבג"));
    body
}

#[actix_web::test]
async fn hostile_names_are_text_on_every_page_and_in_every_notation() {
    on_a_demo_of_its_own(async |app| {
        let key = DIBAO.rsplit('/').next().expect("a key");
        let body = spoilt(patched(&app, DIBAO, &json!({})).await);
        let name = body["name"].as_str().expect("a name").to_owned();
        app.publish(vec![step("item", Action::Amend, key, Some(body.clone()))]).await.expect("it is only text");
        for (kind, path) in
            [("place", "/v1/places/yangli-hall"), ("organisation", "/v1/organisations/11350121003619116B")]
        {
            let mut body = patched(&app, path, &json!({})).await;
            for field in ["name", "address"] {
                let text = body[field].as_str().expect("text").to_owned();
                body[field] = json!(text + HOSTILE);
            }
            app.publish(vec![step(kind, Action::Amend, path.rsplit('/').next().expect("a key"), Some(body))])
                .await
                .expect("it is only text");
        }

        let html = ("accept", "text/html");
        for page in [
            format!("{DIBAO}/guide"),
            format!("{DIBAO}/guide?lang=en"),
            format!("{DIBAO}/poster"),
            format!("{DIBAO}/poster?size=a4&lang=en"),
            format!("{DIBAO}/check?revision=1"),
            format!("{DIBAO}/fee-quote"),
            "/search?q=最低生活保障对象审核".into(),
            "/search?q=script".into(),
            "/organisations/11350121003619116B".into(),
            "/organisations/11350121003619116B/booklet".into(),
            "/places/yangli-hall".into(),
            "/changes".into(),
        ] {
            let answer = app.get_with(&page, &[html]).await;
            answer.expect_status(200);
            // The facts of the page for machines are data, which no browser runs.
            let text = answer.text().replacen("<script type=\"application/ld+json\">", "", 1);
            assert!(!text.contains("<script") && !text.contains("<svg onload") && !text.contains("\"'&]]>"), "{page}");
            assert!(text.contains(ESCAPED) || page.starts_with("/search"), "{page} shows it as text");
        }
        let found = app.get("/search?q=最低生活保障对象审核").await;
        assert!(found.text().contains("&lt;script&gt;"), "{}", found.text());

        for drawing in ["chart.svg", "chart.bpmn", "qr.svg"] {
            let answer = app.get(&format!("{DIBAO}/{drawing}")).await;
            answer.expect_status(200);
            let document = Document::parse(answer.text()).unwrap_or_else(|error| panic!("{drawing}: {error}"));
            for element in document.descendants().filter(|node| node.is_element()) {
                assert_ne!(element.tag_name().name(), "script", "{drawing}");
                assert!(element.attributes().all(|attribute| !attribute.name().starts_with("on")), "{drawing}");
            }
            let whole = document.root_element();
            let title = document.descendants().find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "title")));
            let told = match title {
                Some(title) => title.text().unwrap_or_default().to_owned(),
                None => whole.descendants().filter_map(|node| node.attribute("name")).collect(),
            };
            let told_whole = told.contains(HOSTILE);
            assert!(told_whole, "{drawing} of {name}: {told}");
        }
        app.get(&format!("{DIBAO}/chart.png?scale=0.5")).await.expect_status(200);

        // The written graph is read as it was: nothing has left its place.
        let editor = app.token("editor").await;
        let mermaid = app.get(&format!("{DIBAO}/chart.mmd")).await;
        assert!(!mermaid.text().contains("<script") && !mermaid.text().contains("<svg"), "{}", mermaid.text());
        for (extension, media_type) in [("mmd", "text/vnd.mermaid"), ("bpmn", "application/bpmn+xml")] {
            let written = app.get(&format!("{DIBAO}/chart.{extension}")).await;
            let told = read(&app, &editor, media_type, "application/json", written.bytes).await;
            told.expect_status(200);
            assert_eq!(told.json()["chart"], app.json(DIBAO).await["chart"], "{extension}");
        }
    })
    .await;
}

#[actix_web::test]
async fn characters_that_turn_the_text_around_them_are_not_taken() {
    on_a_demo_of_its_own(async |app| {
        let key = DIBAO.rsplit('/').next().expect("a key");
        for turning in ['\u{202b}', '\u{202e}', '\u{2067}', '\u{fffe}'] {
            let body = patched(&app, DIBAO, &json!({ "handling_office": format!("民政{turning}办公室") })).await;
            let refused =
                app.publish(vec![step("item", Action::Amend, key, Some(body))]).await.expect_err("it is hidden");
            let told: Vec<_> =
                refused.errors.iter().map(|error| (error.place.to_string(), error.wrong.code())).collect();
            assert_eq!(told, [("/records/0/body/handling_office".to_owned(), "control-character")]);
        }
    })
    .await;
}

#[actix_web::test]
async fn characters_that_nobody_sees_are_not_published() {
    on_a_demo_of_its_own(async |app| {
        let key = DIBAO.rsplit('/').next().expect("a key");
        for (written, published) in [
            ("民政\u{200b}办一", "民政办一"),
            ("\u{feff}民政办二", "民政办二"),
            ("民\u{ad}政办三\u{200e}", "民政办三"),
            ("\u{202a}民政办四\u{202c}", "民政办四"),
            ("\u{2066}民政办五\u{2069}", "民政办五"),
            ("\u{202d}民政办六", "民政办六"),
            ("⺠政办⼆", "民政办二"),
            ("民政办\u{a0}八", "民政办 八"),
            ("\u{3000}民政办九\u{3000}", "民政办九"),
            ("民政办\u{e0100}十\u{fe0f}", "民政办十"),
            ("民政办\u{f967}", "民政办不"),
            ("民政\u{2060}办\u{200d}甲", "民政办甲"),
        ] {
            let body = patched(&app, DIBAO, &json!({ "handling_office": written })).await;
            app.publish(vec![step("item", Action::Amend, key, Some(body))]).await.expect("it is published");
            assert_eq!(app.json(DIBAO).await["handling_office"], published, "{written:?}");
        }
    })
    .await;
}

#[actix_web::test]
async fn divisions_and_coordinates_are_published_in_their_own_form() {
    on_a_demo_of_its_own(async |app| {
        let place = "/v1/places/yangli-hall";
        for (field, written, published) in [
            ("longitude", "119°1′48″", "119.03"),
            ("longitude", "119.0302E", "119.0302"),
            ("longitude", "东经119.0303°", "119.0303"),
            ("latitude", "26°15′25.2″N", "26.257"),
            ("latitude", "26.2571N", "26.2571"),
            ("latitude", "北纬26.2500", "26.2500"),
            ("division", "350121000000", "350121"),
            ("division", "350121202000", "350121202"),
        ] {
            let body = patched(&app, place, &json!({ field: written })).await;
            app.publish(vec![step("place", Action::Amend, "yangli-hall", Some(body))]).await.expect("it is published");
            assert_eq!(app.json(place).await[field], published, "{written}");
        }
        for (field, wrong) in
            [("longitude", "181"), ("longitude", "26.2570N"), ("latitude", "119.0301"), ("latitude", "见地图")]
        {
            let body = patched(&app, place, &json!({ field: wrong })).await;
            let refused = app.publish(vec![step("place", Action::Amend, "yangli-hall", Some(body))]).await;
            let told: Vec<_> = refused.expect_err("it is none").errors.iter().map(|error| error.wrong.code()).collect();
            assert_eq!(told, ["bad-coordinate"], "{field} {wrong}");
        }
    })
    .await;
}

#[actix_web::test]
async fn the_looks_of_a_flowchart_are_no_steps_and_no_names() {
    on_a_demo_of_its_own(async |app| {
        let editor = app.token("editor").await;
        let drawn = "```mermaid\nflowchart TD\n A([\"<b>申请</b>\"]) e1@--> B[\"fa:fa-user 受理<BR/>登记\"]:::x --> C([\"`**办结**`\"])\n\
            e1@{ animate: true }\n classDef x fill:#f9f\n linkStyle 0 stroke:#f00\n```\n";
        let told = read(&app, &editor, "text/vnd.mermaid", "application/json", drawn).await;
        told.expect_status(200);
        let chart = told.json()["chart"].clone();
        let names: Vec<_> = chart["nodes"].as_array().expect("steps").iter().map(|node| node["name"].clone()).collect();
        assert_eq!(names, ["申请", "受理 登记", "办结"]);
    })
    .await;
}

on_each_database!(no_operation_takes_a_text_with_u_0000_wherever_it_stands);

/// PostgreSQL keeps no such text, and SQLite does: it is refused before either sees it.
async fn no_operation_takes_a_text_with_u_0000_wherever_it_stands(engine: Engine) {
    let app = TestApp::start(engine.new_demo());
    let grants: Vec<_> =
        Role::ALL.iter().map(|role| Grant { role: *role, organisation: None, division: None }).collect();
    let token = app.token_of("test-everybody", None, &grants).await;
    let (mut queries, mut bodies) = (0, 0);
    for operation in server::operations(&mut Schemas::default()) {
        let verb: Method = operation.verb.to_uppercase().parse().expect("a method");
        let ask = async |path: &str, body: Option<(&str, Vec<u8>)>| {
            let request = app.request(verb.clone(), path).header("if-match", "*").bearer_auth(&token);
            let answer = send(match body {
                Some((media_type, body)) => request.header("content-type", media_type).body(body),
                None => request,
            });
            let answer = answer.await;
            assert!(answer.status.as_u16() < 500, "{} {path}: {}", operation.id, answer.text());
            answer
        };
        if operation.path.contains('{') {
            let spoilt = operation.path.split('/').map(|part| if part.contains('{') { "a%00b" } else { part });
            let path = spoilt.collect::<Vec<_>>().join("/");
            ask(&path, None).await.expect_problem(400, "invalid-path");
        }
        let path = address_of(&operation);
        let named = operation.parameters.iter().filter(|parameter| parameter["in"] == "query");
        for name in named.filter_map(|parameter| parameter["name"].as_str()) {
            let answer = ask(&format!("{path}?{name}=a%00b"), None).await;
            // Pages pass over what they cannot use.
            let is_page = operation.answers.first().is_none_or(|(media_type, _)| *media_type != "application/json");
            assert!(is_page || answer.status.is_client_error(), "{} {name}: {}", operation.id, answer.text());
            queries += usize::from(names_the_character(&answer));
        }
        for (media_type, _, example) in &operation.sends {
            let texts = match example {
                Some(Value::Object(members)) => {
                    let mut texts = vec![json!({ "a\0b": 1 })];
                    texts.extend(members.iter().map(|(name, value)| json!({ name: with_nul(value) })));
                    texts.iter().map(Value::to_string).collect()
                }
                Some(_) | None => vec!["[{\"code\":\"a\\u0000b\"}]".into(), "code,name\na\0b,\0".to_owned()],
            };
            for text in texts {
                let answer = ask(&path, Some((media_type, text.into_bytes()))).await;
                bodies += usize::from(names_the_character(&answer));
            }
        }
    }
    assert!(queries > 100 && bodies > 30, "{queries} queries, {bodies} bodies");

    let form = "grant_type=client_credentials&client_id=a%00b&client_secret=c";
    assert!(app.form("/v1/oauth/token", &[], form).await.status.is_client_error());
    for credentials in ["a\0b:c", "a%00b:c", "a:%00"] {
        let basic = format!("Basic {}", STANDARD.encode(credentials));
        let answer = app.form("/v1/oauth/token", &[("authorization", &basic)], "grant_type=client_credentials").await;
        answer.expect_status(401);
    }
}

/// The address of an operation on the demonstration register; of staff with a number that nothing has.
fn address_of(operation: &Operation) -> String {
    if operation.verb == "get" && operation.needs.is_none() {
        return operation.example.split('?').next().unwrap_or_default().to_owned();
    }
    let unknown = "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d";
    let parts = operation.path.split('/').map(|part| if part.contains('{') { unknown } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn names_the_character(answer: &Answer) -> bool {
    answer.status.is_client_error() && answer.text().contains("\"control-character\"")
}

/// The value with U+0000 in each of its texts, and a text of it alone where it has none.
fn with_nul(value: &Value) -> Value {
    match value {
        Value::Array(elements) if !elements.is_empty() => elements.iter().map(with_nul).collect(),
        Value::Object(members) if !members.is_empty() => {
            members.iter().map(|(name, inner)| (name.clone(), with_nul(inner))).collect()
        }
        Value::String(text) => json!(format!("{text}\0")),
        _ => json!("\0"),
    }
}
