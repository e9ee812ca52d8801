//! All requests of the staff part: tokens, permissions, bodies, preconditions, requests that come again.

use std::sync::atomic::Ordering;

use chrono::{TimeDelta, Utc};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use qingdan::{
    register::db::{Conn, DbError, schema::idempotency},
    staff::requests::forget_old,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{insist, on_a_demo_of_its_own, send},
    things::{BEGUN, post, request, trail, with_things},
};

const ITEM: &str = "11350121003619116B5000511001000";
const OTHER_ITEM: &str = "11350121003619116B5000511002000";

#[actix_web::test]
async fn without_a_token_that_holds_one_is_told_to_bring_one() {
    with_things(async |app| {
        // Only who brought a token is told that it does not hold (RFC 6750, 3.1).
        let (plain, invalid) = ("Bearer realm=\"qingdan\"", "Bearer realm=\"qingdan\", error=\"invalid_token\"");
        for (headers, challenge) in [
            (vec![], plain),
            (vec![("authorization", "Basic ZWRpdG9yOmE=")], plain),
            (vec![("authorization", "Bearer nonsense")], invalid),
        ] {
            let answer = app.get_with("/v1/things/1", &headers).await;
            answer.expect_problem(401, "unauthenticated");
            assert_eq!(answer.header("www-authenticate"), challenge);
        }
        app.get_with("/v1/things/1", &[("authorization", "bearer editor")]).await.expect_status(200);
        let told = trail(&app).await;
        assert!(told.is_empty(), "strangers are counted: {told:?}");
    })
    .await;
}

#[actix_web::test]
async fn who_may_not_is_told_which_permission_it_takes() {
    with_things(async |app| {
        let refused = post(&app, "auditor", "/v1/things", &json!({ "name": "a" })).await;
        let problem = refused.expect_problem(403, "forbidden");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("items:edit")), "{problem}");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("编辑和提交草稿") && detail.contains("账号管理员"), "{problem}");
        let problem = send(request(&app, Method::GET, "/v1/audit", "editor")).await.expect_problem(403, "forbidden");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("audit:read")), "{problem}");
        send(request(&app, Method::GET, "/v1/things/1", "nobody")).await.expect_problem(403, "forbidden");
        let told: Vec<_> = trail(&app).await.into_iter().map(|row| row["action"].clone()).collect();
        assert_eq!(told, ["thing.create", "audit.list", "thing.get"], "reads that were not permitted, too");
    })
    .await;
}

#[actix_web::test]
async fn every_mistake_of_a_body_is_told_in_its_own_way() {
    with_things(async |app| {
        let sent = async |kind: &str, body: String| {
            let request = request(&app, Method::POST, "/v1/things", "editor").header("content-type", kind);
            send(request.body(body).header("accept-language", "en")).await
        };
        let problem =
            sent("application/json", "{\n \"name\": \"a\",\n}".into()).await.expect_problem(400, "unreadable-body");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Line 3, column 1")), "{problem}");
        sent("application/json", "{\"name\":\"\u{0}".into()).await.expect_problem(400, "unreadable-body");
        let problem = sent("text/plain", "{}".into()).await.expect_problem(415, "unsupported-media-type");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("application/json")), "{problem}");
        sent("", "{}".into()).await.expect_problem(415, "unsupported-media-type");
        sent("application/json; charset=utf-8", json!({ "name": "a" }).to_string()).await.expect_status(201);

        // A long body is read elsewhere than a short one.
        for length in [21, 100_000] {
            let wrong = json!({ "name": "a".repeat(length), "colour": "red", "size": 1 });
            let problem = sent("application/json", wrong.to_string()).await.expect_problem(422, "invalid-body");
            let mistakes = problem["errors"].as_array().expect("mistakes").iter();
            let mut mistakes: Vec<_> = mistakes.map(|one| (one["pointer"].clone(), one["code"].clone())).collect();
            mistakes.sort_by_key(|(pointer, _)| pointer.to_string());
            let expected = [("/colour", "unknown-field"), ("/name", "too-long"), ("/size", "unknown-field")];
            assert_eq!(mistakes, expected.map(|(pointer, code)| (json!(pointer), json!(code))));
        }
        let broken = format!("{{\"name\":\"{}\"", "a".repeat(100_000));
        sent("application/json", broken).await.expect_problem(400, "unreadable-body");
        let problem = sent("application/json", String::new()).await.expect_problem(422, "invalid-body");
        assert_eq!(problem["errors"][0]["pointer"], "/name", "an empty body is an empty object");
        sent("application/json", "[]".into()).await.expect_problem(422, "invalid-body");

        for depth in [100, 200, 100_000] {
            let deep = format!("{{\"name\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
            let answer = sent("application/json", deep).await;
            assert!(matches!(answer.status.as_u16(), 400 | 422), "{depth}: {answer:?}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
        app.get("/health/live").await.expect_status(200);
    })
    .await;
}

/// RFC 5789, 2.2 and 3.1.
#[actix_web::test]
async fn who_sends_a_change_in_another_form_is_told_the_forms_of_changes() {
    with_things(async |app| {
        let draft = "/v1/drafts/019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d";
        let sent = async |method, path: &str| {
            let request = request(&app, method, path, "editor").header("content-type", "text/plain");
            send(request.header("if-match", "*").body("{}")).await
        };

        let refused = sent(Method::PATCH, draft).await;
        let of_another_method = sent(Method::POST, "/v1/drafts").await;
        let told = app.send(Method::OPTIONS, draft, &[]).await;

        refused.expect_problem(415, "unsupported-media-type");
        assert_eq!(refused.header("accept-patch"), "application/json, application/merge-patch+json");
        of_another_method.expect_problem(415, "unsupported-media-type");
        assert_eq!(of_another_method.header("accept-patch"), "");
        assert_eq!(told.header("accept-patch"), refused.header("accept-patch"));
        assert_eq!(app.send(Method::OPTIONS, "/v1/drafts", &[]).await.header("accept-patch"), "");
    })
    .await;
}

#[actix_web::test]
async fn a_change_needs_the_version_that_its_author_saw() {
    with_things(async |app| {
        let change = async |tags: &[&str]| {
            let request = request(&app, Method::PATCH, "/v1/things/3", "editor").json(&json!({}));
            send(tags.iter().fold(request, |request, tag| request.header("if-match", *tag))).await
        };
        change(&[]).await.expect_problem(428, "precondition-missing");
        let stale = change(&["\"2\""]).await.expect_problem(412, "stale");
        assert_eq!(stale["conflict"]["version"], 3, "it says what stands there now");
        change(&["\"three\""]).await.expect_problem(412, "stale");
        let problem = change(&["3"]).await.expect_problem(400, "invalid-header");
        assert_eq!(problem["errors"][0]["header"], "If-Match");
        // As proxies that compress make of it.
        let suffixes = ["", "-gzip", "--gzip", ";gzip", ":gzip", "-x-gzip", "-br", "-zstd", "-deflate"];
        for (weak, suffix) in ["", "W/"].into_iter().flat_map(|weak| suffixes.map(|suffix| (weak, suffix))) {
            let changed = change(&[&format!("{weak}\"3{suffix}\"")]).await;
            changed.expect_status(200);
            assert_eq!(changed.header("etag"), "\"4\"");
            change(&[&format!("{weak}\"2{suffix}\"")]).await.expect_problem(412, "stale");
        }
        for other in ["\"3-other\"", "\"3gzip\"", "\"3-3\"", "W/\"-gzip\""] {
            change(&[other]).await.expect_problem(412, "stale");
        }
        for tags in
            [vec!["\"3\""], vec!["\"2\", \"3\""], vec!["\"2\"", "\"3\""], vec!["*"], vec!["W/\"2\", W/\"3-gzip\""]]
        {
            let changed = change(&tags).await;
            changed.expect_status(200);
            assert_eq!(changed.header("etag"), "\"4\"");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_read_is_private_and_conditional() {
    with_things(async |app| {
        let answer = send(request(&app, Method::GET, "/v1/things/1", "editor")).await;
        answer.expect_status(200);
        assert_eq!((answer.header("etag"), answer.header("cache-control")), ("\"7\"", "no-store"));
        let again =
            send(request(&app, Method::GET, "/v1/things/1", "editor").header("if-none-match", "\"6\", \"7\"")).await;
        again.expect_status(304);
        send(request(&app, Method::HEAD, "/v1/things/1", "editor")).await.expect_status(200);
        let wrong = send(request(&app, Method::PUT, "/v1/things/1", "editor")).await;
        wrong.expect_problem(405, "method-not-allowed");
        assert_eq!(wrong.header("allow"), "GET, HEAD, PATCH, OPTIONS");
    })
    .await;
}

#[actix_web::test]
async fn what_is_asked_again_with_its_key_is_done_once() {
    with_things(async |app| {
        let ask = async |token: &str, key: &str, body: Value| {
            send(request(&app, Method::POST, "/v1/things", token).header("idempotency-key", key).json(&body)).await
        };
        let first = ask("editor", "k-1", json!({ "name": "a" })).await;
        first.expect_status(201);
        let again = ask("editor", "k-1", json!({ "name": "a" })).await;
        again.expect_status(201);
        assert_eq!(again.json()["id"], first.json()["id"]);
        assert_eq!((again.header("location"), again.header("etag")), (first.header("location"), first.header("etag")));
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
        assert_eq!(first.json()["secret"], "once-only");
        assert!(again.json().get("secret").is_none(), "what is shown once is not stored");

        ask("editor", "k-1", json!({ "name": "b" })).await.expect_problem(422, "idempotency-mismatch");
        let theirs = ask("other", "k-1", json!({ "name": "a" })).await;
        assert_ne!(theirs.json()["id"], first.json()["id"], "everybody has keys of their own");
        for wrong in ["", " ", &"k".repeat(256)] {
            ask("editor", wrong, json!({ "name": "a" })).await.expect_problem(400, "invalid-header");
        }
        let done = trail(&app).await.into_iter().filter(|row| row["outcome"] == "done").count();
        assert_eq!(done, 2, "a replay is no second line");
    })
    .await;
}

#[actix_web::test]
async fn what_was_refused_can_be_tried_again_with_the_same_key() {
    with_things(async |app| {
        let ask = async |body: Value| {
            send(request(&app, Method::POST, "/v1/things", "editor").header("idempotency-key", "k").json(&body)).await
        };
        ask(json!({})).await.expect_problem(422, "invalid-body");
        let refuse = request(&app, Method::POST, "/v1/things/1/refuse", "editor").header("idempotency-key", "k");
        send(refuse).await.expect_problem(409, "state-conflict");
        ask(json!({ "name": "a" })).await.expect_status(201);
    })
    .await;
}

#[actix_web::test]
async fn equal_requests_at_the_same_time_have_one_effect_and_one_answer() {
    with_things(async |app| {
        let ask = || request(&app, Method::POST, "/v1/things", "editor").header("idempotency-key", "at-once");
        let asked: Vec<_> =
            (0..12).map(|_| actix_web::rt::spawn(insist(ask().json(&json!({ "name": "a" }))))).collect();
        let mut ids = Vec::new();
        for answer in asked {
            let answer = answer.await.expect("it ends");
            answer.expect_status(201);
            ids.push(answer.json()["id"].clone());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
        let told = trail(&app).await;
        assert_eq!(told.iter().filter(|row| row["action"] == "thing.create").count(), 1, "{told:?}");
        assert!(BEGUN.load(Ordering::Relaxed) > 0);
    })
    .await;
}

#[actix_web::test]
async fn of_the_answers_kept_for_an_account_the_oldest_lose_their_bodies_beyond_a_bound() {
    on_a_demo_of_its_own(async |app| {
        let kept = async || -> Vec<(String, bool, i64)> {
            let columns = (idempotency::idempotency_key, idempotency::body.is_not_null(), idempotency::bytes);
            let all = move |conn: &mut Conn| {
                let all = idempotency::table.select(columns).order(idempotency::idempotency_key);
                all.load(conn).map_err(DbError::from)
            };
            app.register.db.read(all).await.expect("they are kept")
        };
        let editor = app.as_("editor");
        let new = json!({ "kind": "item", "action": "amend", "key": ITEM });
        let make = async || editor.send(Method::POST, "/v1/drafts", &[("Idempotency-Key", "1")], Some(&new)).await;
        let made = make().await;
        made.expect_status(201);
        let found = kept().await;
        assert!(matches!(&found[..], [(_, true, bytes)] if *bytes > 4096), "{found:?}");

        let fill = |conn: &mut Conn| {
            let full = diesel::update(idempotency::table).set(idempotency::bytes.eq(64_i64 << 20));
            full.execute(conn).map_err(DbError::from)
        };
        app.register.db.write(fill).await.expect("it is written");
        let other = json!({ "kind": "item", "action": "amend", "key": OTHER_ITEM });
        editor.send(Method::POST, "/v1/drafts", &[("Idempotency-Key", "2")], Some(&other)).await.expect_status(201);
        let found = kept().await;
        assert!(matches!(&found[..], [(_, false, 0), (_, true, _)]), "{found:?}");
        let again = make().await;
        again.expect_status(201);
        assert_eq!((again.header("location"), again.text()), (made.header("location"), ""), "it is not done twice");
    })
    .await;
}

#[actix_web::test]
async fn stored_answers_are_forgotten_after_a_day_by_whichever_replica_comes_first() {
    with_things(async |app| {
        let stored = async || {
            app.register
                .db
                .read(|conn| {
                    idempotency::table.count().get_result::<i64>(conn).map_err(qingdan::register::db::DbError::from)
                })
                .await
                .expect("it can be counted")
        };
        let ask = || request(&app, Method::POST, "/v1/things", "editor").header("idempotency-key", "k");
        let first = send(ask().json(&json!({ "name": "a" }))).await;
        let chore = "forget answers to repeated requests";

        assert!(app.chores.run(chore, Utc::now() + TimeDelta::hours(23)).await);
        assert_eq!(stored().await, 1);
        let later = Utc::now() + TimeDelta::hours(25);
        let replicas: Vec<_> = (0..4)
            .map(|_| {
                let db = app.register.db.clone();
                actix_web::rt::spawn(async move { db.write(move |conn| forget_old(conn, later)).await })
            })
            .collect();
        let mut forgotten = 0;
        for replica in replicas {
            forgotten += replica.await.expect("it ends").expect("it does not mind the others");
        }
        assert_eq!((forgotten, stored().await), (1, 0));
        assert!(app.chores.run(chore, later).await);
        let second = send(ask().json(&json!({ "name": "a" }))).await;
        assert_ne!(second.json()["id"], first.json()["id"]);
    })
    .await;
}
