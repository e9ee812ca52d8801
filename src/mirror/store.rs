//! The tables that a mirror keeps beside its log: its sources, how far each was taken, lines that wait outside, disputes.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
};

use super::verify::Cursor;
use crate::{
    register::{
        changes::{Change, ChangeDocument, Seq},
        db::{
            Conn, DbError,
            schema::{mirror, mirror_aside, mirror_disputes, mirror_sources},
        },
        upstream::{Dispute, Disputes},
    },
    transparency::{Checkpoint, Edge, Hash},
    values::code_lists::Action,
};

/// Disputes that are told one by one.
const TOLD: i64 = 20;
const ONLY: i32 = 1;

/// Reads how the store is a mirror's: `(gathers, division)`; `None` when it is no mirror's.
pub fn kept_as(conn: &mut Conn) -> Result<Option<(bool, Option<String>)>, DbError> {
    let columns = (mirror::gathers, mirror::division);
    Ok(mirror::table.find(ONLY).select(columns).first(conn).optional()?)
}

/// Reads the last checkpoint that a source signed of the lines that are here, where the store is a copy of its log.
pub fn copied_under(conn: &mut Conn) -> Result<Option<Checkpoint>, DbError> {
    let sources = sources(conn)?;
    let (Some((false, None)), [source]) = (kept_as(conn)?, sources.as_slice()) else { return Ok(None) };
    Ok(cursor(conn, source)?.repeats())
}

/// Makes the store a mirror's.
pub fn keep_as(conn: &mut Conn, gathers: bool, division: Option<&str>) -> Result<(), DbError> {
    let row = (mirror::id.eq(ONLY), mirror::gathers.eq(gathers), mirror::division.eq(division));
    diesel::insert_into(mirror::table).values(row).execute(conn)?;
    Ok(())
}

/// Lists the sources that anything was ever taken from.
pub fn sources(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    Ok(mirror_sources::table.select(mirror_sources::source).order(mirror_sources::source).load(conn)?)
}

/// Gives the only source another address.
pub fn rename_source(conn: &mut Conn, from: &str, to: &str) -> Result<(), DbError> {
    let known = mirror_sources::table.filter(mirror_sources::source.eq(from));
    diesel::update(known).set(mirror_sources::source.eq(to)).execute(conn)?;
    Ok(())
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = mirror_sources)]
struct CursorRow {
    source: String,
    seq: i64,
    before: i64,
    published_at: chrono::NaiveDateTime,
    leaf: String,
    edge: String,
    checkpoint: Option<String>,
    log_keys: String,
    repeated: Option<String>,
}

/// Reads how far a source was taken.
pub fn cursor(conn: &mut Conn, source: &str) -> Result<Cursor, DbError> {
    let row: Option<CursorRow> = mirror_sources::table.find(source).first(conn).optional()?;
    let Some(row) = row else { return Ok(Cursor::default()) };
    let damaged = |what: &str| DbError::Damaged(format!("what is kept of {source} has no {what} that can be read"));
    if row.seq > 0 && row.edge.is_empty() {
        return Err(DbError::Damaged(format!(
            "what is kept of {source} is of an earlier version of the software: begin again with an empty store"
        )));
    }
    let size = u64::try_from(row.seq).unwrap_or_default();
    let keys: Result<_, _> = row.log_keys.lines().map(str::parse).collect();
    Ok(Cursor {
        seq: row.seq,
        before: row.before,
        published_at: row.published_at.and_utc(),
        leaf: Hash::of_hex(&row.leaf).ok_or_else(|| damaged("leaf"))?,
        edge: Edge::of_text(size, &row.edge).ok_or_else(|| damaged("tree"))?,
        checkpoint: row.checkpoint,
        repeated: row.repeated,
        keys: keys.map_err(|_| damaged("keys"))?,
        publication: row.seq,
    })
}

/// Writes how far a source was taken.
pub fn move_cursor(conn: &mut Conn, source: &str, cursor: &Cursor) -> Result<(), DbError> {
    let row = CursorRow {
        source: source.into(),
        seq: cursor.seq,
        before: cursor.before,
        published_at: cursor.published_at.naive_utc(),
        leaf: cursor.leaf.to_hex(),
        edge: cursor.edge.to_text(),
        checkpoint: cursor.checkpoint.clone(),
        log_keys: cursor.keys.iter().map(|key| format!("{key}\n")).collect(),
        repeated: cursor.repeated.clone(),
    };
    diesel::delete(mirror_sources::table.find(source)).execute(conn)?;
    diesel::insert_into(mirror_sources::table).values(row).execute(conn)?;
    Ok(())
}

/// Which record a line that waits outside is of.
#[derive(Clone, Copy, Debug)]
pub struct Outside<'a> {
    /// The register that has it.
    pub source: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Any key that it has or had.
    pub key: &'a str,
}

/// Puts a line of a record outside aside, where it waits. `organisation` is the one that the record belongs to, if its body names one.
pub fn put_aside(conn: &mut Conn, source: &str, line: Change, organisation: Option<&str>) -> Result<(), DbError> {
    let record = Outside { source, kind: &line.kind, key: &line.key };
    let known = called_now(conn, record)?.unwrap_or_else(|| line.key.clone());
    let called = line.successor.clone().filter(|_| line.action == Action::Renumber).unwrap_or_else(|| known.clone());
    if called != known {
        let same = mirror_aside::source.eq(source).and(mirror_aside::kind.eq(&line.kind));
        let same = mirror_aside::table.filter(same.and(mirror_aside::record_key.eq(&known)));
        diesel::update(same).set(mirror_aside::record_key.eq(&called)).execute(conn)?;
    }
    let (seq, kind, key, digest) = (line.seq, line.kind.clone(), line.key.clone(), line.body_digest.clone());
    let row = (
        mirror_aside::source.eq(source),
        mirror_aside::seq.eq(seq),
        mirror_aside::kind.eq(kind),
        mirror_aside::record_key.eq(called),
        mirror_aside::line_key.eq(key),
        mirror_aside::organisation.eq(organisation),
        mirror_aside::body_digest.eq(digest),
        mirror_aside::line.eq(to_json(line)?),
    );
    diesel::insert_into(mirror_aside::table).values(row).execute(conn)?;
    Ok(())
}

/// Reads the waiting lines of a record outside, oldest first.
pub fn waiting(conn: &mut Conn, record: Outside<'_>) -> Result<Vec<Change>, DbError> {
    let Some(called) = called_now(conn, record)? else { return Ok(Vec::new()) };
    let of_record = mirror_aside::source.eq(record.source).and(mirror_aside::kind.eq(record.kind));
    let lines: Vec<String> = mirror_aside::table
        .filter(of_record.and(mirror_aside::record_key.eq(called)))
        .order(mirror_aside::seq)
        .select(mirror_aside::line)
        .load(conn)?;
    lines.iter().map(|line| of_json(line)).collect()
}

/// Lists the records outside that belong to an organisation: kind and key.
pub fn waiting_of(conn: &mut Conn, source: &str, organisation: &str) -> Result<Vec<(String, String)>, DbError> {
    let own = mirror_aside::source.eq(source).and(mirror_aside::organisation.eq(organisation));
    let columns = (mirror_aside::kind, mirror_aside::record_key);
    Ok(mirror_aside::table.filter(own).select(columns).distinct().order(columns).load(conn)?)
}

/// Removes lines that wait no more.
pub fn let_in(conn: &mut Conn, source: &str, lines: &[Change]) -> Result<(), DbError> {
    for line in lines {
        diesel::delete(mirror_aside::table.find((source, line.seq))).execute(conn)?;
    }
    Ok(())
}

/// Takes the text of a line that waits away: an erasure of this kind and digest says so.
pub fn erase_aside(conn: &mut Conn, source: &str, erasure: &Change) -> Result<(), DbError> {
    let same = mirror_aside::source.eq(source).and(mirror_aside::kind.eq(&erasure.kind));
    let lines: Vec<(Seq, String)> = mirror_aside::table
        .filter(same.and(mirror_aside::body_digest.eq(&erasure.body_digest)))
        .select((mirror_aside::seq, mirror_aside::line))
        .load(conn)?;
    for (seq, line) in lines {
        let erased = Change { body: None, salt: None, ..of_json(&line)? };
        let row = mirror_aside::table.find((source, seq));
        diesel::update(row).set(mirror_aside::line.eq(to_json(erased)?)).execute(conn)?;
    }
    Ok(())
}

fn called_now(conn: &mut Conn, record: Outside<'_>) -> Result<Option<String>, DbError> {
    let key = mirror_aside::record_key.eq(record.key).or(mirror_aside::line_key.eq(record.key));
    let same = mirror_aside::source.eq(record.source).and(mirror_aside::kind.eq(record.kind));
    let called = mirror_aside::table.filter(same.and(key)).select(mirror_aside::record_key);
    Ok(called.first(conn).optional()?)
}

fn to_json(line: Change) -> Result<String, DbError> {
    let document = ChangeDocument::new(line, Vec::new()).map_err(|error| DbError::Damaged(error.to_string()))?;
    Ok(serde_json::to_string(&document)?)
}

fn of_json(line: &str) -> Result<Change, DbError> {
    let document: ChangeDocument = serde_json::from_str(line)?;
    document.into_change().map_err(|error| DbError::Damaged(error.to_string()))
}

/// Notes that a source claims a record of another's; whether it is the first time.
pub fn dispute(conn: &mut Conn, dispute: &Dispute, seq: Seq) -> Result<bool, DbError> {
    let at = (&dispute.claimed_by, &dispute.kind, &dispute.key);
    let known = mirror_disputes::table.find(at);
    let again = diesel::update(known).set(mirror_disputes::lines.eq(mirror_disputes::lines + 1)).execute(conn)?;
    if again > 0 {
        return Ok(false);
    }
    let row = (
        mirror_disputes::source.eq(&dispute.claimed_by),
        mirror_disputes::kind.eq(&dispute.kind),
        mirror_disputes::record_key.eq(&dispute.key),
        mirror_disputes::owner.eq(&dispute.owner),
        mirror_disputes::seq.eq(seq),
        mirror_disputes::lines.eq(1_i64),
    );
    diesel::insert_into(mirror_disputes::table).values(row).execute(conn)?;
    Ok(true)
}

/// Reads how many disputes there are, and the latest of them.
pub fn disputes(conn: &mut Conn) -> Result<Disputes, DbError> {
    let columns = (mirror_disputes::kind, mirror_disputes::record_key, mirror_disputes::owner, mirror_disputes::source);
    let latest: Vec<(String, String, String, String)> =
        mirror_disputes::table.order(mirror_disputes::seq.desc()).limit(TOLD).select(columns).load(conn)?;
    let latest = latest.into_iter().map(|(kind, key, owner, claimed_by)| Dispute { kind, key, owner, claimed_by });
    Ok(Disputes { count: mirror_disputes::table.count().get_result(conn)?, latest: latest.collect() })
}
