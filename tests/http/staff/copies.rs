//! Drafts that begin with a published text: an earlier revision restored, a record copied as a new one.

use qingdan::{register::publication::Step, values::code_lists::Action};
use serde_json::{Value, json};

use crate::helpers::{
    app::{TestApp, on_a_demo_of_its_own, on_both_databases, organisation, patched, place, step},
    people::{TOWNSHIP, approved, decision},
};

/// An item of the township with two revisions.
const ITEM: &str = "11350121003619116B5000511001000";

fn restoring(action: &str, key: &str, revision: i64) -> Value {
    json!({
        "kind": "item", "action": action, "key": key, "from": { "revision": revision }, "reason": "恢复原文", "document": decision(),
    })
}

/// The finding codes and pointers of a refused draft.
async fn refused(app: &TestApp, who: &str, draft: Value) -> Vec<(String, String)> {
    let problem = app.as_(who).post("/v1/drafts", draft).await.expect_problem(422, "invalid-body");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = problem["errors"].as_array().expect("errors").clone();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

#[actix_web::test]
async fn an_earlier_revision_is_restored() {
    on_a_demo_of_its_own(async |app| {
        let path = format!("/v1/items/{ITEM}");
        let named = patched(&app, &path, &json!({ "name": "误改的名称" })).await;
        app.publish(vec![step("item", Action::Amend, ITEM, Some(named))]).await.expect("it is valid");
        let draft = app.as_("editor").drafts(restoring("amend", ITEM, 1)).await;
        assert_eq!(draft["body"]["promised_limit"]["value"], 20, "as revision 1 said");
        assert_eq!(draft["base_revision"], 3);
        assert_eq!(draft["copied"], json!({ "key": ITEM, "revision": 1, "removed": [], "replaced": [] }));
        let again = app.as_("editor").json(&format!("/v1/drafts/{}", draft["id"].as_str().expect("an id"))).await;
        assert!(again.get("copied").is_none(), "told once, in the answer that made it");
        app.as_("editor").patch(&draft, json!({ "from": { "revision": 2 } })).await.expect_problem(422, "invalid-body");
        let tag = format!("\"{}\"", draft["version"]);
        let own = format!("/v1/drafts/{}", draft["id"].as_str().expect("an id"));
        app.as_("editor").send(reqwest::Method::DELETE, &own, &[("If-Match", &tag)], None).await.expect_status(204);

        let draft = approved(&app, restoring("amend", ITEM, 2)).await;
        app.as_("publisher").takes(&draft, "publish", json!({})).await;

        let comparison = app.json(&format!("{path}/compare?from=2&to=4")).await;
        assert_eq!(comparison["differences"], json!([]), "revision 4 says what revision 2 did");
        assert_eq!(app.json(&path).await["meta"]["action"], "amend");
    })
    .await;
}

#[actix_web::test]
async fn a_cancelled_record_comes_back_with_an_earlier_text() {
    on_a_demo_of_its_own(async |app| {
        let path = format!("/v1/items/{ITEM}");
        app.publish(vec![step("item", Action::Cancel, ITEM, None)]).await.expect("nothing needs it");
        let amend = app.as_("editor").post("/v1/drafts", restoring("amend", ITEM, 2)).await;
        let detail = amend.expect_problem(409, "state-conflict")["detail"].to_string();
        assert!(detail.contains("action=reinstate"), "{detail}");
        let mut back = restoring("reinstate", ITEM, 1);
        back["body"] = json!({ "name": "恢复的名称" });
        let draft = app.as_("editor").drafts(back).await;
        assert_eq!(
            (&draft["body"]["promised_limit"]["value"], &draft["body"]["name"]),
            (&20.into(), &"恢复的名称".into())
        );
        assert_eq!(app.json(&path).await["meta"]["status"], "cancelled", "a draft alone brings nothing back");
    })
    .await;
}

#[actix_web::test]
async fn a_copy_is_a_new_record_without_the_code() {
    on_a_demo_of_its_own(async |app| {
        let copy = json!({ "kind": "item", "action": "create", "from": { "key": ITEM } });
        let draft = app.as_("editor").drafts(copy.clone()).await;
        let removed = draft["copied"]["removed"].as_array().expect("pointers").clone();
        assert!(removed.contains(&json!("/code")) && removed.contains(&json!("/implementation_code")), "{draft}");
        assert!(draft["key"].is_null() && draft["body"].get("code").is_none() && draft["body"].get("meta").is_none());
        let mut rest = patched(&app, &format!("/v1/items/{ITEM}"), &json!({})).await;
        for pointer in &removed {
            rest.as_object_mut().expect("an object").remove(&pointer.as_str().expect("a pointer")[1..]);
        }
        assert_eq!(draft["body"], rest, "everything else is as it was");
        let check = app.as_("editor").json(&format!("/v1/drafts/{}/check", draft["id"].as_str().expect("an id"))).await;
        let findings = check["findings"].as_array().expect("findings");
        assert!(findings.iter().any(|one| one["pointer"] == "/body/code"), "{check}");
        // Its office is another one's, until the copy says otherwise.
        app.as_("neighbour").post("/v1/drafts", copy).await.expect_problem(403, "forbidden");

        let copy = json!({
            "kind": "place", "action": "create", "from": { "key": "yangli-hall" },
            "body": { "code": "yangli-hall-2", "name": "洋里乡便民服务中心二楼", "organisation": TOWNSHIP, "phones": null },
        });
        let draft = app.as_("editor").drafts(copy).await;
        assert_eq!((&draft["key"], &draft["body"]["name"]), (&"yangli-hall-2".into(), &"洋里乡便民服务中心二楼".into()));
        assert_eq!(draft["body"]["address"], app.json("/v1/places/yangli-hall").await["address"]);
        assert!(draft["body"].get("phones").is_none(), "`null` takes away, as in a merge patch");
    })
    .await;
}

#[actix_web::test]
async fn an_earlier_text_stands_under_the_code_of_now() {
    on_both_databases(async |app: TestApp| {
        let office = step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡政府")));
        let hall = step("place", Action::Create, "hall", Some(place("hall", TOWNSHIP)));
        app.publish(vec![office, hall]).await.expect("they are valid");
        app.publish(vec![step("place", Action::Renumber, "hall", Some(place("centre", TOWNSHIP)))])
            .await
            .expect("valid");
        for key in ["centre", "hall"] {
            let restore = json!({ "kind": "place", "action": "amend", "key": key, "from": { "revision": 1 } });
            let draft = app.as_("editor").drafts(restore).await;
            assert_eq!((&draft["key"], &draft["body"]["code"]), (&"centre".into(), &"centre".into()));
            assert_eq!(draft["body"]["name"], "场所 hall");
            assert_eq!(draft["copied"]["replaced"], json!(["/code"]));
            let own = format!("/v1/drafts/{}", draft["id"].as_str().expect("an id"));
            app.as_("editor").send(reqwest::Method::DELETE, &own, &[("If-Match", "*")], None).await.expect_status(204);
        }
        let again = json!({ "kind": "place", "action": "create", "body": place("hall", TOWNSHIP) });
        assert_eq!(refused(&app, "editor", again).await, [("/body/code".to_owned(), "code-renumbered".to_owned())]);
    })
    .await;
}

#[actix_web::test]
async fn a_source_that_is_none_is_told_at_its_place() {
    on_both_databases(async |app: TestApp| {
        let office = step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡政府")));
        let halls = ["hall", "other"].map(|key| step("place", Action::Create, key, Some(place(key, TOWNSHIP))));
        app.publish([vec![office], halls.to_vec()].concat()).await.expect("they are valid");
        let mut text = place("hall", TOWNSHIP);
        text["name"] = json!("第二版");
        app.publish(vec![step("place", Action::Amend, "hall", Some(text))]).await.expect("it is valid");
        let erase = Step { revision: Some(1), ..step("place", Action::Erase, "hall", None) };
        app.publish(vec![erase]).await.expect("it has a text");
        for (action, key, from, pointer, code) in [
            ("create", None, json!({}), "/from/key", "required"),
            ("create", None, json!({ "key": "nowhere" }), "/from/key", "reference-unknown"),
            ("create", None, json!({ "key": "hall", "revision": 1 }), "/from/revision", "already-erased"),
            ("create", None, json!({ "key": "hall", "revision": 3 }), "/from/revision", "out-of-range"),
            ("create", None, json!({ "key": "hall", "revision": 0 }), "/from/revision", "out-of-range"),
            ("create", None, json!({ "key": "hall", "number": 1 }), "/from/number", "unknown-field"),
            ("create", None, json!("hall"), "/from", "wrong-type"),
            ("amend", None, json!({ "revision": 1 }), "/key", "required"),
            ("amend", Some("nowhere"), json!({ "revision": 1 }), "/key", "reference-unknown"),
            ("amend", Some("hall"), json!({ "key": "other" }), "/from/key", "not-in-code-list"),
            ("suspend", Some("hall"), json!({ "revision": 2 }), "/from", "unknown-field"),
            ("cancel", Some("hall"), json!({}), "/from", "unknown-field"),
            ("erase", Some("hall"), json!({ "revision": 2 }), "/from", "unknown-field"),
        ] {
            let draft = json!({ "kind": "place", "action": action, "key": key, "from": from });
            assert_eq!(
                refused(&app, "editor", draft.clone()).await,
                [(pointer.to_owned(), code.to_owned())],
                "{draft}"
            );
        }
        assert_eq!(app.as_("editor").json("/v1/drafts").await["total"], 0, "nothing was drafted");
    })
    .await;
}
