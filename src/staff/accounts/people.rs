//! Accounts of people and of service clients, for administrators.

use std::sync::LazyLock;

use actix_web::{HttpResponse, web::Data};
use serde_json::json;

use super::{
    manage::{all_seen, change, confirm, create_as, seen},
    second::SecondAdministrator,
    secrets::{set_password, set_secret},
    shapes::{NewClient, NewUser, PasswordSetting, shown},
    sign_in::authority,
};
use crate::{
    fields::Shape,
    problem::{FieldError, Problem, Wrong},
    staff::{
        identity::{AccountKind, Permission, password::check, random_secret},
        requests::{Endpoint, Need, Request, Verb},
    },
    web::{cursor::Walk, page::PageRequest, routes::with_next},
};

const ADMIN: Need = Need::OneOf(&[Permission::Admin]);

/// The endpoints.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(Verb::Get, "/v1/users", "user.list", ADMIN, |request| Box::pin(list(request, AccountKind::Person))),
    Endpoint::new(Verb::Post, "/v1/users", "user.create", ADMIN, |request| Box::pin(post_user(request)))
        .hiding(&["password"]),
    Endpoint::new(Verb::Get, "/v1/users/{username}", "user.read", ADMIN, |request| {
        Box::pin(read(request, AccountKind::Person))
    }),
    Endpoint::new(Verb::Patch, "/v1/users/{username}", "user.change", ADMIN, |request| {
        Box::pin(patch(request, AccountKind::Person))
    }),
    Endpoint::new(Verb::Post, "/v1/users/{username}/confirm", "user.confirm", ADMIN, |request| {
        Box::pin(post_confirm(request))
    }),
    Endpoint::new(Verb::Put, "/v1/users/{username}/password", "user.password", ADMIN, |request| {
        Box::pin(put_password(request))
    }),
    Endpoint::new(Verb::Get, "/v1/clients", "client.list", ADMIN, |request| {
        Box::pin(list(request, AccountKind::Client))
    })
    .telling_secrets(),
    Endpoint::new(Verb::Post, "/v1/clients", "client.create", ADMIN, |request| Box::pin(post_client(request)))
        .telling_secrets(),
    Endpoint::new(Verb::Get, "/v1/clients/{id}", "client.read", ADMIN, |request| {
        Box::pin(read(request, AccountKind::Client))
    })
    .telling_secrets(),
    Endpoint::new(Verb::Patch, "/v1/clients/{id}", "client.change", ADMIN, |request| {
        Box::pin(patch(request, AccountKind::Client))
    })
    .telling_secrets(),
    Endpoint::new(Verb::Post, "/v1/clients/{id}/secret", "client.secret", ADMIN, |request| {
        Box::pin(post_secret(request))
    })
    .telling_secrets(),
];

/// The name in the path.
fn name(request: &Request, kind: AccountKind) -> Result<String, Problem> {
    match kind {
        AccountKind::Person => request.part("username"),
        AccountKind::Client => request.part("id"),
    }
}

async fn list(request: Request, kind: AccountKind) -> Result<HttpResponse, Problem> {
    let walk = Walk::of(request.catalog.cursor_key(), request.http.path(), request.http.query_string());
    let mut parameters = request.parameters();
    let page = PageRequest::from_query(&mut parameters, &walk);
    parameters.finish()?;
    let all = request.fetch(move |conn, context| all_seen(conn, context, kind)).await?;
    let rows = all.into_iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    let seq = page.cursor.as_ref().map_or(request.catalog.peek().seq(), |cursor| cursor.seq);
    let rows = page.of(rows, &walk, seq)?;
    Ok(with_next(&request.http, request.answer(&rows, None)?, rows.next()))
}

async fn read(request: Request, kind: AccountKind) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let name = name(&request, kind)?;
    let account = request.fetch(move |conn, context| seen(conn, context, kind, &name)).await?;
    let tag = format!("\"{}\"", account.version);
    request.answer(&shown(account)?, Some(&tag))
}

async fn post_user(request: Request) -> Result<HttpResponse, Problem> {
    static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<NewUser>);
    request.no_parameters()?;
    let new: NewUser = request.read(&SHAPE).await?;
    must_be_a_password(&new.password, &new.username)?;
    let hash = authority(&request)?.hasher.hash(&new.password).await?;
    let account = new.account((hash, &request.caller()?.name), request.now);
    let second = second(&request);
    request.write(move |conn, context| create_as(conn, context, second, &account, None)).await
}

fn must_be_a_password(password: &str, username: &str) -> Result<(), Problem> {
    check(password, username).map_err(|wrong| Problem::invalid_body(vec![FieldError::at("/password", wrong)]))
}

async fn patch(request: Request, kind: AccountKind) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let (name, seen_as, patch) = (name(&request, kind)?, request.preconditions()?, request.json().await?);
    let second = second(&request);
    request.write(move |conn, context| change(conn, context, second, (kind, &name, &seen_as), &patch)).await
}

/// Whether some grants take two administrators: they do unless the operator says otherwise.
fn second(request: &Request) -> SecondAdministrator {
    request.http.app_data::<Data<SecondAdministrator>>().map_or(SecondAdministrator(true), |second| ***second)
}

async fn post_confirm(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    no_members(&request).await?;
    let (username, seen_as) = (name(&request, AccountKind::Person)?, request.preconditions()?);
    request.write(move |conn, context| confirm(conn, context, &username, &seen_as)).await
}

async fn no_members(request: &Request) -> Result<(), Problem> {
    match request.json().await? == json!({}) {
        true => Ok(()),
        false => Err(Problem::invalid_body(vec![FieldError::at("", Wrong::UnknownField)])),
    }
}

async fn put_password(request: Request) -> Result<HttpResponse, Problem> {
    static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<PasswordSetting>);
    request.no_parameters()?;
    let PasswordSetting { password } = request.read(&SHAPE).await?;
    let username = name(&request, AccountKind::Person)?;
    must_be_a_password(&password, &username)?;
    let hash = authority(&request)?.hasher.hash(&password).await?;
    let second = second(&request);
    request.write(move |conn, context| set_password(conn, context, second, &username, &hash)).await
}

async fn post_client(request: Request) -> Result<HttpResponse, Problem> {
    static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<NewClient>);
    request.no_parameters()?;
    let new: NewClient = request.read(&SHAPE).await?;
    let secret = random_secret()?;
    let account = new.account(&secret, request.now);
    let second = second(&request);
    request.write(move |conn, context| create_as(conn, context, second, &account, Some(&secret))).await
}

async fn post_secret(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    no_members(&request).await?;
    let (id, secret) = (name(&request, AccountKind::Client)?, random_secret()?);
    request.write(move |conn, context| set_secret(conn, context, &id, &secret)).await
}
