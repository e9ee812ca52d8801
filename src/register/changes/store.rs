//! Reading and appending the log's rows.

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use diesel::{ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl};

use super::{
    copied::{Broken, check_lines},
    model::{Change, ChangeContent, CursorKey, Origin, Proposal, Salt, Seq, body_digest},
    wire::leaf,
};
use crate::{
    register::db::{
        Conn, DbError,
        schema::{changes, changes_head},
        scrub,
    },
    transparency::{Edge, Hash, Tree},
    values::{code_lists::Action, hex, of_hex},
};

/// Lines read at a time where all are.
const AT_A_TIME: i64 = 1000;
/// Bytes of a leaf at most: bundles give the length of each in two bytes (C2SP tlog-tiles).
const LONGEST_LEAF: usize = u16::MAX as usize;

/// A line as the table has it.
#[derive(Clone, Debug, PartialEq, Queryable, Insertable)]
#[diesel(table_name = changes)]
pub(super) struct Row {
    pub(super) seq: i64,
    publication: i64,
    kind: String,
    record_key: String,
    revision: i64,
    action: String,
    pub(super) published_at: NaiveDateTime,
    by_office: String,
    channels: String,
    reason: Option<String>,
    document: Option<String>,
    successor: Option<String>,
    body_digest: String,
    body: Option<String>,
    salt: Option<String>,
    source: Option<String>,
    source_seq: Option<i64>,
}

/// Why lines of another log were not written.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// They are not the next ones.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The last `seq` and its time. Inside a write it stays so until the transaction ends only after [`append`].
pub fn head(conn: &mut Conn) -> Result<(Seq, DateTime<Utc>), DbError> {
    let columns = (changes_head::seq, changes_head::published_at);
    let (seq, at): (i64, NaiveDateTime) = changes_head::table.select(columns).first(conn)?;
    Ok((seq, at.and_utc()))
}

/// The name under which the log is signed; `None` before its keys were there.
pub fn origin(conn: &mut Conn) -> Result<Option<String>, DbError> {
    Ok(changes_head::table.select(changes_head::origin).first(conn)?)
}

/// From now on the log has this name.
pub fn keep_origin(conn: &mut Conn, origin: &str) -> Result<(), DbError> {
    diesel::update(changes_head::table).set(changes_head::origin.eq(origin)).execute(conn)?;
    Ok(())
}

/// Returns the key that authenticates cursors; `None` before there was one.
pub fn kept_cursor_key(conn: &mut Conn) -> Result<Option<CursorKey>, DbError> {
    let text: Option<String> = changes_head::table.select(changes_head::cursor_key).first(conn)?;
    let read = |text: String| of_hex(&text)?.try_into().ok();
    let damaged = || DbError::Damaged("the key of cursors in its head is none".into());
    text.map(|text| read(text).ok_or_else(damaged)).transpose()
}

/// Returns the key that authenticates cursors, and makes it where there is none.
pub fn keep_cursor_key(conn: &mut Conn) -> Result<CursorKey, DbError> {
    lock_head(conn)?;
    if let Some(key) = kept_cursor_key(conn)? {
        return Ok(key);
    }
    let mut key = CursorKey::default();
    getrandom::fill(&mut key)?;
    diesel::update(changes_head::table).set(changes_head::cursor_key.eq(hex(&key))).execute(conn)?;
    Ok(key)
}

/// The Merkle tree of the whole log (RFC 6962), as far as appending needs it. Where an earlier version of the software wrote the
/// lines, it is made from them.
pub fn edge(conn: &mut Conn) -> Result<Edge, DbError> {
    match kept_edge(conn)? {
        Some(edge) => Ok(edge),
        None => edge_of_lines(conn),
    }
}

/// The Merkle tree that the head has; `None` where an earlier version of the software wrote the last line.
pub fn kept_edge(conn: &mut Conn) -> Result<Option<Edge>, DbError> {
    let (seq, text): (Seq, String) = changes_head::table.select((changes_head::seq, changes_head::tree)).first(conn)?;
    match Edge::of_text(u64::try_from(seq).unwrap_or_default(), &text) {
        Some(edge) => Ok(Some(edge)),
        None if text.is_empty() => Ok(None),
        None => Err(DbError::Damaged(format!("the tree in its head is not one of {seq} lines"))),
    }
}

/// Checks that lines with this tree begin with those that the tree in the head was made of.
pub fn must_be_of(edge: &Edge, tree: &Tree) -> Result<(), DbError> {
    match tree.root(edge.size()) == Some(edge.root()) {
        true => Ok(()),
        false => Err(DbError::Damaged(format!(
            "some of the first {} lines of the log are not those that were written: run `qingdan verify log`",
            edge.size().max(tree.size())
        ))),
    }
}

/// Writes the tree into a head that an earlier version of the software left without one.
pub fn keep_edge(conn: &mut Conn) -> Result<Edge, DbError> {
    lock_head(conn)?;
    let edge = edge(conn)?;
    diesel::update(changes_head::table).set(changes_head::tree.eq(edge.to_text())).execute(conn)?;
    Ok(edge)
}

fn edge_of_lines(conn: &mut Conn) -> Result<Edge, DbError> {
    let (mut edge, mut seq) = (Edge::default(), 0);
    loop {
        let lines = since(conn, seq, AT_A_TIME)?;
        let Some(last) = lines.last() else { return Ok(edge) };
        seq = last.seq;
        for line in &lines {
            edge.push(leaf_hash(line)?);
        }
    }
}

/// The hash of a line in the tree: of its [`leaf`].
pub fn leaf_hash(line: &Change) -> Result<Hash, DbError> {
    let leaf = leaf(line)?;
    match leaf.len() > LONGEST_LEAF {
        true => Err(DbError::Damaged(format!("line {} is too long for the log", line.seq))),
        false => Ok(Hash::of_leaf(&leaf)),
    }
}

/// Locks the head row, so that the log stays as it is until the transaction appends or ends, and reads it.
pub fn lock_head(conn: &mut Conn) -> Result<(Seq, DateTime<Utc>), DbError> {
    diesel::update(changes_head::table).set(changes_head::seq.eq(changes_head::seq + 0)).execute(conn)?;
    head(conn)
}

/// Appends one publication and returns its changes. From here to the end of the transaction every other publication
/// waits, so call it late; `check` sees the log's head after the lock is held, and may still refuse.
///
/// `published_at` is `now` in whole milliseconds, or the time of the last publication where a clock went back.
pub fn append<E: From<DbError>>(
    conn: &mut Conn,
    now: DateTime<Utc>,
    mut salt: impl FnMut() -> Result<Salt, getrandom::Error>,
    prepare: impl FnOnce(&mut Conn, Seq, DateTime<Utc>) -> Result<Vec<Proposal>, E>,
) -> Result<Vec<Change>, E> {
    let (seq, last) = lock_head(conn)?;
    let at = now.trunc_subsecs(3).max(last);
    let proposals = prepare(conn, seq, at)?;
    let publication = seq + i64::try_from(proposals.len()).unwrap_or(i64::MAX);
    let mut edge = edge(conn)?;
    let mut written = Vec::with_capacity(proposals.len());
    for (seq, proposal) in (seq + 1..).zip(proposals) {
        if let ChangeContent::Erasure { of, .. } = &proposal.content {
            erase(conn, *of)?;
        }
        let mut change = proposal.into_change(seq, publication, at);
        if let Some(body) = &change.body {
            let salt = salt().map_err(DbError::from)?;
            change.body_digest = body_digest(&salt, body).map_err(DbError::from)?;
            change.salt = Some(hex(&salt));
        }
        insert(conn, &mut edge, &change)?;
        written.push(change);
    }
    move_head(conn, publication, at, &edge)?;
    Ok(written)
}

/// Copies the next lines of the log that this one is a copy of: line by line the same, whole publications only.
pub fn copy(conn: &mut Conn, lines: &[Change]) -> Result<(), CopyError> {
    let (seq, last) = lock_head(conn)?;
    check_lines(seq, last, lines)?;
    let mut edge = edge(conn)?;
    for line in lines {
        if line.action == Action::Erase && erase_copied(conn, line)? == 0 {
            return Err(Broken::Erasure(line.seq).into());
        }
        insert(conn, &mut edge, line)?;
    }
    match lines.last() {
        Some(line) => Ok(move_head(conn, line.seq, line.published_at, &edge)?),
        None => Ok(()),
    }
}

/// Writes lines of other logs, which carry their origin, as one publication of this one: under its own numbers, with the
/// time of the last of them, or that of the publication before where that is later.
pub fn gather(conn: &mut Conn, lines: Vec<Change>) -> Result<(), CopyError> {
    let (seq, last) = lock_head(conn)?;
    let at = lines.iter().map(|line| line.published_at).fold(last, DateTime::max);
    let publication = seq + i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let mut edge = edge(conn)?;
    for (seq, line) in (seq + 1..).zip(lines) {
        let line = Change { seq, publication, published_at: at, ..line };
        if line.action == Action::Erase && erase_copied(conn, &line)? == 0 {
            return Err(Broken::Erasure(line.origin.map_or(seq, |origin| origin.seq)).into());
        }
        insert(conn, &mut edge, &line)?;
    }
    Ok(move_head(conn, publication, at, &edge)?)
}

/// Writes a line, and adds its leaf to the tree.
fn insert(conn: &mut Conn, edge: &mut Edge, line: &Change) -> Result<(), DbError> {
    diesel::insert_into(changes::table).values(&Row::try_from(line)?).execute(conn)?;
    edge.push(leaf_hash(line)?);
    Ok(())
}

fn move_head(conn: &mut Conn, seq: Seq, at: DateTime<Utc>, edge: &Edge) -> Result<(), DbError> {
    let tree = changes_head::tree.eq(edge.to_text());
    let head = (changes_head::seq.eq(seq), changes_head::published_at.eq(at.naive_utc()), tree);
    diesel::update(changes_head::table).set(head).execute(conn)?;
    Ok(())
}

/// Takes the body and salt of what a copied erasure erases away; how many lines that were. It is known by its digest, since
/// the record may have had another key then; only a line of the same source is touched.
fn erase_copied(conn: &mut Conn, erasure: &Change) -> Result<usize, DbError> {
    let of_record = changes::table
        .filter(changes::kind.eq(&erasure.kind))
        .filter(changes::revision.eq(erasure.revision))
        .filter(changes::body_digest.eq(&erasure.body_digest))
        .filter(changes::action.ne(Action::Erase.value()));
    let nothing = (changes::body.eq(None::<String>), changes::salt.eq(None::<String>));
    let erased = match &erasure.origin {
        Some(origin) => {
            diesel::update(of_record.filter(changes::source.eq(&origin.source))).set(nothing).execute(conn)?
        }
        None => diesel::update(of_record.filter(changes::source.is_null())).set(nothing).execute(conn)?,
    };
    Ok(erased)
}

/// Takes the body and the salt of a change away. Its line stays, and with it every proof.
fn erase(conn: &mut Conn, seq: Seq) -> Result<(), DbError> {
    let nothing = (changes::body.eq(None::<String>), changes::salt.eq(None::<String>));
    diesel::update(changes::table.find(seq)).set(nothing).execute(conn)?;
    scrub::ask(conn)
}

/// The changes after `seq`, oldest first, at most `limit`.
pub fn since(conn: &mut Conn, seq: Seq, limit: i64) -> Result<Vec<Change>, DbError> {
    let rows: Vec<Row> = changes::table.filter(changes::seq.gt(seq)).order(changes::seq).limit(limit).load(conn)?;
    rows.into_iter().map(Change::try_from).collect()
}

impl TryFrom<&Change> for Row {
    type Error = DbError;

    fn try_from(change: &Change) -> Result<Self, DbError> {
        let change = change.clone();
        Ok(Self {
            seq: change.seq,
            publication: change.publication,
            kind: change.kind,
            record_key: change.key,
            revision: change.revision,
            action: change.action.value().into(),
            published_at: change.published_at.naive_utc(),
            by_office: serde_json::to_string(&change.by)?,
            channels: serde_json::to_string(&change.channels)?,
            reason: change.reason,
            document: change.document.as_ref().map(serde_json::to_string).transpose()?,
            successor: change.successor,
            body_digest: change.body_digest,
            body: change.body,
            salt: change.salt,
            source: change.origin.as_ref().map(|origin| origin.source.clone()),
            source_seq: change.origin.map(|origin| origin.seq),
        })
    }
}

impl TryFrom<Row> for Change {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let unknown = || DbError::Damaged(format!("change {} has action {}", row.seq, row.action));
        Ok(Self {
            seq: row.seq,
            publication: row.publication,
            action: Action::of(&row.action).ok_or_else(unknown)?,
            kind: row.kind,
            key: row.record_key,
            revision: row.revision,
            published_at: row.published_at.and_utc(),
            by: serde_json::from_str(&row.by_office)?,
            channels: serde_json::from_str(&row.channels)?,
            reason: row.reason,
            document: row.document.as_deref().map(serde_json::from_str).transpose()?,
            successor: row.successor,
            body_digest: row.body_digest,
            body: row.body,
            salt: row.salt,
            origin: row.source.zip(row.source_seq).map(|(source, seq)| Origin { source, seq }),
        })
    }
}
