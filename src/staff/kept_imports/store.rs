//! Queries on what is kept of imports. No rules.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, TextExpressionMethods,
};
use serde_json::{Value, json, value::RawValue};

use crate::register::{
    catalog::instant,
    db::{
        Conn, DbError,
        schema::{import_parts, imports},
    },
};

/// The time for which an import is kept.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Rows of one part.
const ROWS: usize = 200;
/// Bytes of one part of a file: 256 KiB of Base64.
const BYTES: usize = 192 << 10;
const ZSTD_LEVEL: i32 = 3;
const FILE: &str = "file";

/// The state of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its rows were looked at; nothing was written.
    Checked,
    /// Its drafts were made.
    Applied,
}

impl State {
    /// As in JSON.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Applied => "applied",
        }
    }
}

/// An import without its parts.
#[derive(Clone, Debug)]
pub struct Summary {
    /// UUID, version 7.
    pub id: String,
    /// The account whose it is.
    pub account: String,
    /// The name of the account.
    pub account_name: String,
    /// How far it has come.
    pub state: State,
    /// The name of the file.
    pub file_name: String,
    /// Bytes of the file.
    pub file_size: i64,
    /// The kind of record that was said with it.
    pub kind: Option<String>,
    /// The state of the register with which it was compared.
    pub seq: i64,
    /// The number of rows of each outcome.
    pub counts: Value,
    /// The number of drafts that were made.
    pub drafts: Option<i64>,
    /// The time at which it was sent.
    pub created_at: DateTime<Utc>,
    /// The time at which it was applied.
    pub applied_at: Option<DateTime<Utc>>,
    /// The office against whose quota it counts.
    pub office: String,
}

impl Summary {
    /// Its name in the audit trail.
    pub fn subject(&self) -> String {
        format!("import/{}", self.id)
    }

    /// The address of the list of its drafts.
    pub fn drafts_url(&self) -> String {
        format!("/v1/drafts?import={}", self.id)
    }

    /// As it is answered, without its rows.
    pub fn view(&self) -> Value {
        let own = format!("/v1/imports/{}", self.id);
        json!({
            "id": self.id,
            "state": self.state.value(),
            "file": { "name": self.file_name, "size": self.file_size },
            "kind": self.kind,
            "seq": self.seq,
            "counts": self.counts,
            "drafts": self.drafts,
            "account": self.account_name,
            "created_at": instant(self.created_at),
            "applied_at": self.applied_at.map(instant),
            "links": {
                "self": own, "report": format!("{own}/report.xlsx"), "apply": format!("{own}/apply"), "drafts": self.drafts_url(),
            },
        })
    }
}

/// The parts of a new import.
#[derive(Clone, Debug)]
pub struct ImportParts {
    /// The report on each row: JSON text, which takes a fraction of the room of values.
    pub rows: Vec<String>,
    /// The drafts that would be made: JSON text.
    pub records: Vec<String>,
    /// The file.
    pub file: actix_web::web::Bytes,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = imports)]
struct Row {
    id: String,
    account: String,
    account_name: String,
    state: String,
    file_name: String,
    file_size: i64,
    kind: Option<String>,
    seq: i64,
    counts: String,
    drafts: Option<i64>,
    created_at: NaiveDateTime,
    applied_at: Option<NaiveDateTime>,
    office: String,
    kept: i64,
}

/// Keeps a new import.
pub fn insert(conn: &mut Conn, summary: &Summary, kept: &ImportParts) -> Result<(), DbError> {
    let packed = zstd::encode_all(&kept.file[..], ZSTD_LEVEL)
        .map_err(|error| DbError::Damaged(format!("an import cannot be packed: {error}")))?;
    let text: usize = kept.rows.iter().chain(&kept.records).map(String::len).sum();
    let row = Row {
        id: summary.id.clone(),
        account: summary.account.clone(),
        account_name: summary.account_name.clone(),
        state: summary.state.value().into(),
        file_name: summary.file_name.clone(),
        file_size: summary.file_size,
        kind: summary.kind.clone(),
        seq: summary.seq,
        counts: summary.counts.to_string(),
        drafts: summary.drafts,
        created_at: summary.created_at.naive_utc(),
        applied_at: summary.applied_at.map(|at| at.naive_utc()),
        office: summary.office.clone(),
        kept: i64::try_from(text + packed.len()).unwrap_or(i64::MAX),
    };
    diesel::insert_into(imports::table).values(row).execute(conn)?;
    for (sort, rows) in [("rows", &kept.rows), ("records", &kept.records)] {
        for (number, rows) in (0..).zip(rows.chunks(ROWS)) {
            insert_part(conn, &summary.id, sort, number, format!("[{}]", rows.join(",")))?;
        }
    }
    for (number, part) in (0..).zip(packed.chunks(BYTES)) {
        insert_part(conn, &summary.id, FILE, number, STANDARD.encode(part))?;
    }
    Ok(())
}

fn insert_part(conn: &mut Conn, id: &str, sort: &str, number: i32, content: String) -> Result<(), DbError> {
    let row = (
        import_parts::import.eq(id),
        import_parts::sort.eq(sort),
        import_parts::part.eq(number),
        import_parts::content.eq(content),
    );
    diesel::insert_into(import_parts::table).values(row).execute(conn)?;
    Ok(())
}

/// Counts the bytes that the imports of an office take.
pub fn taken_by(conn: &mut Conn, office: &str) -> Result<u64, DbError> {
    let kept: Vec<i64> = imports::table.filter(imports::office.eq(office)).select(imports::kept).load(conn)?;
    Ok(kept.into_iter().filter_map(|bytes| u64::try_from(bytes).ok()).sum())
}

/// Locks an import and loads it.
pub fn lock(conn: &mut Conn, id: &str) -> Result<Option<Summary>, DbError> {
    diesel::update(imports::table.find(id)).set(imports::seq.eq(imports::seq + 0)).execute(conn)?;
    load(conn, id)
}

/// Loads an import, without its parts.
pub fn load(conn: &mut Conn, id: &str) -> Result<Option<Summary>, DbError> {
    let row: Option<Row> = imports::table.find(id).first(conn).optional()?;
    row.map(summary).transpose()
}

/// Loads the imports of an account, the newest first.
pub fn of_account(conn: &mut Conn, account: &str) -> Result<Vec<Summary>, DbError> {
    let rows: Vec<Row> = imports::table.filter(imports::account.eq(account)).order(imports::id.desc()).load(conn)?;
    rows.into_iter().map(summary).collect()
}

/// Gives every row (`rows`) or record (`records`) of an import from this place on, in order, as JSON text, as long as `take` takes
/// more. No more than one part is held at a time.
pub fn each<E: From<DbError>>(
    conn: &mut Conn,
    id: &str,
    sort: &str,
    from: usize,
    mut take: impl FnMut(&mut Conn, usize, &str) -> Result<bool, E>,
) -> Result<(), E> {
    for part in from / ROWS.. {
        let Some(content) = content(conn, id, sort, part)? else { break };
        let rows: Vec<&RawValue> = serde_json::from_str(&content).map_err(DbError::from)?;
        for (place, row) in (part * ROWS..).zip(rows) {
            if place >= from && !take(conn, place, row.get())? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn content(conn: &mut Conn, id: &str, sort: &str, part: usize) -> Result<Option<String>, DbError> {
    let Ok(part) = i32::try_from(part) else { return Ok(None) };
    Ok(import_parts::table.find((id, sort, part)).select(import_parts::content).first(conn).optional()?)
}

/// Loads the file of an import; none once an erasure has taken it away.
pub fn file(conn: &mut Conn, summary: &Summary) -> Result<Option<Vec<u8>>, DbError> {
    let damaged = || DbError::Damaged(format!("the file of import {}", summary.id));
    let mut packed = Vec::new();
    for part in 0.. {
        let Some(part) = content(conn, &summary.id, FILE, part)? else { break };
        STANDARD.decode_vec(part, &mut packed).map_err(|_| damaged())?;
    }
    if packed.is_empty() {
        return Ok(None);
    }
    let size = usize::try_from(summary.file_size).map_err(|_| damaged())?;
    zstd::bulk::decompress(&packed, size).map(Some).map_err(|_| damaged())
}

/// Notes that the drafts of a locked import were made.
pub fn mark_applied(conn: &mut Conn, id: &str, drafts: usize, now: DateTime<Utc>) -> Result<(), DbError> {
    let row = (
        imports::state.eq(State::Applied.value()),
        imports::drafts.eq(i64::try_from(drafts).ok()),
        imports::applied_at.eq(Some(now.naive_utc())),
    );
    diesel::update(imports::table.find(id)).set(row).execute(conn)?;
    Ok(())
}

/// Forgets an import.
pub fn forget(conn: &mut Conn, id: &str) -> Result<(), DbError> {
    diesel::delete(import_parts::table.filter(import_parts::import.eq(id))).execute(conn)?;
    diesel::delete(imports::table.find(id)).execute(conn)?;
    Ok(())
}

/// Forgets imports that are no longer kept; returns how many there were.
pub fn forget_old(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize, DbError> {
    let old = imports::table.filter(imports::created_at.le((now - KEPT).naive_utc()));
    let ids: Vec<String> = old.select(imports::id).load(conn)?;
    for id in &ids {
        forget(conn, id)?;
    }
    Ok(ids.len())
}

/// Takes everything that imports say of a record away, for an erasure: that there was a row is left, and no file that may
/// hold its text.
pub fn forget_record(conn: &mut Conn, kind: &str, key: &str) -> Result<(), DbError> {
    let naming = import_parts::table
        .filter(import_parts::sort.ne(FILE))
        .filter(import_parts::content.like(format!("%\"{key}\"%")))
        .select((import_parts::import, import_parts::sort, import_parts::part, import_parts::content));
    let parts: Vec<(String, String, i32, String)> = naming.load(conn)?;
    for (id, sort, part, content) in parts {
        let mut rows: Vec<Value> = serde_json::from_str(&content)?;
        let own = rows.iter_mut().filter(|row| row["kind"] == kind && row["key"] == key);
        let erased = own.map(empty).count();
        if erased == 0 {
            continue;
        }
        diesel::update(import_parts::table.find((&id, sort, part)))
            .set(import_parts::content.eq(serde_json::to_string(&rows)?))
            .execute(conn)?;
        let file = import_parts::table.filter(import_parts::import.eq(&id)).filter(import_parts::sort.eq(FILE));
        diesel::delete(file).execute(conn)?;
    }
    Ok(())
}

/// Empties a row but for its place and its outcome.
fn empty(row: &mut Value) {
    let Some(members) = row.as_object_mut() else { return };
    for (name, value) in members.iter_mut() {
        match (name.as_str(), &value) {
            ("changes" | "problems", _) => *value = Value::Array(Vec::new()),
            ("fields", _) => *value = Value::Null,
            _ => {}
        }
    }
}

fn summary(row: Row) -> Result<Summary, DbError> {
    let state = [State::Checked, State::Applied].into_iter().find(|state| state.value() == row.state);
    Ok(Summary {
        state: state.ok_or_else(|| DbError::Damaged(format!("import {} has an unknown state", row.id)))?,
        id: row.id,
        account: row.account,
        account_name: row.account_name,
        file_name: row.file_name,
        file_size: row.file_size,
        kind: row.kind,
        seq: row.seq,
        counts: serde_json::from_str(&row.counts)?,
        drafts: row.drafts,
        created_at: row.created_at.and_utc(),
        applied_at: row.applied_at.map(|at| at.and_utc()),
        office: row.office,
    })
}
