//! A clerk's day: drafts are found by what one remembers of them, and everybody is told what waits for them.

use chrono::Utc;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use qingdan::register::db::{Conn, DbError, schema::drafts};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{TestApp, on_a_demo_of_its_own, on_both_databases, patched, place, rows_of, walked},
    people::{TOWNSHIP, approved, decision, id_of},
};

const ITEM: &str = "11350121003619116B5000511001000";

/// A proposal about a record, without a text.
fn about(kind: &str, action: &str, key: &str) -> Value {
    json!({ "kind": kind, "action": action, "key": key, "reason": "测试", "document": decision() })
}

/// A draft of a new place of this name, by the township's editor.
async fn place_called(app: &TestApp, code: &str, name: &str) -> Value {
    let mut body = place(code, TOWNSHIP);
    body["name"] = json!(name);
    app.as_("editor").drafts(json!({ "kind": "place", "action": "create", "body": body })).await
}

/// Every byte as a query takes it.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The ids of the drafts that somebody's list holds, and their number.
async fn found(app: &TestApp, who: &str, query: &str) -> Vec<String> {
    let page = app.as_(who).json(&format!("/v1/drafts?limit=200&{query}")).await;
    let ids: Vec<_> = rows_of(&page).iter().map(|row| id_of(row).to_owned()).collect();
    assert_eq!(page["total"], ids.len(), "{query}");
    ids
}

/// What waits for somebody: correct, submit, review, publish. Each list that is named holds as many.
async fn waiting(app: &TestApp, who: &str) -> [u64; 4] {
    let told = app.as_(who).json("/v1/me/tasks").await;
    let tasks = told["tasks"].as_array().expect("tasks");
    let names: Vec<_> = tasks.iter().map(|task| task["task"].as_str().expect("a name")).collect();
    assert_eq!(names, ["correct", "submit", "review", "publish"]);
    let counts: Vec<u64> = tasks.iter().map(|task| task["count"].as_u64().expect("a number")).collect();
    assert_eq!(told["total"], counts.iter().sum::<u64>());
    for task in tasks {
        assert_eq!(task.get("since").is_some(), task["count"] != 0, "{task}");
        let list = app.as_(who).get(task["url"].as_str().expect("an address")).await;
        match who {
            "admin" => drop(list.expect_problem(403, "forbidden")),
            _ => assert_eq!(list.json()["total"], task["count"], "{task}"),
        }
    }
    counts.try_into().expect("four tasks")
}

#[actix_web::test]
async fn a_draft_is_found_by_code_name_reason_number_and_id_in_any_form() {
    on_a_demo_of_its_own(async |app| {
        let name = app.json(&format!("/v1/items/{ITEM}")).await["name"].as_str().expect("a name").to_owned();
        let mut cancel = about("item", "cancel", ITEM);
        cancel["reason"] = json!("證明事項减少100%");
        let cancel = app.as_("editor").drafts(cancel).await;
        let shop = place_called(&app, "service_point", "ＡＢＣ便民服务点").await;
        let (cancelled, made) = (id_of(&cancel).to_owned(), id_of(&shop).to_owned());
        let half: String = name.chars().take(4).collect();
        let both = vec![made.clone(), cancelled.clone()];
        let one = |id: &String| vec![id.clone()];
        for (q, expected) in [
            (name.as_str(), one(&cancelled)),
            (half.as_str(), one(&cancelled)),
            (ITEM, one(&cancelled)),
            (&ITEM.to_lowercase()[4..20], one(&cancelled)),
            ("证明事项", one(&cancelled)),
            ("證明　100%", one(&cancelled)),
            ("100% 证明 不在", vec![]),
            ("洋政〔2026〕8号", one(&cancelled)),
            ("abc", one(&made)),
            ("ａｂｃ便民", one(&made)),
            ("便\u{200b}民", one(&made)),
            ("SERVICE_POINT", one(&made)),
            ("_", one(&made)),
            ("%", one(&cancelled)),
            ("__", vec![]),
            ("\\", vec![]),
            ("'", vec![]),
            (cancelled.as_str(), one(&cancelled)),
            ("没有的", vec![]),
        ] {
            assert_eq!(found(&app, "editor", &format!("q={}", encoded(q))).await, expected, "{q}");
            assert!(found(&app, "neighbour", &format!("q={}", encoded(q))).await.is_empty(), "{q}");
        }
        assert_eq!(found(&app, "editor", "").await, both);
        let of_places = format!("q={}&kind=place&organisation={TOWNSHIP}&state=draft", encoded("abc"));
        assert_eq!(found(&app, "editor", &of_places).await, one(&made));
        for (query, wrong) in [("q=%20", "q"), ("sort=best", "sort"), ("waiting=all", "waiting"), ("mine=yes", "mine")]
        {
            let refused = app.as_("editor").get(&format!("/v1/drafts?{query}")).await;
            let problem = refused.expect_problem(400, "invalid-query");
            assert_eq!(problem["errors"][0]["parameter"], wrong, "{problem}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_list_is_walked_in_three_orders() {
    on_a_demo_of_its_own(async |app| {
        let mut made = Vec::new();
        for number in 0..5 {
            made.push(place_called(&app, &format!("place-{number}"), &format!("第{number}处")).await);
        }
        for index in [3, 0] {
            app.as_("editor").patch(&made[index], json!({ "reason": "补充" })).await.expect_status(200);
        }
        for (sort, order) in [("newest", [4, 3, 2, 1, 0]), ("oldest", [0, 1, 2, 3, 4]), ("changed", [0, 3, 4, 2, 1])] {
            for limit in [1, 2, 5] {
                let path = format!("/v1/drafts?kind=place&limit={limit}&sort={sort}");
                let rows = walked(&path, async |path| app.as_("editor").json(path).await).await;
                let seen: Vec<_> = rows.iter().map(id_of).collect();
                assert_eq!(seen, order.map(|index: usize| id_of(&made[index])), "{path}");
            }
        }
        let first = app.as_("editor").json("/v1/drafts?limit=1&sort=changed").await;
        let elsewhere = format!("/v1/drafts?limit=1&sort=oldest&cursor={}", first["next"].as_str().expect("more"));
        app.as_("editor").get(&elsewhere).await.expect_problem(400, "invalid-cursor");
    })
    .await;
}

#[actix_web::test]
async fn everybody_is_told_what_waits_for_them() {
    on_a_demo_of_its_own(async |app| {
        let body = patched(&app, &format!("/v1/items/{ITEM}"), &json!({ "name": "低保审核确认" })).await;
        let mut amend = about("item", "amend", ITEM);
        amend["body"] = body;
        let draft = app.as_("editor").drafts(amend).await;
        assert_eq!(waiting(&app, "editor").await, [0, 1, 0, 0]);
        for other in ["editor-2", "reviewer-1", "publisher", "powerful", "auditor", "admin"] {
            assert_eq!(waiting(&app, other).await, [0; 4], "{other}");
        }
        assert!(found(&app, "editor-2", "mine=true").await.is_empty());
        // Who writes in it has a part in it.
        let saved = app.as_("editor-2").patch(&draft, json!({ "reason": "调整名称" })).await;
        saved.expect_status(200);
        assert_eq!(waiting(&app, "editor-2").await, [0, 1, 0, 0]);
        for (who, mine) in [("editor", 1), ("editor-2", 1), ("reviewer-1", 0)] {
            assert_eq!(found(&app, who, "mine=true").await.len(), mine, "{who}");
        }

        let draft = app.as_("county-editor").takes(&saved.json(), "submit", json!({})).await;
        assert_eq!(waiting(&app, "editor").await, [0; 4]);
        assert_eq!(found(&app, "county-editor", "mine=true").await.len(), 1, "who hands it in has a part, too");
        for reviewer in ["reviewer-1", "reviewer-2", "county-reviewer-1", "powerful"] {
            assert_eq!(waiting(&app, reviewer).await, [0, 0, 1, 0], "{reviewer}");
        }
        for nobody in ["neighbour-reviewer", "publisher", "editor-2", "auditor"] {
            assert_eq!(waiting(&app, nobody).await, [0; 4], "{nobody}");
        }
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        assert_eq!(waiting(&app, "reviewer-1").await, [0; 4], "nobody gives both");
        assert_eq!(waiting(&app, "reviewer-2").await, [0, 0, 1, 0]);

        let draft = app.as_("reviewer-2").takes(&draft, "return", json!({ "comment": "名称有误" })).await;
        assert_eq!(waiting(&app, "editor").await, [1, 0, 0, 0]);
        assert_eq!(waiting(&app, "reviewer-1").await, [0; 4]);
        assert_eq!(found(&app, "editor", "waiting=correct&waiting=submit").await, [id_of(&draft)]);

        let draft = app.as_("editor").patch(&draft, json!({ "body": { "name": "低保审核" } })).await.json();
        let draft = app.as_("editor").takes(&draft, "submit", json!({})).await;
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        let draft = app.as_("reviewer-2").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
        assert_eq!(waiting(&app, "publisher").await, [0, 0, 0, 1]);
        assert_eq!(waiting(&app, "powerful").await, [0, 0, 0, 1]);
        for nobody in ["neighbour-publisher", "reviewer-1", "editor"] {
            assert_eq!(waiting(&app, nobody).await, [0; 4], "{nobody}");
        }
        app.as_("publisher").takes(&draft, "publish", json!({})).await;
        assert_eq!(waiting(&app, "publisher").await, [0; 4]);
    })
    .await;
}

#[actix_web::test]
async fn who_has_every_power_is_told_only_what_four_eyes_let_them_do() {
    on_a_demo_of_its_own(async |app| {
        let draft = app.as_("powerful").drafts(about("item", "suspend", ITEM)).await;
        assert_eq!(waiting(&app, "powerful").await, [0, 1, 0, 0]);
        let draft = app.as_("powerful").takes(&draft, "submit", json!({})).await;
        assert_eq!(waiting(&app, "powerful").await, [0; 4]);
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        app.as_("reviewer-2").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
        assert_eq!(waiting(&app, "powerful").await, [0; 4]);
        assert_eq!(waiting(&app, "publisher").await, [0, 0, 0, 1]);
    })
    .await;
}

#[actix_web::test]
async fn a_draft_shows_what_its_record_is_called_whatever_it_proposes() {
    on_a_demo_of_its_own(async |app| {
        let name = app.json(&format!("/v1/items/{ITEM}")).await["name"].clone();
        let named = async |draft: &Value| {
            let own = app.as_("editor").json(&format!("/v1/drafts/{}", id_of(draft))).await;
            let rows = app.as_("editor").json(&format!("/v1/drafts?q={}", id_of(draft))).await;
            assert_eq!(rows_of(&rows)[0]["name"], own["name"]);
            own["name"].clone()
        };
        let publish = async |draft: Value| {
            let draft = approved(&app, draft).await;
            assert_eq!(named(&draft).await, name);
            app.as_("publisher").takes(&draft, "publish", json!({})).await;
            assert_eq!(named(&draft).await, name);
        };
        publish(about("item", "suspend", ITEM)).await;
        publish(about("item", "reinstate", ITEM)).await;
        let mut merge = about("item", "merge", ITEM);
        merge["successor"] = json!("11350121003619116B5000511002000");
        let draft = app.as_("editor").drafts(merge).await;
        assert_eq!(draft["name"], name);
        let own = format!("/v1/drafts/{}", id_of(&draft));
        app.as_("editor").send(Method::DELETE, &own, &[("If-Match", "*")], None).await.expect_status(204);
        assert_eq!(named(&draft).await, name, "of a draft that was given up, too");
        publish(about("item", "cancel", ITEM)).await;
        publish(about("item", "reinstate", ITEM)).await;

        let body = patched(&app, &format!("/v1/items/{ITEM}"), &json!({ "name": "不再采用的名称" })).await;
        let mut amend = about("item", "amend", ITEM);
        amend["body"] = body;
        let draft = app.as_("editor").drafts(amend).await;
        assert_eq!(draft["name"], "不再采用的名称");
        let own = format!("/v1/drafts/{}", id_of(&draft));
        app.as_("editor").send(Method::DELETE, &own, &[("If-Match", "*")], None).await.expect_status(204);
        assert_eq!(named(&draft).await, name, "it keeps nothing of its text");
        assert!(found(&app, "editor", &format!("q={}", encoded("不再采用"))).await.is_empty());
    })
    .await;
}

#[actix_web::test]
async fn the_name_of_an_erased_text_goes_with_it() {
    on_a_demo_of_its_own(async |app| {
        let mut body = place("secret-place", TOWNSHIP);
        body["name"] = json!("不该公开的名称");
        let create = json!({ "kind": "place", "action": "create", "body": body });
        let made = approved(&app, create).await;
        app.as_("publisher").takes(&made, "publish", json!({})).await;
        let mut erase = about("place", "erase", "secret-place");
        erase["revision"] = json!(1);
        let erasing = approved(&app, erase).await;
        assert_eq!(erasing["name"], "不该公开的名称", "who reviews it sees what it is about");
        app.as_("publisher").takes(&erasing, "publish", json!({})).await;
        for draft in [&made, &erasing] {
            let draft = app.as_("editor").json(&format!("/v1/drafts/{}", id_of(draft))).await;
            assert_eq!(draft["name"], Value::Null, "{draft}");
        }
        assert!(found(&app, "editor", &format!("q={}", encoded("不该公开"))).await.is_empty());
        assert_eq!(found(&app, "editor", "q=secret-place").await.len(), 2, "the code stays");
    })
    .await;
}

#[actix_web::test]
async fn who_may_read_a_draft_may_comment_on_it_in_any_state_while_it_is_open() {
    on_a_demo_of_its_own(async |app| {
        let say = async |who: &str, draft: &Value, text: &str| {
            let path = format!("/v1/drafts/{}/comments", id_of(draft));
            app.as_(who).post(&path, json!({ "comment": text })).await
        };
        let draft = app.as_("editor").drafts(about("item", "suspend", ITEM)).await;
        let asked = say("auditor", &draft, " 请问依据是哪一条？\r\n谢谢 ").await;
        asked.expect_status(200);
        let told = asked.json();
        assert_eq!((&told["state"], &told["version"]), (&json!("draft"), &json!(2)));
        assert!(told.get("body").is_none(), "the text, which may be long, is not repeated");
        let comment = &told["comment"];
        assert_eq!((&comment["by"], &comment["step"]), (&json!("auditor"), &json!("comment")));
        assert_eq!(comment["text"], "请问依据是哪一条？\n谢谢");
        let stale = app.as_("editor").step(&draft, "submit", json!({})).await.expect_problem(412, "stale");
        assert_eq!(stale["conflict"]["changes"][0]["step"], "comment", "{stale}");
        assert!(stale["detail"].as_str().is_some_and(|detail| detail.contains("内容没有变")), "{stale}");

        let draft = app.as_("editor").takes(&told, "submit", json!({})).await;
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        let draft = app.as_("reviewer-2").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
        let answered = say("editor-2", &draft, "第三条。").await.json();
        let seen = app.as_("editor").json(&format!("/v1/drafts/{}", id_of(&draft))).await;
        assert_eq!((&seen["state"], seen["approvals"].as_array().map(Vec::len)), (&json!("approved"), Some(2)));
        assert_eq!((&seen["state"], &seen["version"]), (&answered["state"], &answered["version"]));
        assert_eq!(seen["comments"][1], answered["comment"]);

        for nobody in ["neighbour", "neighbour-reviewer", "village-editor"] {
            say(nobody, &draft, "与我无关").await.expect_problem(404, "not-found");
        }
        say("admin", &draft, "与我无关").await.expect_problem(403, "forbidden");
        for (body, code) in [
            (json!({}), "required"),
            (json!({ "comment": " \u{200b} " }), "required"),
            (json!({ "comment": null }), "wrong-type"),
            (json!({ "comment": "长".repeat(2001) }), "too-long"),
            (json!({ "comment": "好", "state": "approved" }), "unknown-field"),
        ] {
            let refused = app.as_("editor").post(&format!("/v1/drafts/{}/comments", id_of(&draft)), body).await;
            let problem = refused.expect_problem(422, "invalid-body");
            assert_eq!(problem["errors"][0]["code"], code, "{problem}");
        }
        let path = format!("/v1/drafts/{}/comments", id_of(&draft));
        let body = json!({ "comment": "再问" });
        let stale = app.as_("editor").send(Method::POST, &path, &[("If-Match", "\"1\"")], Some(&body)).await;
        stale.expect_problem(412, "stale");
        let keyed = [("Idempotency-Key", "one question")];
        for _ in 0..2 {
            app.as_("editor").send(Method::POST, &path, &keyed, Some(&body)).await.expect_status(200);
        }
        let seen = app.as_("editor").json(&format!("/v1/drafts/{}", id_of(&draft))).await;
        assert_eq!(seen["comments"].as_array().map(Vec::len), Some(3), "it is not said twice");

        app.as_("publisher").takes(&seen, "publish", json!({})).await;
        say("editor", &draft, "迟了").await.expect_problem(409, "state-conflict");
        let public = app.get(&format!("/v1/items/{ITEM}")).await;
        assert!(!public.text().contains("第三条。"), "a comment is never public");
        let trail = app.trail().await;
        let line = format!("auditor draft.comment draft/{} done", id_of(&draft));
        assert_eq!(trail.iter().filter(|told| told.contains(&line)).count(), 1, "{trail:#?}");
        assert!(!trail.iter().any(|told| told.contains("第三条")), "what was said is in the draft");
    })
    .await;
}

#[actix_web::test]
async fn a_draft_whose_own_name_is_taken_away_has_that_of_its_record() {
    on_a_demo_of_its_own(async |app| {
        let amend = app.as_("editor").drafts(about("item", "amend", ITEM)).await;
        let name = amend["name"].as_str().expect("the name in the register").to_owned();
        let path = format!("/v1/drafts/{}", id_of(&amend));
        let mut seen = amend;
        for (own, expected) in [(json!("不该留下的名称"), "不该留下的名称"), (Value::Null, name.as_str())]
        {
            let tag = format!("\"{}\"", seen["version"]);
            let body = json!({ "body": { "name": own } });
            let saved = app.as_("editor").send(Method::PATCH, &path, &[("If-Match", &tag)], Some(&body)).await;
            saved.expect_status(200);
            seen = saved.json();
            assert_eq!(seen["name"], expected, "{seen}");
        }
        assert!(found(&app, "editor", &format!("q={}", encoded("不该留下"))).await.is_empty());
        assert_eq!(found(&app, "editor", &format!("q={}", encoded(&name))).await, [id_of(&seen)]);
    })
    .await;
}

/// The statements by which a migration fills new columns.
fn updates(migration: &str) -> Vec<String> {
    let lines = migration.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    let statements = lines.split(";\n").map(|statement| statement.trim().trim_end_matches(';').to_owned());
    statements.filter(|statement| statement.starts_with("UPDATE")).collect()
}

#[actix_web::test]
async fn drafts_of_before_are_found_by_name_and_code() {
    const SQLITE: &str = include_str!("../../../migrations/sqlite/2026-12-01-000011_names_of_drafts/up.sql");
    const POSTGRES: &str = include_str!("../../../migrations/postgres/2026-12-01-000012_names_of_drafts/up.sql");
    on_a_demo_of_its_own(async |app| {
        let name = app.json(&format!("/v1/items/{ITEM}")).await["name"].as_str().expect("a name").to_owned();
        let cancel = app.as_("editor").drafts(about("item", "cancel", ITEM)).await;
        let shop = place_called(&app, "service-point", "便民服务点").await;
        let filled = app.register.db.write(|conn| {
            diesel::update(drafts::table)
                .set((drafts::name.eq(None::<String>), drafts::sought.eq("")))
                .execute(conn)?;
            let migration = match conn {
                Conn::Sqlite(_) => SQLITE,
                Conn::Postgres(_) => POSTGRES,
            };
            for statement in updates(migration) {
                diesel::sql_query(statement).execute(conn)?;
            }
            Ok::<Vec<Option<String>>, DbError>(drafts::table.select(drafts::name).order(drafts::id).load(conn)?)
        });
        let filled = filled.await.expect("names");
        assert_eq!(filled, [Some(name.clone()), Some("便民服务点".to_owned())]);
        assert!(app.chores.run("make drafts findable", Utc::now()).await);
        let wide = "ＳＥＲＶＩＣＥ";
        for (q, draft) in
            [(name.as_str(), &cancel), ("服务点", &shop), ("SERVICE", &shop), (wide, &shop), (ITEM, &cancel)]
        {
            assert_eq!(found(&app, "editor", &format!("q={}", encoded(q))).await, [id_of(draft)], "{q}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_search_is_walked_page_by_page() {
    on_both_databases(async |app| {
        for number in 0..12 {
            let name = format!("机构{number}");
            let new = json!({ "kind": "organisation", "action": "create", "body": { "name": name } });
            app.as_("county-editor").drafts(new).await;
        }
        let path = format!("/v1/drafts?limit=5&q={}", encoded("机构1"));
        let rows = walked(&path, async |path| app.as_("county-editor").json(path).await).await;
        let names: Vec<_> = rows.iter().map(|row| row["name"].as_str().expect("a name")).collect();
        assert_eq!(names, ["机构11", "机构10", "机构1"]);
    })
    .await;
}
