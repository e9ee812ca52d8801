//! Administration of accounts: who may see and change whom, and what is never shown.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use chrono::Utc;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use qingdan::{
    base::config::{DatabaseUrl, ServerSettings},
    register::db::{
        DbError,
        schema::{accounts, idempotency, refresh_tokens},
    },
    staff::identity::{self, Account, AccountKind, Grant, SESSION},
    values::code_lists::Role,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    accounts::{PASSWORD, sign_in, try_to_sign_in, user},
    app::{Answer, Setup, TestApp, new_databases, new_sqlite_database, on_a_demo_of_its_own, on_both_databases},
};

const TOWNSHIP: &str = "11350121003619116B";

fn new_user(name: &str, grants: Value) -> Value {
    json!({ "username": name, "display_name": "李某", "password": PASSWORD, "grants": grants })
}

async fn create(app: &TestApp, token: &str, body: &Value) -> Answer {
    app.call(Method::POST, "/v1/users", token, Some(body)).await
}

async fn patch(app: &TestApp, token: &str, path: &str, patch: Value) -> Answer {
    let tag = app.call(Method::GET, path, token, None).await.header("etag").to_owned();
    app.call_with(Method::PATCH, path, token, &[("if-match", &tag)], Some(&patch)).await
}

/// Pointer and code of each mistake.
fn mistakes(answer: &Answer) -> Vec<String> {
    let problem = answer.expect_problem(422, "invalid-body");
    let errors = problem["errors"].as_array().expect("errors").iter();
    errors.map(|error| format!("{} {}", error["pointer"], error["code"]).replace('"', "")).collect()
}

/// A token of an administrator of one division.
async fn division_admin(app: &TestApp, division: &str) -> String {
    let grant = Grant { role: Role::Admin, organisation: None, division: Some(division.into()) };
    app.token_of(&format!("admin-{division}"), None, &[grant]).await
}

#[actix_web::test]
async fn an_administrator_makes_reads_changes_and_disables_users() {
    on_both_databases(async |app| {
        let admin = app.token("admin").await;

        let made =
            create(&app, &admin, &new_user("Li.Ming", json!([{ "role": "editor", "organisation": TOWNSHIP }]))).await;

        made.expect_status(201);
        assert_eq!((made.header("location"), made.header("etag")), ("/v1/users/li%2Eming", "\"1\""));
        let read = app.call(Method::GET, made.header("location"), &admin, None).await;
        assert_eq!(read.json(), made.json());
        assert_eq!(read.json()["disabled"], false);

        let path = "/v1/users/li.ming";
        app.call(Method::PATCH, path, &admin, Some(&json!({}))).await.expect_problem(428, "precondition-missing");
        let stale =
            app.call_with(Method::PATCH, path, &admin, &[("if-match", "\"9\"")], Some(&json!({ "grants": [] }))).await;
        assert_eq!(stale.expect_problem(412, "stale")["conflict"]["version"], 1);
        let changed = patch(&app, &admin, path, json!({ "organisation": TOWNSHIP, "grants": [] })).await;
        assert_eq!((changed.header("etag"), &changed.json()["grants"]), ("\"2\"", &json!([])));
        let cleared = patch(&app, &admin, path, json!({ "organisation": null })).await;
        assert_eq!(cleared.json()["organisation"], Value::Null);
        let wrong = patch(&app, &admin, path, json!({ "display_name": null, "password": "x", "disabled": 1 })).await;
        assert_eq!(mistakes(&wrong), ["/display_name required", "/disabled wrong-type", "/password unknown-field"]);

        let list = app.call(Method::GET, "/v1/users?limit=1", &admin, None).await.json();
        assert_eq!((&list["total"], list["items"].as_array().map(Vec::len)), (&json!(2), Some(1)));
        let next = format!("/v1/users?limit=1&cursor={}", list["next"].as_str().expect("another page"));
        assert_eq!(app.call(Method::GET, &next, &admin, None).await.json()["items"][0]["username"], "li.ming");
    })
    .await;
}

#[actix_web::test]
async fn disabling_an_account_ends_its_sessions_at_once_and_it_cannot_sign_in() {
    on_both_databases(async |app| {
        let admin = app.token("admin").await;
        user(&app, "li", json!([])).await;
        let sign_in = json!({ "username": "li", "password": PASSWORD });
        let tokens = app.call(Method::POST, "/v1/sessions", "", Some(&sign_in)).await.json();
        let (access, refresh) = (tokens["access_token"].as_str().expect("one"), &tokens["refresh_token"]);

        patch(&app, &admin, "/v1/users/li", json!({ "disabled": true })).await.expect_status(200);

        app.call(Method::GET, "/v1/me", access, None).await.expect_problem(401, "unauthenticated");
        let renewal =
            app.call(Method::POST, "/v1/sessions/refresh", "", Some(&json!({ "refresh_token": refresh }))).await;
        renewal.expect_problem(401, "unauthenticated");
        app.call(Method::POST, "/v1/sessions", "", Some(&sign_in)).await.expect_problem(401, "bad-credentials");
        patch(&app, &admin, "/v1/users/li", json!({ "disabled": false })).await.expect_status(200);
        app.call(Method::GET, "/v1/me", access, None).await.expect_problem(401, "unauthenticated");
        app.call(Method::POST, "/v1/sessions", "", Some(&sign_in)).await.expect_status(201);
    })
    .await;
}

#[actix_web::test]
async fn every_mistake_of_a_new_account_is_named_at_once() {
    on_both_databases(async |app| {
        let admin = app.token("admin").await;
        create(&app, &admin, &new_user("li", json!([]))).await.expect_status(201);
        let grants = json!([
            { "role": "editor", "organisation": TOWNSHIP, "division": "350121" },
            { "role": "reviewer", "division": "99" },
            { "role": "auditor" }, { "role": "auditor" },
        ]);

        let twice = create(&app, &admin, &new_user("li", grants)).await;
        let reserved = create(&app, &admin, &new_user("system", json!([]))).await;
        let weak = create(&app, &admin, &json!({ "username": "li2", "display_name": "x", "password": "li2" })).await;
        let common = json!({ "username": "wu", "display_name": "x", "password": "woaini1314520" });
        let common = create(&app, &admin, &common).await;

        assert_eq!(
            mistakes(&twice),
            [
                "/grants/0/division not-with",
                "/grants/1/division division-unknown",
                "/grants/3 duplicate",
                "/username taken",
            ]
        );
        assert_eq!(mistakes(&reserved), ["/username reserved"]);
        assert_eq!(mistakes(&weak), ["/password too-short"]);
        assert_eq!(mistakes(&common), ["/password weak-password"]);
        assert_eq!(common.json()["errors"][0]["detail"], "密码过于常见，容易被猜中");
    })
    .await;
}

#[actix_web::test]
async fn an_administrator_of_a_division_reaches_nothing_outside_of_it() {
    on_a_demo_of_its_own(async |app| {
        let township = division_admin(&app, "350121202").await;
        let all = app.token("admin").await;
        let inside =
            json!([{ "role": "editor", "organisation": TOWNSHIP }, { "role": "reviewer", "division": "350121202201" }]);
        let outside = json!([
            { "role": "editor", "organisation": "11350121003610146D" },
            { "role": "reviewer", "division": "350121" },
            { "role": "admin" },
            { "role": "editor", "organisation": "91350100M000100Y43" },
        ]);
        let mixed =
            json!([{ "role": "editor", "organisation": TOWNSHIP }, { "role": "auditor", "division": "350121" }]);

        create(&app, &township, &new_user("inside", inside)).await.expect_status(201);
        let refused = create(&app, &township, &new_user("outside", outside)).await;
        let nowhere = create(&app, &township, &new_user("nowhere", json!([]))).await;
        create(&app, &all, &new_user("mixed", mixed)).await.expect_status(201);

        let places: Vec<_> = (0..4).map(|index| format!("/grants/{index} outside-own-grant")).collect();
        assert_eq!(mistakes(&refused), places);
        assert_eq!(mistakes(&nowhere), ["/grants too-few"]);
        for path in ["/v1/users/mixed", "/v1/users/test-admin", "/v1/users/nobody"] {
            app.call(Method::GET, path, &township, None).await.expect_problem(404, "not-found");
        }
        let taken_over =
            app.call(Method::PUT, "/v1/users/mixed/password", &township, Some(&json!({ "password": PASSWORD }))).await;
        taken_over.expect_problem(404, "not-found");
        let seen = app.call(Method::GET, "/v1/users", &township, None).await.json();
        let names: Vec<_> = seen["items"].as_array().expect("rows").iter().map(|row| row["username"].clone()).collect();
        assert_eq!(names, ["admin-350121202", "inside"]);
        // A name of elsewhere is not told from one that the register keeps for itself, and only to who would have made the account.
        let own = json!([{ "role": "editor", "organisation": TOWNSHIP }]);
        let elsewhere = create(&app, &township, &new_user("mixed", own.clone())).await;
        let kept = create(&app, &township, &new_user("system", own.clone())).await;
        assert_eq!(mistakes(&elsewhere), ["/username reserved"]);
        assert_eq!(elsewhere.json()["errors"], kept.json()["errors"]);
        let probe = create(&app, &township, &new_user("mixed", json!([{ "role": "admin" }]))).await;
        assert_eq!(mistakes(&probe), ["/grants/0 outside-own-grant"]);
        assert_eq!(mistakes(&create(&app, &township, &new_user("inside", own)).await), ["/username taken"]);
        let raised = patch(&app, &township, "/v1/users/inside", json!({ "grants": [{ "role": "admin" }] })).await;
        assert_eq!(mistakes(&raised), ["/grants/0 outside-own-grant"]);
    })
    .await;
}

#[actix_web::test]
async fn nobody_changes_their_own_grants_and_an_administrator_of_everything_remains() {
    on_both_databases(async |app| {
        let admin = app.token("admin").await;
        let own = "/v1/users/test-admin";

        let raised =
            patch(&app, &admin, own, json!({ "grants": [{ "role": "admin" }, { "role": "publisher" }] })).await;
        let left = patch(&app, &admin, own, json!({ "disabled": true })).await;
        let own_password =
            app.call(Method::PUT, &format!("{own}/password"), &admin, Some(&json!({ "password": PASSWORD }))).await;

        assert_eq!(mistakes(&raised), ["/grants own-grants"]);
        left.expect_problem(409, "state-conflict");
        own_password.expect_problem(403, "forbidden");
        user(&app, "second", json!([{ "role": "admin" }])).await;
        patch(&app, &admin, own, json!({ "disabled": true })).await.expect_status(200);
        app.call(Method::GET, own, &admin, None).await.expect_problem(401, "unauthenticated");
    })
    .await;
}

#[actix_web::test]
async fn only_administrators_see_accounts() {
    on_both_databases(async |app| {
        for who in ["editor", "reviewer", "publisher", "auditor", "integration"] {
            let token = app.token(who).await;
            for path in ["/v1/users", "/v1/clients"] {
                app.call(Method::GET, path, &token, None).await.expect_problem(403, "forbidden");
                app.call(Method::POST, path, &token, Some(&json!({}))).await.expect_problem(403, "forbidden");
            }
        }
        app.get("/v1/users").await.expect_problem(401, "unauthenticated");
    })
    .await;
}

#[actix_web::test]
async fn secrets_are_nowhere_but_in_the_one_answer_that_shows_them() {
    on_both_databases(async |app| {
        let admin = app.token("admin").await;
        let key = [("idempotency-key", "k1")];
        let body = new_user("li", json!([]));
        let made = app.call_with(Method::POST, "/v1/users", &admin, &key, Some(&body)).await;
        made.expect_status(201);
        // The stored answer does not depend on the password: not even its hash is kept with it.
        let other = json!({ "username": "li", "display_name": "李某", "password": "tea at seven, boat", "grants": [] });
        let again = app.call_with(Method::POST, "/v1/users", &admin, &key, Some(&other)).await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        let client = app
            .call_with(Method::POST, "/v1/clients", &admin, &[("idempotency-key", "k2")], Some(&json!({ "name": "c" })))
            .await;
        let secret = client.json()["client_secret"].as_str().expect("shown once").to_owned();
        let signed_in =
            app.call(Method::POST, "/v1/sessions", "", Some(&json!({ "username": "li", "password": PASSWORD }))).await;
        app.call(
            Method::POST,
            "/v1/sessions",
            "",
            Some(&json!({ "username": "li", "password": "a wrong one, but mine" })),
        )
        .await
        .expect_status(401);
        let (access, refresh) = (signed_in.json()["access_token"].clone(), signed_in.json()["refresh_token"].clone());

        let stored = app.register.db.read(|conn| {
            let secrets: Vec<Option<String>> = accounts::table.select(accounts::secret).load(conn)?;
            let answers: Vec<Option<String>> = idempotency::table.select(idempotency::body).load(conn)?;
            let hashes: Vec<String> = refresh_tokens::table.select(refresh_tokens::hash).load(conn)?;
            Ok::<_, DbError>(format!("{secrets:?}{answers:?}{hashes:?}"))
        });
        let everywhere = format!("{}{}", stored.await.expect("rows"), app.trail().await.join("\n"));
        assert!(everywhere.contains("$argon2id$"));
        let read = app.call(Method::GET, "/v1/users/li", &admin, None).await;
        for hidden in
            [PASSWORD, "a wrong one, but mine", &secret, access.as_str().expect("one"), refresh.as_str().expect("one")]
        {
            assert!(!everywhere.contains(hidden), "{hidden} in {everywhere}");
            assert!(!read.text().contains(hidden) && !read.text().contains("argon2"));
        }
    })
    .await;
}

#[actix_web::test]
async fn a_service_client_neither_reviews_nor_publishes_nor_administers() {
    on_both_databases(async |app| {
        let admin = app.token("admin").await;
        let grant = |role: &str| json!({ "role": role, "division": "350121202" });
        let all = ["integration", "reviewer", "editor", "publisher", "admin"].map(grant);
        let refused = json!({ "name": "省平台", "grants": all });
        let client = json!({ "name": "省平台", "grants": [grant("integration")] });

        let refused = app.call(Method::POST, "/v1/clients", &admin, Some(&refused)).await;
        let made = app.call(Method::POST, "/v1/clients", &admin, Some(&client)).await.json();
        let path = format!("/v1/clients/{}", made["client_id"].as_str().expect("an id"));
        let raised = patch(&app, &admin, &path, json!({ "grants": [grant("reviewer")] })).await;

        assert_eq!(mistakes(&refused), [1, 3, 4].map(|index| format!("/grants/{index}/role persons-only")));
        assert_eq!(mistakes(&raised), ["/grants/0/role persons-only"]);
        // One from the time before it was refused.
        let opened = app.register.db.write(|conn| {
            let grants = [Role::Integration, Role::Reviewer, Role::Publisher, Role::Admin].map(|role| Grant {
                role,
                organisation: None,
                division: None,
            });
            let old = Account::new(AccountKind::Client, "client-of-old", "旧", grants.to_vec(), Utc::now());
            identity::insert(conn, &old)?;
            let known = identity::named(conn, "client-of-old")?.expect("it is there");
            identity::open(conn, known, SESSION, Utc::now())
        });
        let opened = opened.await.expect("a session");
        let token =
            app.register.authority.issue(&opened.account, &opened.session, SESSION, Utc::now()).expect("a token");
        let me = app.call(Method::GET, "/v1/me", &token, None).await.json();
        assert_eq!(me["permissions"], json!(["items:read", "items:edit", "quality:read"]));
        for path in ["/v1/drafts/0/approve", "/v1/drafts/0/publish", "/v1/users"] {
            app.call(Method::POST, path, &token, Some(&json!({}))).await.expect_problem(403, "forbidden");
        }
        patch(&app, &admin, "/v1/clients/client-of-old", json!({ "disabled": true })).await.expect_status(200);
    })
    .await;
}

#[actix_web::test]
async fn a_password_that_somebody_else_set_permits_nothing_but_to_change_it() {
    on_both_databases(async |app| {
        let admin = app.token("admin").await;
        let new = new_user("li", json!([{ "role": "editor", "organisation": TOWNSHIP }]));
        assert_eq!(create(&app, &admin, &new).await.json()["must_change_password"], true);
        let (token, _) = sign_in(&app, "li").await;
        let change = async |token: &str, old: &str, new: &str| {
            let body = json!({ "old_password": old, "password": new });
            app.call(Method::PUT, "/v1/me/password", token, Some(&body)).await
        };

        for path in ["/v1/me", "/v1/drafts", "/v1/quality", "/v1/me/audit"] {
            app.call(Method::GET, path, &token, None).await.expect_problem(403, "password-change-required");
        }
        app.call(Method::POST, "/v1/drafts", &token, Some(&json!({})))
            .await
            .expect_problem(403, "password-change-required");
        assert_eq!(mistakes(&change(&token, PASSWORD, PASSWORD).await), ["/password weak-password"]);
        change(&token, PASSWORD, "tea at seven, boat at eight").await.expect_status(204);

        app.call(Method::GET, "/v1/me", &token, None).await.expect_status(200);
        let reset = json!({ "password": "boat at seven, tea at eight" });
        app.call(Method::PUT, "/v1/users/li/password", &admin, Some(&reset)).await.expect_status(204);
        let again = try_to_sign_in(&app, "li", "boat at seven, tea at eight").await.json();
        let token = again["access_token"].as_str().expect("a token");
        app.call(Method::GET, "/v1/me", token, None).await.expect_problem(403, "password-change-required");
        app.call(Method::DELETE, "/v1/sessions/current", token, None).await.expect_status(204);
    })
    .await;
}

#[actix_web::test]
async fn of_an_account_of_before_the_trail_says_whose_choice_its_password_was() {
    const MIGRATION: &str = include_str!("../../../migrations/common/2026-11-30-000010_second_administrator/up.sql");
    on_both_databases(async |app| {
        let admin = app.token("admin").await;
        for name in ["li", "wang"] {
            create(&app, &admin, &new_user(name, json!([]))).await.expect_status(201);
        }
        let (wang, _) = sign_in(&app, "wang").await;
        let change = json!({ "old_password": PASSWORD, "password": "tea at seven, boat at eight" });
        app.call(Method::PUT, "/v1/me/password", &wang, Some(&change)).await.expect_status(204);

        let marked = app.register.db.write(|conn| {
            diesel::update(accounts::table).set(accounts::password_by.eq(None::<String>)).execute(conn)?;
            diesel::sql_query(
                MIGRATION.split_inclusive('\n').skip_while(|line| !line.starts_with("UPDATE")).collect::<String>(),
            )
            .execute(conn)?;
            let marks = accounts::table.select((accounts::name, accounts::password_by)).order(accounts::id);
            Ok::<Vec<(String, Option<String>)>, DbError>(marks.load(conn)?)
        });

        let marked = marked.await.expect("rows");
        let known = |name: &str, by: Option<&str>| (name.to_owned(), by.map(str::to_owned));
        assert_eq!(marked, [known("test-admin", None), known("li", Some("test-admin")), known("wang", None)]);
    })
    .await;
}

/// A token of another administrator of everything.
async fn second_admin(app: &TestApp) -> String {
    app.token_of("second", None, &[Grant { role: Role::Admin, organisation: None, division: None }]).await
}

async fn confirm(app: &TestApp, token: &str, name: &str) -> Answer {
    let path = format!("/v1/users/{name}");
    let tag = app.call(Method::GET, &path, token, None).await.header("etag").to_owned();
    app.call_with(Method::POST, &format!("{path}/confirm"), token, &[("if-match", &tag)], None).await
}

/// Changes the password of an account whose present one is this, as whoever knows it.
async fn change_own_password(app: &TestApp, name: &str, present: &str) -> Answer {
    let signed_in = try_to_sign_in(app, name, present).await.json();
    let token = signed_in["access_token"].as_str().expect("a token");
    let change = json!({ "old_password": present, "password": "completely own words 77 zq" });
    app.call(Method::PUT, "/v1/me/password", token, Some(&change)).await
}

fn reviewer() -> Value {
    json!({ "role": "reviewer", "division": "350121" })
}

#[actix_web::test]
async fn what_gives_power_waits_for_a_second_administrator_where_there_is_one() {
    on_both_databases(async |app| {
        let admin = app.token("admin").await;
        let editor = json!({ "role": "editor", "division": "350121" });
        let alone = create(&app, &admin, &new_user("alone", json!([reviewer()]))).await.json();
        assert_eq!((&alone["grants"], &alone["pending_grants"]), (&json!([reviewer()]), &json!([])));
        let second = second_admin(&app).await;

        let made = create(&app, &admin, &new_user("li", json!([editor, reviewer()]))).await.json();
        let waiting = json!([{ "grant": reviewer(), "given_by": "test-admin" }]);
        assert_eq!((&made["grants"], &made["pending_grants"]), (&json!([editor]), &waiting));
        for role in ["publisher", "admin"] {
            let more = json!({ "grants": [editor, reviewer(), { "role": role, "division": "350121" }] });
            let more = patch(&app, &admin, "/v1/users/li", more).await.json();
            assert_eq!((&more["grants"], more["pending_grants"].as_array().map(Vec::len)), (&json!([editor]), Some(2)));
        }
        let less = patch(&app, &second, "/v1/users/li", json!({ "grants": [editor, reviewer()] })).await.json();
        assert_eq!(less["pending_grants"], waiting, "who gave it stays");
        user(&app, "wang", json!([])).await;
        let given = patch(&app, &second, "/v1/users/wang", json!({ "grants": [reviewer()] })).await;
        assert_eq!(given.json()["grants"], json!([]));
        let (wang, _) = sign_in(&app, "wang").await;
        let me = app.call(Method::GET, "/v1/me", &wang, None).await.json();
        assert_eq!((&me["permissions"], &me["pending_grants"][0]["given_by"]), (&json!([]), &json!("second")));

        confirm(&app, &admin, "li").await.expect_problem(403, "four-eyes");
        change_own_password(&app, "li", PASSWORD).await.expect_status(204);
        let confirmed = confirm(&app, &second, "li").await;
        confirmed.expect_status(200);
        assert_eq!(confirmed.json()["grants"], json!([editor, reviewer()]));
        confirm(&app, &second, "li").await.expect_problem(409, "state-conflict");
        confirm(&app, &admin, "wang").await.expect_status(200);

        let told = app.call(Method::GET, "/v1/me/audit", &wang, None).await.json();
        let told: Vec<_> = told["items"]
            .as_array()
            .expect("lines")
            .iter()
            .map(|line| json!([line["action"], line["actor"]]))
            .collect();
        assert_eq!(
            told,
            [
                json!(["user.confirm", "test-admin"]),
                json!(["user.change", "second"]),
                json!(["user.create", "test-admin"])
            ]
        );
    })
    .await;
}

#[actix_web::test]
async fn nobody_becomes_the_only_administrator_by_disabling_or_taking_over_the_others() {
    on_both_databases(async |app| {
        let (admin, second) = (app.token("admin").await, second_admin(&app).await);
        user(&app, "li", json!([reviewer()])).await;
        confirm(&app, &second, "li").await.expect_status(200);
        let password = json!({ "password": "tea at seven, boat at eight" });

        // A reviewer whose password an administrator sets reviews nothing until another one has seen to it.
        app.call(Method::PUT, "/v1/users/li/password", &admin, Some(&password)).await.expect_status(204);
        let li = app.call(Method::GET, "/v1/users/li", &admin, None).await.json();
        assert_eq!((&li["grants"], &li["pending_grants"][0]["given_by"]), (&json!([]), &json!("test-admin")));
        // Nor does who sets the password confirm what another one gave before.
        user(&app, "wang", json!([])).await;
        patch(&app, &second, "/v1/users/wang", json!({ "grants": [reviewer()] })).await.expect_status(200);
        app.call(Method::PUT, "/v1/users/wang/password", &admin, Some(&password)).await.expect_status(204);
        confirm(&app, &admin, "wang").await.expect_problem(403, "four-eyes");
        let taken = app.call(Method::PUT, "/v1/users/second/password", &admin, Some(&password)).await;
        taken.expect_problem(403, "forbidden");
        patch(&app, &admin, "/v1/users/second", json!({ "disabled": true })).await.expect_status(200);

        confirm(&app, &admin, "li").await.expect_problem(403, "four-eyes");
        let puppet = create(&app, &admin, &new_user("puppet", json!([{ "role": "admin" }]))).await.json();
        assert_eq!(puppet["grants"], json!([]));
    })
    .await;
}

#[actix_web::test]
async fn no_power_is_confirmed_while_somebody_else_knows_the_password() {
    on_both_databases(async |app| {
        let (admin, second) = (app.token("admin").await, second_admin(&app).await);
        create(&app, &admin, &new_user("li", json!([{ "role": "editor", "division": "350121" }]))).await;
        patch(&app, &second, "/v1/users/li", json!({ "grants": [reviewer()] })).await.expect_status(200);

        // The maker of the account knows its password, and would be a reviewer.
        let problem = confirm(&app, &admin, "li").await.expect_problem(409, "state-conflict");
        assert_eq!(problem["conflict"]["password_set_by"], "test-admin");
        change_own_password(&app, "li", PASSWORD).await.expect_status(204);
        confirm(&app, &admin, "li").await.expect_status(200);

        // After a reset the power waits anew, and not for who reset it, whoever changes the password then.
        let reset = "tea at seven, boat at eight";
        let password = json!({ "password": reset });
        app.call(Method::PUT, "/v1/users/li/password", &admin, Some(&password)).await.expect_status(204);
        confirm(&app, &second, "li").await.expect_problem(409, "state-conflict");
        change_own_password(&app, "li", reset).await.expect_status(204);
        confirm(&app, &admin, "li").await.expect_problem(403, "four-eyes");
        confirm(&app, &second, "li").await.expect_status(200);
    })
    .await;
}

#[actix_web::test]
async fn an_operator_may_leave_everything_to_one_administrator() {
    for database in new_databases() {
        let usual = Setup::default();
        let settings = ServerSettings { second_administrator: false, ..usual.settings };
        let app = TestApp::start_with(database, Setup { settings, ..usual });
        let (admin, _) = (app.token("admin").await, second_admin(&app).await);

        let made = create(&app, &admin, &new_user("li", json!([reviewer()]))).await.json();

        assert_eq!(made["grants"], json!([reviewer()]));
    }
}

/// Runs `qingdan`; returns whether it succeeded, and its output.
fn qingdan(database: &DatabaseUrl, arguments: &[&str], input: &str) -> (bool, String) {
    let DatabaseUrl::Sqlite(path) = database else { panic!("a file of SQLite") };
    let mut process = Command::new(env!("CARGO_BIN_EXE_qingdan"))
        .args(arguments)
        .env("DATABASE_URL", format!("sqlite:{path}"))
        .env("RUST_LOG", "off")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    process.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    let ended = process.wait_with_output().expect("it ends");
    let text = [ended.stdout, ended.stderr].concat();
    (ended.status.success(), String::from_utf8(text).expect("UTF-8"))
}

#[actix_web::test]
async fn the_first_administrator_is_made_from_the_shell() {
    let database = new_sqlite_database();
    let line = format!("{PASSWORD}\n");
    let create = ["user", "create", "root", "--role", "admin", "--password-stdin"];

    let (ok, said) = qingdan(&database, &create, &line);
    assert!(ok && said == "made the account root\n", "{said}");
    for (arguments, input, expected) in [
        (&create[..], line.as_str(), "the name of another account"),
        (&create[..5], line.as_str(), "--password-stdin"),
        (&["user", "create", "li", "--role", "admin", "--password-stdin"][..], "", "standard input is empty"),
        (&["user", "create", "li", "--role", "admin", "--password-stdin"][..], "password1234\n", "common password"),
        (&["user", "create", "li", "--role", "king", "--password-stdin"][..], line.as_str(), "one of editor"),
        (
            &["user", "create", "li", "--role", "editor", "--division", "99", "--password-stdin"][..],
            line.as_str(),
            "division",
        ),
        (&["user", "disable", "root"][..], "", "last enabled administrator"),
    ] {
        let (ok, said) = qingdan(&database, arguments, input);
        assert!(!ok && said.contains(expected) && !said.contains(PASSWORD), "{arguments:?}: {said}");
    }
    let (ok, _) = qingdan(
        &database,
        &[
            "user",
            "create",
            "li",
            "--role",
            "editor",
            "--organisation",
            TOWNSHIP,
            "--display-name",
            "李某",
            "--password-stdin",
        ],
        &line,
    );
    assert!(ok);
    let reset = ["user", "password", "li", "--password-stdin"];
    let (ok, said) = qingdan(&database, &reset, "tea at seven, boat at eight\n");
    assert!(ok && said == "li has to change this password\n", "{said}");
    let (_, list) = qingdan(&database, &["user", "list"], "");
    assert_eq!(list, format!("root\tenabled\tadmin@*\troot\nli\tenabled\teditor@{TOWNSHIP}\t李某\n"));

    let app = TestApp::start(database.clone());
    let sign_in = json!({ "username": "root", "password": PASSWORD });
    app.call(Method::POST, "/v1/sessions", "", Some(&sign_in)).await.expect_status(201);
    let (ok, said) = qingdan(&database, &["user", "disable", "li"], "");
    assert!(ok, "{said}");
    let trail = app.trail().await;
    assert!(trail.iter().any(|line| line.starts_with("system user.create user/root done")), "{trail:?}");
    assert!(trail.iter().any(|line| line.starts_with("system user.change user/li done")), "{trail:?}");
}
