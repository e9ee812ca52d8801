//! Answers that are kept for a client that asks again: `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    result::DatabaseErrorKind,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    problem::{Code, Problem},
    register::db::{Conn, DbError, schema::idempotency},
    staff::identity::Grant,
    values::hex,
};

/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// Bytes of the answers to one account that are kept: beyond them the oldest lose their bodies.
const MOST_BYTES: i64 = 64 << 20;
/// Bytes up to which a body is not counted: what steps usually answer needs no second look.
const SMALL: usize = 4 << 10;

/// A request that may come again.
#[derive(Clone, Debug)]
pub struct Repeatable {
    /// The account.
    pub caller: String,
    /// `Idempotency-Key`
    pub key: String,
    /// Hex SHA-256 of method, address and body.
    pub fingerprint: String,
    /// The grants by which the account may do this.
    pub grants: Vec<Grant>,
}

/// The answer to an earlier request with the same key.
#[derive(Clone, Debug)]
pub struct Stored {
    /// HTTP status.
    pub status: u16,
    /// Headers that belong to the answer.
    pub headers: BTreeMap<String, String>,
    /// JSON.
    pub body: Option<Value>,
}

/// The state of a key.
pub enum KeyState {
    /// It is new, and from now on taken by this transaction.
    Fresh,
    /// It was answered.
    Answered(Stored),
    /// Another transaction took it meanwhile: look again in a new one.
    TakenMeanwhile,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = idempotency)]
struct Row {
    caller: String,
    idempotency_key: String,
    fingerprint: String,
    at: NaiveDateTime,
    status: i32,
    headers: String,
    body: Option<String>,
    record: Option<String>,
    grants: String,
    bytes: i64,
}

impl Repeatable {
    /// A request by its parts.
    pub fn new(caller: &str, key: &str, grants: Vec<Grant>, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        let fingerprint = hex(&hash.finalize());
        Self { caller: caller.into(), key: key.into(), fingerprint, grants }
    }
}

/// Takes the key for this transaction, or finds the answer that it had. 422 when it came with another request, 403 when a grant by which
/// it was answered is no longer held.
///
/// A second transaction with the same key waits here for the first one.
pub fn claim_key(conn: &mut Conn, request: &Repeatable, now: DateTime<Utc>) -> Result<KeyState, Problem> {
    let known: Option<Row> =
        idempotency::table.find((&request.caller, &request.key)).first(conn).optional().map_err(DbError::from)?;
    match known {
        Some(row) if row.at.and_utc() + KEPT > now => return answered(row, request).map(KeyState::Answered),
        Some(_) => forget(conn, request)?,
        None => {}
    }
    let row = Row {
        caller: request.caller.clone(),
        idempotency_key: request.key.clone(),
        fingerprint: request.fingerprint.clone(),
        at: now.naive_utc(),
        status: 0,
        headers: "{}".into(),
        body: None,
        record: None,
        grants: serde_json::to_string(&request.grants)?,
        bytes: 0,
    };
    match diesel::insert_into(idempotency::table).values(row).execute(conn) {
        Ok(_) => Ok(KeyState::Fresh),
        Err(diesel::result::Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            Ok(KeyState::TakenMeanwhile)
        }
        Err(error) => Err(DbError::from(error).into()),
    }
}

fn answered(row: Row, request: &Repeatable) -> Result<Stored, Problem> {
    if row.fingerprint != request.fingerprint {
        return Err(Code::IdempotencyMismatch.into());
    }
    let then: Vec<Grant> = serde_json::from_str(&row.grants)?;
    if !then.iter().all(|grant| request.grants.contains(grant)) {
        return Err(Problem::with_detail(
            Code::Forbidden,
            "请求已经办理；此后授权有了变化，不再给出当时的答复。",
            "It was done. Your grants have changed since, and the answer of that time is not given again.",
        ));
    }
    Ok(Stored {
        status: u16::try_from(row.status).unwrap_or_default(),
        headers: serde_json::from_str(&row.headers)?,
        body: row.body.as_deref().map(serde_json::from_str).transpose()?,
    })
}

fn forget(conn: &mut Conn, request: &Repeatable) -> Result<(), DbError> {
    diesel::delete(idempotency::table.find((&request.caller, &request.key))).execute(conn)?;
    Ok(())
}

/// Keeps the answer to a key that this transaction took; `record` is the kind and key that it tells of.
pub fn store_answer(
    conn: &mut Conn,
    request: &Repeatable,
    answer: &Stored,
    record: Option<&str>,
) -> Result<(), DbError> {
    let body = answer.body.as_ref().map(serde_json::to_string).transpose()?;
    let bytes = body.as_ref().map(String::len).filter(|bytes| *bytes > SMALL).unwrap_or_default();
    let row = (
        idempotency::status.eq(i32::from(answer.status)),
        idempotency::headers.eq(serde_json::to_string(&answer.headers)?),
        idempotency::body.eq(body),
        idempotency::record.eq(record),
        idempotency::bytes.eq(i64::try_from(bytes).unwrap_or(i64::MAX)),
    );
    diesel::update(idempotency::table.find((&request.caller, &request.key))).set(row).execute(conn)?;
    match bytes {
        0 => Ok(()),
        _ => take_bodies_beyond(conn, &request.caller, MOST_BYTES),
    }
}

/// Takes the bodies of the oldest answers to an account of which more is kept than this: status and headers stay, so that a request that
/// comes again is still not done twice.
fn take_bodies_beyond(conn: &mut Conn, caller: &str, most: i64) -> Result<(), DbError> {
    let large = idempotency::table.filter(idempotency::caller.eq(caller)).filter(idempotency::bytes.gt(0));
    let newest_first = large.order((idempotency::at.desc(), idempotency::idempotency_key.desc()));
    let kept: Vec<(String, i64)> =
        newest_first.select((idempotency::idempotency_key, idempotency::bytes)).load(conn)?;
    let mut taken = 0_i64;
    let beyond = kept.into_iter().filter(|(_, bytes)| {
        taken = taken.saturating_add(*bytes);
        taken > most
    });
    // All in one order, so that no two requests wait for each other.
    for key in beyond.map(|(key, _)| key).collect::<BTreeSet<_>>() {
        let none = (idempotency::body.eq(None::<String>), idempotency::bytes.eq(0));
        diesel::update(idempotency::table.find((caller, key))).set(none).execute(conn)?;
    }
    Ok(())
}

/// Forgets what is no longer kept; says how many there were.
pub fn forget_old(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize, DbError> {
    let old = idempotency::table.filter(idempotency::at.le((now - KEPT).naive_utc()));
    Ok(diesel::delete(old).execute(conn)?)
}

/// Takes the bodies of all kept answers that tell of a record (`item/1135…`) or of several: status and headers stay, so
/// that a request that comes again is still not done twice.
pub fn forget_record(conn: &mut Conn, record: &str) -> Result<(), DbError> {
    let telling = idempotency::table.filter(idempotency::record.eq(record).or(idempotency::record.is_null()));
    diesel::update(telling).set((idempotency::body.eq(None::<String>), idempotency::bytes.eq(0))).execute(conn)?;
    Ok(())
}
