//! Queries of accounts, sessions and refresh tokens. No rules.

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};

use super::{
    account::{Account, AccountKind, Hidden},
    model::Grant,
};
use crate::{
    problem::{Code, Problem},
    register::db::{
        Conn, DbError,
        schema::{accounts, accounts_head, refresh_tokens, sessions},
    },
};

#[derive(Queryable, Insertable)]
#[diesel(table_name = accounts)]
struct Row {
    id: String,
    kind: String,
    name: String,
    display_name: String,
    organisation: Option<String>,
    grants: String,
    secret: Option<String>,
    disabled_at: Option<NaiveDateTime>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    last_sign_in_at: Option<NaiveDateTime>,
    pending: String,
    password_by: Option<String>,
}

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Queryable, Insertable)]
#[diesel(table_name = sessions)]
pub struct Session {
    /// UUID version 7.
    pub id: String,
    /// The account's id.
    pub account: String,
    /// When somebody signed in.
    pub created_at: NaiveDateTime,
    /// The end of its life, however much it is used.
    pub expires_at: NaiveDateTime,
    /// When it was ended before that.
    pub ended_at: Option<NaiveDateTime>,
    /// Why: `signed-out`, `reused`, `disabled`, `password`, `secret`.
    pub ended_because: Option<String>,
}

/// A refresh token as it is stored: never the token itself.
#[derive(Clone, Debug, PartialEq, Queryable, Insertable)]
#[diesel(table_name = refresh_tokens)]
pub struct RefreshToken {
    /// Hex SHA-256.
    pub hash: String,
    /// The session's id.
    pub session: String,
    /// Until when it may be used.
    pub expires_at: NaiveDateTime,
    /// When it was used.
    pub used_at: Option<NaiveDateTime>,
}

/// Makes every other change of accounts wait until this transaction has ended.
pub fn lock_accounts(conn: &mut Conn) -> Result<(), DbError> {
    diesel::update(accounts_head::table).set(accounts_head::version.eq(accounts_head::version + 1)).execute(conn)?;
    Ok(())
}

/// Whether there has ever been more than one administrator, which begins to be so when `there_are` and then stays.
pub fn administrators_watch(conn: &mut Conn, there_are: bool) -> Result<bool, DbError> {
    if there_are {
        diesel::update(accounts_head::table).set(accounts_head::administrators_watch.eq(true)).execute(conn)?;
    }
    Ok(accounts_head::table.select(accounts_head::administrators_watch).first(conn)?)
}

/// Adds an account; a second one with the same name is 409.
pub fn insert(conn: &mut Conn, account: &Account) -> Result<(), DbError> {
    diesel::insert_into(accounts::table).values(Row::try_from(account.clone())?).execute(conn)?;
    Ok(())
}

/// Writes what can change of an account.
pub fn update(conn: &mut Conn, account: &Account) -> Result<(), DbError> {
    let row = Row::try_from(account.clone())?;
    let changes = (
        accounts::display_name.eq(row.display_name),
        accounts::organisation.eq(row.organisation),
        accounts::grants.eq(row.grants),
        accounts::pending.eq(row.pending),
        accounts::secret.eq(row.secret),
        accounts::password_by.eq(row.password_by),
        accounts::disabled_at.eq(row.disabled_at),
        accounts::version.eq(row.version),
        accounts::updated_at.eq(row.updated_at),
    );
    diesel::update(accounts::table.find(&row.id)).set(changes).execute(conn)?;
    Ok(())
}

/// The account with this username or client id.
pub fn named(conn: &mut Conn, name: &str) -> Result<Option<Account>, Problem> {
    let row: Option<Row> =
        accounts::table.filter(accounts::name.eq(name)).first(conn).optional().map_err(DbError::from)?;
    row.map(Account::try_from).transpose()
}

/// The account with this id.
pub fn account(conn: &mut Conn, id: &str) -> Result<Option<Account>, Problem> {
    let row: Option<Row> = accounts::table.find(id).first(conn).optional().map_err(DbError::from)?;
    row.map(Account::try_from).transpose()
}

/// Every account of a kind, in the order in which they were made.
pub fn all(conn: &mut Conn, kind: AccountKind) -> Result<Vec<Account>, Problem> {
    let rows: Vec<Row> = accounts::table.filter(accounts::kind.eq(kind.value())).load(conn).map_err(DbError::from)?;
    let mut all = rows.into_iter().map(Account::try_from).collect::<Result<Vec<_>, _>>()?;
    all.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(all)
}

/// Marks that somebody signed in, which locks the account to the end of the transaction.
pub fn mark_sign_in(conn: &mut Conn, id: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    let at = accounts::last_sign_in_at.eq(now.trunc_subsecs(3).naive_utc());
    diesel::update(accounts::table.find(id)).set(at).execute(conn)?;
    Ok(())
}

/// Adds a session.
pub fn insert_session(conn: &mut Conn, session: &Session) -> Result<(), DbError> {
    diesel::insert_into(sessions::table).values(session.clone()).execute(conn)?;
    Ok(())
}

/// The session with this id.
pub fn session(conn: &mut Conn, id: &str) -> Result<Option<Session>, DbError> {
    Ok(sessions::table.find(id).first(conn).optional()?)
}

/// Ends one session; says whether it had not ended.
pub fn end_session(conn: &mut Conn, id: &str, because: &str, now: DateTime<Utc>) -> Result<bool, DbError> {
    let open = sessions::table.find(id).filter(sessions::ended_at.is_null());
    let end = (sessions::ended_at.eq(now.naive_utc()), sessions::ended_because.eq(because));
    Ok(diesel::update(open).set(end).execute(conn)? > 0)
}

/// Ends all sessions of an account but `kept`.
pub fn end_sessions(
    conn: &mut Conn,
    account: &str,
    kept: Option<&str>,
    because: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let open = sessions::table
        .filter(sessions::account.eq(account))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::id.ne(kept.unwrap_or_default()));
    let end = (sessions::ended_at.eq(now.naive_utc()), sessions::ended_because.eq(because));
    diesel::update(open).set(end).execute(conn)?;
    Ok(())
}

/// Adds a refresh token.
pub fn insert_refresh_token(conn: &mut Conn, token: &RefreshToken) -> Result<(), DbError> {
    diesel::insert_into(refresh_tokens::table).values(token.clone()).execute(conn)?;
    Ok(())
}

/// Takes a refresh token for use; says whether it was there and unused.
pub fn use_refresh_token(conn: &mut Conn, hash: &str, now: DateTime<Utc>) -> Result<bool, DbError> {
    let unused = refresh_tokens::table.find(hash).filter(refresh_tokens::used_at.is_null());
    Ok(diesel::update(unused).set(refresh_tokens::used_at.eq(now.naive_utc())).execute(conn)? > 0)
}

/// The refresh token with this hash.
pub fn refresh_token(conn: &mut Conn, hash: &str) -> Result<Option<RefreshToken>, DbError> {
    Ok(refresh_tokens::table.find(hash).first(conn).optional()?)
}

/// Forgets sessions that nothing can refer to any more, with their tokens.
pub fn forget_sessions(conn: &mut Conn, before: DateTime<Utc>) -> Result<(), DbError> {
    let old = sessions::expires_at.lt(before.naive_utc());
    diesel::delete(sessions::table.filter(old)).execute(conn)?;
    Ok(())
}

impl TryFrom<Account> for Row {
    type Error = DbError;

    fn try_from(account: Account) -> Result<Self, DbError> {
        Ok(Self {
            grants: serde_json::to_string(&account.grants)?,
            pending: serde_json::to_string(&account.pending)?,
            password_by: account.password_by,
            id: account.id,
            kind: account.kind.value().into(),
            name: account.name,
            display_name: account.display_name,
            organisation: account.organisation,
            secret: account.secret.map(|hidden| hidden.0),
            disabled_at: account.disabled_at.map(|at| at.naive_utc()),
            version: account.version,
            created_at: account.created_at.naive_utc(),
            updated_at: account.updated_at.naive_utc(),
            last_sign_in_at: account.last_sign_in_at.map(|at| at.naive_utc()),
        })
    }
}

impl TryFrom<Row> for Account {
    type Error = Problem;

    fn try_from(row: Row) -> Result<Self, Problem> {
        let kind = AccountKind::of(&row.kind).ok_or(Code::Internal)?;
        let mut grants: Vec<Grant> = serde_json::from_str(&row.grants)?;
        // Roles for people alone that a client was given before do not count.
        grants.retain(|grant| kind.may_hold(grant.role));
        Ok(Self {
            kind,
            grants,
            pending: serde_json::from_str(&row.pending)?,
            password_by: row.password_by,
            id: row.id,
            name: row.name,
            display_name: row.display_name,
            organisation: row.organisation,
            secret: row.secret.map(Hidden),
            disabled_at: row.disabled_at.map(|at| at.and_utc()),
            version: row.version,
            created_at: row.created_at.and_utc(),
            updated_at: row.updated_at.and_utc(),
            last_sign_in_at: row.last_sign_in_at.map(|at| at.and_utc()),
        })
    }
}
