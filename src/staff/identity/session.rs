//! Signing in and out: sessions and their refresh tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use subtle::ConstantTimeEq;

use super::{
    account::{Account, AccountKind, Hidden},
    backoff::{self, Attempt},
    model::Caller,
    store::{self, RefreshToken, Session},
};
use crate::{
    problem::{Code, Problem},
    register::db::{Conn, DbError},
    values::sha256,
};

/// How long an access token holds.
pub const ACCESS: TimeDelta = TimeDelta::minutes(10);
/// How long a session lasts, however much it is used.
pub const SESSION: TimeDelta = TimeDelta::hours(12);
/// How long a refresh token waits to be used.
pub const IDLE: TimeDelta = TimeDelta::hours(2);
/// How long an ended session is still known.
const KEPT: TimeDelta = TimeDelta::days(1);

/// Somebody who signed in just now or showed a refresh token.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account.
    pub account: Account,
    /// The session's id.
    pub session: String,
    /// The refresh token, which is shown once, and how long it may wait; not for clients.
    pub refresh: Option<(Hidden, TimeDelta)>,
    /// How long the access token holds.
    pub access: TimeDelta,
}

/// The outcome of showing a refresh token.
#[derive(Clone, Debug)]
pub enum Refreshed {
    /// It was new: here is the next.
    SignedIn(Box<SignedIn>),
    /// It had been used: whoever holds the others may have stolen it, so its session has ended. Keep the transaction.
    Reused {
        /// Whose it was.
        account: Box<Account>,
        /// The session that has ended.
        session: String,
    },
}

/// The outcome of showing a client's secret.
#[derive(Clone, Debug)]
pub enum ClientSignIn {
    /// It was right.
    SignedIn(Box<SignedIn>),
    /// It was not, and is counted. Keep the transaction.
    Refused {
        /// Whether there is such a client.
        is_known: bool,
    },
}

/// A random secret, for a client or as a refresh token.
pub fn random_secret() -> Result<Hidden, DbError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(Hidden(URL_SAFE_NO_PAD.encode(bytes)))
}

/// Hashes a random secret as it is stored: it needs no salt and no slow hash.
pub fn fingerprint(secret: &str) -> Hidden {
    Hidden(sha256(secret))
}

/// The person who tries to sign in, as far as there is one who can; 429 while one has to wait.
pub fn trying(conn: &mut Conn, name: &str, attempt: &Attempt, now: DateTime<Utc>) -> Result<Option<Account>, Problem> {
    backoff::must_not_wait(conn, attempt, now)?;
    let account = store::named(conn, name)?;
    Ok(account.filter(|account| account.kind == AccountKind::Person && account.disabled_at.is_none()))
}

/// Begins the session of a person whose password was found to be right: 401 when the account has changed meanwhile.
pub fn sign_in(conn: &mut Conn, tried: &Account, attempt: &Attempt, now: DateTime<Utc>) -> Result<SignedIn, Problem> {
    backoff::must_not_wait(conn, attempt, now)?;
    let account = unchanged(conn, tried, now)?;
    backoff::succeeded(conn, attempt)?;
    open(conn, account, SESSION, now)
}

/// The account, locked for who signs in to it: 401 when it was disabled or has another secret than the one that was found to be right.
fn unchanged(conn: &mut Conn, tried: &Account, now: DateTime<Utc>) -> Result<Account, Problem> {
    store::mark_sign_in(conn, &tried.id, now)?;
    let same = |account: &Account| account.disabled_at.is_none() && account.secret == tried.secret;
    Ok(store::account(conn, &tried.id)?.filter(same).ok_or(Code::BadCredentials)?)
}

/// Begins the session of a client that shows its secret: as long as one access token, without refresh token.
pub fn sign_in_client(
    conn: &mut Conn,
    id: &str,
    secret: &str,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> Result<ClientSignIn, Problem> {
    backoff::must_not_wait(conn, attempt, now)?;
    let account = store::named(conn, id)?.filter(|account| account.kind == AccountKind::Client);
    let expected = account.as_ref().and_then(|account| account.secret.clone());
    let is_known = account.is_some();
    let shown = fingerprint(secret).0;
    let right = expected.is_some_and(|expected| expected.0.as_bytes().ct_eq(shown.as_bytes()).into());
    match account.filter(|account| right && account.disabled_at.is_none()) {
        None => {
            backoff::failed(conn, attempt, now)?;
            Ok(ClientSignIn::Refused { is_known })
        }
        Some(account) => {
            backoff::succeeded(conn, attempt)?;
            let account = unchanged(conn, &account, now)?;
            Ok(ClientSignIn::SignedIn(Box::new(open(conn, account, ACCESS, now)?)))
        }
    }
}

/// Begins a session of so long, whoever asks for it.
pub fn open(conn: &mut Conn, account: Account, lasts: TimeDelta, now: DateTime<Utc>) -> Result<SignedIn, Problem> {
    let session = Session {
        id: uuid::Uuid::now_v7().simple().to_string(),
        account: account.id.clone(),
        created_at: now.naive_utc(),
        expires_at: (now + lasts).naive_utc(),
        ended_at: None,
        ended_because: None,
    };
    store::insert_session(conn, &session)?;
    signed_in(conn, account, session, now)
}

fn signed_in(conn: &mut Conn, account: Account, session: Session, now: DateTime<Utc>) -> Result<SignedIn, Problem> {
    let left = session.expires_at.and_utc() - now;
    let refresh = match account.kind {
        AccountKind::Client => None,
        AccountKind::Person => {
            let (token, lasts) = (random_secret()?, left.min(IDLE));
            let row = RefreshToken {
                hash: fingerprint(&token.0).0,
                session: session.id.clone(),
                expires_at: (now + lasts).naive_utc(),
                used_at: None,
            };
            store::insert_refresh_token(conn, &row)?;
            Some((token, lasts))
        }
    };
    Ok(SignedIn { account, session: session.id, refresh, access: left.min(ACCESS) })
}

/// The next tokens of a session. A token that was used before ends the session: either its thief or its owner comes second,
/// and nobody can say which.
pub fn refresh(conn: &mut Conn, token: &str, now: DateTime<Utc>) -> Result<Refreshed, Problem> {
    let hash = fingerprint(token).0;
    let unused = store::use_refresh_token(conn, &hash, now)?;
    let known = store::refresh_token(conn, &hash)?.ok_or_else(no_longer)?;
    let session = store::session(conn, &known.session)?.ok_or_else(no_longer)?;
    let account = store::account(conn, &session.account)?.ok_or_else(no_longer)?;
    if !unused {
        store::end_session(conn, &session.id, "reused", now)?;
        return Ok(Refreshed::Reused { account: Box::new(account), session: session.id });
    }
    let holds = known.expires_at > now.naive_utc() && is_open(&session, now) && account.disabled_at.is_none();
    match holds {
        true => Ok(Refreshed::SignedIn(Box::new(signed_in(conn, account, session, now)?))),
        false => Err(no_longer()),
    }
}

/// Refuses a refresh token, whatever is wrong with it.
pub fn no_longer() -> Problem {
    Problem::with_detail(
        Code::Unauthenticated,
        "刷新令牌无效、已过期或者已使用过，请重新登录。",
        "The refresh token is unknown, expired or used: sign in again.",
    )
}

/// Returns the caller that a session stands for, while it is open and the account can be used.
pub fn caller(conn: &mut Conn, session: &str, account: &str, now: DateTime<Utc>) -> Result<Caller, Problem> {
    let session = store::session(conn, session)?.filter(|session| session.account == account && is_open(session, now));
    let session = session.ok_or_else(ended)?;
    let account = store::account(conn, account)?.filter(|account| account.disabled_at.is_none());
    Ok(account.ok_or_else(ended)?.caller(Some(session.id)))
}

fn ended() -> Problem {
    Problem::with_detail(Code::Unauthenticated, "会话已结束，请重新登录。", "The session has ended: sign in again.")
}

fn is_open(session: &Session, now: DateTime<Utc>) -> bool {
    session.ended_at.is_none() && session.expires_at > now.naive_utc()
}

/// Forgets what has long ended.
pub fn forget_old(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), DbError> {
    backoff::forget_old(conn, now)?;
    store::forget_sessions(conn, now - KEPT)
}
