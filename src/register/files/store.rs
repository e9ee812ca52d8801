//! Files in the database, where all replicas share them.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDateTime, SubsecRound, TimeDelta, Utc};
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};

use super::{media::MediaType, model::FileContent};
use crate::register::{
    catalog::Snapshot,
    changes,
    db::{
        Conn, DbError,
        schema::{file_holders, file_parts, files, files_door},
    },
};

/// How long a file is kept that nothing names: long enough to write the draft that will.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// Bytes of a part: 256 KiB of Base64.
const PART: usize = 192 << 10;

#[derive(Queryable, Insertable)]
#[diesel(table_name = files)]
struct Row {
    hash: String,
    size: i64,
    media_type: String,
    at: NaiveDateTime,
}

/// The sender of a file.
#[derive(Clone, Copy)]
pub struct Sender<'a> {
    /// The account.
    pub account: &'a str,
    /// The organisation or division against whose quota it counts.
    pub office: &'a str,
}

/// Stores a file for its sender; without one, what is public. Its day begins anew where it is stored already. What is done and
/// answered is the same either way: who sends bytes does not learn whether somebody has sent them before.
pub fn store(
    conn: &mut Conn,
    file: &FileContent,
    sender: Option<Sender<'_>>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::update(files_door::table).set(files_door::taken.eq(files_door::taken + 1)).execute(conn)?;
    let at = now.trunc_subsecs(3).naive_utc();
    let known = diesel::update(files::table.find(&file.hash)).set(files::at.eq(at)).execute(conn)?;
    if known == 0 {
        let size = i64::try_from(file.bytes.len()).unwrap_or(i64::MAX);
        let row = Row { hash: file.hash.clone(), size, media_type: file.kind.value().into(), at };
        diesel::insert_into(files::table).values(row).execute(conn)?;
    }
    if let Some(Sender { account, office }) = sender {
        hold(conn, &file.hash, account)?;
        let kind = file_holders::media_type.eq(file.kind.value());
        let sent = (kind, file_holders::office.eq(office), file_holders::at.eq(at));
        diesel::update(file_holders::table.find((&file.hash, account))).set(sent).execute(conn)?;
    }
    // Written anew even where it is the same: that takes as long.
    diesel::delete(file_parts::table.filter(file_parts::hash.eq(&file.hash))).execute(conn)?;
    for (number, part) in (0..).zip(file.bytes.chunks(PART)) {
        let row = (
            file_parts::hash.eq(&file.hash),
            file_parts::part.eq::<i32>(number),
            file_parts::content.eq(STANDARD.encode(part)),
        );
        diesel::insert_into(file_parts::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Counts the bytes of the files that an office has sent within a day, the same file once. What is older is named by something, or gone.
pub fn stored_by(conn: &mut Conn, office: &str, now: DateTime<Utc>) -> Result<u64, DbError> {
    let sent = file_holders::table.filter(file_holders::office.eq(office));
    let sent = sent.filter(file_holders::at.gt((now - KEPT).naive_utc())).select(file_holders::hash);
    let sizes: Vec<i64> = files::table.filter(files::hash.eq_any(sent)).select(files::size).load(conn)?;
    Ok(sizes.into_iter().filter_map(|size| u64::try_from(size).ok()).sum())
}

/// The file with this hash, checked against it.
pub fn load(conn: &mut Conn, hash: &str) -> Result<Option<FileContent>, DbError> {
    let Some(row) = files::table.find(hash).first::<Row>(conn).optional()? else { return Ok(None) };
    let parts: Vec<String> = file_parts::table
        .filter(file_parts::hash.eq(hash))
        .order(file_parts::part)
        .select(file_parts::content)
        .load(conn)?;
    let damaged = || DbError::DamagedFile(hash.to_owned());
    let mut bytes = Vec::with_capacity(usize::try_from(row.size).unwrap_or_default());
    for part in parts {
        STANDARD.decode_vec(part, &mut bytes).map_err(|_| damaged())?;
    }
    let kind = MediaType::of(&row.media_type).ok_or_else(damaged)?;
    FileContent::verified(hash, kind, bytes.into()).ok_or_else(damaged).map(Some)
}

/// The file with this hash, of the type as which this account sent it.
pub fn load_for(conn: &mut Conn, hash: &str, account: &str) -> Result<Option<FileContent>, DbError> {
    let Some(file) = load(conn, hash)? else { return Ok(None) };
    let sent: Option<Option<String>> =
        file_holders::table.find((hash, account)).select(file_holders::media_type).first(conn).optional()?;
    let kind = sent.flatten().and_then(|kind| MediaType::of(&kind)).unwrap_or(file.kind);
    Ok(Some(FileContent { kind, ..file }))
}

/// Notes that an account holds a file.
pub fn hold(conn: &mut Conn, hash: &str, account: &str) -> Result<(), DbError> {
    let held = file_holders::table.find((hash, account)).select(file_holders::account);
    if held.first::<String>(conn).optional()?.is_none() {
        let row = (file_holders::hash.eq(hash), file_holders::account.eq(account));
        diesel::insert_into(file_holders::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// The accounts that hold a file; none where it was stored before they were noted.
pub fn holders(conn: &mut Conn, hash: &str) -> Result<Vec<String>, DbError> {
    Ok(file_holders::table.filter(file_holders::hash.eq(hash)).select(file_holders::account).load(conn)?)
}

/// Finds those of these hashes that are of no stored file. For the transaction that publishes what names them: the others cannot be
/// swept until it ends. For mere reading see [`absent`].
pub fn missing(conn: &mut Conn, hashes: &[impl AsRef<str>]) -> Result<Vec<String>, DbError> {
    let mut missing = Vec::new();
    for hash in in_order(hashes) {
        // Locks the row. Always in the same order: two publications must not wait for each other.
        let found = diesel::update(files::table.find(hash)).set(files::at.eq(files::at)).execute(conn)?;
        if found == 0 {
            missing.push(hash.to_owned());
        }
    }
    Ok(missing)
}

/// Finds those of these hashes that are of no stored file at this moment.
pub fn absent(conn: &mut Conn, hashes: &[impl AsRef<str>]) -> Result<Vec<String>, DbError> {
    let mut absent = Vec::new();
    for hash in in_order(hashes) {
        let found: Option<i64> = files::table.find(hash).select(files::size).first(conn).optional()?;
        if found.is_none() {
            absent.push(hash.to_owned());
        }
    }
    Ok(absent)
}

fn in_order(hashes: &[impl AsRef<str>]) -> Vec<&str> {
    let mut hashes: Vec<_> = hashes.iter().map(AsRef::as_ref).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// Takes a file out of the database: after an erasure, when nothing else names it.
pub fn forget(conn: &mut Conn, hash: &str) -> Result<(), DbError> {
    diesel::delete(files::table.find(hash)).execute(conn)?;
    diesel::delete(file_parts::table.filter(file_parts::hash.eq(hash))).execute(conn)?;
    diesel::delete(file_holders::table.filter(file_holders::hash.eq(hash))).execute(conn)?;
    Ok(())
}

/// Forgets the files that were sent a day ago or earlier and that neither a public revision nor, as `is_drafted` says, a
/// draft names; returns their hashes. Does nothing while `register` is behind the log: what was published since may name
/// some of them.
pub fn sweep(
    conn: &mut Conn,
    register: &Snapshot,
    now: DateTime<Utc>,
    mut is_drafted: impl FnMut(&mut Conn, &str) -> Result<bool, DbError>,
) -> Result<Vec<String>, DbError> {
    let old = (now - KEPT).naive_utc();
    let hashes: Vec<String> =
        files::table.filter(files::at.le(old)).order(files::hash).select(files::hash).load(conn)?;
    let mut locked = Vec::new();
    for hash in in_order(&hashes).into_iter().filter(|hash| !register.names_file(hash)) {
        let still_old = files::table.find(hash).filter(files::at.le(old));
        if diesel::update(still_old).set(files::at.eq(files::at)).execute(conn)? > 0 {
            locked.push(hash.to_owned());
        }
    }
    // Read after the locks: a publication that locked one of them first has moved the head by now, and any other one
    // finds it gone.
    if locked.is_empty() || changes::head(conn)?.0 != register.seq() {
        return Ok(Vec::new());
    }
    let mut swept = Vec::new();
    for hash in locked {
        if !is_drafted(conn, &hash)? {
            forget(conn, &hash)?;
            swept.push(hash);
        }
    }
    Ok(swept)
}
