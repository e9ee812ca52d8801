//! Many drafts at once: a result for each, all or none on demand, and the same questions asked of each as if it were alone.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use qingdan::{
    register::db::{DbError, schema::drafts},
    values::Uscc,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{Engine, TestApp, insist, on_a_demo_of_its_own, on_each_database, organisation, place},
    people::{STATION, TOWNSHIP, decision, id_of},
};

const ITEM: &str = "11350121003619116B5000511001000";
const OTHER_ITEM: &str = "12350121488101808K5352018002000";
const UNKNOWN: &str = "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d";
const MARKER: &str = "不外传的名称";
/// Drafts of an import that become public together.
const DRAFTS: usize = 200;

/// The code with its right check character.
fn uscc(base: &str) -> String {
    let checks = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars();
    checks.map(|check| format!("{base}{check}")).find(|code| Uscc::parse(code).is_ok()).expect("one fits")
}

/// An import of a new organisation and so many places of it, by the county's editor.
async fn imported(app: &TestApp, places: usize) -> Value {
    let code = uscc("11350121MB0000001");
    let places: Vec<_> = (0..places).map(|n| place(&format!("new-place-{n}"), &code)).collect();
    let records = json!({ "organisations": [organisation(&code, "新设机构")], "places": places }).to_string();
    let form = format!(
        "--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n\r\n{records}\r\n--limit--\r\n"
    );
    let request = app.request(Method::POST, "/v1/imports").bearer_auth("county-editor");
    let answer = insist(request.header("content-type", "multipart/form-data; boundary=limit").body(form)).await;
    answer.expect_status(201);
    answer.json()
}

async fn applied(app: &TestApp, places: usize) -> String {
    let import = imported(app, places).await["id"].as_str().expect("an id").to_owned();
    let answer = app.as_("county-editor").post(&format!("/v1/imports/{import}/apply"), json!({})).await;
    answer.expect_status(201);
    assert_eq!(answer.json()["drafts"], places + 1);
    import
}

/// A draft of a new place of the township, by its editor.
async fn drafted(app: &TestApp, code: &str) -> Value {
    drafted_by(app, "editor", place(code, TOWNSHIP)).await
}

async fn drafted_by(app: &TestApp, who: &str, body: Value) -> Value {
    app.as_(who).drafts(json!({ "kind": "place", "action": "create", "body": body })).await
}

/// A request about many drafts, which must be answered with their results.
async fn results(app: &TestApp, who: &str, path: &str, body: Value) -> Value {
    let answer = app.as_(who).post(path, body).await;
    assert!(answer.status.is_success(), "{path} by {who}: {}", answer.text());
    let told = answer.json();
    let rows = told["results"].as_array().expect("results");
    let refused = rows.iter().filter(|row| row.get("problem").is_some()).count();
    if path != "/v1/publications" {
        assert_eq!((&told["total"], &told["refused"]), (&json!(rows.len()), &json!(refused)));
        assert_eq!(told["done"], rows.len() - refused);
    }
    told
}

/// A review of drafts in the versions that somebody who may see them reads now.
async fn reviewing(app: &TestApp, who: &str, ids: &Value, kind: &str) -> Value {
    let mut versions = Vec::new();
    for id in ids.as_array().expect("ids") {
        let draft = app.as_(who).json(&format!("/v1/drafts/{}", id.as_str().expect("an id"))).await;
        versions.push(draft["version"].clone());
    }
    json!({ "drafts": ids, "versions": versions, "kind": kind })
}

/// Of each result its status, and the state of the draft or the code of the problem.
fn lines(told: &Value) -> Vec<String> {
    let rows = told["results"].as_array().expect("results").iter();
    let word = |row: &Value| row["state"].as_str().or(row["problem"]["code"].as_str()).expect("a word").to_owned();
    rows.map(|row| format!("{} {}", row["status"], word(row))).collect()
}

async fn state_of(app: &TestApp, draft: &Value) -> String {
    let draft = app.as_("county-editor").json(&format!("/v1/drafts/{}", id_of(draft))).await;
    draft["state"].as_str().expect("a state").to_owned()
}

fn pointers(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().expect("errors").iter().filter_map(|error| error["pointer"].as_str()).collect()
}

on_each_database!(two_hundred_drafts_of_an_import_become_public_by_five_requests);

async fn two_hundred_drafts_of_an_import_become_public_by_five_requests(engine: Engine) {
    let app = TestApp::start(engine.new_demo());
    let before = app.json("/v1/places").await["total"].as_u64().expect("a number");
    let import = applied(&app, DRAFTS - 1).await;
    let submitting = json!({ "import": import, "reason": "机构新设", "document": decision(), "atomic": true });
    let submitted = results(&app, "county-editor", "/v1/submissions", submitting).await;
    assert_eq!(lines(&submitted), vec!["200 submitted"; DRAFTS]);
    for (who, kind, state) in
        [("county-reviewer-1", "legality", "half_approved"), ("county-reviewer-2", "confidentiality", "approved")]
    {
        let reviewing = json!({ "import": import, "kind": kind, "atomic": true });
        let reviewed = results(&app, who, "/v1/reviews", reviewing).await;
        assert_eq!(lines(&reviewed), vec![format!("200 {state}"); DRAFTS]);
        assert_eq!(reviewed["results"][0]["review"], kind);
    }
    let (path, headers) = ("/v1/publications", [("Idempotency-Key", "the whole import")]);
    let asked = json!({ "import": import });
    let published = app.as_("county-publisher").send(Method::POST, path, &headers, Some(&asked)).await;
    published.expect_status(201);
    assert_eq!(lines(&published.json()), vec!["201 published"; DRAFTS]);
    assert_eq!(app.json("/v1/places").await["total"], before + DRAFTS as u64 - 1);
    let again = app.as_("county-publisher").send(Method::POST, path, &headers, Some(&asked)).await;
    assert_eq!((again.status, again.json()), (published.status, published.json()), "it is not done twice");

    let draft = submitted["results"][DRAFTS - 1]["id"].as_str().expect("an id");
    let draft = app.as_("county-editor").json(&format!("/v1/drafts/{draft}")).await;
    assert_eq!((&draft["reason"], &draft["document"]["number"]), (&json!("机构新设"), &decision()["number"]));
    let trail = app.trail().await;
    let told = |step: &str| trail.iter().filter(|line| line.contains(step)).count();
    assert_eq!(told(&format!("county-editor submission.create import/{import} done")), 1);
    assert_eq!(told("county-editor draft.submit draft/"), DRAFTS);
    assert_eq!(told(" draft.approve draft/"), 2 * DRAFTS);
    assert_eq!(told("county-publisher draft.publish draft/"), DRAFTS);
    let closed = app.as_("county-editor").post("/v1/discards", json!({ "import": import })).await;
    closed.expect_problem(409, "state-conflict");
}

#[actix_web::test]
async fn the_drafts_of_an_import_are_listed_by_it() {
    on_a_demo_of_its_own(async |app| {
        let checked = imported(&app, 1).await;
        let own = checked["links"]["drafts"].as_str().expect("an address");
        assert_eq!(app.as_("county-editor").json(own).await["total"], 0, "there are none yet");
        let import = applied(&app, 3).await;
        let other = drafted(&app, "another-place").await;
        assert_eq!(other["import"], Value::Null);
        let page = app.as_("county-editor").json(&format!("/v1/drafts?import={import}&limit=3")).await;
        assert_eq!((&page["total"], page["items"].as_array().map(Vec::len)), (&json!(4), Some(3)));
        for row in page["items"].as_array().expect("rows") {
            assert_eq!(row["import"], json!(import));
        }
        let places = format!("/v1/drafts?import={import}&import={UNKNOWN}&kind=place&waiting=submit");
        assert_eq!(app.as_("county-editor").json(&places).await["total"], 3);
        for (who, query) in [("county-editor", format!("import={UNKNOWN}")), ("neighbour", format!("import={import}"))]
        {
            assert_eq!(app.as_(who).json(&format!("/v1/drafts?{query}")).await["total"], 0, "{who}");
        }
    })
    .await;
}

/// Drafts from before know their import by its account and time.
#[actix_web::test]
async fn the_drafts_of_an_import_of_before_are_known_by_account_and_time() {
    const MIGRATION: &str = include_str!("../../../migrations/common/2026-12-01-000010_drafts_are_found/up.sql");
    on_a_demo_of_its_own(async |app| {
        let import = applied(&app, 2).await;
        drafted_by(&app, "county-editor", place("another-place", TOWNSHIP)).await;
        let filled = app.register.db.write(|conn| {
            diesel::update(drafts::table).set(drafts::import.eq(None::<String>)).execute(conn)?;
            let update = MIGRATION.lines().skip_while(|line| !line.starts_with("UPDATE"));
            let update: Vec<_> = update.take_while(|line| !line.starts_with("DROP")).collect();
            diesel::sql_query(update.join("\n").trim_end_matches(';')).execute(conn)?;
            let imports = drafts::table.select(drafts::import).order(drafts::id);
            Ok::<Vec<Option<String>>, DbError>(imports.load(conn)?)
        });
        let of_it = || Some(import.clone());
        assert_eq!(filled.await.expect("imports"), [of_it(), of_it(), of_it(), None]);
        let submitting = json!({ "import": import, "reason": "机构新设", "document": decision() });
        let submitted = results(&app, "county-editor", "/v1/submissions", submitting).await;
        assert_eq!(lines(&submitted), vec!["200 submitted"; 3]);
    })
    .await;
}

#[actix_web::test]
async fn each_draft_has_a_result_of_its_own_unless_all_or_none_is_asked_for() {
    on_a_demo_of_its_own(async |app| {
        let good = drafted(&app, "place-a").await;
        let mut body = place("place-b", TOWNSHIP);
        body.as_object_mut().expect("an object").remove("name");
        let bad = drafted_by(&app, "editor", body).await;
        let of_others = drafted_by(&app, "station-editor", place("place-c", STATION)).await;
        let ids = [id_of(&good), id_of(&bad), id_of(&of_others), UNKNOWN];

        let atomic = app.as_("editor").post("/v1/submissions", json!({ "drafts": ids, "atomic": true })).await;
        let problem = atomic.expect_problem(422, "invalid-body");
        for pointer in ["/drafts/1/body/name", "/drafts/2", "/drafts/3"] {
            assert!(pointers(&problem).contains(&pointer), "{pointer}: {problem}");
        }
        let refused = problem["conflict"]["results"].as_array().expect("results");
        let of: Vec<_> = refused.iter().map(|row| row["id"].as_str()).collect();
        assert_eq!(of, [Some(ids[1]), Some(ids[2]), Some(ids[3])]);
        assert_eq!(state_of(&app, &good).await, "draft", "nothing was done");
        assert!(!app.trail().await.iter().any(|line| line.contains(" draft.submit draft/")));

        let headers = [("Accept-Language", "en")];
        let asked = json!({ "drafts": ids });
        let answer = app.as_("editor").send(Method::POST, "/v1/submissions", &headers, Some(&asked)).await;
        answer.expect_status(200);
        let told = answer.json();
        assert_eq!(lines(&told), ["200 submitted", "422 invalid-body", "404 not-found", "404 not-found"]);
        let mistake = &told["results"][1]["problem"]["errors"][0];
        assert_eq!((&mistake["pointer"], &mistake["detail"]), (&json!("/body/name"), &json!("is required")));
        assert_eq!((&told["done"], &told["refused"]), (&json!(1), &json!(3)));
        let trail = app.trail().await;
        for line in [
            format!("editor draft.submit draft/{} done", ids[0]),
            format!("editor draft.submit draft/{} refused invalid-body", ids[1]),
            format!("editor draft.submit draft/{} refused not-found", ids[2]),
        ] {
            assert!(trail.iter().any(|told| told.starts_with(&line)), "{line}");
        }
        assert_eq!(state_of(&app, &of_others).await, "draft");

        let twice = json!({ "drafts": [ids[1], ids[1]] });
        let twice = app.as_("editor").post("/v1/discards", twice).await;
        assert_eq!(twice.expect_problem(422, "invalid-body")["errors"][0]["pointer"], "/drafts/1");
    })
    .await;
}

#[actix_web::test]
async fn a_refused_publication_names_the_record_and_who_has_to_submit_it() {
    on_a_demo_of_its_own(async |app| {
        let draft = drafted(&app, "place-a").await;

        let refused = app.as_("publisher").post("/v1/publications", json!({ "drafts": [id_of(&draft)] })).await;

        let problem = refused.expect_problem(409, "state-conflict");
        let (detail, name) = (problem["detail"].as_str().expect("a text"), draft["name"].as_str().expect("a name"));
        assert!(detail.contains(name) && detail.contains(id_of(&draft)), "{detail}");
        assert!(detail.contains("须先由起草人或者本机构的编辑提交审查"), "the publisher does not: {detail}");
        assert_eq!(problem["conflict"]["results"][0]["name"], name);

        let unknown = json!({ "drafts": [UNKNOWN] });
        let told = app.as_("publisher").post("/v1/publications", unknown).await.expect_problem(422, "invalid-body");
        assert!(told["conflict"]["results"][0]["name"].is_null(), "{told}");
    })
    .await;
}

#[actix_web::test]
async fn four_eyes_are_asked_for_each_draft() {
    on_a_demo_of_its_own(async |app| {
        let own = drafted_by(&app, "powerful", place("place-a", TOWNSHIP)).await;
        let others = drafted(&app, "place-b").await;
        let ids = json!([id_of(&own), id_of(&others)]);
        results(&app, "powerful", "/v1/submissions", json!({ "drafts": [ids[0]] })).await;
        results(&app, "editor", "/v1/submissions", json!({ "drafts": [ids[1]] })).await;

        let unread = json!({ "drafts": ids, "kind": "legality" });
        let unread = app.as_("reviewer-1").post("/v1/reviews", unread).await;
        assert_eq!(pointers(&unread.expect_problem(422, "invalid-body")), ["/versions"], "an approval is of one text");
        let legality = reviewing(&app, "powerful", &ids, "legality").await;
        let told = results(&app, "powerful", "/v1/reviews", legality).await;
        assert_eq!(lines(&told), ["403 four-eyes", "200 half_approved"]);
        let legality = reviewing(&app, "powerful", &ids, "legality").await;
        let told = results(&app, "reviewer-1", "/v1/reviews", legality).await;
        assert_eq!(lines(&told), ["200 half_approved", "409 state-conflict"], "legality was approved");
        let confidentiality = reviewing(&app, "powerful", &ids, "confidentiality").await;
        let told = results(&app, "powerful", "/v1/reviews", confidentiality.clone()).await;
        assert_eq!(lines(&told), ["403 four-eyes", "403 four-eyes"]);
        let mut atomic = confidentiality.clone();
        atomic["atomic"] = json!(true);
        app.as_("powerful").post("/v1/reviews", atomic).await.expect_problem(403, "four-eyes");
        let told = results(&app, "reviewer-2", "/v1/reviews", confidentiality).await;
        assert_eq!(lines(&told), ["200 approved", "200 approved"]);

        let both = json!({ "drafts": ids });
        let refused = app.as_("powerful").post("/v1/publications", both.clone()).await;
        let problem = refused.expect_problem(403, "four-eyes");
        assert_eq!(problem["conflict"]["results"].as_array().map(Vec::len), Some(1), "the one that is their own");
        assert_eq!(problem["conflict"]["results"][0]["id"], ids[0]);
        assert_eq!(problem["conflict"]["results"][0]["name"], own["name"]);
        let told = results(&app, "publisher", "/v1/publications", both).await;
        assert_eq!(lines(&told), ["201 published", "201 published"]);
    })
    .await;
}

#[actix_web::test]
async fn nobody_of_another_township_learns_of_a_draft_or_an_import() {
    on_a_demo_of_its_own(async |app| {
        let mut body = place("place-a", TOWNSHIP);
        body["name"] = json!(MARKER);
        let draft = drafted_by(&app, "editor", body).await;
        let import = applied(&app, 2).await;
        for (who, path) in [
            ("neighbour", "/v1/submissions"),
            ("neighbour", "/v1/withdrawals"),
            ("neighbour", "/v1/discards"),
            ("neighbour-reviewer", "/v1/reviews"),
            ("neighbour-reviewer", "/v1/returns"),
            ("neighbour-publisher", "/v1/returns"),
        ] {
            let mut asked = json!({ "drafts": [id_of(&draft), UNKNOWN] });
            match path {
                "/v1/reviews" => {
                    asked["kind"] = json!("legality");
                    asked["versions"] = json!([1, 1]);
                }
                "/v1/returns" => asked["comment"] = json!("退回"),
                _ => {}
            }
            let told = results(&app, who, path, asked.clone()).await;
            assert_eq!(lines(&told), ["404 not-found", "404 not-found"], "{path} by {who}");
            assert!(!told.to_string().contains(MARKER) && !told.to_string().contains(TOWNSHIP));
            asked
                .as_object_mut()
                .expect("an object")
                .retain(|name, _| !["drafts", "versions"].contains(&name.as_str()));
            asked["import"] = json!(import);
            let theirs = app.as_(who).post(path, asked.clone()).await.expect_problem(422, "invalid-body");
            asked["import"] = json!(UNKNOWN);
            let none = app.as_(who).post(path, asked).await.expect_problem(422, "invalid-body");
            for problem in [&theirs, &none] {
                assert_eq!(problem["errors"][0]["code"], "reference-unknown", "{problem}");
                assert_eq!(pointers(problem), ["/import"]);
            }
            assert_eq!(
                theirs.to_string().replace(&import, UNKNOWN),
                none.to_string(),
                "as if there were no such import"
            );
        }
        assert_eq!(state_of(&app, &draft).await, "draft");
    })
    .await;
}

#[actix_web::test]
async fn a_draft_that_was_changed_since_it_was_read_is_not_approved() {
    on_a_demo_of_its_own(async |app| {
        let (one, other) = (drafted(&app, "place-a").await, drafted(&app, "place-b").await);
        let ids = json!([id_of(&one), id_of(&other)]);
        let told = results(&app, "editor", "/v1/submissions", json!({ "drafts": ids, "versions": [1, 1] })).await;
        let versions: Vec<_> = told["results"].as_array().expect("results").iter().map(|row| &row["version"]).collect();
        let read = json!(versions);
        results(&app, "editor", "/v1/withdrawals", json!({ "drafts": [ids[0]] })).await;
        let draft = app.as_("editor").json(&format!("/v1/drafts/{}", id_of(&one))).await;
        app.as_("editor").patch(&draft, json!({ "body": { "name": "偷偷改的" } })).await.expect_status(200);
        results(&app, "editor", "/v1/submissions", json!({ "drafts": [ids[0]] })).await;

        let reviewing = json!({ "drafts": ids, "versions": read, "kind": "legality" });
        let told = results(&app, "reviewer-1", "/v1/reviews", reviewing).await;
        assert_eq!(lines(&told), ["412 stale", "200 half_approved"]);
        assert_eq!(state_of(&app, &one).await, "submitted");
    })
    .await;
}

#[actix_web::test]
async fn many_are_sent_back_taken_back_and_given_up() {
    on_a_demo_of_its_own(async |app| {
        let mut ids = Vec::new();
        for code in ["place-a", "place-b", "place-c"] {
            ids.push(drafted(&app, code).await["id"].clone());
        }
        results(&app, "editor", "/v1/submissions", json!({ "drafts": ids })).await;
        let silent = app.as_("reviewer-1").post("/v1/returns", json!({ "drafts": ids })).await;
        assert_eq!(pointers(&silent.expect_problem(422, "invalid-body")), ["/comment"]);
        let returning = json!({ "drafts": ids[..2], "comment": "请核对电话" });
        let told = results(&app, "publisher", "/v1/returns", returning).await;
        assert_eq!(lines(&told), ["200 returned", "200 returned"]);
        let draft = app.as_("editor").json(&format!("/v1/drafts/{}", ids[1].as_str().expect("an id"))).await;
        assert_eq!(
            (&draft["comments"][0]["step"], &draft["comments"][0]["text"]),
            (&json!("return"), &json!("请核对电话"))
        );

        let told = results(&app, "editor-2", "/v1/withdrawals", json!({ "drafts": ids })).await;
        assert_eq!(lines(&told), vec!["403 forbidden"; 3], "only the author");
        let told = results(&app, "editor", "/v1/withdrawals", json!({ "drafts": ids, "comment": "另行起草" })).await;
        assert_eq!(lines(&told), ["409 state-conflict", "409 state-conflict", "200 draft"]);
        let told = results(&app, "editor", "/v1/discards", json!({ "drafts": ids, "atomic": true })).await;
        assert_eq!(lines(&told), vec!["200 discarded"; 3]);
        let told = results(&app, "editor", "/v1/discards", json!({ "drafts": ids })).await;
        assert_eq!(lines(&told), vec!["409 state-conflict"; 3], "they are closed");
    })
    .await;
}

#[actix_web::test]
async fn reason_and_document_are_given_once_for_those_that_have_none() {
    on_a_demo_of_its_own(async |app| {
        let suspend = |key: &str| json!({ "kind": "item", "action": "suspend", "key": key });
        let mut with_reason = suspend(ITEM);
        with_reason["reason"] = json!("自己的原因");
        let one = app.as_("county-editor").drafts(with_reason).await;
        let other = app.as_("county-editor").drafts(suspend(OTHER_ITEM)).await;
        let ids = json!([id_of(&one), id_of(&other)]);
        let told = results(&app, "county-editor", "/v1/submissions", json!({ "drafts": ids })).await;
        assert_eq!(lines(&told), ["422 invalid-body", "422 invalid-body"], "they need both");

        let words = json!({ "drafts": ids, "versions": [1, 1], "reason": "年度核对", "document": decision() });
        let told = results(&app, "county-editor", "/v1/submissions", words.clone()).await;
        assert_eq!(lines(&told), ["200 submitted", "200 submitted"]);
        let read = async |draft: &Value| app.as_("county-editor").json(&format!("/v1/drafts/{}", id_of(draft))).await;
        for (draft, reason) in [(&one, "自己的原因"), (&other, "年度核对")] {
            let draft = read(draft).await;
            assert_eq!((&draft["reason"], &draft["document"]["title"]), (&json!(reason), &decision()["title"]));
        }
        let reviewing = reviewing(&app, "county-editor", &ids, "legality").await;
        results(&app, "county-reviewer-1", "/v1/reviews", reviewing).await;
        let approved = [read(&one).await, read(&other).await];
        let later = json!({ "drafts": ids, "reason": "审查之后的话", "document": decision() });
        let told = results(&app, "county-editor", "/v1/submissions", later).await;
        assert_eq!(lines(&told), ["409 state-conflict", "409 state-conflict"]);
        assert_eq!([read(&one).await, read(&other).await], approved, "nothing is written after an approval");
    })
    .await;
}

#[actix_web::test]
async fn drafts_that_name_each_other_are_submitted_together() {
    on_a_demo_of_its_own(async |app| {
        let code = uscc("11350121MB0000001");
        let new = |body: Value| json!({ "kind": "organisation", "action": "create", "body": body });
        let hall = drafted_by(&app, "county-editor", place("new-place", &code)).await;
        let mut unnamed = organisation(&code, "新设机构");
        unnamed.as_object_mut().expect("an object").remove("name");
        let office = app.as_("county-editor").drafts(new(unnamed)).await;
        let both = json!({ "drafts": [id_of(&hall), id_of(&office)] });
        let told = results(&app, "county-editor", "/v1/submissions", both.clone()).await;
        assert_eq!(lines(&told), ["422 invalid-body", "422 invalid-body"], "what names a refused one is refused");
        assert_eq!(told["results"][0]["problem"]["errors"][0]["code"], "organisation-unknown");

        app.as_("county-editor").patch(&office, json!({ "body": { "name": "新设机构" } })).await.expect_status(200);
        let told = results(&app, "county-editor", "/v1/submissions", both).await;
        assert_eq!(lines(&told), ["200 submitted", "200 submitted"], "in whatever order they are named");
    })
    .await;
}

#[actix_web::test]
async fn a_request_says_clearly_which_drafts_it_means() {
    on_a_demo_of_its_own(async |app| {
        let editor = app.as_("county-editor");
        let import = imported(&app, 1).await["id"].clone();
        for (asked, pointer, code) in [
            (json!({}), "/drafts", "required"),
            (json!({ "drafts": [] }), "/drafts", "too-few"),
            (json!({ "drafts": vec![UNKNOWN; 501] }), "/drafts", "too-many"),
            (json!({ "drafts": [UNKNOWN], "import": import }), "/import", "unknown-field"),
            (json!({ "drafts": [UNKNOWN], "versions": [1, 2] }), "/versions", "too-many"),
            (json!({ "drafts": [UNKNOWN, ITEM], "versions": [1] }), "/versions", "too-few"),
            (json!({ "import": import, "versions": [1] }), "/versions", "unknown-field"),
            (json!({ "drafts": [UNKNOWN], "colour": "red" }), "/colour", "unknown-field"),
        ] {
            for path in ["/v1/submissions", "/v1/withdrawals", "/v1/discards"] {
                let problem = editor.post(path, asked.clone()).await.expect_problem(422, "invalid-body");
                let error = &problem["errors"][0];
                assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{path} {asked}");
            }
        }
        let early = editor.post("/v1/submissions", json!({ "import": import })).await;
        let problem = early.expect_problem(409, "state-conflict");
        assert!(problem["detail"].as_str().is_some_and(|told| told.contains("apply")), "what to do first: {problem}");
        let none = app.as_("county-publisher").post("/v1/publications", json!({})).await;
        assert_eq!(pointers(&none.expect_problem(422, "invalid-body")), ["/drafts"]);
    })
    .await;
}
