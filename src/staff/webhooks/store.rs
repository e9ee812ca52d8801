//! The rows of webhooks and of attempts.

use chrono::{DateTime, NaiveDateTime, SubsecRound, TimeDelta, Utc};
use diesel::{
    AsChangeset, BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable,
    RunQueryDsl,
};
use serde::{Deserialize, Serialize};

use super::{
    event::DraftEvent,
    model::{Attempt, Because, Disabled, Progress, Webhook},
    seal::{Seal, SealError, SealedSecret},
    transport::Failure,
};
use crate::{
    register::db::{
        Conn, DbError,
        schema::{webhook_attempts, webhooks},
    },
    web::interest::Interest,
};

/// How long attempts are kept, and how many of one webhook.
const KEPT: TimeDelta = TimeDelta::days(30);
const MOST_KEPT: i64 = 2000;

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = webhooks, treat_none_as_null = true)]
struct Row {
    id: String,
    url: String,
    interest: String,
    secret: String,
    previous_secret: Option<String>,
    previous_until: Option<NaiveDateTime>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    disabled_because: Option<String>,
    disabled_at: Option<NaiveDateTime>,
    delivered_to: i64,
    replays: i64,
    failures: i32,
    failing_since: Option<NaiveDateTime>,
    due_at: Option<NaiveDateTime>,
    test: Option<String>,
    attempts: i64,
    lease: Option<String>,
    lease_until: Option<NaiveDateTime>,
}

/// What a webhook is told of, as JSON in the column `interest`.
#[derive(Serialize, Deserialize)]
struct Told {
    #[serde(flatten)]
    interest: Interest,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    events: Vec<DraftEvent>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = webhook_attempts)]
struct AttemptRow {
    webhook: String,
    number: i64,
    message: String,
    first_seq: Option<i64>,
    last_seq: Option<i64>,
    changes: i32,
    at: NaiveDateTime,
    duration_ms: i64,
    status: Option<i32>,
    failure: Option<String>,
    next_at: Option<NaiveDateTime>,
}

/// Adds a webhook.
pub fn insert(conn: &mut Conn, webhook: &Webhook) -> Result<(), DbError> {
    diesel::insert_into(webhooks::table).values(Row::try_from(webhook)?).execute(conn)?;
    Ok(())
}

/// Reads every webhook, in the order in which they were made.
pub fn all(conn: &mut Conn) -> Result<Vec<Webhook>, DbError> {
    let rows: Vec<Row> = webhooks::table.load(conn)?;
    let mut all = rows.into_iter().map(Webhook::try_from).collect::<Result<Vec<_>, _>>()?;
    all.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(all)
}

/// Reads the webhook with this id.
pub fn webhook(conn: &mut Conn, id: &str) -> Result<Option<Webhook>, DbError> {
    let row: Option<Row> = webhooks::table.find(id).first(conn).optional()?;
    row.map(Webhook::try_from).transpose()
}

/// Locks the webhook with this id until the transaction ends, and returns it.
pub fn lock(conn: &mut Conn, id: &str) -> Result<Option<Webhook>, DbError> {
    diesel::update(webhooks::table.find(id)).set(webhooks::version.eq(webhooks::version + 0)).execute(conn)?;
    webhook(conn, id)
}

/// Writes all of a webhook that the transaction has locked, and ends the lease: a message that is on its way counts for
/// nothing and is sent again.
pub fn overwrite(conn: &mut Conn, webhook: &Webhook) -> Result<(), DbError> {
    write(conn, Row { lease_until: None, ..Row::try_from(webhook)? })
}

fn write(conn: &mut Conn, row: Row) -> Result<(), DbError> {
    diesel::update(webhooks::table.find(&row.id)).set(&row).execute(conn)?;
    Ok(())
}

/// Removes a webhook and what is known of its deliveries.
pub fn delete(conn: &mut Conn, id: &str) -> Result<(), DbError> {
    diesel::delete(webhook_attempts::table.filter(webhook_attempts::webhook.eq(id))).execute(conn)?;
    diesel::delete(webhooks::table.find(id)).execute(conn)?;
    Ok(())
}

/// Takes a webhook in hand until then, unless another process has it. A lease that nobody ends runs out.
pub fn lease(
    conn: &mut Conn,
    id: &str,
    lease: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Option<Webhook>, DbError> {
    let free = webhooks::lease_until.is_null().or(webhooks::lease_until.le(now.naive_utc()));
    let held = (webhooks::lease.eq(lease), webhooks::lease_until.eq(until.naive_utc()));
    let taken = diesel::update(webhooks::table.find(id).filter(free)).set(held).execute(conn)?;
    if taken == 0 { Ok(None) } else { webhook(conn, id) }
}

/// Locks a webhook that is in hand by this lease; `None` when it is not any more.
pub fn held(conn: &mut Conn, id: &str, lease: &str) -> Result<Option<Webhook>, DbError> {
    let own = webhooks::table.find(id).filter(webhooks::lease.eq(lease));
    match diesel::update(own).set(webhooks::version.eq(webhooks::version + 0)).execute(conn)? {
        0 => Ok(None),
        _ => webhook(conn, id),
    }
}

/// Writes all of a webhook that the transaction has locked by [`held`]; keeps it in hand by this lease until then, or ends the
/// lease.
pub fn advance(conn: &mut Conn, webhook: &Webhook, keep: Option<(&str, DateTime<Utc>)>) -> Result<(), DbError> {
    let (lease, lease_until) = keep.map(|(lease, until)| (lease.to_owned(), until.naive_utc())).unzip();
    write(conn, Row { lease, lease_until, ..Row::try_from(webhook)? })
}

/// Adds an attempt.
pub fn insert_attempt(conn: &mut Conn, webhook: &str, attempt: &Attempt) -> Result<(), DbError> {
    let row = AttemptRow {
        webhook: webhook.into(),
        number: attempt.number,
        message: attempt.message.clone(),
        first_seq: attempt.changes.map(|(first, _)| first),
        last_seq: attempt.changes.map(|(_, last)| last),
        changes: i32::try_from(attempt.count).unwrap_or(i32::MAX),
        at: attempt.at.naive_utc(),
        duration_ms: attempt.duration_ms,
        status: attempt.status.map(i32::from),
        failure: attempt.failure.map(|failure| failure.value().to_owned()),
        next_at: attempt.next_at.map(|at| at.naive_utc()),
    };
    diesel::insert_into(webhook_attempts::table).values(row).execute(conn)?;
    Ok(())
}

/// Reads attempts of a webhook before the number `before`, newest first, at most so many; and how many there are in all.
pub fn attempts_before(conn: &mut Conn, webhook: &str, before: i64, most: i64) -> Result<(Vec<Attempt>, i64), DbError> {
    let own = webhook_attempts::table.filter(webhook_attempts::webhook.eq(webhook));
    let total = own.count().get_result(conn)?;
    let earlier = own.filter(webhook_attempts::number.lt(before)).order(webhook_attempts::number.desc());
    let rows: Vec<AttemptRow> = earlier.limit(most).load(conn)?;
    Ok((rows.into_iter().map(Attempt::try_from).collect::<Result<_, _>>()?, total))
}

/// Seals every secret that is kept as it is, as all were before there was a key; says whether there was one. What this key cannot open is
/// said, and kept: the key may come back.
pub fn seal_all(conn: &mut Conn, seal: &Seal) -> Result<bool, SealError> {
    let mut sealed = false;
    for webhook in all(conn)? {
        let Some(webhook) = lock(conn, &webhook.id)? else { continue };
        if seal.secret(&webhook.id, &webhook.secret).is_none() {
            log::error!(
                "webhook {}: its secret is sealed by another key than that of this process; nothing is sent to it until webhooks.key is \
                 put back into QINGDAN_KEYS_DIR, or the secret renewed (POST /v1/webhooks/{}/rotate)",
                webhook.id,
                webhook.id
            );
        }
        let secret = seal.closed(&webhook.id, &webhook.secret)?;
        let previous = match &webhook.previous {
            Some((previous, _)) => seal.closed(&webhook.id, previous)?,
            None => None,
        };
        let own = webhooks::table.find(&webhook.id);
        if let Some(SealedSecret(secret)) = secret {
            diesel::update(own).set(webhooks::secret.eq(secret)).execute(conn).map_err(DbError::from)?;
            sealed = true;
        }
        if let Some(SealedSecret(previous)) = previous {
            diesel::update(own).set(webhooks::previous_secret.eq(previous)).execute(conn).map_err(DbError::from)?;
            sealed = true;
        }
    }
    Ok(sealed)
}

/// Forgets attempts that are old, and all but the newest of each webhook.
pub fn forget_old(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize, DbError> {
    let old = webhook_attempts::at.lt((now - KEPT).trunc_subsecs(3).naive_utc());
    let mut forgotten = diesel::delete(webhook_attempts::table.filter(old)).execute(conn)?;
    let counted: Vec<(String, i64)> = webhooks::table.select((webhooks::id, webhooks::attempts)).load(conn)?;
    for (id, attempts) in counted.into_iter().filter(|(_, attempts)| *attempts > MOST_KEPT) {
        let of_it = webhook_attempts::webhook.eq(id).and(webhook_attempts::number.le(attempts - MOST_KEPT));
        forgotten += diesel::delete(webhook_attempts::table.filter(of_it)).execute(conn)?;
    }
    Ok(forgotten)
}

impl TryFrom<&Webhook> for Row {
    type Error = DbError;

    fn try_from(webhook: &Webhook) -> Result<Self, DbError> {
        let naive = |at: DateTime<Utc>| at.trunc_subsecs(3).naive_utc();
        let Progress { delivered_to, replays, failures, failing_since, due_at, test, attempts, held_until } =
            webhook.progress.clone();
        Ok(Self {
            id: webhook.id.clone(),
            url: webhook.url.clone(),
            interest: serde_json::to_string(&Told {
                interest: webhook.interest.clone(),
                events: webhook.events.clone(),
            })?,
            secret: webhook.secret.0.clone(),
            previous_secret: webhook.previous.as_ref().map(|(secret, _)| secret.0.clone()),
            previous_until: webhook.previous.as_ref().map(|(_, until)| naive(*until)),
            version: webhook.version,
            created_at: naive(webhook.created_at),
            updated_at: naive(webhook.updated_at),
            disabled_because: webhook.disabled.map(|disabled| disabled.because.value().to_owned()),
            disabled_at: webhook.disabled.map(|disabled| naive(disabled.at)),
            delivered_to,
            replays,
            failures: i32::try_from(failures).unwrap_or(i32::MAX),
            failing_since: failing_since.map(naive),
            due_at: due_at.map(naive),
            test,
            attempts,
            lease: None,
            lease_until: held_until.map(naive),
        })
    }
}

impl TryFrom<Row> for Webhook {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let damaged = |what: &str| DbError::Damaged(format!("webhook {} has no known {what}", row.id));
        let utc = |at: NaiveDateTime| at.and_utc();
        let previous = row.previous_secret.map(SealedSecret).zip(row.previous_until.map(utc));
        let because = |text: &str| Because::of(text).ok_or_else(|| damaged("reason to be disabled"));
        let because = row.disabled_because.as_deref().map(because).transpose()?;
        let Told { interest, events } = serde_json::from_str(&row.interest)?;
        Ok(Self {
            interest,
            events,
            secret: SealedSecret(row.secret),
            previous,
            version: row.version,
            created_at: row.created_at.and_utc(),
            updated_at: row.updated_at.and_utc(),
            disabled: because.zip(row.disabled_at.map(utc)).map(|(because, at)| Disabled { because, at }),
            progress: Progress {
                delivered_to: row.delivered_to,
                replays: row.replays,
                failures: u32::try_from(row.failures).unwrap_or_default(),
                failing_since: row.failing_since.map(utc),
                due_at: row.due_at.map(utc),
                test: row.test,
                attempts: row.attempts,
                held_until: row.lease_until.map(utc),
            },
            id: row.id,
            url: row.url,
        })
    }
}

impl TryFrom<AttemptRow> for Attempt {
    type Error = DbError;

    fn try_from(row: AttemptRow) -> Result<Self, DbError> {
        let unknown =
            || DbError::Damaged(format!("attempt {} of webhook {} has no known failure", row.number, row.webhook));
        let failure = row.failure.as_deref().map(|text| Failure::of(text).ok_or_else(unknown)).transpose()?;
        Ok(Self {
            number: row.number,
            message: row.message,
            changes: row.first_seq.zip(row.last_seq),
            count: usize::try_from(row.changes).unwrap_or_default(),
            at: row.at.and_utc(),
            duration_ms: row.duration_ms,
            status: row.status.and_then(|status| u16::try_from(status).ok()),
            failure,
            next_at: row.next_at.map(|at| at.and_utc()),
        })
    }
}
