//! What an office wrote is text wherever it stands: no name gets out of its place into the page, the picture or the file.

use qingdan::values::code_lists::Action;
use roxmltree::Document;
use serde_json::{Value, json};

use crate::{
    app::{on_a_demo_of_its_own, patched, step},
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
            // The same facts for machines are data, which no browser runs.
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

        // What is written is read as the same graph: nothing has left its place.
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
        for turning in ['\u{202a}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{fffe}'] {
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
