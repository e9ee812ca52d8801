//! Accounts that an administrator makes over HTTP, and signing in to them.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use qingdan::register::db::{DbError, schema::accounts};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::app::{Answer, TestApp};

pub const PASSWORD: &str = "nine Dogs over the Min river";

/// A user whom an administrator made over HTTP, as if the password had been chosen by its owner.
pub async fn user(app: &TestApp, name: &str, grants: Value) {
    let body = json!({ "username": name, "display_name": name, "password": PASSWORD, "grants": grants });
    app.call(Method::POST, "/v1/users", &app.token("admin").await, Some(&body)).await.expect_status(201);
    let own = accounts::password_by.eq(None::<String>);
    let of = accounts::table.filter(accounts::name.eq(name.to_owned()));
    let done = app.register.db.write(move |conn| Ok::<_, DbError>(diesel::update(of).set(own).execute(conn)?));
    assert_eq!(done.await.expect("it is there"), 1);
}

pub async fn try_to_sign_in(app: &TestApp, name: &str, password: &str) -> Answer {
    let body = json!({ "username": name, "password": password });
    app.call(Method::POST, "/v1/sessions", "", Some(&body)).await
}

pub async fn sign_in(app: &TestApp, name: &str) -> (String, String) {
    let answer = try_to_sign_in(app, name, PASSWORD).await;
    answer.expect_status(201);
    tokens_of(&answer)
}

pub fn tokens_of(answer: &Answer) -> (String, String) {
    let part = |name: &str| answer.json()[name].as_str().expect("a token").to_owned();
    (part("access_token"), part("refresh_token"))
}
