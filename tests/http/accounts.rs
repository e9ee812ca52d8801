//! Administration of accounts: who may see and change whom, and what is never shown.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use diesel::{QueryDsl, RunQueryDsl};
use qingdan::{
    config::DatabaseUrl,
    db::{
        DbError,
        schema::{accounts, idempotency, refresh_tokens},
    },
    identity::Grant,
    values::code_lists::Role,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, TestApp, new_sqlite_database, on_a_demo_of_its_own, on_both_databases},
    sessions::{PASSWORD, user},
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

/// What `qingdan` said, and whether it succeeded.
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
