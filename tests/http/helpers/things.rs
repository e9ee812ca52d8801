//! A server with things: endpoints that do as little as shows what all requests of the staff part share.

use std::sync::{
    LazyLock,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::{HttpResponse, http::StatusCode};
use qingdan::{
    app::server,
    fields::Shape,
    problem::{Code, Problem},
    staff::{
        identity::{Belongs, Caller, Grant, Permission},
        requests::{ActionResult, Answering, Endpoint, Need, Request, Verb},
    },
    values::code_lists::Role,
};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::helpers::{
    app::{Answer, Setup, TestApp, on_both_with, send},
    people,
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
pub static BEGUN: AtomicUsize = AtomicUsize::new(0);

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
    people::caller(name, Some(OFFICE.into()), vec![grant])
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
    on_both_with(setup, test).await;
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
