//! Takes what was erased off the disk. That this has to be done is written in the transaction of the erasure, and stays written
//! until it is certain: the client may be gone by then, and the process may have ended.
//!
//! SQLite overwrites what is deleted (`secure_delete`), but copies stay in the log beside the store, and in gaps of pages from which
//! rows were moved. So the store is written anew (VACUUM), and the log emptied. PostgreSQL leaves a row that was altered where it is.
//! So the tables are written anew (VACUUM FULL), after the end of every transaction that could still see such a row.

use std::{mem, sync::PoisonError, thread, time::Duration};

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use diesel::{
    ExpressionMethods, PgConnection, QueryDsl, QueryResult, Queryable, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    result::Error::DatabaseError,
    sql_query,
    sql_types::{BigInt, Bool, Integer, Text},
};

use super::{Conn, Db, DbError, connect, schema::scrub};
use crate::base::threads;

/// Held on PostgreSQL by the replica that does it. Any number will do.
const SCRUB_LOCK: i64 = 0x71_69_6e_67_73_63_72;
/// How often it is looked whether transactions of others have ended, and how long in between.
const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Erasures of which something may still be on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unscrubbed {
    /// How many.
    pub erasures: i64,
    /// Since when the oldest of them waits.
    pub since: DateTime<Utc>,
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrub {
    /// Nothing waited.
    Idle,
    /// Of so many erasures nothing is left.
    Done(i64),
    /// Somebody still reads or writes: it has to be tried again.
    Waits(Unscrubbed),
}

/// Notes that something is erased, in the transaction that does.
pub fn ask(conn: &mut Conn) -> Result<(), DbError> {
    diesel::update(scrub::table).set(scrub::asked.eq(scrub::asked + 1)).execute(conn)?;
    let is_first = scrub::table.filter(scrub::since.is_null());
    diesel::update(is_first).set(scrub::since.eq(Some(now()))).execute(conn)?;
    Ok(())
}

/// Returns the erasures that wait to be taken off the disk.
pub fn unscrubbed(conn: &mut Conn) -> Result<Option<Unscrubbed>, DbError> {
    let Standing { asked, done, since } = standing(conn)?;
    Ok(since.map(|since| Unscrubbed { erasures: asked - done, since: since.and_utc() }))
}

#[derive(Queryable)]
struct Standing {
    asked: i64,
    done: i64,
    since: Option<NaiveDateTime>,
}

fn standing(conn: &mut Conn) -> Result<Standing, DbError> {
    Ok(scrub::table.select((scrub::asked, scrub::done, scrub::since)).first(conn)?)
}

fn now() -> NaiveDateTime {
    Utc::now().trunc_subsecs(3).naive_utc()
}

impl Db {
    /// Takes what was erased off the disk, as far as nobody stands in the way.
    pub async fn scrub(&self) -> Result<Scrub, DbError> {
        let begun = now();
        let Standing { asked, done, since } = self.read(standing).await?;
        let Some(since) = since else { return Ok(self.scrubbed(Scrub::Idle)) };
        let url = self.url.clone();
        let waits = Scrub::Waits(Unscrubbed { erasures: asked - done, since: since.and_utc() });
        match threads::spawn(move || write_anew(connect(&url)?)).await? {
            Ok(true) => {}
            Ok(false) => return Ok(self.scrubbed(waits)),
            Err(error) => {
                self.scrubbed(waits);
                return Err(error);
            }
        }
        self.write(move |conn| finish(conn, asked, begun)).await?;
        Ok(self.scrubbed(Scrub::Done(asked - done)))
    }

    /// Returns the erasures that waited at the last attempt of this process.
    pub fn last_unscrubbed(&self) -> Option<Unscrubbed> {
        *self.unscrubbed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps for the metrics what came of an attempt, and tells the log of the first that was in vain.
    fn scrubbed(&self, came: Scrub) -> Scrub {
        let waiting = match came {
            Scrub::Idle | Scrub::Done(_) => None,
            Scrub::Waits(waiting) => Some(waiting),
        };
        let before = mem::replace(&mut *self.unscrubbed.lock().unwrap_or_else(PoisonError::into_inner), waiting);
        if let (None, Some(Unscrubbed { erasures, .. })) = (before, waiting) {
            log::warn!(
                "of {erasures} erasures something is still on the disk: tried again, for somebody may hold a transaction"
            );
        }
        came
    }
}

/// Notes that nothing is left of the erasures up to this one. Those that came meanwhile wait at most since `begun`.
fn finish(conn: &mut Conn, asked: i64, begun: NaiveDateTime) -> Result<(), DbError> {
    diesel::update(scrub::table.filter(scrub::done.lt(asked))).set(scrub::done.eq(asked)).execute(conn)?;
    let since = match standing(conn)? {
        Standing { asked, done, .. } if done >= asked => None,
        Standing { since, .. } => since.max(Some(begun)),
    };
    diesel::update(scrub::table).set(scrub::since.eq(since)).execute(conn)?;
    Ok(())
}

/// Writes everything anew, on a connection that ends with it; whether it is certain that nothing is left.
fn write_anew(mut conn: Conn) -> Result<bool, DbError> {
    let done = match &mut conn {
        Conn::Sqlite(conn) => on_sqlite(conn),
        Conn::Postgres(conn) => on_postgres(conn),
    };
    match done {
        // Somebody was faster, or does not let go.
        Err(DatabaseError(_, about)) if about.message().contains("lock") => Ok(false),
        done => Ok(done?),
    }
}

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    busy: i32,
}

fn on_sqlite(conn: &mut SqliteConnection) -> QueryResult<bool> {
    // First what is cheap, and tells whether somebody still reads an earlier state.
    if !is_log_emptied(conn)? {
        return Ok(false);
    }
    conn.batch_execute("PRAGMA busy_timeout = 15000; VACUUM")?;
    is_log_emptied(conn)
}

/// Takes the log into the store and cuts it to nothing, unless somebody reads from it.
fn is_log_emptied(conn: &mut SqliteConnection) -> QueryResult<bool> {
    // While it waits for readers, no one writes.
    conn.batch_execute("PRAGMA busy_timeout = 500")?;
    let checkpoint: Checkpoint = sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(conn)?;
    Ok(checkpoint.busy == 0)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    is_so: bool,
}

#[derive(QueryableByName, PartialEq, Eq)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    file: String,
}

fn on_postgres(conn: &mut PgConnection) -> QueryResult<bool> {
    let alone: Answer =
        sql_query("SELECT pg_try_advisory_lock($1) AS is_so").bind::<BigInt, _>(SCRUB_LOCK).get_result(conn)?;
    if !alone.is_so || !have_all_ended(conn)? {
        return Ok(false);
    }
    let before = tables(conn)?;
    // Others that want a table meanwhile wait behind us: not for long where somebody else has it.
    conn.batch_execute("SET lock_timeout = '2s'")?;
    for table in &before {
        conn.batch_execute(&format!("VACUUM (FULL, ANALYZE) {}", table.name))?;
    }
    // PostgreSQL only warns where we may not do it: whether each table has another file now is certain.
    let after = tables(conn)?;
    Ok(before.iter().all(|table| !after.contains(table)))
}

/// Whether every transaction has ended that could see what is deleted by now: else it is kept for them.
fn have_all_ended(conn: &mut PgConnection) -> QueryResult<bool> {
    let next = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS number";
    let Number { number: next } = sql_query(next).get_result(conn)?;
    // One that writes into any database of the server, prepared ones too, keeps snapshots old that are taken meanwhile in this one.
    let writers = format!("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint < {next} AS is_so");
    let older = format!("> age('{}'::xid)", next % (1 << 32));
    let readers = format!(
        "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
                          AND (datname IS NULL OR datname = current_database()) AND age(backend_xmin) {older} \
                        UNION ALL SELECT 1 FROM pg_replication_slots WHERE age(xmin) {older}) AS is_so"
    );
    let mut are_there = |some: &str| sql_query(some).get_result(conn).map(|Answer { is_so }| is_so);
    for look in 0..LOOKS {
        if look > 0 {
            thread::sleep(BETWEEN_LOOKS);
        }
        // In this order: once all writers have ended, nobody begins to read any more who could see what is deleted.
        if !are_there(&writers)? && !are_there(&readers)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Our tables and their files, but for the trail: nothing in it is ever erased. Tables of others in the same schema are theirs.
fn tables(conn: &mut PgConnection) -> QueryResult<Vec<Table>> {
    sql_query(
        "SELECT oid::regclass::text AS name, pg_relation_filepath(oid) AS file FROM pg_class \
         WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND relname <> 'audit' \
         AND relowner = (SELECT relowner FROM pg_class WHERE oid = 'scrub'::regclass) ORDER BY relname",
    )
    .load(conn)
}
