//! What is sent as a draft: everything that is wrong with it is told at once, and what was read of a record can be sent back.

use qingdan::model::KINDS;
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{Answer, TestApp, on_a_demo_of_its_own},
    people::{decision, id_of, tag_of},
};

const ITEM: &str = "11350121003619116B5000511001000";

/// The mistakes of an answer, in the order of their places.
fn mistakes(answer: &Answer) -> Vec<(String, String)> {
    let problem = answer.expect_problem(422, "invalid-body");
    let errors = problem["errors"].as_array().expect("errors").iter();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let mut found: Vec<_> = errors.map(|error| (text(&error["pointer"]), text(&error["code"]))).collect();
    found.sort();
    found
}

fn expected(mistakes: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut mistakes: Vec<_> = mistakes.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect();
    mistakes.sort();
    mistakes
}

/// New drafts of which several things are wrong, with all of them.
fn wrong_drafts() -> Vec<(Value, Vec<(&'static str, &'static str)>)> {
    let body = json!({ "name": 7, "colour": "red", "materials": [{ "seq": "1" }], "visits": 99 });
    let of_the_body =
        [("/body/name", "wrong-type"), ("/body/colour", "unknown-field"), ("/body/materials/0/seq", "wrong-type")];
    vec![
        (json!({}), vec![("/kind", "required"), ("/action", "required")]),
        (json!([]), vec![("", "wrong-type")]),
        (
            json!({ "kind": "thing", "action": "change", "colour": 1, "reason": 7, "body": body }),
            vec![
                ("/kind", "not-in-code-list"),
                ("/action", "not-in-code-list"),
                ("/colour", "unknown-field"),
                ("/reason", "wrong-type"),
            ],
        ),
        (
            json!({ "kind": "item", "action": "change", "colour": 1, "body": body, "document": { "title": 5 } }),
            [("/action", "not-in-code-list"), ("/colour", "unknown-field"), ("/document/title", "wrong-type")]
                .into_iter()
                .chain(of_the_body)
                .collect(),
        ),
        (
            json!({ "kind": "item", "body": body, "reason": "长".repeat(501) }),
            [("/action", "required"), ("/reason", "too-long")].into_iter().chain(of_the_body).collect(),
        ),
        (
            json!({ "kind": "thing", "action": "amend", "channels": ["smoke"] }),
            vec![("/kind", "not-in-code-list"), ("/key", "required"), ("/channels/0", "not-in-code-list")],
        ),
        (
            json!({ "kind": 5, "action": 5, "key": 5 }),
            vec![("/kind", "wrong-type"), ("/action", "wrong-type"), ("/key", "wrong-type")],
        ),
        (
            json!({ "kind": "item", "action": "amend", "key": "0000", "base_revision": "2", "body": { "visits": "1" } }),
            vec![("/key", "reference-unknown"), ("/base_revision", "wrong-type"), ("/body/visits", "wrong-type")],
        ),
        (
            json!({ "kind": "item", "action": "cancel", "key": ITEM, "body": {}, "revision": 1, "colour": 1 }),
            vec![("/body", "unknown-field"), ("/revision", "unknown-field"), ("/colour", "unknown-field")],
        ),
        (
            json!({
                "kind": "item", "action": "change", "from": { "key": 5, "colour": 1 }, "body": { "name": 7, "summary": null },
            }),
            vec![
                ("/action", "not-in-code-list"),
                ("/from/key", "wrong-type"),
                ("/from/colour", "unknown-field"),
                ("/body/name", "wrong-type"),
            ],
        ),
        (
            json!({ "kind": "item", "action": "create", "from": { "key": "0000" }, "body": { "name": 7 } }),
            vec![("/from/key", "reference-unknown"), ("/body/name", "wrong-type")],
        ),
        (
            json!({ "kind": "item", "action": "cancel", "key": ITEM, "from": {}, "revision": 1 }),
            vec![("/from", "unknown-field"), ("/revision", "unknown-field")],
        ),
        (
            json!({ "kind": "item", "action": "suspend", "successor": ITEM, "document": { "colour": 1 } }),
            vec![
                ("/key", "required"),
                ("/successor", "unknown-field"),
                ("/document/title", "required"),
                ("/document/colour", "unknown-field"),
            ],
        ),
    ]
}

#[actix_web::test]
async fn of_a_new_draft_everything_that_is_wrong_is_told_at_once() {
    on_a_demo_of_its_own(async |app| {
        let before = app.as_("editor").json("/v1/drafts").await;
        for (new, wrong) in wrong_drafts() {
            let refused = app.as_("editor").post("/v1/drafts", new.clone()).await;
            assert_eq!(mistakes(&refused), expected(&wrong), "{new}");
        }
        let drafts = app.as_("editor").json("/v1/drafts").await;
        assert_eq!(drafts["total"], before["total"], "none of them was made");
    })
    .await;
}

#[actix_web::test]
async fn of_a_change_everything_that_is_wrong_is_told_at_once() {
    on_a_demo_of_its_own(async |app| {
        let new = json!({ "kind": "item", "action": "amend", "key": ITEM, "reason": "测试", "document": decision() });
        let draft = app.as_("editor").drafts(new).await;
        let wrong = json!({
            "kind": "fee", "action": "cancel", "colour": 1, "reason": 7, "revision": 1, "body": { "name": 7, "colour": 1 },
        });

        let merged = app.as_("editor").patch(&draft, wrong.clone()).await;
        let (path, tag) = (format!("/v1/drafts/{}", id_of(&draft)), tag_of(&draft));
        let replaced = app.as_("editor").send(Method::PUT, &path, &[("If-Match", &tag)], Some(&wrong)).await;

        let mut all = vec![
            ("/kind", "fixed"),
            ("/action", "fixed"),
            ("/colour", "unknown-field"),
            ("/reason", "wrong-type"),
            ("/revision", "unknown-field"),
            ("/body/name", "wrong-type"),
            ("/body/colour", "unknown-field"),
        ];
        assert_eq!(mistakes(&merged), expected(&all));
        all.extend([("/document", "required"), ("/body", "left-out")]);
        assert_eq!(mistakes(&replaced), expected(&all), "what a replacement passes over, too");
        assert_eq!(app.as_("editor").json(&path).await["version"], 1);
    })
    .await;
}

/// A record in force of the kind with this path: its key, and as it is answered.
async fn record_of(app: &TestApp, path: &str) -> (String, Value) {
    let rows = app.json(&format!("/v1/{path}?status=in_force&limit=1")).await;
    let key = rows["items"][0]["code"].as_str().unwrap_or_else(|| panic!("none of {path}: {rows}")).to_owned();
    let record = app.json(&format!("/v1/{path}/{key}")).await;
    assert!(["meta", "embedded", "links"].iter().all(|name| record.get(*name).is_some()), "{record}");
    (key, record)
}

#[actix_web::test]
async fn what_was_read_of_a_record_can_be_sent_back_as_it_came() {
    on_a_demo_of_its_own(async |app| {
        let editor = app.as_("powerful");
        for kind in KINDS {
            let (key, record) = record_of(&app, kind.path).await;
            let new = json!({
                "kind": kind.name, "action": "amend", "key": key, "body": record, "reason": "测试", "document": decision(),
            });

            let draft = editor.drafts(new).await;

            let path = format!("/v1/drafts/{}", id_of(&draft));
            let differences = editor.json(&format!("{path}/compare")).await["differences"].clone();
            assert_eq!(differences, json!([]), "{}", kind.name);
            for name in ["meta", "embedded", "links"] {
                assert!(draft["body"].get(name).is_none(), "{}: {name}", kind.name);
            }
            let merged = editor.patch(&draft, json!({ "body": record })).await;
            merged.expect_status(200);
            assert_eq!(merged.json()["body"], draft["body"], "{}", kind.name);
            let whole = json!({ "body": record, "reason": "测试", "document": decision(), "channels": draft["channels"] });
            let tag = tag_of(&merged.json());
            let replaced = editor.send(Method::PUT, &path, &[("If-Match", &tag)], Some(&whole)).await;
            replaced.expect_status(200);
            assert_eq!(replaced.json()["body"], draft["body"], "{}", kind.name);
        }
    })
    .await;
}

#[actix_web::test]
async fn an_earlier_text_can_be_sent_back_and_nothing_else_is_passed_over() {
    on_a_demo_of_its_own(async |app| {
        let earlier = app.json(&format!("/v1/items/{ITEM}/revisions/1")).await;
        let new = |body: &Value| json!({ "kind": "item", "action": "amend", "key": ITEM, "body": body });
        let mut odd = earlier.clone();
        (odd["meta"], odd["embedded"], odd["links"]) = (Value::Null, json!("text"), json!([1]));
        for body in [&earlier, &odd] {
            let draft = app.as_("editor").drafts(new(body)).await;
            assert_eq!(draft["body"]["name"], earlier["name"]);
            let path = format!("/v1/drafts/{}", id_of(&draft));
            let gone = app.as_("editor").send(Method::DELETE, &path, &[("If-Match", &tag_of(&draft))], None).await;
            gone.expect_status(204);
        }

        let mut other = earlier;
        other["link"] = json!({});
        other["materials"][0]["meta"] = json!({});
        let refused = app.as_("editor").post("/v1/drafts", new(&other)).await;

        let wrong = [("/body/link", "unknown-field"), ("/body/materials/0/meta", "unknown-field")];
        assert_eq!(mistakes(&refused), expected(&wrong));
    })
    .await;
}

/// What is shown of a draft is what will be public: a text that differs from the public one only by space around it, characters that nobody
/// sees or the way in which they are composed does not differ.
#[actix_web::test]
async fn texts_are_kept_as_they_will_be_published() {
    on_a_demo_of_its_own(async |app| {
        let public = app.json(&format!("/v1/items/{ITEM}")).await;
        let name = public["name"].as_str().expect("a name");
        let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
        let written = [
            format!("  {name}\u{3000}"),
            format!("\u{feff}{name}"),
            format!("{first}\u{200b}{rest}\u{a0}"),
            format!("\r\n{name}\t"),
        ];
        let new = json!({ "kind": "item", "action": "amend", "key": ITEM });
        let mut draft = app.as_("editor").drafts(new).await;
        for text in &written {
            let saved = app.as_("editor").patch(&draft, json!({ "body": { "name": text } })).await;
            saved.expect_status(200);
            draft = saved.json();
            assert_eq!(draft["body"]["name"], name, "{text:?}");
            let compared = app.as_("editor").json(&format!("/v1/drafts/{}/compare", id_of(&draft))).await;
            assert_eq!(compared["differences"], json!([]), "{text:?}");
        }
        let saved = app
            .as_("editor")
            .patch(
                &draft,
                json!({
                    "body": { "name": "cafe\u{301} " }, "reason": " 更名\u{200b} ",
                    "document": { "title": "\u{feff}关于更名的决定 ", "number": "洋政〔2026〕8号\u{a0}" },
                }),
            )
            .await
            .json();
        assert_eq!((&saved["body"]["name"], &saved["name"]), (&json!("caf\u{e9}"), &json!("caf\u{e9}")));
        assert_eq!(saved["reason"], "更名");
        assert_eq!(
            (&saved["document"]["title"], &saved["document"]["number"]),
            (&json!("关于更名的决定"), &json!("洋政〔2026〕8号"))
        );

        // What is wrong is kept, to be told; and what has only space in it is missing.
        let wrong = json!({ "body": { "name": "   ", "implementation_code": " 不知道 " } });
        let saved = app.as_("editor").patch(&saved, wrong).await;
        saved.expect_status(200);
        assert_eq!(
            (&saved.json()["body"]["name"], &saved.json()["body"]["implementation_code"]),
            (&json!(""), &json!("不知道"))
        );
        let check = app.as_("editor").json(&format!("/v1/drafts/{}/check", id_of(&draft))).await;
        assert_eq!(check["submittable"], false);
    })
    .await;
}

#[actix_web::test]
async fn a_text_that_takes_the_place_of_another_names_all_that_it_has() {
    on_a_demo_of_its_own(async |app| {
        let amend = |body: Value| json!({ "kind": "item", "action": "amend", "key": ITEM, "body": body });
        let public = app.json(&format!("/v1/items/{ITEM}")).await;
        let part = amend(json!({ "code": ITEM, "name": public["name"] }));
        let problem = app.as_("editor").post("/v1/drafts", part).await.expect_problem(422, "invalid-body");
        let told = problem["errors"].as_array().expect("errors");
        let text = |name: &str| told[0][name].as_str().expect("text");
        assert_eq!((told.len(), text("pointer"), text("code")), (1, "/body", "left-out"), "{problem}");
        assert!(text("detail").contains("承诺办结时限") && text("remedy").contains("PATCH"), "{problem}");

        let mut whole = public.clone();
        whole["promised_limit"] = Value::Null;
        whole["aliases"] = json!([]);
        let draft = app.as_("editor").drafts(amend(whole)).await;
        assert_eq!(draft["body"]["promised_limit"], Value::Null, "it was said");

        let path = format!("/v1/drafts/{}", id_of(&draft));
        let mut put = json!({ "channels": draft["channels"], "body": { "code": ITEM } });
        let headers = [("If-Match", tag_of(&draft))];
        let headers: Vec<_> = headers.iter().map(|(name, tag)| (*name, tag.as_str())).collect();
        let refused = app.as_("editor").send(Method::PUT, &path, &headers, Some(&put)).await;
        assert_eq!(refused.expect_problem(422, "invalid-body")["errors"][0]["code"], "left-out");
        put["body"] = draft["body"].clone();
        app.as_("editor").send(Method::PUT, &path, &headers, Some(&put)).await.expect_status(200);
    })
    .await;
}

#[actix_web::test]
async fn a_field_of_nearly_the_right_name_is_told_which_may_be_meant() {
    on_a_demo_of_its_own(async |app| {
        for (name, meant) in [
            ("promised_limits", Some("promised_limit")),
            ("promise_limit", Some("promised_limit")),
            ("承诺办结时限", Some("promised_limit")),
            ("aplicants", None),
            ("天气", None),
        ] {
            let new = json!({ "kind": "item", "action": "create", "body": { name: null } });
            let problem = app.as_("editor").post("/v1/drafts", new).await.expect_problem(422, "invalid-body");
            let error = &problem["errors"][0];
            assert_eq!((&error["code"], &error["pointer"]), (&json!("unknown-field"), &json!(format!("/body/{name}"))));
            let detail = error["detail"].as_str().unwrap_or_default();
            let told = meant.map_or(!detail.contains("可能是"), |meant| detail.ends_with(meant));
            assert!(told, "{name}: {detail}");
        }
    })
    .await;
}
