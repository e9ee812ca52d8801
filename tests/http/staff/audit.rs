//! The audit trail: what is in it, who may read it, and that nobody can alter it unseen.

use std::process::Output;

use chrono::Utc;
use diesel::{QueryableByName, RunQueryDsl, sql_types::Text};
use qingdan::{
    register::db::{Conn, DbError},
    staff::audit::verify,
};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::helpers::{
    app::{TestApp, insist, new_sqlite_database, send},
    processes::{binary, url_of},
    things::{OFFICE, TOWN, post, request, setup, trail, with_things},
};

/// Runs a statement; which one may depend on the database.
async fn run(app: &TestApp, on_sqlite: &'static str, on_postgres: &'static str) -> Result<usize, String> {
    let done = app.register.db.write(move |conn| {
        let statement = match conn {
            Conn::Sqlite(_) => on_sqlite,
            Conn::Postgres(_) => on_postgres,
        };
        diesel::sql_query(statement).execute(conn).map_err(DbError::from)
    });
    done.await.map_err(|error| error.to_string())
}

async fn lift_the_guard(app: &TestApp) {
    run(app, "DROP TRIGGER audit_no_update", "DROP TRIGGER audit_append_only ON audit").await.expect("it is there");
    run(app, "DROP TRIGGER audit_no_delete", "SELECT 1").await.expect("it is there");
}

#[actix_web::test]
async fn what_was_refused_is_found_without_a_look_at_what_was_done() {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    let app = TestApp::start(new_sqlite_database());
    for (who, index) in [("", "audit_refused "), (" AND actor = 'li'", "audit_refused_of_actor ")] {
        let query = format!(
            "EXPLAIN QUERY PLAN SELECT * FROM audit WHERE seq <= 9 AND outcome = 'refused'{who} ORDER BY seq DESC LIMIT 5"
        );
        let planned = app.register.db.read(move |conn| {
            let steps: Vec<Step> = diesel::sql_query(query).load(conn)?;
            Ok::<_, DbError>(steps.into_iter().map(|step| step.detail).collect::<Vec<_>>())
        });
        let planned = planned.await.expect("a plan");
        assert!(planned.len() == 1 && planned[0].contains(index), "{planned:?}");
    }
}

async fn verified(app: &TestApp) -> Result<i64, String> {
    let checked = app.register.db.read(|conn| verify(conn, None)).await;
    checked.map(|whole| whole.lines).map_err(|broken| broken.to_string())
}

async fn four_things(app: &TestApp) {
    for name in ["a", "b", "c", "d"] {
        post(app, "editor", "/v1/things", &json!({ "name": name })).await.expect_status(201);
    }
}

fn qingdan(app: &TestApp, more: &[&str]) -> Output {
    binary().args(["verify", "audit"]).args(more).env("DATABASE_URL", url_of(&app.database)).output().expect("it runs")
}

#[actix_web::test]
async fn what_was_done_and_what_was_refused_has_a_line_with_all_that_is_known() {
    with_things(async |app| {
        let thing = json!({ "name": "低保", "organisation": OFFICE, "division": TOWN });
        let made = send(request(&app, Method::POST, "/v1/things", "editor").header("x-request-id", "r-1").json(&thing)).await;
        made.expect_status(201);
        post(&app, "editor", "/v1/things/1/refuse", &json!({})).await.expect_problem(409, "state-conflict");
        send(request(&app, Method::GET, "/v1/things/hidden", "editor")).await.expect_problem(404, "not-found");

        let rows = trail(&app).await;
        assert_eq!(rows.len(), 3);
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        let (hash, at) = (rows[0]["hash"].clone(), rows[0]["at"].clone());
        let expected = json!({
            "seq": 1, "at": at, "actor": "editor", "address": "127.0.0.1", "request_id": "r-1", "action": "thing.create",
            "subject": format!("thing/{id}"), "organisation": OFFICE, "division": TOWN, "outcome": "done", "problem": null,
            "detail": { "b": 1, "a": "低保" }, "previous": "", "hash": hash,
        });
        assert_eq!(rows[0], expected);
        let refused = json!(["thing.refuse", "/v1/things/1/refuse", OFFICE, "refused", "state-conflict"]);
        let row = |row: &Value| json!([row["action"], row["subject"], row["organisation"], row["outcome"], row["problem"]]);
        assert_eq!(row(&rows[1]), refused);
        assert_eq!(rows[2]["problem"], "not-found", "looking for what is hidden");
    })
    .await;
}

#[actix_web::test]
async fn strangers_are_counted_and_told_of_in_one_line() {
    with_things(async |app| {
        let long = format!("/v1/things/{}", "x".repeat(6000));
        let stranger = json!({ "username": "nobody-here", "password": "guess number one of many" });
        for _ in 0..3 {
            send(request(&app, Method::GET, &long, "token-that-does-not-hold")).await.expect_status(401);
            post(&app, "", "/v1/sessions", &stranger).await.expect_status(401);
            post(&app, "", "/v1/sessions/refresh", &json!({ "refresh_token": "made up" })).await.expect_status(401);
            let form = "grant_type=client_credentials&client_id=nobody-here&client_secret=x";
            app.form("/v1/oauth/token", &[], form).await.expect_status(401);
            app.form("/v1/oauth/token", &[], "grant_type=password").await.expect_status(400);
        }
        send(request(&app, Method::GET, &long, "nobody")).await.expect_problem(403, "forbidden");

        assert!(app.chores.run("tell of refused strangers", Utc::now()).await);
        assert!(app.chores.run("tell of refused strangers", Utc::now()).await);

        let rows = trail(&app).await;
        assert_eq!(rows.len(), 2, "{rows:?}");
        let cut = rows[0]["subject"].as_str().expect("a subject");
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (301, true), "{cut}");
        let counts = json!({ "refused": { "unauthenticated": 6, "bad-credentials": 6, "unreadable-body": 3 } });
        assert_eq!((&rows[1]["actor"], &rows[1]["detail"]), (&json!("system"), &counts));
    })
    .await;
}

#[actix_web::test]
async fn nothing_secret_is_in_it() {
    with_things(async |app| {
        post(&app, "editor", "/v1/things", &json!({ "name": "a" })).await.expect_status(201);
        post(&app, "token-that-does-not-hold", "/v1/things", &json!({ "name": "swordfish" })).await.expect_status(401);
        post(&app, "auditor", "/v1/things", &json!({ "name": "swordfish" })).await.expect_status(403);
        post(&app, "editor", "/v1/things?password=swordfish", &json!({ "name": "a" })).await.expect_status(400);
        let text = serde_json::to_string(&trail(&app).await).expect("JSON");
        for secret in ["once-only", "token-that-does-not-hold", "swordfish", "Bearer"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    })
    .await;
}

#[actix_web::test]
async fn anybody_who_has_the_rows_can_check_them() {
    with_things(async |app| {
        four_things(&app).await;
        post(&app, "nobody", "/v1/things", &json!({})).await.expect_status(403);
        let mut previous = String::new();
        for mut row in trail(&app).await {
            let hash = row.as_object_mut().expect("an object").remove("hash").expect("a hash");
            assert_eq!(row["previous"], previous);
            let digest = Sha256::digest(serde_json_canonicalizer::to_vec(&row).expect("JSON"));
            previous = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hash, previous, "{row}");
        }
        assert!(!previous.is_empty());
    })
    .await;
}

#[actix_web::test]
async fn it_is_read_by_filters_page_by_page_newest_first() {
    with_things(async |app| {
        four_things(&app).await;
        post(&app, "other", "/v1/things", &json!({ "name": "e", "division": TOWN })).await.expect_status(201);
        post(&app, "other", "/v1/things/1/refuse", &json!({})).await.expect_status(409);
        let read = async |query: &str| {
            let answer = send(request(&app, Method::GET, &format!("/v1/audit{query}"), "auditor")).await;
            answer.expect_status(200);
            answer
        };
        let seqs = |page: &Value| -> Vec<i64> {
            page["items"].as_array().expect("rows").iter().filter_map(|row| row["seq"].as_i64()).collect()
        };

        let first = read("?limit=4").await;
        let page = first.json();
        assert_eq!((seqs(&page), &page["total"], &page["seq"]), (vec![6, 5, 4, 3], &json!(6), &json!(6)));
        let next = page["next"].as_str().expect("a next page").to_owned();
        assert_eq!(first.header("link"), format!("</v1/audit?limit=4&cursor={next}>; rel=\"next\""));
        post(&app, "editor", "/v1/things", &json!({ "name": "f" })).await.expect_status(201);
        let second = read(&format!("?limit=4&cursor={next}")).await.json();
        assert_eq!((seqs(&second), &second["total"], &second["next"]), (vec![2, 1], &json!(6), &Value::Null), "pinned");

        let at = |seq: usize| page["items"][6 - seq]["at"].as_str().expect("a time").to_owned();
        let (since, until) = (at(3), at(5));
        let cases = [
            ("?actor=other".to_owned(), vec![6, 5]),
            ("?actor=other&actor=editor&action=thing.create&limit=2".into(), vec![7, 5]),
            ("?outcome=refused".into(), vec![6]),
            ("?action=thing.refuse".into(), vec![6]),
            ("?subject=/v1/things/1/refuse".into(), vec![6]),
            (format!("?division={TOWN}"), vec![5]),
            ("?division=350100".into(), vec![5]),
            ("?division=350121202001".into(), vec![]),
            (format!("?organisation={OFFICE}"), vec![6]),
            ("?since=2100-01-01T00:00:00Z".into(), vec![]),
            ("?until=2000-01-01T00:00:00Z".into(), vec![]),
        ];
        for (query, expected) in cases {
            assert_eq!(seqs(&read(&query).await.json()), expected, "{query}");
        }
        let between = seqs(&read(&format!("?since={since}&until={until}")).await.json());
        let times = |seq: &i64| (3..=7).contains(seq);
        assert!(between.iter().all(times) && (since == until || between.contains(&3)), "{between:?}");
        let total = read("?actor=other&limit=1").await.json();
        assert_eq!(total["total"], 2);
    })
    .await;
}

#[actix_web::test]
async fn every_parameter_that_is_wrong_is_named() {
    with_things(async |app| {
        let path = "/v1/audit?outcome=maybe&since=yesterday&division=99&limit=0&colour=red&actor=";
        let problem = send(request(&app, Method::GET, path, "auditor")).await.expect_problem(400, "invalid-query");
        let named: Vec<_> =
            problem["errors"].as_array().expect("errors").iter().map(|one| one["parameter"].clone()).collect();
        assert_eq!(named, ["division", "actor", "outcome", "since", "limit", "colour"]);
        for path in ["/v1/audit?cursor=nonsense", "/v1/audit?cursor=OTk5OTkuLg"] {
            send(request(&app, Method::GET, path, "auditor")).await.expect_problem(400, "invalid-cursor");
        }
        let order = "/v1/audit?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z";
        send(request(&app, Method::GET, order, "auditor")).await.expect_problem(400, "invalid-query");
    })
    .await;
}

#[actix_web::test]
async fn who_may_read_of_one_place_sees_what_belongs_there_and_what_they_did() {
    with_things(async |app| {
        let things = [
            json!({ "name": "1 in the town", "organisation": OFFICE, "division": TOWN }),
            json!({ "name": "2 of another one", "organisation": "X", "division": TOWN }),
            json!({ "name": "3 of a village", "division": "350121202201" }),
            json!({ "name": "4 of the county", "division": "350121" }),
            json!({ "name": "5 of the next one", "division": "350121203" }),
            json!({ "name": "6 of nobody" }),
        ];
        for thing in things {
            post(&app, "editor", "/v1/things", &thing).await.expect_status(201);
        }
        post(&app, "town-auditor", "/v1/things", &json!({})).await.expect_status(403);
        let seen = async |token: &str| {
            let answer = send(request(&app, Method::GET, "/v1/audit", token)).await.json();
            let rows = answer["items"].as_array().expect("rows").iter();
            let seqs: Vec<_> = rows.filter_map(|row| row["seq"].as_i64()).collect();
            assert_eq!(answer["total"], seqs.len());
            seqs
        };
        assert_eq!(seen("auditor").await, [7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(seen("town-auditor").await, [7, 3, 2, 1]);
        assert_eq!(seen("office-auditor").await, [7, 1], "refused attempts belong to the office of who tried");
        let hidden =
            send(request(&app, Method::GET, "/v1/audit?subject=x&actor=editor&division=35", "town-auditor")).await;
        assert_eq!(hidden.json()["total"], 0);
    })
    .await;
}

#[actix_web::test]
async fn no_line_can_be_altered_or_removed() {
    with_things(async |app| {
        four_things(&app).await;
        for statement in
            ["UPDATE audit SET actor = 'x'", "UPDATE audit SET detail = NULL WHERE seq = 2", "DELETE FROM audit"]
        {
            let refused = run(&app, statement, statement).await.expect_err("it is append-only");
            assert!(refused.contains("append-only"), "{statement}: {refused}");
        }
        let truncated = run(&app, "DELETE FROM audit", "TRUNCATE audit").await;
        assert!(truncated.is_err_and(|refused| refused.contains("append-only")));
        assert_eq!(verified(&app).await, Ok(4));
    })
    .await;
}

#[actix_web::test]
async fn whatever_is_done_to_the_rows_behind_the_guard_is_found() {
    let cases = [
        ("UPDATE audit SET actor = 'wang' WHERE seq = 2", "broken at line 2"),
        ("UPDATE audit SET detail = '{}' WHERE seq = 3", "broken at line 3"),
        ("UPDATE audit SET detail = 'no JSON' WHERE seq = 3", "broken at line 3"),
        ("UPDATE audit SET outcome = 'maybe' WHERE seq = 1", "broken at line 1"),
        ("UPDATE audit SET previous = hash WHERE seq = 2", "broken at line 2"),
        ("DELETE FROM audit WHERE seq = 2", "line 2 is missing"),
        ("DELETE FROM audit WHERE seq = 4", "broken behind line 3"),
        ("UPDATE audit_head SET hash = 'x'", "broken behind line 4"),
    ];
    for (tampering, expected) in cases {
        with_things(async |app| {
            four_things(&app).await;
            assert_eq!(verified(&app).await, Ok(4));
            lift_the_guard(&app).await;
            run(&app, tampering, tampering).await.expect("nothing stands in the way");
            let found = verified(&app).await.expect_err("it is found");
            assert!(found.contains(expected), "{tampering}: {found}");
        })
        .await;
    }
}

#[actix_web::test]
async fn the_command_says_how_far_the_chain_goes_or_where_it_breaks() {
    with_things(async |app| {
        let said = |output: &Output| {
            String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
        };
        let empty = qingdan(&app, &[]);
        assert!(empty.status.success() && said(&empty).contains("no lines yet"), "{empty:?}");

        four_things(&app).await;
        let rows = trail(&app).await;
        let (second, last) = (rows[1]["hash"].as_str().expect("a hash"), rows[3]["hash"].as_str().expect("a hash"));
        let whole = qingdan(&app, &[]);
        assert!(whole.status.success(), "{whole:?}");
        assert_eq!(said(&whole).trim(), format!("the audit trail is whole: 4 lines, head {last}"));
        assert!(qingdan(&app, &["--head", second]).status.success(), "a hash that was noted when there were two lines");

        let other = "0".repeat(64);
        let another = qingdan(&app, &["--head", &other]);
        assert!(!another.status.success() && said(&another).contains(&other), "{another:?}");
        lift_the_guard(&app).await;
        run(&app, "DELETE FROM audit WHERE seq > 1", "DELETE FROM audit WHERE seq > 1").await.expect("it can");
        let broken = qingdan(&app, &[]);
        assert!(!broken.status.success(), "{broken:?}");
        assert_eq!(said(&broken).trim().lines().count(), 1, "{}", said(&broken));
        let statement = "UPDATE audit_head SET seq = 1, hash = (SELECT hash FROM audit WHERE seq = 1)";
        run(&app, statement, statement).await.expect("it can");
        assert!(qingdan(&app, &[]).status.success(), "cut cleanly, the chain alone does not tell");
        assert!(!qingdan(&app, &["--head", second]).status.success(), "what was noted does");
    })
    .await;
}

#[actix_web::test]
async fn many_who_write_at_once_keep_the_chain_whole() {
    with_things(async |app| {
        let replica = TestApp::start_with(app.database.clone(), setup());
        // At each server no more at once than it has connections: a refusal is answered although it cannot be written down.
        let asking: Vec<_> = (0..10)
            .map(|client| {
                let server = if client % 2 == 0 { &app } else { &replica };
                let requests = (0..4).map(|n| {
                    let (path, token) =
                        if (client + n) % 5 == 0 { ("/v1/things/1/refuse", "other") } else { ("/v1/things", "editor") };
                    request(server, Method::POST, path, token).json(&json!({ "name": "a" }))
                });
                let requests: Vec<_> = requests.collect();
                actix_web::rt::spawn(async move {
                    for request in requests {
                        let status = insist(request).await.status.as_u16();
                        assert!(matches!(status, 201 | 409), "{status}");
                    }
                })
            })
            .collect();
        for client in asking {
            client.await.expect("each is answered");
        }
        assert_eq!(verified(&app).await, Ok(40));
    })
    .await;
}

#[test]
fn a_register_that_is_not_there_is_not_found_whole() {
    let ended = binary().args(["verify", "audit"]).env("DATABASE_URL", "sqlite:/tmp/no-such-register.db").output();
    let ended = ended.expect("it runs");
    assert!(!ended.status.success());
    assert!(String::from_utf8_lossy(&ended.stderr).contains("DATABASE_URL"), "{ended:?}");
}
