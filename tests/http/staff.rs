//! What all requests of the staff part share: tokens, permissions, bodies, preconditions, requests that come again.

use std::sync::{
    LazyLock,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::{HttpResponse, http::StatusCode};
use chrono::{TimeDelta, Utc};
use diesel::{QueryDsl, RunQueryDsl};
use qingdan::{
    app::server,
    fields::Shape,
    problem::{Code, Problem},
    register::db::schema::idempotency,
    staff::{
        identity::{Belongs, Caller, Grant, Permission},
        requests::{ActionResult, Answering, Endpoint, Need, Request, Verb, forget_old},
    },
    values::code_lists::Role,
};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::{Answer, Setup, TestApp, new_postgres_database, new_sqlite_database, send},
    races::insist,
};

pub const OFFICE: &str = "11350121003619116B";
pub const TOWN: &str = "350121202";

/// 物件
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Thing {
    /// 名称
    #[schema(max_length = 20)]
    name: String,
    /// 所属机构
    #[serde(default)]
    organisation: Option<String>,
    /// 所属行政区划
    #[serde(default)]
    division: Option<String>,
}

/// Endpoints that do as little as shows what they share.
const THINGS: &[Endpoint] = &[
    Endpoint::new(Verb::Post, "/v1/things", "thing.create", Need::OneOf(&[Permission::ItemsEdit]), create),
    Endpoint::new(Verb::Get, "/v1/things/{id}", "thing.get", Need::OneOf(&[Permission::ItemsRead]), get),
    Endpoint::new(Verb::Patch, "/v1/things/{id}", "thing.change", Need::Account, change),
    Endpoint::new(Verb::Post, "/v1/things/{id}/refuse", "thing.refuse", Need::Account, refuse),
];

/// How often `create` was begun.
static BEGUN: AtomicUsize = AtomicUsize::new(0);

fn create(request: Request) -> Answering {
    static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Thing>);
    Box::pin(async move {
        request.no_parameters()?;
        let thing: Thing = request.read(&SHAPE).await?;
        request
            .write(move |_, _| {
                BEGUN.fetch_add(1, Ordering::Relaxed);
                let id = Uuid::now_v7().to_string();
                let belongs = Belongs { organisation: thing.organisation.clone(), division: thing.division.clone() };
                let body = json!({ "id": id, "name": thing.name, "secret": "once-only" });
                let done = ActionResult::created(format!("thing/{id}"), belongs, body, format!("/v1/things/{id}"));
                Ok(ActionResult {
                    secrets: &["secret"],
                    detail: Some(json!({ "b": 1, "a": thing.name })),
                    ..done.version(1)
                })
            })
            .await
    })
}

fn get(request: Request) -> Answering {
    Box::pin(async move {
        match request.part("id")?.as_str() {
            "hidden" => Err(Code::NotFound.into()),
            _ => request.answer(&json!({ "name": "a" }), Some("\"7\"")),
        }
    })
}

/// The thing is at version 3.
fn change(request: Request) -> Answering {
    Box::pin(async move {
        let seen = request.preconditions()?;
        request
            .write(move |_, _| match seen.hold(3) {
                true => Ok(ActionResult::with_status(StatusCode::OK, "thing/3", Belongs::default(), Some(json!({})))
                    .version(4)),
                false => Err(Problem::from(Code::Stale).because_of(json!({ "version": 3 }))),
            })
            .await
    })
}

fn refuse(request: Request) -> Answering {
    Box::pin(async move { request.write(|_, _| Err(Code::StateConflict.into())).await as Result<HttpResponse, _> })
}

/// Somebody with one role.
pub fn caller(name: &str, role: Role, organisation: Option<&str>, division: Option<&str>) -> (String, Caller) {
    let grant = Grant { role, organisation: organisation.map(Into::into), division: division.map(Into::into) };
    let caller = Caller {
        id: format!("id-of-{name}"),
        name: name.into(),
        display_name: name.into(),
        organisation: Some(OFFICE.into()),
        grants: vec![grant],
        session: None,
        must_change_password: false,
    };
    (name.into(), caller)
}

/// A server with things, and people whose tokens are their names.
pub fn setup() -> Setup {
    let nobody =
        (String::from("nobody"), Caller { grants: Vec::new(), ..caller("nobody", Role::Editor, None, None).1 });
    let callers = vec![
        caller("editor", Role::Editor, Some(OFFICE), None),
        caller("other", Role::Editor, None, Some(TOWN)),
        caller("auditor", Role::Auditor, None, None),
        caller("town-auditor", Role::Auditor, None, Some("350121202000")),
        caller("office-auditor", Role::Auditor, Some(OFFICE), None),
        nobody,
    ];
    Setup { callers, endpoints: [server::endpoints().as_slice(), THINGS].concat(), ..Setup::with_workers(2) }
}

/// Runs `test` on a server with things, once on each database.
pub async fn with_things(test: impl AsyncFn(TestApp)) {
    test(TestApp::start_with(new_sqlite_database(), setup())).await;
    test(TestApp::start_with(new_postgres_database(), setup())).await;
}

pub fn request(app: &TestApp, method: Method, path: &str, token: &str) -> RequestBuilder {
    app.request(method, path).bearer_auth(token)
}

pub async fn post(app: &TestApp, token: &str, path: &str, body: &Value) -> Answer {
    send(request(app, Method::POST, path, token).json(body)).await
}

/// The rows of the audit trail, oldest first.
pub async fn trail(app: &TestApp) -> Vec<Value> {
    let answer = app.get_with("/v1/audit?limit=200", &[("authorization", "Bearer auditor")]).await;
    answer.expect_status(200);
    let mut rows = answer.json()["items"].as_array().expect("rows").clone();
    rows.reverse();
    rows
}

#[actix_web::test]
async fn without_a_token_that_holds_one_is_told_to_bring_one() {
    with_things(async |app| {
        for headers in
            [vec![], vec![("authorization", "Bearer nonsense")], vec![("authorization", "Basic ZWRpdG9yOmE=")]]
        {
            let answer = app.get_with("/v1/things/1", &headers).await;
            answer.expect_problem(401, "unauthenticated");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"qingdan\"");
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
        change(&["W/\"3\""]).await.expect_problem(412, "stale");
        change(&["\"three\""]).await.expect_problem(412, "stale");
        let problem = change(&["3"]).await.expect_problem(400, "invalid-header");
        assert_eq!(problem["errors"][0]["header"], "If-Match");
        for tags in [vec!["\"3\""], vec!["\"2\", \"3\""], vec!["\"2\"", "\"3\""], vec!["*"]] {
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
