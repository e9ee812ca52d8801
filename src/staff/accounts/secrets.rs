//! Passwords of people and secrets of service clients.

use chrono::{DateTime, Utc};

use super::{
    manage::{SHELL, belongs, seen},
    second::{SecondAdministrator, audit_detail},
    shapes::shown,
};
use crate::{
    problem::{Code, FieldError, Problem, Wrong},
    register::db::Conn,
    staff::{
        identity::{self, Account, AccountKind, Hidden},
        requests::{ActionResult, RequestContext},
    },
};

/// Gives a person another password, which ends all sessions.
pub fn set_password(
    conn: &mut Conn,
    context: &RequestContext,
    second: SecondAdministrator,
    name: &str,
    password: &Hidden,
) -> Result<ActionResult, Problem> {
    identity::lock_accounts(conn)?;
    let account = seen(conn, context, AccountKind::Person, name)?;
    if account.id == context.caller.id {
        return Err(Problem::with_detail(
            Code::Forbidden,
            "本人密码请用 PUT /v1/me/password 修改，须提供现有密码。",
            "Change your own password with PUT /v1/me/password, which asks for the present one.",
        ));
    }
    let before = account.version;
    let account = second.withhold(conn, &context.caller, &account)?;
    put_password(conn, &account, password, &context.caller.name, context.now)?;
    let detail = (account.version != before).then(|| audit_detail(&account)).transpose()?;
    Ok(ActionResult { detail, ..ActionResult::nothing(account.subject(), belongs(&account)) })
}

/// Gives a person another password from the shell of the server.
pub fn reset_password(conn: &mut Conn, name: &str, password: &Hidden, now: DateTime<Utc>) -> Result<Account, Problem> {
    identity::lock_accounts(conn)?;
    let account = identity::named(conn, name)?.filter(|account| account.kind == AccountKind::Person);
    let account = account.ok_or(Code::NotFound)?;
    put_password(conn, &account, password, SHELL, now)?;
    Ok(account)
}

/// A password that its owner has to change, because somebody else knows it.
fn put_password(
    conn: &mut Conn,
    account: &Account,
    password: &Hidden,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let (secret, password_by) = (Some(password.clone()), Some(by.to_owned()));
    identity::update(conn, &Account { secret, password_by, ..account.clone() })?;
    Ok(identity::end_sessions(conn, &account.id, None, "password", now)?)
}

/// Changes one's own password, of which `proven` is the hash that was found to be right; ends one's other sessions.
pub fn set_own_password(
    conn: &mut Conn,
    context: &RequestContext,
    proven: &Hidden,
    password: &Hidden,
) -> Result<ActionResult, Problem> {
    identity::lock_accounts(conn)?;
    let account =
        identity::account(conn, &context.caller.id)?.filter(|account| account.secret.as_ref() == Some(proven));
    let account = account.ok_or_else(|| not_the_password("/old_password"))?;
    let account = Account { secret: Some(password.clone()), password_by: None, ..account };
    identity::update(conn, &account)?;
    identity::end_sessions(conn, &account.id, context.caller.session.as_deref(), "password", context.now)?;
    Ok(ActionResult::nothing(account.subject(), belongs(&account)))
}

/// 422: what should be the present password is not.
pub fn not_the_password(pointer: &str) -> Problem {
    Problem::invalid_body(vec![FieldError::at(pointer, Wrong::NotThePassword)])
}

/// Gives a client another secret and shows it this once. The old one and all tokens end at once.
pub fn set_secret(
    conn: &mut Conn,
    context: &RequestContext,
    name: &str,
    secret: &Hidden,
) -> Result<ActionResult, Problem> {
    identity::lock_accounts(conn)?;
    let account = seen(conn, context, AccountKind::Client, name)?;
    let account = Account { secret: Some(identity::fingerprint(&secret.0)), ..account };
    identity::update(conn, &account)?;
    identity::end_sessions(conn, &account.id, None, "secret", context.now)?;
    let result = ActionResult::ok(account.subject(), belongs(&account), shown(account.clone())?);
    let mut body = result.body.clone().unwrap_or_default();
    body["client_secret"] = secret.0.clone().into();
    Ok(ActionResult { body: Some(body), secrets: &["client_secret"], ..result })
}
