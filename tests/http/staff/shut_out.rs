//! A caller who is shut out does nothing more, not even by a request on its way: bodies may come long after their heads.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use chrono::Utc;
use futures_util::future::join;
use qingdan::{
    register::db::DbError,
    staff::identity::{self, Grant},
    values::code_lists::{Action, Role},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{Engine, LONG, Setup, TestApp, figure, on_each_database, organisation, step, until},
    logs::is_whole,
    people::{TOWNSHIP, decision, id_of},
};

/// So many spaces before a body show that it is being read, and so that its sender was let in.
const PADDING: usize = 300 << 10;

/// Somebody with an account of their own.
struct Someone {
    name: &'static str,
    token: String,
}

impl Someone {
    async fn new(app: &TestApp, name: &'static str, role: Role) -> Self {
        let grants = vec![Grant { role, organisation: None, division: None }];
        Self { name, token: app.token_of(name, None, &grants).await }
    }

    /// Begins a request whose last byte is still to come, and waits until its head was believed.
    async fn begins(&self, app: &TestApp, verb: &str, path: &str, headers: &str, body: &Value) -> TcpStream {
        let body = format!("{}{body}", " ".repeat(PADDING));
        let mut line = TcpStream::connect(app.base.strip_prefix("http://").expect("an address")).expect("it listens");
        line.set_read_timeout(Some(LONG)).expect("a time");
        let head = format!(
            "{verb} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nConnection: close\r\n{headers}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        let (most, _) = body.split_at(body.len() - 1);
        line.write_all(head.as_bytes()).and_then(|()| line.write_all(most.as_bytes())).expect("it is taken");
        until("the body", async || figure(app, "qingdan_bodies_held_bytes").await > 0).await;
        line
    }

    /// Changes the account as an administrator does.
    async fn is_changed(&self, app: &TestApp, patch: &Value) {
        let path = format!("/v1/users/{}", self.name);
        let changed = app.call_with(Method::PATCH, &path, "admin", &[("if-match", "*")], Some(patch)).await;
        changed.expect_status(200);
    }
}

/// Sends the last byte of a body, and reads the status and the answer.
fn ends(mut line: TcpStream) -> (u16, String) {
    line.write_all(b"}").expect("it is taken");
    let mut answer = String::new();
    line.read_to_string(&mut answer).expect("it answers");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, answer)
}

/// A server that waits for bodies as long as a test takes.
fn patient(engine: Engine) -> TestApp {
    let mut setup = Setup::default();
    setup.settings.limits.body_timeout = 3600;
    TestApp::start_with(engine.new_database(), setup)
}

async fn tells(app: &TestApp, line: &str) {
    let trail = app.trail().await;
    assert!(trail.iter().any(|told| told.starts_with(line)), "{line}: {trail:?}");
}

on_each_database!(
    what_a_disabled_account_has_on_its_way_is_not_done,
    an_administrator_who_was_disabled_does_not_come_back_by_a_request_that_was_on_its_way,
    a_grant_that_was_taken_does_not_count_for_what_is_on_its_way,
    of_two_administrators_who_disable_each_other_one_succeeds,
);

async fn what_a_disabled_account_has_on_its_way_is_not_done(engine: Engine) {
    let app = patient(engine);
    let office = step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡政府")));
    app.publish(vec![office]).await.expect("it is valid");
    let li = Someone::new(&app, "li", Role::Editor).await;
    let new = json!({ "kind": "place", "action": "create", "reason": "测试", "document": decision() });
    let first = app.call(Method::POST, "/v1/drafts", &li.token, Some(&new)).await;
    first.expect_status(201);
    let making = li.begins(&app, "POST", "/v1/drafts", "", &new).await;

    li.is_changed(&app, &json!({ "disabled": true })).await;

    let (status, answer) = ends(making);
    assert_eq!(status, 401, "{answer}");
    tells(&app, "li draft.create /v1/drafts refused unauthenticated").await;
    let drafts = app.as_("auditor").json("/v1/drafts").await;
    assert_eq!((&drafts["total"], &drafts["items"][0]["id"]), (&json!(1), &json!(id_of(&first.json()))));
    is_whole(&app).await;
}

async fn an_administrator_who_was_disabled_does_not_come_back_by_a_request_that_was_on_its_way(engine: Engine) {
    let app = patient(engine);
    let wang = Someone::new(&app, "wang", Role::Admin).await;
    Someone::new(&app, "stays", Role::Admin).await;
    let back = json!({ "disabled": false });
    let returning = wang.begins(&app, "PATCH", "/v1/users/wang", "If-Match: *\r\n", &back).await;

    wang.is_changed(&app, &json!({ "disabled": true })).await;

    let (status, answer) = ends(returning);
    assert_eq!(status, 401, "{answer}");
    tells(&app, "wang user.change /v1/users/wang refused unauthenticated").await;
    let account = app.call(Method::GET, "/v1/users/wang", "admin", None).await.json();
    assert_eq!(account["disabled"], true);
}

async fn a_grant_that_was_taken_does_not_count_for_what_is_on_its_way(engine: Engine) {
    let app = patient(engine);
    let li = Someone::new(&app, "li", Role::Editor).await;
    let new = json!({ "kind": "place", "action": "create" });
    let making = li.begins(&app, "POST", "/v1/drafts", "", &new).await;

    let narrower = json!({ "grants": [{ "role": "editor", "organisation": TOWNSHIP }] });
    li.is_changed(&app, &narrower).await;

    let (status, answer) = ends(making);
    assert_eq!(status, 403, "{answer}");
    tells(&app, "li draft.create /v1/drafts refused forbidden").await;
    app.call(Method::POST, "/v1/drafts", &li.token, Some(&new)).await.expect_status(201);
}

async fn of_two_administrators_who_disable_each_other_one_succeeds(engine: Engine) {
    let app = patient(engine);
    Someone::new(&app, "stays", Role::Admin).await;
    let other = TestApp::start(app.database.clone());
    for (one, another) in [("wang-1", "li-1"), ("wang-2", "li-2"), ("wang-3", "li-3")] {
        let (wang, li) = (Someone::new(&app, one, Role::Admin).await, Someone::new(&app, another, Role::Admin).await);
        let disable = async |app: &TestApp, who: &Someone, whom: &Someone| {
            let path = format!("/v1/users/{}", whom.name);
            let disabled = json!({ "disabled": true });
            app.call_with(Method::PATCH, &path, &who.token, &[("if-match", "*")], Some(&disabled)).await
        };

        let (first, second) = join(disable(&app, &wang, &li), disable(&other, &li, &wang)).await;

        let mut told = [first.status.as_u16(), second.status.as_u16()];
        told.sort_unstable();
        assert_eq!(told, [200, 401], "{first:?} {second:?}");
    }
}

#[actix_web::test]
async fn what_is_read_is_read_by_who_still_may() {
    let app = patient(Engine::Sqlite);
    let li = Someone::new(&app, "li", Role::Auditor).await;
    let reading = li.begins(&app, "GET", "/v1/audit", "", &json!({})).await;

    li.is_changed(&app, &json!({ "disabled": true })).await;

    let (status, answer) = ends(reading);
    assert_eq!(status, 401, "{answer}");
}

on_each_database!(a_session_that_ended_or_a_key_that_was_revoked_ends_what_is_on_its_way);

async fn a_session_that_ended_or_a_key_that_was_revoked_ends_what_is_on_its_way(engine: Engine) {
    let app = patient(engine);
    let li = Someone::new(&app, "li", Role::Editor).await;
    let new = json!({ "kind": "place", "action": "create" });

    let making = li.begins(&app, "POST", "/v1/drafts", "", &new).await;
    app.call(Method::DELETE, "/v1/sessions/current", &li.token, None).await.expect_status(204);
    assert_eq!(ends(making).0, 401);

    let li = Someone::new(&app, "li", Role::Editor).await;
    let making = li.begins(&app, "POST", "/v1/drafts", "", &new).await;
    let keys = tempfile::tempdir().expect("a directory");
    let directory = keys.path().to_owned();
    let revoked = app.register.db.write(move |conn| {
        let made = identity::rotate(conn, &directory, true, Utc::now());
        made.map_err(|error| DbError::Damaged(error.to_string()))
    });
    revoked.await.expect("they are revoked");
    assert_eq!(ends(making).0, 401);
}
