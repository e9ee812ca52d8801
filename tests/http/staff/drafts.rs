//! Drafts and their lifecycle (docs/DOMAIN.md §7, docs/API.md §14).

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use qingdan::{
    base::config::{LimitSettings, ServerSettings},
    register::db::{DbError, schema::drafts},
    staff::identity::{Belongs, Grant},
    values::code_lists::Role,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    accounts::try_to_sign_in,
    app::{
        self, Engine, Setup, TestApp, on_a_demo_of_its_own, on_both_databases, on_each_database, organisation, patched,
        walked,
    },
    people::{STATION, TOWNSHIP, approved, decision, id_of, tag_of},
};

/// An item of the township.
const ITEM: &str = "11350121003619116B5000511001000";

/// A draft that amends the item by a merge patch.
async fn amended(app: &TestApp, who: &str, patch: Value) -> Value {
    let body = patched(app, &format!("/v1/items/{ITEM}"), &patch).await;
    let new = json!({
        "kind": "item", "action": "amend", "key": ITEM, "reason": "测试", "document": decision(), "body": body,
    });
    app.as_(who).drafts(new).await
}

#[actix_web::test]
async fn a_draft_goes_from_editor_to_reviewers_to_publisher_and_is_public_when_answered() {
    on_a_demo_of_its_own(async |app| {
        let draft = amended(&app, "editor", json!({ "name": "最低生活保障审核确认" })).await;
        assert_eq!((draft["state"].as_str(), draft["version"].as_i64()), (Some("draft"), Some(1)));
        assert_eq!(draft["organisation"], TOWNSHIP);

        let draft = app.as_("editor").takes(&draft, "submit", json!({ "comment": "请审" })).await;
        assert_eq!(draft["state"], "submitted");
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
        assert_eq!(draft["state"], "half_approved");
        let draft = app.as_("reviewer-2").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        assert_eq!(draft["state"], "approved");
        let seq = app.json("/v1").await["seq"].as_i64().expect("a seq");
        let answer = app.as_("publisher").step(&draft, "publish", json!({})).await;

        answer.expect_status(201);
        assert_eq!(answer.header("location"), format!("/v1/items/{ITEM}"));
        assert_eq!(answer.header("registry-seq"), (seq + 1).to_string());
        let published = answer.json();
        assert_eq!((published["state"].as_str(), published["seq"].as_i64()), (Some("published"), Some(seq + 1)));
        let record = app.json(&format!("/v1/items/{ITEM}")).await;
        assert_eq!(record["name"], "最低生活保障审核确认");
        assert_eq!(record["meta"]["by"]["code"], TOWNSHIP, "an office, not a person");
        assert!(!record.to_string().contains("publisher"));
        let kept = app.as_("editor").get(&format!("/v1/drafts/{}", id_of(&draft))).await.json();
        assert_eq!((kept["state"].as_str(), &kept["body"]), (Some("published"), &Value::Null));
    })
    .await;
}

#[actix_web::test]
async fn four_eyes_hold_even_for_somebody_with_every_power() {
    on_a_demo_of_its_own(async |app| {
        let draft = amended(&app, "powerful", json!({ "name": "甲" })).await;
        let draft = app.as_("powerful").takes(&draft, "submit", json!({})).await;
        let own = app.as_("powerful").step(&draft, "approve", json!({ "kind": "legality" })).await;
        own.expect_problem(403, "four-eyes");
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        let both = app.as_("reviewer-1").step(&draft, "approve", json!({ "kind": "confidentiality" })).await;
        both.expect_problem(403, "four-eyes");
        let again = app.as_("reviewer-2").step(&draft, "approve", json!({ "kind": "legality" })).await;
        again.expect_problem(409, "state-conflict");
        let early = app.as_("publisher").step(&draft, "publish", json!({})).await;
        early.expect_problem(409, "state-conflict");
        let draft = app.as_("reviewer-2").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
        let own = app.as_("powerful").step(&draft, "publish", json!({})).await;
        own.expect_problem(403, "four-eyes");
        app.as_("publisher").step(&draft, "publish", json!({})).await.expect_status(201);
    })
    .await;
}

#[actix_web::test]
async fn who_submits_for_the_author_approves_nothing_either() {
    on_a_demo_of_its_own(async |app| {
        let draft = amended(&app, "editor", json!({ "name": "甲" })).await;
        let draft = app.as_("powerful").takes(&draft, "submit", json!({})).await;
        let answer = app.as_("powerful").step(&draft, "approve", json!({ "kind": "legality" })).await;
        answer.expect_problem(403, "four-eyes");
    })
    .await;
}

#[actix_web::test]
async fn an_approval_falls_when_the_text_can_change() {
    on_a_demo_of_its_own(async |app| {
        let new = json!({
            "kind": "item", "action": "suspend", "key": ITEM, "reason": "测试", "document": decision(),
        });
        let draft = approved(&app, new).await;
        let refused = app.as_("editor").patch(&draft, json!({ "reason": "改" })).await;
        refused.expect_problem(409, "state-conflict");
        let silent = app.as_("publisher").step(&draft, "return", json!({})).await;
        let problem = silent.expect_problem(422, "invalid-body");
        assert_eq!(problem["errors"][0]["pointer"], "/comment");
        let draft = app.as_("publisher").takes(&draft, "return", json!({ "comment": "写明原因" })).await;
        assert_eq!((draft["state"].as_str(), &draft["approvals"]), (Some("returned"), &json!([])));
        assert_eq!(draft["comments"][0]["text"], "写明原因");
        let draft = app.as_("editor").patch(&draft, json!({ "reason": "系统升级" })).await.json();
        assert_eq!(draft["state"], "draft");
        let draft = app.as_("editor").takes(&draft, "submit", json!({})).await;
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        let other = app.as_("editor-2").step(&draft, "withdraw", json!({})).await;
        other.expect_problem(403, "forbidden");
        let draft = app.as_("editor").takes(&draft, "withdraw", json!({})).await;
        assert_eq!((draft["state"].as_str(), &draft["approvals"]), (Some("draft"), &json!([])));
    })
    .await;
}

#[actix_web::test]
async fn a_draft_may_be_incomplete_and_a_submission_may_not() {
    on_a_demo_of_its_own(async |app| {
        let editor = app.as_("editor");
        let draft = editor.drafts(json!({ "kind": "item", "action": "create", "body": { "name": "新事项" } })).await;
        assert_eq!(draft["organisation"], TOWNSHIP, "it belongs to the author's organisation until it says otherwise");

        let check = editor.get(&format!("/v1/drafts/{}/check", id_of(&draft))).await.json();
        let submitted = editor.step(&draft, "submit", json!({})).await;

        assert_eq!(check["submittable"], false);
        let problem = submitted.expect_problem(422, "invalid-body");
        let told = problem["errors"].as_array().expect("errors");
        assert!(told.len() > 20, "all at once, not {}", told.len());
        assert_eq!(check["errors"].as_u64(), Some(told.len() as u64));
        for finding in check["findings"].as_array().expect("findings") {
            for name in ["rule", "severity", "pointer", "message", "remedy"] {
                assert!(finding[name].is_string(), "{name} of {finding}");
            }
        }
        let pointers: Vec<_> = told.iter().map(|error| error["pointer"].as_str().expect("a pointer")).collect();
        assert!(pointers.contains(&"/body/catalogue_code") && pointers.contains(&"/body/legal_bases"), "{pointers:?}");
        let is_named = |one: &Value, pointer: &str, label: &str| one["pointer"] == pointer && one["label"] == label;
        for (pointer, label) in [("/body/catalogue_code", "基本编码"), ("/body/legal_bases", "设定依据")] {
            assert!(told.iter().any(|error| is_named(error, pointer, label)), "{pointer}: {problem}");
            let findings = check["findings"].as_array().expect("findings");
            assert!(findings.iter().any(|finding| is_named(finding, pointer, label)), "{pointer}: {check}");
        }
        assert!(told.iter().all(|error| error["label"].is_string()), "each of them: {problem}");
    })
    .await;
}

#[actix_web::test]
async fn what_cannot_be_saved_is_refused_at_once_all_of_it() {
    on_a_demo_of_its_own(async |app| {
        let body = json!({ "name": 7, "colour": "red", "materials": [{ "seq": "1" }], "visits": 99 });
        let answer =
            app.as_("editor").post("/v1/drafts", json!({ "kind": "item", "action": "create", "body": body })).await;
        let problem = answer.expect_problem(422, "invalid-body");
        let errors = problem["errors"].as_array().expect("errors");
        let told: Vec<_> = errors.iter().map(|e| (e["pointer"].as_str(), e["code"].as_str())).collect();
        for expected in
            [("/body/name", "wrong-type"), ("/body/colour", "unknown-field"), ("/body/materials/0/seq", "wrong-type")]
        {
            assert!(told.contains(&(Some(expected.0), Some(expected.1))), "{told:?}");
        }
        assert_eq!(told.len(), 3, "what is only out of range is a finding: {told:?}");
        let unknown =
            app.as_("editor").post("/v1/drafts", json!({ "kind": "item", "action": "amend", "colour": 1 })).await;
        unknown.expect_problem(422, "invalid-body");
        let missing = app.as_("editor").post("/v1/drafts", json!({})).await;
        assert_eq!(missing.expect_problem(422, "invalid-body")["errors"].as_array().map(Vec::len), Some(2));
    })
    .await;
}

#[actix_web::test]
async fn a_stale_change_is_told_who_changed_what_since() {
    on_a_demo_of_its_own(async |app| {
        let draft = amended(&app, "editor", json!({})).await;
        let patch =
            json!({ "body": { "promised_limit": { "value": 3, "unit": "working_day" } }, "reason": "压缩时限" });
        app.as_("editor").patch(&draft, patch).await.expect_status(200);

        let stale = app.as_("editor-2").patch(&draft, json!({ "reason": "另一原因" })).await;

        let problem = stale.expect_problem(412, "stale");
        let conflict = &problem["conflict"];
        assert_eq!(conflict["version"], 2);
        assert_eq!(conflict["changes"][0]["by"], "editor");
        let differences = conflict["changes"][0]["differences"].as_array().expect("differences");
        let pointers: Vec<_> = differences.iter().map(|d| d["pointer"].as_str().expect("a pointer")).collect();
        assert!(pointers.contains(&"/body/promised_limit") && pointers.contains(&"/reason"), "{pointers:?}");
        let path = format!("/v1/drafts/{}", id_of(&draft));
        let missing = app.as_("editor").send(Method::PATCH, &path, &[], Some(&json!({}))).await;
        missing.expect_problem(428, "precondition-missing");
        let any = app
            .as_("editor-2")
            .send(Method::PATCH, &path, &[("If-Match", "*")], Some(&json!({ "reason": "三" })))
            .await;
        any.expect_status(200);
        assert_eq!(any.header("etag"), "\"3\"");
    })
    .await;
}

on_each_database!(
    a_stale_change_to_a_long_draft_is_told_the_first_of_what_changed,
    no_way_leads_round_the_quota_of_drafts,
    of_a_draft_that_is_saved_again_and_again_the_oldest_texts_are_dropped,
    of_an_office_that_saves_much_the_oldest_texts_are_dropped,
);

async fn a_stale_change_to_a_long_draft_is_told_the_first_of_what_changed(engine: Engine) {
    let app = TestApp::start(engine.new_database());
    let editor = app.as_("county-editor");
    let body = |text: &str| {
        let material = |seq: u32| json!({ "seq": seq, "name": format!("{text}{seq}") });
        json!({ "name": "低保", "materials": (1..=6000).map(material).collect::<Vec<_>>() })
    };
    let first = json!({ "kind": "item", "action": "create", "body": body("申请书") });
    let draft = editor.drafts(first).await;
    let mut newest = draft.clone();
    for text in ["户口簿", "身份证"] {
        newest = editor.patch(&newest, json!({ "body": body(text) })).await.json();
    }

    let stale = editor.patch(&draft, json!({ "reason": "测试" })).await;

    let conflict = stale.expect_problem(412, "stale")["conflict"].clone();
    assert_eq!((&conflict["version"], &conflict["more"]), (&json!(3), &json!(true)));
    let changes = conflict["changes"].as_array().expect("changes");
    assert_eq!(changes.len(), 2, "each step is told");
    let told: usize = changes.iter().map(|change| change["differences"].as_array().expect("a list").len()).sum();
    assert!((1..=1000).contains(&told), "{told}");
    assert!(stale.bytes.len() < 1 << 20, "{} bytes", stale.bytes.len());
    let short = editor.patch(&newest, json!({ "reason": "测试" })).await.json();
    let stale = editor.patch(&newest, json!({ "reason": "另一原因" })).await;
    let conflict = stale.expect_problem(412, "stale")["conflict"].clone();
    assert_eq!((&conflict["version"], &conflict["more"]), (&short["version"], &json!(false)));
    assert_eq!(conflict["changes"][0]["differences"][0]["pointer"], "/reason");
}

#[actix_web::test]
async fn an_erasure_takes_a_file_that_a_draft_names() {
    on_a_demo_of_its_own(async |app| {
        let sent = app.request(Method::POST, "/v1/files?name=a.txt").bearer_auth("editor");
        let sent = app::send(sent.header("content-type", "text/plain").body("不应公开的内容")).await;
        sent.expect_status(201);
        let url = sent.header("location").to_owned();
        let naming = |code: &str| {
            let mut body = app::place(code, TOWNSHIP);
            body["address"] = json!(url);
            json!({ "kind": "place", "action": "create", "body": body })
        };
        let draft = approved(&app, naming("with-a-file")).await;
        app.as_("publisher").step(&draft, "publish", json!({})).await.expect_status(201);
        let body = patched(&app, "/v1/places/with-a-file", &json!({ "address": "洋里乡" })).await;
        let step = app::step("place", qingdan::values::code_lists::Action::Amend, "with-a-file", Some(body));
        app.publish(vec![step]).await.expect("published");
        let other = app.as_("editor").drafts(naming("another-place")).await;
        let check = format!("/v1/drafts/{}/check", id_of(&other));
        assert!(!app.as_("editor").get(&check).await.text().contains("file-unknown"));

        let erase = json!({
            "kind": "place", "action": "erase", "key": "with-a-file", "revision": 1, "reason": "涉密", "document": decision(),
        });
        let erase = approved(&app, erase).await;
        app.as_("publisher").step(&erase, "publish", json!({})).await.expect_status(201);

        app.as_("editor").get(&url).await.expect_problem(404, "not-found");
        let told = app.as_("editor").json(&check).await;
        assert!(told.to_string().contains("file-unknown") && told["submittable"] == false, "{told}");
        assert_eq!(app.as_("editor").json(&format!("/v1/drafts/{}", id_of(&other))).await["body"], other["body"]);
    })
    .await;
}

/// A new item with a name of so many bytes.
fn of_bytes(bytes: usize, character: &str) -> Value {
    json!({ "kind": "item", "action": "create", "body": { "name": character.repeat(bytes / character.len()) } })
}

async fn of_a_draft_that_is_saved_again_and_again_the_oldest_texts_are_dropped(engine: Engine) {
    let app = TestApp::start(engine.new_database());
    let editor = app.as_("county-editor");
    let first = editor.drafts(of_bytes(870_000, "甲")).await;
    let mut last = first.clone();
    for character in ["乙", "丙", "丁", "戊", "己"] {
        let answer = editor.patch(&last, json!({ "body": of_bytes(870_000, character)["body"] })).await;
        answer.expect_status(200);
        last = answer.json();
    }

    let stale = editor.patch(&first, json!({ "reason": "测试" })).await;

    let conflict = stale.expect_problem(412, "stale")["conflict"].clone();
    assert_eq!((&conflict["version"], &conflict["more"]), (&json!(6), &json!(true)));
    let versions: Vec<_> = conflict["changes"].as_array().expect("changes").iter().map(|one| &one["version"]).collect();
    assert_eq!(versions, [3, 4, 5, 6], "what fits into 4 MiB");
    let kept = editor.json(&format!("/v1/drafts/{}", id_of(&last))).await;
    assert_eq!(kept["body"], last["body"]);
}

async fn of_an_office_that_saves_much_the_oldest_texts_are_dropped(engine: Engine) {
    let default = Setup::default();
    let limits = LimitSettings { version_quota: 100_000, ..default.settings.limits.clone() };
    let settings = ServerSettings { limits, ..default.settings.clone() };
    let app = TestApp::start_with(engine.new_database(), Setup { settings, ..default });
    let editor = app.as_("county-editor");
    let more = async |draft: &Value| {
        editor.patch(draft, json!({ "reason": "一" })).await.expect_status(200);
        let stale = editor.patch(draft, json!({ "reason": "二" })).await;
        stale.expect_problem(412, "stale")["conflict"]["more"].clone()
    };
    let old = editor.drafts(of_bytes(30_000, "甲")).await;
    let new = editor.drafts(of_bytes(30_000, "乙")).await;
    let elsewhere = app.as_("neighbour").drafts(of_bytes(30_000, "丙")).await;
    let new = editor.patch(&new, json!({ "reason": "其一" })).await.json();
    let new = editor.patch(&new, json!({ "reason": "其二" })).await.json();

    assert_eq!(more(&old).await, true, "its first text is the oldest of the office");
    assert_eq!(more(&new).await, false);
    assert_eq!(editor.json(&format!("/v1/drafts/{}", id_of(&old))).await["body"], old["body"], "what it says is kept");
    let neighbour = app.as_("neighbour");
    neighbour.patch(&elsewhere, json!({ "reason": "一" })).await.expect_status(200);
    let stale = neighbour.patch(&elsewhere, json!({ "reason": "二" })).await;
    assert_eq!(stale.expect_problem(412, "stale")["conflict"]["more"], false, "another office has room of its own");
}

async fn no_way_leads_round_the_quota_of_drafts(engine: Engine) {
    let default = Setup::default();
    let limits = LimitSettings { draft_quota: 1, ..default.settings.limits.clone() };
    let settings = ServerSettings { limits, ..default.settings.clone() };
    let app = TestApp::start_with(engine.new_demo(), Setup { settings, ..default });
    let editor = app.as_("county-editor");
    let full = async |answer: app::Answer, drafts: u64| {
        answer.expect_problem(409, "quota-full");
        assert_eq!(editor.json("/v1/drafts").await["total"], drafts, "nothing of it is left");
    };
    let transfer =
        json!({ "from": STATION, "to": TOWNSHIP, "dry_run": false, "reason": "机构改革", "document": decision() });
    full(editor.post("/v1/transfers", transfer).await, 0).await;

    let new =
        |code: &str, office: &str| json!({ "kind": "place", "action": "create", "body": app::place(code, office) });
    editor.drafts(new("place-of-station", STATION)).await;
    let own = editor.drafts(new("place-of-township", TOWNSHIP)).await;
    full(editor.patch(&own, json!({ "body": { "organisation": STATION } })).await, 2).await;
    let same = editor.json(&format!("/v1/drafts/{}", id_of(&own))).await;
    assert_eq!((&same["version"], &same["organisation"]), (&own["version"], &json!(TOWNSHIP)));
    editor.patch(&own, json!({ "body": { "name": "便民服务大厅" } })).await.expect_status(200);
}

#[actix_web::test]
async fn a_record_has_one_open_draft() {
    on_a_demo_of_its_own(async |app| {
        let first = amended(&app, "editor", json!({})).await;
        let same = || json!({ "kind": "item", "action": "amend", "key": ITEM });
        let second = app.as_("editor-2").post("/v1/drafts", same()).await;
        let problem = second.expect_problem(409, "state-conflict");
        assert_eq!(problem["conflict"]["draft"], first["id"]);
        assert_eq!(problem["conflict"]["author"], "editor");
        let path = format!("/v1/drafts/{}", id_of(&first));
        let gone = app.as_("editor").send(Method::DELETE, &path, &[("If-Match", &tag_of(&first))], None).await;
        gone.expect_status(204);
        app.as_("editor-2").post("/v1/drafts", same()).await.expect_status(201);
    })
    .await;
}

#[actix_web::test]
async fn a_draft_that_was_overtaken_cannot_be_published() {
    on_a_demo_of_its_own(async |app| {
        let draft = approved(
            &app,
            json!({ "kind": "item", "action": "amend", "key": ITEM, "reason": "一", "document": decision() }),
        )
        .await;
        let body = patched(&app, &format!("/v1/items/{ITEM}"), &json!({ "name": "别人改的" })).await;
        let step = app::step("item", qingdan::values::code_lists::Action::Amend, ITEM, Some(body));
        app.publish(vec![step]).await.expect("published");

        let late = app.as_("publisher").step(&draft, "publish", json!({})).await;

        let problem = late.expect_problem(409, "state-conflict");
        assert_eq!(problem["conflict"]["differences"][0]["pointer"], "/name");
        assert_eq!(
            (&problem["conflict"]["record"], &problem["conflict"]["more"]),
            (&json!(format!("item/{ITEM}")), &json!(false))
        );
        let stale = json!({ "kind": "item", "action": "suspend", "key": ITEM, "base_revision": 1 });
        app.as_("publisher").takes(&draft, "return", json!({ "comment": "已被他人修改" })).await;
        let draft = app.as_("editor").get(&format!("/v1/drafts/{}", id_of(&draft))).await.json();
        let compare = app.as_("editor").get(&format!("/v1/drafts/{}/compare", id_of(&draft))).await.json();
        assert_ne!(compare["base_revision"], compare["current_revision"]);
        let rebased = app.as_("editor").patch(&draft, json!({ "base_revision": compare["current_revision"] })).await;
        rebased.expect_status(200);
        assert_eq!(rebased.json()["base_revision"], compare["current_revision"]);
        let path = format!("/v1/drafts/{}", id_of(&draft));
        let tag = tag_of(&rebased.json());
        app.as_("editor").send(Method::DELETE, &path, &[("If-Match", &tag)], None).await.expect_status(204);
        app.as_("editor").post("/v1/drafts", stale).await.expect_problem(409, "state-conflict");
    })
    .await;
}

#[actix_web::test]
async fn a_stale_base_revision_is_answered_alike_wherever_it_is_noticed() {
    on_a_demo_of_its_own(async |app| {
        let new = json!({ "kind": "item", "action": "amend", "key": ITEM, "reason": "一", "document": decision() });
        let draft = approved(&app, new.clone()).await;
        let base = draft["base_revision"].as_i64().expect("a revision");
        let body = patched(&app, &format!("/v1/items/{ITEM}"), &json!({ "name": "别人改的" })).await;
        let step = app::step("item", qingdan::values::code_lists::Action::Amend, ITEM, Some(body));
        app.publish(vec![step]).await.expect("published");
        let (publisher, editor) = (app.as_("publisher"), app.as_("editor"));
        let ahead = (chrono::Utc::now() + chrono::Duration::days(2)).to_rfc3339();

        let alone = publisher.step(&draft, "publish", json!({})).await;
        let scheduled = publisher.step(&draft, "publish", json!({ "effective_at": ahead })).await;
        let together = publisher.post("/v1/publications", json!({ "drafts": [id_of(&draft)] })).await;
        let draft = publisher.takes(&draft, "return", json!({ "comment": "已被他人修改" })).await;
        let (path, tag) = (format!("/v1/drafts/{}", id_of(&draft)), tag_of(&draft));
        let merged = editor.patch(&draft, json!({ "base_revision": base })).await;
        let mut whole = json!({ "base_revision": base });
        for name in ["body", "reason", "document", "channels"] {
            whole[name] = draft[name].clone();
        }
        let replaced = editor.send(Method::PUT, &path, &[("If-Match", &tag)], Some(&whole)).await;
        editor.send(Method::DELETE, &path, &[("If-Match", &tag)], None).await.expect_status(204);
        let mut anew = new;
        anew["base_revision"] = json!(base);
        let drafted = editor.post("/v1/drafts", anew).await;

        for answer in [alone, scheduled, together, merged, replaced, drafted] {
            let conflict = answer.expect_problem(409, "state-conflict")["conflict"].clone();
            assert_eq!(conflict["record"], format!("item/{ITEM}"));
            assert_eq!((&conflict["base_revision"], &conflict["current_revision"]), (&json!(base), &json!(base + 1)));
            assert_eq!((&conflict["differences"][0]["pointer"], &conflict["more"]), (&json!("/name"), &json!(false)));
        }
    })
    .await;
}

#[actix_web::test]
async fn every_action_goes_through_the_same_lifecycle() {
    on_a_demo_of_its_own(async |app| {
        let other = "11350121003619116B5000511002000";
        let publish = async |draft: Value| {
            let draft = approved(&app, draft).await;
            app.as_("publisher").step(&draft, "publish", json!({})).await.expect_status(201);
        };
        let about = |action: &str, key: &str| {
            json!({ "kind": "item", "action": action, "key": key, "reason": "测试", "document": decision() })
        };
        let status = async |key: &str| {
            app.json(&format!("/v1/items/{key}")).await["meta"]["status"].as_str().expect("a status").to_owned()
        };
        publish(about("suspend", ITEM)).await;
        assert_eq!(status(ITEM).await, "suspended");
        let twice = app.as_("editor").post("/v1/drafts", about("suspend", ITEM)).await;
        twice.expect_problem(409, "state-conflict");
        publish(about("reinstate", ITEM)).await;
        assert_eq!(status(ITEM).await, "in_force");
        let mut delegate = about("delegate", ITEM);
        delegate["body"] = patched(&app, &format!("/v1/items/{ITEM}"), &json!({ "power_source": "devolved" })).await;
        publish(delegate).await;
        assert_eq!(app.json(&format!("/v1/items/{ITEM}")).await["meta"]["action"], "delegate");
        let mut merge = about("merge", ITEM);
        merge["successor"] = json!(other);
        publish(merge).await;
        assert_eq!(status(ITEM).await, "merged");
        publish(about("cancel", other)).await;
        assert_eq!(status(other).await, "cancelled");
    })
    .await;
}

#[actix_web::test]
async fn a_batch_is_published_whole_or_not_at_all() {
    on_a_demo_of_its_own(async |app| {
        let code = "11350121MB0000001M";
        let code = uscc(code);
        let new = json!({ "kind": "organisation", "action": "create", "body": organisation(&code, "新设机构") });
        let draft = |new: Value| new;
        let create = app.as_("county-editor").drafts(draft(new)).await;
        let create = app.as_("county-editor").takes(&create, "submit", json!({})).await;
        let place = json!({ "kind": "place", "action": "create", "body": app::place("new-place", &code) });
        let place = app.as_("county-editor").drafts(place).await;
        let place = app.as_("county-editor").takes(&place, "submit", json!({})).await;
        let mut approved = Vec::new();
        for draft in [place, create] {
            let draft = app.as_("county-reviewer-1").takes(&draft, "approve", json!({ "kind": "legality" })).await;
            approved.push(
                app.as_("county-reviewer-2").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await,
            );
        }
        let alone = app.as_("county-publisher").step(&approved[0], "publish", json!({})).await;
        let problem = alone.expect_problem(422, "invalid-body");
        assert_eq!(problem["errors"][0]["code"], "organisation-unknown");
        assert_eq!(problem["errors"][0]["pointer"], "/body/organisation");
        let ids: Vec<_> = approved.iter().map(|draft| draft["id"].clone()).collect();
        let partly = json!({ "drafts": [ids[0], ids[1], "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d"] });
        let refused = app.as_("county-publisher").post("/v1/publications", partly).await;
        assert_eq!(refused.expect_problem(422, "invalid-body")["errors"][0]["pointer"], "/drafts/2");
        app.get(&format!("/v1/organisations/{code}")).await.expect_status(404);

        let answer = app.as_("county-publisher").post("/v1/publications", json!({ "drafts": ids })).await;

        answer.expect_status(201);
        let result = answer.json();
        assert_eq!(result["records"].as_array().map(Vec::len), Some(2));
        let place = app.json("/v1/places/new-place").await;
        assert_eq!(place["embedded"]["organisation"]["name"], "新设机构");
        assert_eq!(place["meta"]["publication"], result["seq"]);
    })
    .await;
}

/// The code with its right check character.
fn uscc(code: &str) -> String {
    let alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let base = &code[..17];
    alphabet
        .chars()
        .map(|check| format!("{base}{check}"))
        .find(|code| qingdan::values::Uscc::parse(code).is_ok())
        .expect("one fits")
}

#[actix_web::test]
async fn a_scheduled_publication_comes_about_once_when_its_time_comes() {
    on_a_demo_of_its_own(async |app| {
        let new = json!({ "kind": "item", "action": "suspend", "key": ITEM, "reason": "升级", "document": decision() });
        let draft = approved(&app, new).await;
        let at = chrono::Utc::now() + chrono::Duration::days(2);
        let far = json!({ "effective_at": "2099-01-01T00:00:00Z" });
        let refused = app.as_("publisher").step(&draft, "publish", far).await;
        assert_eq!(refused.expect_problem(422, "invalid-body")["errors"][0]["pointer"], "/effective_at");
        let answer = app.as_("publisher").step(&draft, "publish", json!({ "effective_at": at.to_rfc3339() })).await;
        answer.expect_status(202);
        let draft = answer.json();
        assert_eq!(draft["state"], "scheduled");
        let draft = app.as_("publisher").takes(&draft, "unschedule", json!({})).await;
        assert_eq!(draft["state"], "approved");
        app.as_("publisher").takes(&draft, "publish", json!({ "effective_at": at.to_rfc3339() })).await;
        let look = async |now| {
            qingdan::staff::drafts::publish_what_is_due(&app.register.db, &app.register.catalog, now)
                .await
                .expect("it runs")
        };
        let seq = app.json("/v1").await["seq"].as_i64();
        assert_eq!(look(at - chrono::Duration::seconds(1)).await, 0);

        // Several replicas look at the same moment.
        let (first, second, third) = tokio::join!(look(at), look(at), look(at));

        assert_eq!(first + second + third, 1);
        assert_eq!(app.json("/v1").await["seq"].as_i64(), seq.map(|seq| seq + 1));
        assert_eq!(app.json(&format!("/v1/items/{ITEM}")).await["meta"]["status"], "suspended");
        assert_eq!(look(at).await, 0);
    })
    .await;
}

#[actix_web::test]
async fn a_scheduled_publication_that_breaks_rules_by_then_goes_back_with_an_alert() {
    on_a_demo_of_its_own(async |app| {
        let new = json!({ "kind": "item", "action": "suspend", "key": ITEM, "reason": "升级", "document": decision() });
        let draft = approved(&app, new).await;
        let at = chrono::Utc::now() + chrono::Duration::days(2);
        app.as_("publisher").takes(&draft, "publish", json!({ "effective_at": at.to_rfc3339() })).await;
        let body = patched(&app, &format!("/v1/items/{ITEM}"), &json!({ "name": "别人改的" })).await;
        let step = app::step("item", qingdan::values::code_lists::Action::Amend, ITEM, Some(body));
        app.publish(vec![step]).await.expect("published");

        qingdan::staff::drafts::publish_what_is_due(&app.register.db, &app.register.catalog, at)
            .await
            .expect("it runs");

        let draft = app.as_("publisher").get(&format!("/v1/drafts/{}", id_of(&draft))).await.json();
        assert_eq!(
            (draft["state"].as_str(), draft["alert"]["code"].as_str()),
            (Some("approved"), Some("state-conflict"))
        );
        assert_eq!(app.json(&format!("/v1/items/{ITEM}")).await["meta"]["status"], "in_force");
    })
    .await;
}

#[actix_web::test]
async fn a_preview_is_the_record_as_it_will_be() {
    on_a_demo_of_its_own(async |app| {
        let draft = amended(&app, "editor", json!({ "name": "预览的名称" })).await;
        let preview = app.as_("editor").get(&format!("/v1/drafts/{}/preview/record", id_of(&draft))).await;
        preview.expect_status(200);
        let preview = preview.json();
        assert_eq!(preview["name"], "预览的名称");
        assert!(preview["embedded"]["places"].is_array());
        assert_ne!(app.json(&format!("/v1/items/{ITEM}")).await["name"], "预览的名称");
        let empty = app.as_("editor").drafts(json!({ "kind": "item", "action": "create" })).await;
        let refused = app.as_("editor").get(&format!("/v1/drafts/{}/preview/record", id_of(&empty))).await;
        refused.expect_problem(422, "invalid-body");
        let erasure = json!({ "kind": "place", "action": "erase", "key": "yangli-hall", "revision": 1 });
        let erasure = app.as_("station-editor").drafts(erasure).await;
        let gone = app.as_("station-editor").get(&format!("/v1/drafts/{}/preview/record", id_of(&erasure))).await;
        gone.expect_problem(410, "gone");
    })
    .await;
}

#[actix_web::test]
async fn a_law_that_is_repealed_shows_which_items_lose_their_basis() {
    on_a_demo_of_its_own(async |app| {
        let item = app.json(&format!("/v1/items/{ITEM}")).await;
        let law = item["legal_bases"][0]["instrument"].as_str().expect("a basis").to_owned();
        let body = patched(&app, &format!("/v1/legal-instruments/{law}"), &json!({ "repealed": "2026-01-01" })).await;
        let new = json!({ "kind": "legal_instrument", "action": "amend", "key": law, "body": body, "reason": "废止", "document": decision() });
        let refused = app.as_("editor").post("/v1/drafts", new.clone()).await;
        refused.expect_problem(403, "forbidden");
        let draft = app.as_("county-editor").drafts(new).await;
        let check = app.as_("county-editor").get(&format!("/v1/drafts/{}/check", id_of(&draft))).await.json();
        let affected = check["affects"].as_array().expect("affects");
        let own = affected.iter().find(|one| one["key"] == ITEM).unwrap_or_else(|| panic!("{affected:?}"));
        assert_eq!(own["findings"][0]["rule"], "basis-repealed");
        let cancel = json!({ "kind": "legal_instrument", "action": "cancel", "key": law, "reason": "废止", "document": decision() });
        let path = format!("/v1/drafts/{}", id_of(&draft));
        app.as_("county-editor").send(Method::DELETE, &path, &[("If-Match", "*")], None).await.expect_status(204);
        let cancel = app.as_("county-editor").drafts(cancel).await;
        let refused = app.as_("county-editor").step(&cancel, "submit", json!({})).await;
        assert_eq!(refused.expect_problem(422, "invalid-body")["errors"][0]["code"], "still-referenced");
    })
    .await;
}

#[actix_web::test]
async fn a_transfer_drafts_everything_that_a_body_holds_after_a_dry_run() {
    on_a_demo_of_its_own(async |app| {
        let held = app.json(&format!("/v1/items?organisation={STATION}&limit=200")).await;
        let code = held["items"][0]["code"].as_str().expect("an item").to_owned();
        let asked =
            json!({ "from": STATION, "to": TOWNSHIP, "dry_run": true, "reason": "机构改革", "document": decision() });
        app.as_("editor").post("/v1/transfers", asked.clone()).await.expect_problem(403, "forbidden");
        let dry = app.as_("county-editor").post("/v1/transfers", asked.clone()).await;
        dry.expect_status(200);
        let row = |result: &Value| {
            let records = result["records"].as_array().expect("records");
            records.iter().find(|row| row["key"] == code.as_str()).expect("the item").clone()
        };
        let (dry, none) = (dry.json(), json!(null));
        assert_eq!((row(&dry)["action"].as_str(), &row(&dry)["draft"]), (Some("renumber"), &none));
        assert!(app.as_("county-editor").get("/v1/drafts").await.json()["items"].as_array().expect("rows").is_empty());
        let mut asked = asked;
        asked["dry_run"] = json!(false);

        let done = app.as_("county-editor").post("/v1/transfers", asked.clone()).await;

        done.expect_status(201);
        let done = done.json();
        let (total, drafts) =
            (done["total"].as_u64(), app.as_("county-editor").get("/v1/drafts?limit=200").await.json());
        assert_eq!(drafts["total"].as_u64(), total);
        let row = row(&done);
        let draft = app
            .as_("county-editor")
            .get(&format!("/v1/drafts/{}", row["draft"].as_str().expect("a draft")))
            .await
            .json();
        assert_eq!(draft["body"]["organisation"], TOWNSHIP);
        assert_eq!(draft["body"]["code"], row["new_key"]);
        assert!(row["new_key"].as_str().is_some_and(|key| key.starts_with(TOWNSHIP)));
        let again = app.as_("county-editor").post("/v1/transfers", asked).await;
        again.expect_problem(409, "state-conflict");
    })
    .await;
}

#[actix_web::test]
async fn a_list_of_drafts_is_filtered_and_walked() {
    on_both_databases(async |app| {
        for number in 0..7 {
            let name = format!("机构{number}");
            app.as_("county-editor")
                .drafts(json!({ "kind": "organisation", "action": "create", "body": { "name": name } }))
                .await;
        }
        let rows = walked("/v1/drafts?limit=3", async |path| app.as_("county-editor").json(path).await).await;
        let seen: Vec<_> = rows.iter().map(|row| row["name"].as_str().expect("a name")).collect();
        let newest_first: Vec<_> = (0..7).rev().map(|number| format!("机构{number}")).collect();
        assert_eq!(seen, newest_first);
        let none = app.as_("county-editor").get("/v1/drafts?kind=item").await.json();
        assert_eq!(none["total"], 0);
        let new =
            json!({ "kind": "organisation", "action": "create", "body": organisation(TOWNSHIP, "洋里乡人民政府") });
        app.as_("county-editor").drafts(new).await;
        for (query, total) in [
            ("state=draft&state=returned", 8_usize),
            ("state=submitted", 0),
            ("kind=organisation&action=create&author=county-editor", 8),
            ("action=amend", 0),
            ("author=editor", 0),
            ("author=%25", 0),
            ("key=11350121003619116B", 1),
            ("key=1135012100361911_B", 0),
            ("organisation=11350121003619116B&key=11350121003619116B&key=other", 1),
            ("organisation=12350121488101808K", 0),
        ] {
            let page = app.as_("county-editor").json(&format!("/v1/drafts?limit=1&{query}")).await;
            assert_eq!(page["total"], total, "{query}");
            assert_eq!(
                (page["items"].as_array().map(Vec::len), page["next"].is_string()),
                (Some(total.min(1)), total > 1)
            );
        }
        app.as_("county-editor").get("/v1/drafts?kind=colour&state=x").await.expect_problem(400, "invalid-query");
    })
    .await;
}

/// The database decides what a list holds, `Grant::covers` what one draft is: both say the same of every owner and every grant.
#[actix_web::test]
async fn a_list_holds_the_drafts_that_its_reader_may_know_of_whoever_they_belong_to() {
    on_both_databases(async |app| {
        let text = |code: Option<&str>| code.map(str::to_owned);
        let divisions =
            ["", "350000", "350100", "350121", "350121000", "350121202", "350121202201", "350122", "440000"];
        let mut owners = Vec::new();
        for organisation in [None, Some(""), Some(TOWNSHIP)] {
            for division in divisions.into_iter().map(Some).chain([None]) {
                let new = json!({ "kind": "organisation", "action": "create", "body": { "name": "机构" } });
                let draft = app.as_("county-editor").drafts(new).await;
                let belongs = Belongs { organisation: text(organisation), division: text(division) };
                owners.push((id_of(&draft).to_owned(), belongs));
            }
        }
        let rows = owners.clone();
        let moved = app.register.db.write(move |conn| {
            for (id, Belongs { organisation, division }) in rows {
                let owner = (drafts::organisation.eq(organisation), drafts::division.eq(division));
                diesel::update(drafts::table.find(id)).set(owner).execute(conn)?;
            }
            Ok::<_, DbError>(())
        });
        moved.await.expect("the drafts have other owners");
        let on = |organisation: Option<&str>, division: Option<&str>| Grant {
            role: Role::Editor,
            organisation: text(organisation),
            division: text(division),
        };
        let mut readers = vec![
            vec![on(None, None)],
            vec![on(Some(TOWNSHIP), None)],
            vec![on(Some(STATION), None)],
            vec![on(Some(TOWNSHIP), None), on(None, Some("350122"))],
        ];
        for division in ["35", "3500", "3501", "350000", "350100", "350121", "350121000", "350121202", "350121202201"] {
            readers.push(vec![on(None, Some(division))]);
        }
        for (number, grants) in readers.iter().enumerate() {
            let token = app.token_of(&format!("reader-{number}"), None, grants).await;

            let page = app.call(Method::GET, "/v1/drafts?limit=200", &token, None).await.json();

            let is_visible = |belongs: &Belongs| grants.iter().any(|grant| grant.covers(belongs));
            let newest_first = owners.iter().rev();
            let expected: Vec<_> =
                newest_first.filter(|(_, belongs)| is_visible(belongs)).map(|(id, _)| id.as_str()).collect();
            let found: Vec<_> = page["items"].as_array().expect("rows").iter().map(id_of).collect();
            assert_eq!(found, expected, "{grants:?}");
            assert_eq!(page["total"], expected.len());
        }
    })
    .await;
}

#[actix_web::test]
async fn a_preview_shows_nothing_of_drafts_that_its_reader_may_not_see() {
    on_a_demo_of_its_own(async |app| {
        let patch = json!({ "name": "机密新名" });
        let body = patched(&app, &format!("/v1/organisations/{STATION}"), &patch).await;
        let secret = json!({
            "kind": "organisation", "action": "amend", "key": STATION, "body": body, "reason": "测试", "document": decision(),
        });
        let secret = app.as_("station-editor").drafts(secret).await;
        app.as_("station-editor").takes(&secret, "submit", json!({})).await;
        let joint = json!({ "joint_organisations": [{ "organisation": STATION, "role": "协办" }] });
        let draft = amended(&app, "editor", joint).await;
        let path = format!("/v1/drafts/{}/preview/record", id_of(&draft));

        let theirs = app.as_("editor").get(&path).await;
        let county = app.as_("county-editor").get(&path).await;

        theirs.expect_status(200);
        assert!(!theirs.text().contains("机密新名"), "{}", theirs.text());
        assert!(county.text().contains("机密新名"), "who sees both sees what will be");
    })
    .await;
}

#[actix_web::test]
async fn who_wrote_any_of_a_text_neither_approves_nor_publishes_it() {
    on_a_demo_of_its_own(async |app| {
        let draft = amended(&app, "editor", json!({})).await;
        let draft = app.as_("powerful").patch(&draft, json!({ "body": { "name": "别人写的" } })).await.json();
        let draft = app.as_("editor").takes(&draft, "submit", json!({})).await;
        let own = app.as_("powerful").step(&draft, "approve", json!({ "kind": "legality" })).await;
        own.expect_problem(403, "four-eyes");
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        let draft = app.as_("reviewer-2").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
        app.as_("powerful").step(&draft, "publish", json!({})).await.expect_problem(403, "four-eyes");
        app.as_("publisher").step(&draft, "publish", json!({})).await.expect_status(201);
    })
    .await;
}

/// Returns all that somebody is told of a draft that rests on records of another office.
async fn told_of(app: &TestApp, who: &str, draft: &Value) -> String {
    let check = app.as_(who).get(&format!("/v1/drafts/{}/check", id_of(draft))).await;
    check.expect_status(200);
    let mut preview = app.as_(who).json(&format!("/v1/drafts/{}/preview/record", id_of(draft))).await;
    // It is as if it were published now.
    preview["meta"]["published_at"] = Value::Null;
    let submitted = app.as_(who).step(draft, "submit", json!({})).await;
    submitted.expect_problem(422, "invalid-body");
    [check.text(), preview.to_string().as_str(), submitted.text()].concat()
}

#[actix_web::test]
async fn a_draft_may_rest_on_those_on_their_way_that_it_leads_to() {
    on_a_demo_of_its_own(async |app| {
        let editor = app.as_("editor");
        let hall = json!({ "kind": "place", "action": "create", "body": app::place("new-hall", TOWNSHIP) });
        let hall = editor.drafts(hall).await;
        let draft = amended(&app, "editor", json!({ "places": [{ "place": "new-hall" }] })).await;
        let check = format!("/v1/drafts/{}/check", id_of(&draft));
        assert!(editor.get(&check).await.text().contains("reference-unknown"), "it is not on its way yet");

        editor.takes(&hall, "submit", json!({})).await;

        let found = editor.json(&check).await;
        assert!(!found.to_string().contains("reference-unknown"), "{found}");
        let shown = editor.json(&format!("/v1/drafts/{}/preview/record", id_of(&draft))).await;
        assert!(shown.to_string().contains("场所 new-hall"), "{shown}");
    })
    .await;
}

#[actix_web::test]
async fn what_goes_is_not_named_any_more_by_what_goes_with_it() {
    on_a_demo_of_its_own(async |app| {
        let editor = app.as_("county-editor");
        let cancel = |kind: &str, key: &str| {
            json!({ "kind": kind, "action": "cancel", "key": key, "reason": "清理", "document": decision() })
        };
        let fee = editor.drafts(cancel("fee", "fee-information-handling")).await;
        let item = editor.drafts(cancel("item", "12350121488101808K5352010001000")).await;
        let check = format!("/v1/drafts/{}/check", id_of(&fee));
        let alone = editor.json(&check).await;
        assert!(alone["findings"].to_string().contains("still-referenced"), "{alone}");

        editor.takes(&item, "submit", json!({})).await;

        let together = editor.json(&check).await;
        assert!(!together.to_string().contains("still-referenced"), "{together}");
        editor.takes(&fee, "submit", json!({})).await;
    })
    .await;
}

#[actix_web::test]
async fn no_finding_tells_of_a_draft_that_its_reader_may_not_see() {
    on_a_demo_of_its_own(async |app| {
        let needed = format!("{STATION}5352010001000");
        let rests_on = json!({
            "fees": ["fee-columbarium"], "charge": "charged",
            "places": [{ "place": "yangli-hall" }],
            "prerequisites": [
                { "seq": 1, "kind": "approval", "item": needed, "name": "前置", "organisation_name": "民政", "basis": "测试" },
                { "seq": 2, "kind": "approval", "item": format!("{STATION}5352099999000"), "name": "前置",
                  "organisation_name": "民政", "basis": "测试" },
            ],
            "joint_organisations": [{ "organisation": STATION, "role": "协办" }],
        });
        let draft = amended(&app, "editor", rests_on).await;
        let before = told_of(&app, "editor", &draft).await;

        let change = async |kind: &str, path: &str, key: &str, patch: Value| {
            let body = patched(&app, &format!("/v1/{path}/{key}"), &patch).await;
            json!({ "kind": kind, "action": "amend", "key": key, "body": body, "reason": "测试", "document": decision() })
        };
        let closed = json!({ "name": "绝密新址SECRETNAME", "valid_until": "2026-01-01" });
        let cancel =
            json!({ "kind": "item", "action": "cancel", "key": needed, "reason": "测试", "document": decision() });
        for secret in [
            change("place", "places", "yangli-hall", closed).await,
            change("fee", "fees", "fee-columbarium", json!({ "valid_until": "2026-01-01" })).await,
            change("organisation", "organisations", STATION, json!({ "name": "绝密机构SECRETNAME" })).await,
            cancel,
        ] {
            let secret = app.as_("station-editor").drafts(secret).await;
            app.as_("station-editor").takes(&secret, "submit", json!({})).await;
        }

        assert_eq!(told_of(&app, "editor", &draft).await, before);
        let county = told_of(&app, "county-editor", &draft).await;
        for told in ["SECRETNAME", "place-closed", "fee-expired", "prerequisite-cancelled"] {
            assert!(!before.contains(told) && county.contains(told), "who sees both is told {told}: {county}");
        }
    })
    .await;
}

#[actix_web::test]
async fn nobody_learns_what_another_office_is_about_to_bring() {
    on_a_demo_of_its_own(async |app| {
        let new =
            |code: &str, office: &str| json!({ "kind": "place", "action": "create", "body": app::place(code, office) });
        let code = uscc("11350121MB0000001M");
        let office = json!({ "kind": "organisation", "action": "create", "body": organisation(&code, "秘密机构") });
        app.as_("county-editor").drafts(office).await;
        let theirs = app.as_("station-editor").drafts(new("secret-office", STATION)).await;
        app.as_("station-editor").takes(&theirs, "submit", json!({})).await;
        let twice = app.as_("station-editor").post("/v1/drafts", new("secret-office", STATION)).await;
        assert_eq!(twice.expect_problem(409, "state-conflict")["conflict"]["draft"], theirs["id"]);

        let own = app.as_("editor").drafts(new("secret-office", TOWNSHIP)).await;
        app.as_("editor").takes(&own, "submit", json!({})).await;
        let seen = app.as_("county-editor").post("/v1/drafts", new("secret-office", TOWNSHIP)).await;
        seen.expect_problem(409, "state-conflict");
        app.as_("neighbour").drafts(new("near", &code)).await;

        // Which of the two is published first is decided by publication alone.
        let step = app::step;
        let create = qingdan::values::code_lists::Action::Create;
        let body = app::place("secret-office", STATION);
        app.publish(vec![step("place", create, "secret-office", Some(body))]).await.expect("it is new");
        let check = app.as_("editor").json(&format!("/v1/drafts/{}/check", id_of(&own))).await;
        assert_eq!(check["findings"][0]["rule"], "code-duplicate", "{check}");
    })
    .await;
}

#[actix_web::test]
async fn an_alert_tells_nothing_of_the_other_drafts_of_its_batch() {
    on_a_demo_of_its_own(async |app| {
        let about = |action: &str, key: &str| {
            json!({ "kind": "item", "action": action, "key": key, "reason": "测试", "document": decision() })
        };
        let own = approved(&app, about("suspend", ITEM)).await;
        let key = format!("{STATION}5352010001000");
        let theirs = app.as_("station-editor").drafts(about("suspend", &key)).await;
        let theirs = app.as_("station-editor").takes(&theirs, "submit", json!({})).await;
        let theirs = app.as_("reviewer-1").takes(&theirs, "approve", json!({ "kind": "legality" })).await;
        app.as_("reviewer-2").takes(&theirs, "approve", json!({ "kind": "confidentiality" })).await;
        let at = chrono::Utc::now() + chrono::Duration::days(2);
        let both = json!({ "drafts": [id_of(&own), id_of(&theirs)], "effective_at": at.to_rfc3339() });
        app.as_("publisher").post("/v1/publications", both).await.expect_status(202);
        let body = patched(&app, &format!("/v1/items/{key}"), &json!({ "name": "别人改的" })).await;
        let step = app::step("item", qingdan::values::code_lists::Action::Amend, &key, Some(body));
        app.publish(vec![step]).await.expect("published");

        qingdan::staff::drafts::publish_what_is_due(&app.register.db, &app.register.catalog, at).await.expect("it runs");

        let alert = app.as_("editor").json(&format!("/v1/drafts/{}", id_of(&own))).await["alert"].clone();
        assert_eq!(alert["code"], "state-conflict");
        for told in ["别人改的", &key] {
            assert!(!alert.to_string().contains(told), "{alert}");
        }
    })
    .await;
}

#[actix_web::test]
async fn what_who_answers_for_everything_drafts_for_nobody_yet_is_not_everybodys() {
    on_a_demo_of_its_own(async |app| {
        let secret = json!({ "kind": "item", "action": "create", "body": { "name": "绝密事项SECRETNAME" } });
        let draft = app.as_("register-editor").drafts(secret).await;
        let path = format!("/v1/drafts/{}", id_of(&draft));
        assert_eq!(draft["organisation"], Value::Null);
        app.as_("register-editor").get(&path).await.expect_status(200);

        for other in ["county-editor", "station-editor", "county-reviewer-1", "powerful"] {
            app.as_(other).get(&path).await.expect_problem(404, "not-found");
            let list = app.as_(other).get("/v1/drafts").await;
            assert!(!list.text().contains("SECRETNAME"), "{other}");
        }
    })
    .await;
}

#[actix_web::test]
async fn no_word_is_published_that_was_not_approved() {
    on_a_demo_of_its_own(async |app| {
        let new = json!({ "kind": "place", "action": "create", "body": app::place("new-place", TOWNSHIP) });
        let draft = approved(&app, new).await;
        let words = json!({
            "drafts": [id_of(&draft)], "reason": "没有人审查过的话", "document": decision(), "channels": ["website"],
        });
        let path = format!("/v1/drafts/{}/publish", id_of(&draft));
        let mut alone = words.clone();
        alone.as_object_mut().expect("an object").remove("drafts");
        let one = app.as_("publisher").send(Method::POST, &path, &[("If-Match", "*")], Some(&alone)).await;
        for answer in [app.as_("publisher").post("/v1/publications", words).await, one] {
            let problem = answer.expect_problem(422, "invalid-body");
            let mut pointers: Vec<_> =
                problem["errors"].as_array().expect("errors").iter().map(|e| &e["pointer"]).collect();
            pointers.sort_by_key(|pointer| pointer.as_str());
            assert_eq!(pointers, ["/channels", "/document", "/reason"]);
            assert!(problem["detail"].as_str().is_some_and(|told| told.contains("return")), "what to do: {problem}");
        }
        app.get("/v1/places/new-place").await.expect_status(404);

        let draft = app.as_("publisher").takes(&draft, "return", json!({ "comment": "补充原因" })).await;
        let draft = app.as_("editor").patch(&draft, json!({ "reason": "审查过的话" })).await.json();
        let draft = app.as_("editor").takes(&draft, "submit", json!({})).await;
        let early = app.as_("publisher").step(&draft, "publish", json!({})).await;
        early.expect_problem(409, "state-conflict");
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        let draft = app.as_("reviewer-2").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
        app.as_("publisher").takes(&draft, "publish", json!({})).await;
        assert!(app.json("/v1/places/new-place/revisions").await.to_string().contains("审查过的话"));
    })
    .await;
}

#[actix_web::test]
async fn a_scheduled_publication_needs_everybody_who_had_a_part_in_it_to_be_there_still() {
    on_a_demo_of_its_own(async |app| {
        let step = async |who: &str, draft: &Value, step: &str, body: Value| {
            let (token, path) = (app.token(who).await, format!("/v1/drafts/{}/{step}", id_of(draft)));
            let answer = app.call_with(Method::POST, &path, &token, &[("if-match", "*")], Some(&body)).await;
            assert!(answer.status.is_success(), "{step}: {}", answer.text());
            answer.json()
        };
        let at = chrono::Utc::now() + chrono::Duration::days(2);
        let admin = app.token("admin").await;
        let change = async |who: &str, patch: Value| {
            let path = format!("/v1/users/test-{who}");
            let changed = app.call_with(Method::PATCH, &path, &admin, &[("if-match", "*")], Some(&patch)).await;
            changed.expect_status(200);
        };
        let (disabled, enabled) = (json!({ "disabled": true }), json!({ "disabled": false }));
        let new = json!({ "kind": "item", "action": "suspend", "key": ITEM, "reason": "升级", "document": decision() });
        let draft = app.call(Method::POST, "/v1/drafts", &app.token("editor").await, Some(&new)).await.json();
        step("editor", &draft, "submit", json!({})).await;
        step("reviewer", &draft, "approve", json!({ "kind": "legality" })).await;
        step("reviewer2", &draft, "approve", json!({ "kind": "confidentiality" })).await;

        let lost = json!({ "grants": [] });
        for (who, gone) in
            [("editor", &disabled), ("reviewer2", &disabled), ("publisher", &disabled), ("publisher", &lost)]
        {
            step("publisher", &draft, "publish", json!({ "effective_at": at.to_rfc3339() })).await;
            change(who, gone.clone()).await;
            qingdan::staff::drafts::publish_what_is_due(&app.register.db, &app.register.catalog, at)
                .await
                .expect("it runs");
            assert_eq!(app.json(&format!("/v1/items/{ITEM}")).await["meta"]["status"], "in_force", "without {who}");
            let told = app.as_("auditor").json(&format!("/v1/drafts/{}", id_of(&draft))).await;
            assert_eq!((&told["state"], &told["alert"]["code"]), (&json!("approved"), &json!("state-conflict")));
            assert!(told["alert"]["detail"].as_str().is_some_and(|detail| detail.contains(who)), "{told}");
            let line = app.trail().await.pop().expect("a line");
            for told in ["system draft.publish", "refused state-conflict", &format!("test-{who}")] {
                assert!(line.contains(told), "{told}: {line}");
            }
            change(who, enabled.clone()).await;
        }

        // The publisher has lost the grant; another one decides at once, but not on the word of a reviewer who is gone.
        change("reviewer2", disabled).await;
        let late = app.as_("publisher-2").step(&draft, "publish", json!({})).await;
        assert_eq!(late.status.as_u16(), 412, "of another version");
        let draft = app.as_("auditor").json(&format!("/v1/drafts/{}", id_of(&draft))).await;
        let late = app.as_("publisher-2").step(&draft, "publish", json!({})).await;
        assert_eq!(late.expect_problem(409, "state-conflict")["conflict"]["no_longer"], "test-reviewer2");
        change("reviewer2", enabled).await;
        // Nor on the word of one whose password somebody else knows.
        let known = "tea at seven, boat at eight";
        let path = "/v1/users/test-reviewer/password";
        app.call(Method::PUT, path, &admin, Some(&json!({ "password": known }))).await.expect_status(204);
        let late = app.as_("publisher-2").step(&draft, "publish", json!({})).await;
        assert_eq!(late.expect_problem(409, "state-conflict")["conflict"]["no_longer"], "test-reviewer");
        let signed_in = try_to_sign_in(&app, "test-reviewer", known).await.json();
        let token = signed_in["access_token"].as_str().expect("a token");
        let own = json!({ "old_password": known, "password": "completely own words 77 zq" });
        app.call(Method::PUT, "/v1/me/password", token, Some(&own)).await.expect_status(204);
        app.as_("publisher-2").step(&draft, "publish", json!({})).await.expect_status(201);
    })
    .await;
}

#[actix_web::test]
async fn a_repeated_answer_ends_with_the_grant() {
    on_a_demo_of_its_own(async |app| {
        let (editor, admin) = (app.token("editor").await, app.token("admin").await);
        let grants = async |grants: Value| {
            let (path, any) = ("/v1/users/test-editor", [("if-match", "*")]);
            let patch = json!({ "grants": grants });
            app.call_with(Method::PATCH, path, &admin, &any, Some(&patch)).await.expect_status(200);
        };
        let ask = async |path: &str, body: &Value| {
            let headers = [("idempotency-key", "again"), ("if-match", "*")];
            app.call_with(Method::POST, path, &editor, &headers[..], Some(body)).await
        };
        let new =
            json!({ "kind": "item", "action": "suspend", "key": ITEM, "reason": "不外传", "document": decision() });
        let made = ask("/v1/drafts", &new).await;
        made.expect_status(201);
        let (submit, said) = (format!("/v1/drafts/{}/submit", id_of(&made.json())), json!({}));
        let submit = async || {
            let headers = [("idempotency-key", "submit"), ("if-match", "*")];
            app.call_with(Method::POST, &submit, &editor, &headers[..], Some(&said)).await
        };
        submit().await.expect_status(200);

        let elsewhere = json!({ "role": "editor", "organisation": STATION });
        grants(json!([elsewhere])).await;
        for answer in [ask("/v1/drafts", &new).await, submit().await] {
            answer.expect_problem(403, "forbidden");
            assert!(!answer.text().contains("不外传"), "{}", answer.text());
        }

        grants(json!([elsewhere, { "role": "editor", "organisation": TOWNSHIP }])).await;
        let again = ask("/v1/drafts", &new).await;
        assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", made.json()));
    })
    .await;
}

#[actix_web::test]
async fn what_cannot_be_read_is_told_with_the_chinese_name_of_its_field_in_either_language() {
    on_a_demo_of_its_own(async |app| {
        let body = json!({
            "organisation": TOWNSHIP, "catalogue_code": "5110010", "visits": "多次",
            "materials": [{ "seq": 1, "name": 5 }], "verified_on": "昨天",
        });
        let draft = json!({ "kind": "item", "action": "create", "body": body, "reason": 5 });
        for (language, part) in [("zh", "应为整数"), ("en", "must be an integer")] {
            let headers = [("Accept-Language", language)];
            let answer = app.as_("editor").send(Method::POST, "/v1/drafts", &headers, Some(&draft)).await;
            let problem = answer.expect_problem(422, "invalid-body");
            let errors = problem["errors"].as_array().expect("errors");
            let at = |pointer: &str| errors.iter().find(|error| error["pointer"] == pointer).expect("it is told");
            for (pointer, label) in
                [("/body/materials/0/name", "材料名称"), ("/body/visits", "到现场次数"), ("/reason", "调整原因")]
            {
                assert_eq!(at(pointer)["label"], label, "{problem}");
            }
            assert!(at("/body/visits")["detail"].as_str().is_some_and(|detail| detail.contains(part)), "{problem}");
        }
    })
    .await;
}

#[actix_web::test]
async fn the_date_of_a_decision_stands_beside_its_number() {
    on_a_demo_of_its_own(async |app| {
        let mut document = decision();
        document["date"] = json!(" ２026-11-20 ");
        let new = json!({ "kind": "item", "action": "suspend", "key": ITEM, "reason": "测试", "document": document });
        let draft = approved(&app, new).await;
        app.as_("publisher").takes(&draft, "publish", json!({})).await;
        let history = app.json(&format!("/v1/items/{ITEM}/revisions")).await;
        let last = history["items"].as_array().and_then(|rows| rows.last()).expect("a revision");
        assert_eq!(
            (&last["document"]["number"], &last["document"]["date"]),
            (&decision()["number"], &json!("2026-11-20"))
        );
        for page in ["/changes", &format!("/items/{ITEM}/history")] {
            let page = app.get_with(page, &[("accept", "text/html")]).await;
            page.expect_status(200);
            assert!(page.text().contains("2026-11-20"), "{}", page.text());
        }

        // It is optional, and a date.
        let undated = history["items"][0]["document"].clone();
        assert!(undated.get("date").is_none(), "what was published before stays as it was: {undated}");
        let wrong = json!({
            "kind": "item", "action": "reinstate", "key": ITEM, "reason": "恢复",
            "document": { "title": "通知", "date": "去年" },
        });
        let refused = app.as_("editor").post("/v1/drafts", wrong).await;
        let error = &refused.expect_problem(422, "invalid-body")["errors"][0];
        assert_eq!((&error["pointer"], &error["label"]), (&json!("/document/date"), &json!("成文日期")));
        assert_eq!(error["detail"], "应为日期，例如 2026-12-01");
    })
    .await;
}
