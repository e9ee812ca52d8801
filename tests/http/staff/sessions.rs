//! Signing in and out: people, refresh tokens, waiting after failures, service clients, passwords.

use std::time::Instant;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use qingdan::{
    problem::Code,
    register::db::{DbError, schema::sign_in_failures},
    staff::identity::{self, Attempt},
    values::sha256,
};
use reqwest::Method;
use serde_json::json;

use crate::helpers::{
    accounts::{PASSWORD, sign_in, tokens_of, try_to_sign_in, user},
    app::{Answer, Setup, TestApp, at_two_workers, insist, on_both_databases, on_both_with},
};

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.call(Method::POST, "/v1/sessions/refresh", "", Some(&json!({ "refresh_token": token }))).await
}

async fn me(app: &TestApp, token: &str) -> Answer {
    app.call(Method::GET, "/v1/me", token, None).await
}

/// Has the wait after failures on an account end at this time, and says how long it was to last. The first waits are so short
/// that they may be over before a test comes to ask.
async fn has_to_wait_until(app: &TestApp, name: &str, at: DateTime<Utc>) -> TimeDelta {
    let subject = format!("account:{} from 127.0.0.1", sha256(name));
    let moved = app.register.db.write(move |conn| {
        let times = (sign_in_failures::last_at, sign_in_failures::wait_until);
        let (last, until): (NaiveDateTime, NaiveDateTime) =
            sign_in_failures::table.find(&subject).select(times).first(conn)?;
        let later = sign_in_failures::wait_until.eq(at.naive_utc());
        diesel::update(sign_in_failures::table.find(&subject)).set(later).execute(conn)?;
        Ok::<_, DbError>(until - last)
    });
    moved.await.expect("it failed before")
}

/// The seconds after which one is to come again.
fn seconds(answer: &Answer) -> u64 {
    answer.header("retry-after").parse().expect("seconds")
}

#[actix_web::test]
async fn who_signs_in_gets_tokens_and_may_do_what_was_granted() {
    on_both_databases(async |app| {
        user(&app, "li", json!([{ "role": "editor", "organisation": "11350121003619116B" }])).await;

        let answer = try_to_sign_in(&app, " ＬI ", PASSWORD).await;

        answer.expect_status(201);
        assert_eq!(answer.header("cache-control"), "no-store");
        let tokens = answer.json();
        assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(600)));
        assert_eq!(tokens["refresh_expires_in"], 7200);
        let (access, _) = tokens_of(&answer);
        let me = me(&app, &access).await.json();
        assert_eq!(me["username"], "li");
        assert_eq!(me["permissions"], json!(["items:read", "items:edit", "quality:read"]));
        assert!(app.trail().await.iter().any(|line| line.starts_with("li session.create session/")));
    })
    .await;
}

#[actix_web::test]
async fn nobody_learns_whether_the_name_or_the_password_was_wrong() {
    on_both_databases(async |app| {
        user(&app, "li", json!([])).await;

        let wrong_password = try_to_sign_in(&app, "li", "another password of mine").await;
        let wrong_name = try_to_sign_in(&app, "nobody-here", PASSWORD).await;
        let nonsense = try_to_sign_in(&app, "' OR 1=1; --", PASSWORD).await;

        for answer in [&wrong_password, &wrong_name, &nonsense] {
            answer.expect_problem(401, "bad-credentials");
            assert_eq!(answer.bytes, wrong_password.bytes);
        }
        let trail = app.trail().await.join("\n");
        assert!(trail.contains("li session.create /v1/sessions refused bad-credentials"), "{trail}");
        // A name that there is not may be a password in the wrong field, and there is no end of such names: they are counted.
        assert_eq!(trail.matches("refused bad-credentials").count(), 1, "{trail}");
        assert!(!trail.contains("nobody-here"), "{trail}");
    })
    .await;
}

#[actix_web::test]
async fn after_failures_one_waits_and_the_right_password_waits_too() {
    on_both_databases(async |app| {
        user(&app, "li", json!([])).await;
        user(&app, "wang", json!([])).await;

        for _ in 0..6 {
            try_to_sign_in(&app, "li", "another password of mine").await.expect_problem(401, "bad-credentials");
        }
        let wait = has_to_wait_until(&app, "li", Utc::now() + TimeDelta::minutes(2)).await;
        let waiting = try_to_sign_in(&app, "li", PASSWORD).await;

        assert_eq!(wait, TimeDelta::seconds(1));
        waiting.expect_problem(429, "too-many-requests");
        assert!((1..=120).contains(&seconds(&waiting)), "{waiting:?}");
        sign_in(&app, "wang").await;
        // The wait ends by itself: nothing is locked for ever.
        has_to_wait_until(&app, "li", Utc::now() - TimeDelta::seconds(1)).await;
        try_to_sign_in(&app, "li", PASSWORD).await.expect_status(201);
        for _ in 0..5 {
            try_to_sign_in(&app, "li", "another password of mine").await.expect_problem(401, "bad-credentials");
        }
    })
    .await;
}

/// A server that believes a proxy on this machine, and a way to come from anywhere.
async fn behind_a_proxy(test: impl AsyncFn(TestApp)) {
    let setup = || {
        let mut setup = Setup::default();
        setup.settings.edge.trusted_proxies = "127.0.0.1/32".parse().expect("a range");
        setup
    };
    on_both_with(setup, test).await;
}

async fn sign_in_from(app: &TestApp, address: &str, password: &str) -> Answer {
    let body = json!({ "username": "li", "password": password });
    app.call_with(Method::POST, "/v1/sessions", "", &[("x-forwarded-for", address)], Some(&body)).await
}

#[actix_web::test]
async fn nobody_locks_an_account_for_who_comes_from_elsewhere() {
    behind_a_proxy(async |app| {
        user(&app, "li", json!([])).await;
        let (id, secret) = client(&app).await;
        let token_from = async |address: &str, secret: &str| {
            let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
            app.form("/v1/oauth/token", &[("x-forwarded-for", address)], &form).await
        };

        for _ in 0..6 {
            sign_in_from(&app, "203.0.113.1", "another password of mine").await.expect_status(401);
            token_from("203.0.113.1", "wrong").await.expect_status(401);
        }

        let waiting = app.register.db.read(|conn| {
            Ok::<_, DbError>(
                sign_in_failures::table.filter(sign_in_failures::failures.gt(5)).count().get_result::<i64>(conn)?,
            )
        });
        assert_eq!(waiting.await.expect("rows"), 5, "each account there and anywhere, and the address");
        sign_in_from(&app, "203.0.113.2", PASSWORD).await.expect_status(201);
        sign_in_from(&app, "2001:db8::1", PASSWORD).await.expect_status(201);
        token_from("203.0.113.2", &secret).await.expect_status(200);
        let (here, _) = tokens_of(&sign_in_from(&app, "203.0.113.2", PASSWORD).await);
        let change = json!({ "old_password": PASSWORD, "password": "tea at seven, boat at eight" });
        let headers = [("x-forwarded-for", "203.0.113.2")];
        app.call_with(Method::PUT, "/v1/me/password", &here, &headers, Some(&change)).await.expect_status(204);
    })
    .await;
}

#[actix_web::test]
async fn guesses_from_many_addresses_have_one_try_each() {
    on_both_databases(async |app| {
        let now = Utc::now();
        let from = |number: u8| Attempt::new("li", Some([203, 0, 113, number].into()));
        let tries = async |number: u8, at: DateTime<Utc>| {
            let attempt = from(number);
            let tried = app.register.db.read(move |conn| identity::trying(conn, "li", &attempt, at)).await;
            tried.map(|_| ()).map_err(|problem| problem.code)
        };
        let fails = async |number: u8, at: DateTime<Utc>| {
            let attempt = from(number);
            let failed = app.register.db.write(move |conn| identity::failed(conn, &attempt, at)).await;
            failed.map_err(|problem| problem.code)
        };

        for number in 1..=31 {
            fails(number, now).await.expect("the first one from there");
        }

        assert_eq!(tries(1, now).await, Err(Code::TooManyRequests), "it failed on this account");
        assert_eq!(
            fails(2, now).await,
            Err(Code::TooManyRequests),
            "nor is an answer given that was worked out meanwhile"
        );
        assert_eq!(tries(99, now).await, Ok(()));
        fails(99, now).await.expect("the first one from there");
        assert_eq!(tries(99, now).await, Err(Code::TooManyRequests));
        assert_eq!(tries(99, now + TimeDelta::seconds(2)).await, Ok(()), "a wait that others do not make longer");
    })
    .await;
}

#[actix_web::test]
async fn of_many_guesses_at_once_few_are_answered() {
    at_two_workers(async |app| {
        user(&app, "li", json!([])).await;

        let began = Instant::now();
        let mut guesses = Vec::new();
        for number in 0..16 {
            let body = json!({ "username": "li", "password": format!("guess number {number} of many") });
            guesses.push(actix_web::rt::spawn(insist(app.request(Method::POST, "/v1/sessions").json(&body))));
        }
        let mut answered = 0;
        for guess in guesses {
            match guess.await.expect("it ran").status.as_u16() {
                401 => answered += 1,
                429 => {}
                other => panic!("{other}"),
            }
        }

        // Five cost nothing, the sixth makes the others wait, and after each wait one more is answered: after 1 second, then 2,
        // then 4, as many as there was time for.
        let waits = (began.elapsed().as_secs() + 1).ilog2();
        assert!((6..=6 + waits).contains(&answered), "{answered} with {waits} waits");
    })
    .await;
}

#[actix_web::test]
async fn a_refresh_token_holds_once_and_coming_twice_ends_the_session() {
    on_both_databases(async |app| {
        user(&app, "li", json!([])).await;
        let (first_access, first) = sign_in(&app, "li").await;

        let renewed = refresh(&app, &first).await;
        renewed.expect_status(201);
        let (access, second) = tokens_of(&renewed);
        me(&app, &access).await.expect_status(200);
        me(&app, &first_access).await.expect_status(200);

        refresh(&app, &first).await.expect_problem(401, "unauthenticated");

        refresh(&app, &second).await.expect_problem(401, "unauthenticated");
        me(&app, &access).await.expect_problem(401, "unauthenticated");
        me(&app, &first_access).await.expect_problem(401, "unauthenticated");
        let trail = app.trail().await.join("\n");
        assert!(trail.contains(r#"refused unauthenticated {"reused":true,"session":"ended"}"#), "{trail}");
        refresh(&app, "made up").await.expect_problem(401, "unauthenticated");
        sign_in(&app, "li").await;
    })
    .await;
}

#[actix_web::test]
async fn signing_out_works_at_once_and_for_this_session_alone() {
    on_both_databases(async |app| {
        user(&app, "li", json!([])).await;
        let (here, refresh_here) = sign_in(&app, "li").await;
        let (elsewhere, _) = sign_in(&app, "li").await;

        app.call(Method::DELETE, "/v1/sessions/current", &here, None).await.expect_status(204);

        let gone = me(&app, &here).await;
        gone.expect_problem(401, "unauthenticated");
        assert!(gone.header("www-authenticate").starts_with("Bearer"));
        refresh(&app, &refresh_here).await.expect_problem(401, "unauthenticated");
        me(&app, &elsewhere).await.expect_status(200);
    })
    .await;
}

#[actix_web::test]
async fn a_new_password_needs_the_old_one_and_ends_the_other_sessions() {
    on_both_databases(async |app| {
        user(&app, "li", json!([])).await;
        let (here, _) = sign_in(&app, "li").await;
        let (elsewhere, _) = sign_in(&app, "li").await;
        let change = async |old: &str, new: &str| {
            let body = json!({ "old_password": old, "password": new });
            app.call(Method::PUT, "/v1/me/password", &here, Some(&body)).await
        };

        let wrong = change("another password of mine", "tea at seven, boat at eight").await;
        let weak = change(PASSWORD, "password1234").await;
        change(PASSWORD, "tea at seven, boat at eight").await.expect_status(204);

        assert_eq!(wrong.expect_problem(422, "invalid-body")["errors"][0]["pointer"], "/old_password");
        assert_eq!(weak.expect_problem(422, "invalid-body")["errors"][0]["pointer"], "/password");
        me(&app, &here).await.expect_status(200);
        me(&app, &elsewhere).await.expect_problem(401, "unauthenticated");
        try_to_sign_in(&app, "li", PASSWORD).await.expect_problem(401, "bad-credentials");
        try_to_sign_in(&app, "li", "tea at seven, boat at eight").await.expect_status(201);
    })
    .await;
}

async fn client(app: &TestApp) -> (String, String) {
    let body = json!({ "name": "省平台", "grants": [{ "role": "integration", "division": "350121202" }] });
    let answer = app.call(Method::POST, "/v1/clients", &app.token("admin").await, Some(&body)).await;
    answer.expect_status(201);
    let part = |name: &str| answer.json()[name].as_str().expect("shown once").to_owned();
    (part("client_id"), part("client_secret"))
}

#[actix_web::test]
async fn a_service_client_gets_tokens_with_its_secret_in_the_header_or_the_form() {
    on_both_databases(async |app| {
        let (id, secret) = client(&app).await;
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));

        let by_header =
            app.form("/v1/oauth/token", &[("authorization", &basic)], "grant_type=client_credentials&unknown=1").await;
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=");
        let by_form = app.form("/v1/oauth/token", &[], &form).await;

        for answer in [by_header, by_form] {
            answer.expect_status(200);
            assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
            let tokens = answer.json();
            assert_eq!(tokens["token_type"], "Bearer");
            assert_eq!(tokens["scope"], "items:read items:edit quality:read");
            assert!(tokens.get("refresh_token").is_none());
            let me = me(&app, tokens["access_token"].as_str().expect("a token")).await;
            assert_eq!(me.json()["username"], id.as_str());
        }
    })
    .await;
}

#[actix_web::test]
async fn refusals_of_tokens_have_the_form_that_oauth_clients_expect() {
    on_both_databases(async |app| {
        let (id, secret) = client(&app).await;
        let basic = |secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let grant = "grant_type=client_credentials";
        let twice = format!("{grant}&client_id={id}&client_secret={secret}");

        for (headers, form, status, error) in [
            (vec![], String::new(), 400, "invalid_request"),
            (vec![("authorization", basic(&secret))], "grant_type=password".into(), 400, "unsupported_grant_type"),
            (vec![("authorization", basic(&secret))], format!("{grant}&{grant}"), 400, "invalid_request"),
            (vec![("authorization", basic(&secret))], twice, 400, "invalid_request"),
            (vec![("authorization", basic("wrong"))], grant.into(), 401, "invalid_client"),
            (vec![("authorization", "Basic ###".into())], grant.into(), 401, "invalid_client"),
            (vec![], format!("{grant}&client_id=nobody&client_secret=x"), 401, "invalid_client"),
            (vec![], grant.into(), 401, "invalid_client"),
        ] {
            let headers: Vec<_> =
                headers.iter().map(|(name, value): &(&str, String)| (*name, value.as_str())).collect();
            let answer = app.form("/v1/oauth/token", &headers, &form).await;
            answer.expect_status(status);
            assert_eq!(answer.json()["error"], error, "{form}");
            assert!(answer.json()["error_description"].is_string());
            assert_eq!(answer.header("content-type"), "application/json");
            let asked_by_header = status == 401 && !headers.is_empty();
            assert_eq!(answer.header("www-authenticate").starts_with("Basic"), asked_by_header, "{form}");
        }
        let json = app.call(Method::POST, "/v1/oauth/token", "", Some(&json!({}))).await;
        assert_eq!(json.json()["error"], "invalid_request");
        for _ in 0..5 {
            app.form("/v1/oauth/token", &[("authorization", &basic("wrong"))], grant).await;
        }
        let wait = has_to_wait_until(&app, &id, Utc::now() + TimeDelta::minutes(2)).await;
        assert_eq!(wait, TimeDelta::seconds(1), "after six failures");
        let waiting = app.form("/v1/oauth/token", &[("authorization", &basic(&secret))], grant).await;
        waiting.expect_status(429);
        assert_eq!(waiting.json()["error"], "slow_down");
        assert!((1..=120).contains(&seconds(&waiting)), "{waiting:?}");
    })
    .await;
}

#[actix_web::test]
async fn a_new_secret_is_shown_once_and_ends_the_old_one_with_its_tokens() {
    on_both_databases(async |app| {
        let (id, old) = client(&app).await;
        let ask = async |secret: &str| {
            let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
            app.form("/v1/oauth/token", &[], &form).await
        };
        let token = ask(&old).await.json()["access_token"].as_str().expect("a token").to_owned();
        let path = format!("/v1/clients/{id}/secret");
        let admin = app.token("admin").await;
        let key = [("idempotency-key", "once")];

        let renewed = app.call_with(Method::POST, &path, &admin, &key, None).await;
        let again = app.call_with(Method::POST, &path, &admin, &key, None).await;

        renewed.expect_status(200);
        again.expect_status(200);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert!(again.json().get("client_secret").is_none());
        me(&app, &token).await.expect_problem(401, "unauthenticated");
        ask(&old).await.expect_status(401);
        ask(renewed.json()["client_secret"].as_str().expect("shown once")).await.expect_status(200);
    })
    .await;
}

#[actix_web::test]
async fn what_is_not_a_sign_in_is_refused_by_name() {
    on_both_databases(async |app| {
        let empty = app.call(Method::POST, "/v1/sessions", "", Some(&json!({ "user": "li" }))).await;
        let long = app.call(Method::POST, "/v1/sessions", "", Some(&json!("x".repeat(5000)))).await;

        let errors = empty.expect_problem(422, "invalid-body")["errors"].clone();
        let pointers: Vec<_> =
            errors.as_array().expect("errors").iter().map(|error| error["pointer"].clone()).collect();
        assert_eq!(pointers, ["/username", "/password", "/user"]);
        long.expect_problem(413, "body-too-large");
        app.get("/v1/me").await.expect_problem(401, "unauthenticated");
    })
    .await;
}
