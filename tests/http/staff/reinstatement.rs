//! Records that come back after a cancellation or merger: what is public of it, and what refusals say of the way back.

use qingdan::{problem::Code, register::publication::Step, values::code_lists::Action};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{
        BROWSER, TestApp, codes_of_findings, on_a_demo_of_its_own, on_both_databases, organisation, patched, place,
        step,
    },
    people::{TOWNSHIP, approved, decision},
};

/// An item of the township on which nothing rests.
const ITEM: &str = "11350121003619116B5000105001000";
/// One that takes the place of others.
const OTHER: &str = "11350121003619116B5000511002000";

fn about(action: &str, key: &str) -> Value {
    json!({ "kind": "item", "action": action, "key": key, "reason": "职能调整", "document": decision() })
}

async fn published(app: &TestApp, draft: Value) -> Value {
    let draft = approved(app, draft).await;
    app.as_("publisher").takes(&draft, "publish", json!({})).await
}

/// What a record says, without what the register says of it.
async fn body(app: &TestApp, path: &str) -> Value {
    patched(app, path, &json!({})).await
}

fn pointers(comparison: &Value) -> Vec<&str> {
    let differences = comparison["differences"].as_array().expect("differences");
    differences.iter().map(|one| one["pointer"].as_str().expect("a pointer")).collect()
}

#[actix_web::test]
async fn a_cancelled_item_comes_back_as_a_further_revision_under_its_code() {
    on_a_demo_of_its_own(async |app| {
        let path = format!("/v1/items/{ITEM}");
        let before = body(&app, &path).await;
        let (total, first) = (app.json("/v1/items").await["total"].clone(), app.json(&path).await["meta"].clone());
        let cancelled = published(&app, about("cancel", ITEM)).await["seq"].as_i64().expect("a seq");
        assert_eq!(app.json(&path).await["meta"]["status"], "cancelled");

        let returned = published(&app, about("reinstate", ITEM)).await;

        let seq = returned["seq"].as_i64().expect("a seq");
        assert_eq!(returned["records"][0]["action"], "reinstate");
        let record = app.json(&path).await;
        let revision = first["revision"].as_i64().expect("a number") + 2;
        assert_eq!((&record["meta"]["status"], &record["meta"]["action"]), (&"in_force".into(), &"reinstate".into()));
        assert_eq!((&record["meta"]["revision"], &record["meta"]["reason"]), (&revision.into(), &"职能调整".into()));
        assert_eq!(record["meta"]["document"]["number"], decision()["number"]);
        assert_eq!(body(&app, &path).await, before, "its text is as it stood");
        assert_eq!(app.json("/v1/items").await["total"], total, "it is listed again");
        let comparison = app.json(&format!("{path}/compare?from={}&to={revision}", revision - 1)).await;
        assert_eq!(pointers(&comparison), ["/meta/status"]);
        assert_eq!(comparison["differences"][0]["from"], "cancelled");
        for (as_of, status) in [(cancelled - 1, "in_force"), (cancelled, "cancelled"), (seq, "in_force")] {
            let then = app.json(&format!("{path}?as_of={as_of}")).await;
            assert_eq!(then["meta"]["status"], status, "as of {as_of}");
        }
        let line = app.json(&format!("/v1/changes?since={}", seq - 1)).await["items"][0].clone();
        assert_eq!((&line["action"], &line["key"]), (&"reinstate".into(), &ITEM.into()));
        assert!(line.get("successor").is_none() && line["body"].is_object(), "older mirrors fold it: {line}");
        let history = app.get_with(&format!("/items/{ITEM}/history"), &[BROWSER]).await;
        assert!(history.text().contains("恢复自："), "{}", history.text());
        published(&app, about("suspend", ITEM)).await;
    })
    .await;
}

#[actix_web::test]
async fn a_merged_item_comes_back_and_its_history_says_what_had_taken_its_place() {
    on_a_demo_of_its_own(async |app| {
        let path = format!("/v1/items/{ITEM}");
        let mut merge = about("merge", ITEM);
        merge["successor"] = json!(OTHER);
        published(&app, merge).await;
        let refused = app.as_("editor").post("/v1/drafts", about("suspend", ITEM)).await;
        let detail = refused.expect_problem(409, "state-conflict")["detail"].to_string();
        assert!(detail.contains(OTHER) && detail.contains("action=reinstate"), "{detail}");

        published(&app, about("reinstate", ITEM)).await;

        let meta = app.json(&path).await["meta"].clone();
        assert_eq!((&meta["status"], &meta["former_successor"]), (&"in_force".into(), &OTHER.into()));
        assert!(meta.get("successor").is_none(), "nothing takes its place any more");
        let rows = app.json(&format!("{path}/revisions")).await["items"].clone();
        let rows = rows.as_array().expect("rows");
        let [.., merged, returned] = rows.as_slice() else { panic!("two revisions at least") };
        assert_eq!((&merged["successor"], &returned["former_successor"]), (&OTHER.into(), &OTHER.into()));
        let comparison = app.json(&format!("{path}/compare")).await;
        assert_eq!(pointers(&comparison), ["/meta/status", "/meta/successor"]);
        for page in [format!("/items/{ITEM}/history"), "/changes".into(), "/v1/changes.atom".into()] {
            let text = app.get_with(&page, &[BROWSER]).await.text().to_owned();
            assert!(text.contains("恢复前"), "{page}: {text}");
        }
        let guide = app.get(&format!("{path}/guide")).await;
        assert!(guide.text().contains("现已恢复办理"), "{}", guide.text());
        assert_eq!(app.json(&format!("/v1/items/{OTHER}")).await["meta"]["status"], "in_force");
    })
    .await;
}

#[actix_web::test]
async fn a_refusal_says_how_a_record_comes_back_in_either_language() {
    on_a_demo_of_its_own(async |app| {
        let body = body(&app, &format!("/v1/items/{ITEM}")).await;
        published(&app, about("cancel", ITEM)).await;
        let new = json!({ "kind": "item", "action": "create", "body": body });
        let refused = app.as_("editor").post("/v1/drafts", new).await.expect_problem(422, "invalid-body");
        assert_eq!(
            (&refused["errors"][0]["code"], &refused["errors"][0]["pointer"]),
            (&"code-retired".into(), &"/body/code".into())
        );
        assert!(refused["errors"][0]["detail"].to_string().contains("action=reinstate"), "{refused}");
        for action in ["amend", "suspend", "cancel", "delegate", "renumber"] {
            let refused = app.as_("editor").post("/v1/drafts", about(action, ITEM)).await;
            let detail = refused.expect_problem(409, "state-conflict")["detail"].to_string();
            assert!(detail.contains("如需恢复，请用 action=reinstate"), "{action}: {detail}");
            let english = [("Accept-Language", "en")];
            let refused =
                app.as_("editor").send(Method::POST, "/v1/drafts", &english, Some(&about(action, ITEM))).await;
            let detail = refused.expect_problem(409, "state-conflict")["detail"].to_string();
            assert!(detail.contains("action=reinstate") && detail.is_ascii(), "{action}: {detail}");
        }
        let useless = app.as_("editor").post("/v1/drafts", about("reinstate", OTHER)).await;
        let detail = useless.expect_problem(409, "state-conflict")["detail"].to_string();
        assert!(detail.contains("from.revision"), "{detail}");
    })
    .await;
}

#[actix_web::test]
async fn what_comes_back_needs_reason_and_document_and_may_bring_another_text() {
    on_a_demo_of_its_own(async |app| {
        let path = format!("/v1/items/{ITEM}");
        published(&app, about("cancel", ITEM)).await;
        let bare = json!({ "kind": "item", "action": "reinstate", "key": ITEM });
        let draft = app.as_("editor").drafts(bare).await;
        assert!(draft["body"].is_null(), "it comes back as it stands");
        let refused = app.as_("editor").step(&draft, "submit", json!({})).await.expect_problem(422, "invalid-body");
        let missing: Vec<_> =
            refused["errors"].as_array().expect("errors").iter().map(|error| &error["pointer"]).collect();
        assert_eq!(missing, ["/reason", "/document"]);

        let patch = json!({ "body": { "name": "新的名称" }, "reason": "依决定恢复", "document": decision() });
        let draft = app.as_("editor").patch(&draft, patch).await.json();
        let id = draft["id"].as_str().expect("an id");
        assert_eq!((&draft["body"]["name"], &draft["body"]["code"]), (&"新的名称".into(), &ITEM.into()));
        let comparison = app.as_("editor").json(&format!("/v1/drafts/{id}/compare")).await;
        assert_eq!(pointers(&comparison), ["/body/name"]);
        let preview = app.as_("editor").json(&format!("/v1/drafts/{id}/preview/record")).await;
        assert_eq!(preview["meta"]["status"], "in_force");
        let other = app.as_("editor").patch(&draft, json!({ "body": { "code": OTHER } })).await.json();
        let check = app.as_("editor").json(&format!("/v1/drafts/{id}/check")).await;
        assert_eq!(check["findings"][0]["pointer"], "/body/code", "the code stays its code: {check}");
        let draft = app.as_("editor").patch(&other, json!({ "body": { "code": ITEM } })).await.json();
        let draft = app.as_("editor").takes(&draft, "submit", json!({})).await;
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
        let own = app.as_("editor").step(&draft, "publish", json!({})).await;
        own.expect_problem(403, "forbidden");
        let draft = app.as_("reviewer-2").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        app.as_("publisher").takes(&draft, "publish", json!({})).await;

        let record = app.json(&path).await;
        assert_eq!((&record["name"], &record["meta"]["status"]), (&"新的名称".into(), &"in_force".into()));
    })
    .await;
}

#[actix_web::test]
async fn what_comes_back_keeps_the_rules_with_what_comes_back_beside_it() {
    on_both_databases(async |app: TestApp| {
        let office = step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡政府")));
        let hall = step("place", Action::Create, "hall", Some(place("hall", TOWNSHIP)));
        app.publish(vec![office, hall]).await.expect("they are valid");
        let cancel = |kind, key| step(kind, Action::Cancel, key, None);
        app.publish(vec![cancel("place", "hall"), cancel("organisation", TOWNSHIP)]).await.expect("nothing needs them");
        let back = |kind: &str, key: &str| {
            json!({ "kind": kind, "action": "reinstate", "key": key, "reason": "恢复", "document": decision() })
        };
        let editor = app.as_("county-editor");
        let hall = editor.drafts(back("place", "hall")).await;
        let path = format!("/v1/drafts/{}/check", hall["id"].as_str().expect("an id"));
        let check = editor.json(&path).await;
        assert_eq!((&check["submittable"], &check["findings"][0]["rule"]), (&false.into(), &"organisation-unknown".into()));

        let office = editor.drafts(back("organisation", TOWNSHIP)).await;
        editor.takes(&office, "submit", json!({})).await;

        assert_eq!(editor.json(&path).await["submittable"], true, "its office comes back, too");
        let back = |kind, key| step(kind, Action::Reinstate, key, None);
        let alone = app.publish(vec![back("place", "hall")]).await.expect_err("its office is gone");
        let office_is_gone = ("/records/0/body/organisation".to_owned(), "organisation-unknown");
        assert_eq!(codes_of_findings(&alone), [office_is_gone]);
        app.publish(vec![back("place", "hall"), back("organisation", TOWNSHIP)]).await.expect("both come back");
    })
    .await;
}

#[actix_web::test]
async fn a_record_whose_text_was_erased_comes_back_with_a_new_one() {
    on_both_databases(async |app: TestApp| {
        let office = step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡政府")));
        let hall = step("place", Action::Create, "hall", Some(place("hall", TOWNSHIP)));
        app.publish(vec![office, hall]).await.expect("they are valid");
        app.publish(vec![step("place", Action::Cancel, "hall", None)]).await.expect("nothing needs it");
        let erase = Step { revision: Some(2), ..step("place", Action::Erase, "hall", None) };
        app.publish(vec![erase]).await.expect("it has a text");
        let amend = step("place", Action::Amend, "hall", Some(place("hall", TOWNSHIP)));
        let refused = app.publish(vec![amend]).await.expect_err("it stood cancelled");
        assert_eq!(refused.code, Code::StateConflict);
        let bare = app.publish(vec![step("place", Action::Reinstate, "hall", None)]).await.expect_err("it has no text");
        assert_eq!(codes_of_findings(&bare), [("/records/0/body".to_owned(), "required")]);

        let mut text = place("hall", TOWNSHIP);
        text["name"] = json!("新的场所");
        app.publish(vec![step("place", Action::Reinstate, "hall", Some(text))]).await.expect("it is valid");

        let record = app.json("/v1/places/hall").await;
        assert_eq!((&record["name"], &record["meta"]["status"]), (&"新的场所".into(), &"in_force".into()));
        app.get("/v1/places/hall/revisions/1").await.expect_problem(410, "gone");
    })
    .await;
}

#[actix_web::test]
async fn a_clean_up_round_that_is_over_is_not_contradicted_by_what_came_back_since() {
    on_a_demo_of_its_own(async |app| {
        let round = json!({
            "code": "clean-up-2026", "title": "清理结果（试）", "decided": "2021-12-31",
            "entries": [{ "seq": 1, "item": ITEM, "action": "cancelled" }],
        });
        let round = patched(&app, "/v1/clean-ups/clean-up-2021", &round).await;
        let create = step("clean_up", Action::Create, "clean-up-2026", Some(round));
        let early = app.publish(vec![create.clone()]).await.expect_err("the item is in force");
        assert_eq!(codes_of_findings(&early)[0].1, "clean-up-disagrees");
        app.publish(vec![step("item", Action::Cancel, ITEM, None), create]).await.expect("they agree");
        app.publish(vec![step("item", Action::Reinstate, ITEM, None)]).await.expect("it is cancelled");

        let round = patched(&app, "/v1/clean-ups/clean-up-2026", &json!({ "title": "清理结果" })).await;
        app.publish(vec![step("clean_up", Action::Amend, "clean-up-2026", Some(round))]).await.expect("it is over");
    })
    .await;
}

#[actix_web::test]
async fn a_step_that_a_drafts_state_forbids_says_which_step_leads_there() {
    on_a_demo_of_its_own(async |app| {
        let draft = app.as_("editor").drafts(about("cancel", ITEM)).await;
        let detail = |answer: crate::helpers::app::Answer| {
            answer.expect_problem(409, "state-conflict")["detail"].as_str().expect("a sentence").to_owned()
        };
        let early = detail(app.as_("reviewer-1").step(&draft, "approve", json!({ "kind": "legality" })).await);
        assert!(early.contains("submit"), "{early}");
        let draft = app.as_("editor").takes(&draft, "submit", json!({})).await;
        let late = detail(app.as_("editor").patch(&draft, json!({ "reason": "改" })).await);
        assert!(late.contains("withdraw") && late.contains("return"), "{late}");
        let unreviewed = detail(app.as_("publisher").step(&draft, "publish", json!({})).await);
        assert!(unreviewed.contains("approve"), "{unreviewed}");
        let unscheduled = detail(app.as_("publisher").step(&draft, "unschedule", json!({})).await);
        assert!(unscheduled.contains("没有定时公布"), "{unscheduled}");
        let second = detail(app.as_("editor").post("/v1/drafts", about("cancel", ITEM)).await);
        assert!(second.contains("请在该草稿上修改"), "{second}");
    })
    .await;
}
