//! Signing in and out, one's own account, and the public keys.

use std::sync::LazyLock;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::Data,
};
use serde_json::{Value, json};

use super::{
    secrets::{not_the_password, set_own_password},
    shapes::{Me, PasswordChange, Refresh, SignIn, Tokens},
};
use crate::{
    fields::Shape,
    problem::{Code, FieldError, Problem, Wrong},
    register::{
        catalog::Catalog,
        db::{Conn, Db},
    },
    staff::{
        audit::{self, Event, Outcome},
        identity::{self, Account, Attempt, Authority, Belongs, Permission, Refreshed, SignedIn, permissions_of},
        requests::{ActionResult, Endpoint, Need, Request, Verb},
    },
    values::{normalise, sha256},
    web::{
        answer::{has_tag, must_accept_json},
        endpoint::Endpoint as PublicEndpoint,
        routes::no_parameters,
    },
};

/// Characters of a name that somebody tried, in the trail.
const LONGEST_NAME: usize = 64;
/// How long the public keys may be kept: less than a new key waits before it signs.
const KEYS_KEPT: HeaderValue = HeaderValue::from_static("public, max-age=30");

/// The endpoints.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(Verb::Post, "/v1/sessions", "session.create", Need::Nobody, |request| {
        Box::pin(post_session(request))
    })
    .taking(4 << 10)
    .not_repeatable()
    .telling_secrets(),
    Endpoint::new(Verb::Post, "/v1/sessions/refresh", "session.refresh", Need::Nobody, |request| {
        Box::pin(post_refresh(request))
    })
    .taking(4 << 10)
    .not_repeatable()
    .telling_secrets(),
    Endpoint::new(Verb::Delete, "/v1/sessions/current", "session.end", Need::Session, |request| {
        Box::pin(delete_session(request))
    }),
    Endpoint::new(Verb::Get, "/v1/me", "me.read", Need::Account, |request| Box::pin(get_me(request))),
    Endpoint::new(Verb::Put, "/v1/me/password", "me.password", Need::Session, |request| {
        Box::pin(put_password(request))
    })
    .taking(4 << 10),
];

/// The authority, which makes and checks tokens.
pub fn authority(request: &Request) -> Result<Data<Authority>, Problem> {
    request.http.app_data::<Data<Authority>>().cloned().ok_or_else(|| Code::Internal.into())
}

/// The tokens of who signed in, as they are answered.
pub fn tokens(
    authority: &Authority,
    signed_in: &SignedIn,
    request_now: chrono::DateTime<chrono::Utc>,
) -> Result<Tokens, Problem> {
    let SignedIn { account, session, refresh, access } = signed_in;
    let scope = || {
        let words: Vec<_> = permissions_of(&account.grants).into_iter().map(Permission::value).collect();
        words.join(" ")
    };
    Ok(Tokens {
        access_token: authority.issue(account, session, *access, request_now)?,
        token_type: "Bearer",
        expires_in: access.num_seconds(),
        refresh_token: refresh.as_ref().map(|(token, _)| token.0.clone()),
        refresh_expires_in: refresh.as_ref().map(|(_, lasts)| lasts.num_seconds()),
        scope: (account.kind == identity::AccountKind::Client).then(scope),
    })
}

/// A name as it was tried: in its normal form where it has one.
pub fn tried_name(text: &str) -> String {
    normalise(Some("username"), text)
        .unwrap_or_else(|_| text.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect())
}

/// Counts a failure. Of two that are the first at the same time, one has to be counted again.
pub async fn count_failure(db: &Db, attempt: &Attempt, now: chrono::DateTime<chrono::Utc>) -> Result<(), Problem> {
    let counted = count_once(db, attempt, now).await;
    match counted {
        Err(problem) if problem.code == Code::StateConflict => count_once(db, attempt, now).await,
        counted => counted,
    }
}

async fn count_once(db: &Db, attempt: &Attempt, now: chrono::DateTime<chrono::Utc>) -> Result<(), Problem> {
    let attempt = attempt.clone();
    db.write(move |conn| identity::failed(conn, &attempt, now)).await
}

async fn post_session(request: Request) -> Result<HttpResponse, Problem> {
    static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<SignIn>);
    request.no_parameters()?;
    let SignIn { username, password } = request.read(&SHAPE).await?;
    let (name, now, authority) = (tried_name(&username), request.now, authority(&request)?);
    let attempt = Attempt::new(&name, request.address());
    let account = proven(&request, &authority, name.clone(), &password, &attempt).await?;
    request
        .write_as(Some(name), move |conn| {
            let signed_in = identity::sign_in(conn, &account, &attempt, now)?;
            let body = serde_json::to_value(tokens(&authority, &signed_in, now)?)?;
            let belongs = Belongs { organisation: account.organisation.clone(), division: None };
            let subject = format!("session/{}", signed_in.session);
            Ok(ActionResult::with_status(StatusCode::CREATED, subject, belongs, Some(body)))
        })
        .await
}

/// The account whose password this is. It takes as long whether the name, the password or both are wrong.
async fn proven(
    request: &Request,
    authority: &Authority,
    name: String,
    password: &str,
    attempt: &Attempt,
) -> Result<Account, Problem> {
    let (now, tried) = (request.now, attempt.clone());
    let account = request.db.read(move |conn| identity::trying(conn, &name, &tried, now)).await?;
    if let Some(account) = &account {
        // Only a name that there is goes into the trail: the other ones are, now and then, a password in the wrong field.
        request.tried_as(&account.name);
    }
    let secret = account.as_ref().and_then(|account| account.secret.clone());
    let right = authority.hasher.holds(password, secret).await?;
    match account.filter(|_| right) {
        Some(account) => Ok(account),
        None => {
            count_failure(&request.db, attempt, now).await?;
            Err(Code::BadCredentials.into())
        }
    }
}

async fn post_refresh(request: Request) -> Result<HttpResponse, Problem> {
    static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Refresh>);
    request.no_parameters()?;
    let Refresh { refresh_token } = request.read(&SHAPE).await?;
    let (now, authority) = (request.now, authority(&request)?);
    let (done, refused) = (request.event(Outcome::Done), request.event(Outcome::Refused));
    let refreshed = request.db.write(move |conn| {
        let refreshed = identity::refresh(conn, &refresh_token, now)?;
        match &refreshed {
            Refreshed::SignedIn(signed_in) => record_event(conn, done, &signed_in.account, &signed_in.session, now)?,
            Refreshed::Reused { account, session } => {
                let event = Event {
                    problem: Some(Code::Unauthenticated.spec().code.into()),
                    detail: Some(json!({ "reused": true, "session": "ended" })),
                    ..refused
                };
                record_event(conn, event, account, session, now)?;
            }
        }
        Ok::<_, Problem>(refreshed)
    });
    match refreshed.await? {
        Refreshed::Reused { .. } => Err(identity::no_longer()),
        Refreshed::SignedIn(signed_in) => {
            let mut answer = HttpResponse::Created();
            answer.insert_header((header::CACHE_CONTROL, "no-store"));
            Ok(answer.json(tokens(&authority, &signed_in, now)?))
        }
    }
}

fn record_event(
    conn: &mut Conn,
    event: Event,
    account: &Account,
    session: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), Problem> {
    let event = Event {
        actor: Some(account.name.clone()),
        subject: Some(format!("session/{session}")),
        organisation: account.organisation.clone(),
        ..event
    };
    Ok(audit::record(conn, now, event)?)
}

async fn delete_session(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    request
        .write(|conn, context| {
            let session = context.caller.session.as_deref().ok_or_else(elsewhere)?;
            identity::end_session(conn, session, "signed-out", context.now)?;
            let belongs = Belongs { organisation: context.caller.organisation.clone(), division: None };
            Ok(ActionResult::nothing(format!("session/{session}"), belongs))
        })
        .await
}

/// 409 for a caller with a token of another issuer, who has neither session nor password here.
fn elsewhere() -> Problem {
    Problem::with_detail(
        Code::StateConflict,
        "该令牌由外部签发方签发，会话和密码由其管理。",
        "This token is of another issuer, which manages the session and the password.",
    )
}

async fn get_me(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let account = request.fetch(|conn, context| identity::account(conn, &context.caller.id)).await?;
    let pending = account.map(|account| account.pending).unwrap_or_default();
    request.answer(&Me::of(request.caller()?.clone(), pending), None)
}

async fn put_password(request: Request) -> Result<HttpResponse, Problem> {
    static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<PasswordChange>);
    request.no_parameters()?;
    let PasswordChange { old_password, password } = request.read(&SHAPE).await?;
    let caller = request.caller()?.clone();
    let (name, now, authority) = (caller.name, request.now, authority(&request)?);
    identity::password::check(&password, &name)
        .map_err(|wrong| Problem::invalid_body(vec![FieldError::at("/password", wrong)]))?;
    if identity::password::normal(&password) == identity::password::normal(&old_password) {
        let same = Wrong::WeakPassword("新密码与现有密码相同", "is the present password again");
        return Err(Problem::invalid_body(vec![FieldError::at("/password", same)]));
    }
    let attempt = Attempt::new(&name, request.address());
    let (session, tried) = (caller.session.is_some(), attempt.clone());
    let account = request.db.read(move |conn| identity::trying(conn, &name, &tried, now)).await?;
    let proven = account.and_then(|account| account.secret).filter(|_| session).ok_or_else(elsewhere)?;
    if !authority.hasher.holds(&old_password, Some(proven.clone())).await? {
        count_failure(&request.db, &attempt, now).await?;
        return Err(not_the_password("/old_password"));
    }
    let hash = authority.hasher.hash(&password).await?;
    request.write(move |conn, context| set_own_password(conn, context, &proven, &hash)).await
}

/// The keys by which others check our tokens.
pub const PUBLIC_KEYS: PublicEndpoint = PublicEndpoint::get("/.well-known/jwks.json", &public_keys);

async fn public_keys(request: &HttpRequest, _: &Catalog) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    must_accept_json(request)?;
    let authority = request.app_data::<Data<Authority>>().ok_or(Code::Internal)?;
    let body: Value = authority.jwks();
    let digest = sha256(serde_json::to_vec(&body)?);
    let tag = HeaderValue::try_from(format!("\"{}\"", &digest[..16])).map_err(|_| Code::Internal)?;
    let is_known = has_tag(request, &tag);
    let mut answer = match is_known {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    answer.insert_header((header::CACHE_CONTROL, KEYS_KEPT)).insert_header((header::ETAG, tag));
    Ok(if is_known { answer.finish() } else { answer.json(body) })
}
