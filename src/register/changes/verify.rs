//! Whether the log is the one that was written: line by line, and against its tree.

use std::{collections::BTreeMap, num::NonZero, thread};

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, dsl::sql, sql_types::Text};

use super::{
    copied::{Broken, check_content, check_order},
    model::{Change, Seq, take_whole},
    store::{Row, head, kept_edge, leaf_hash},
};
use crate::{
    problem::Problem,
    register::db::{Conn, DbError, schema::changes},
    transparency::{Checkpoint, Edge, Hash},
    values::code_lists::Action,
};

/// Rows that are read at a time.
const BATCH: i64 = 1000;
/// Digests that are asked for at a time.
const DIGESTS: usize = 500;
/// The time of a row as SQLite keeps it, which takes a text where a number should be and reads many ways to write a time; nothing
/// where another column is not kept as it was written.
const KEPT_IN_SQLITE: &str = "CASE WHEN typeof(seq) = 'integer' AND typeof(publication) = 'integer' \
     AND typeof(revision) = 'integer' AND typeof(source_seq) IN ('integer', 'null') AND typeof(published_at) = 'text' \
     AND 'blob' NOT IN (typeof(kind), typeof(record_key), typeof(action), typeof(by_office), typeof(channels), typeof(reason), \
     typeof(document), typeof(successor), typeof(body_digest), typeof(body), typeof(salt), typeof(source)) \
     THEN published_at ELSE '' END";

/// A log that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeLog {
    /// The tree of its lines.
    pub edge: Edge,
    /// How many of its texts were erased.
    pub erased: u64,
}

/// Why it is not.
#[derive(Debug, thiserror::Error)]
pub enum BrokenLog {
    /// A line does not follow the one before, or is not what was hashed.
    #[error("the log is broken: {0}")]
    Line(#[from] Broken),
    /// A row that no register writes.
    #[error("the log is broken at line {0}: {1}")]
    Row(Seq, String),
    /// Rows that cannot even be read.
    #[error("the log is broken somewhere behind line {0}: {1}")]
    Unreadable(Seq, String),
    /// A text is missing that nothing erased.
    #[error("the log is broken at line {0}: its text is missing, and no line erases it")]
    Withheld(Seq),
    /// An erasure that left the text.
    #[error("the log is broken at line {0}: it erases a text that is still there")]
    NotErased(Seq),
    /// The lines end elsewhere than the head says.
    #[error("the log is broken behind line {0}: its head is at line {1}")]
    Cut(u64, Seq),
    /// The tree in the head is another one.
    #[error("the log is broken: its lines are not those that the tree in its head was made of, {0} of them")]
    OtherTree(u64),
    /// There is no tree in the head, or none of as many lines.
    #[error("the log is broken: {0}")]
    NoTree(String),
    /// The checkpoint is longer.
    #[error("the log ends at line {0}, but a checkpoint of {1} lines was given out: lines are lost")]
    Shorter(u64, u64),
    /// The checkpoint is of another log.
    #[error("the log is forked: its first {0} lines are not those of the checkpoint that was given out")]
    Forked(u64),
    /// It could not be read.
    #[error("{0}")]
    Unread(Problem),
}

impl From<DbError> for BrokenLog {
    fn from(error: DbError) -> Self {
        Self::Unread(error.into())
    }
}

/// Walks the whole log. `given_out` is a checkpoint that the log must begin with.
pub fn verify(conn: &mut Conn, given_out: Option<&Checkpoint>) -> Result<WholeLog, BrokenLog> {
    let mut walk = Walk { given_out, ..Walk::default() };
    let mut rows = read(conn, Seq::MIN)?;
    while let Some(last) = rows.last() {
        let after = last.seq;
        let (examined, next) = thread::scope(|scope| {
            let at_once = thread::available_parallelism().map_or(1, NonZero::get);
            let parts = rows.chunks(rows.len().div_ceil(at_once));
            let examining: Vec<_> = parts.map(|part| scope.spawn(|| examine(part))).collect();
            let next = read(conn, after);
            let examined: Vec<_> = examining.into_iter().map(|part| part.join()).collect();
            (examined, next)
        });
        for part in examined {
            walk.pending
                .extend(part.map_err(|_| BrokenLog::Unreadable(walk.end(), "it could not be examined".into()))??);
        }
        walk.advance()?;
        rows = next?;
    }
    walk.finish(conn)
}

fn read(conn: &mut Conn, after: Seq) -> Result<Vec<Row>, BrokenLog> {
    let rows = changes::table.filter(changes::seq.gt(after)).order(changes::seq).limit(BATCH);
    let unreadable = |error: diesel::result::Error| match error {
        diesel::result::Error::DeserializationError(error) => BrokenLog::Unreadable(after.max(0), error.to_string()),
        error => DbError::from(error).into(),
    };
    let loaded: Vec<Row> = rows.load(conn).map_err(unreadable)?;
    if let Conn::Sqlite(conn) = conn {
        let kept: Vec<String> = rows.select(sql::<Text>(KEPT_IN_SQLITE)).load(conn).map_err(unreadable)?;
        let is_as_written = |(row, kept): &(&Row, String)| row.published_at.format("%F %T%.f").to_string() == *kept;
        if let Some((row, _)) = loaded.iter().zip(kept).find(|kept| !is_as_written(kept)) {
            return Err(BrokenLog::Row(row.seq, OTHERWISE.into()));
        }
    }
    Ok(loaded)
}

const OTHERWISE: &str = "it is not written as the register writes it";

/// A line whose text was compared with its digest, and is not kept.
struct CheckedLine {
    /// Without body and salt.
    change: Change,
    leaf: Hash,
    has_text: bool,
}

fn examine(rows: &[Row]) -> Result<Vec<CheckedLine>, BrokenLog> {
    let examine = |row: &Row| {
        let broken = |why: String| BrokenLog::Row(row.seq, why);
        let change = Change::try_from(row.clone()).map_err(|error| broken(error.to_string()))?;
        check_content(&change)?;
        // A row in other words can hash to the leaf that the register wrote, but no register writes it so.
        if Row::try_from(&change).ok().as_ref() != Some(row) {
            return Err(broken(OTHERWISE.into()));
        }
        let leaf = leaf_hash(&change).map_err(|error| broken(error.to_string()))?;
        let has_text = change.body.is_some();
        Ok(CheckedLine { change: Change { body: None, salt: None, ..change }, leaf, has_text })
    };
    rows.iter().map(examine).collect()
}

#[derive(Default)]
struct Walk<'a> {
    given_out: Option<&'a Checkpoint>,
    last: Option<Change>,
    /// Lines whose publication has not ended.
    pending: Vec<CheckedLine>,
    edge: Edge,
    /// Lines without their text, by its digest.
    bare: BTreeMap<String, Seq>,
    /// The last line that erases the text with a digest.
    erasures: BTreeMap<String, Seq>,
}

impl Walk<'_> {
    fn end(&self) -> Seq {
        self.last.as_ref().map_or(0, |last| last.seq)
    }

    /// Takes the publications that have ended.
    fn advance(&mut self) -> Result<(), BrokenLog> {
        let lines = take_whole(&mut self.pending, |line| &line.change);
        let not_before = self.last.as_ref().map(|last| last.published_at).unwrap_or_default();
        check_order(self.end(), not_before, lines.iter().map(|line| &line.change))?;
        lines.into_iter().try_for_each(|line| self.add(line))
    }

    fn add(&mut self, CheckedLine { change, leaf, has_text }: CheckedLine) -> Result<(), BrokenLog> {
        match (change.action, has_text) {
            (Action::Erase, _) => drop(self.erasures.insert(change.body_digest.clone(), change.seq)),
            (_, false) => drop(self.bare.insert(change.body_digest.clone(), change.seq)),
            (_, true) => {}
        }
        self.edge.push(leaf);
        self.last = Some(change);
        let then = self.given_out.filter(|given_out| given_out.size == self.edge.size());
        match then.is_some_and(|given_out| given_out.root != self.edge.root()) {
            true => Err(BrokenLog::Forked(self.edge.size())),
            false => Ok(()),
        }
    }

    fn finish(self, conn: &mut Conn) -> Result<WholeLog, BrokenLog> {
        if let Some(open) = self.pending.first() {
            return Err(Broken::Publication(open.change.seq).into());
        }
        for (digest, seq) in &self.bare {
            if self.erasures.get(digest).is_none_or(|erased| erased < seq) {
                return Err(BrokenLog::Withheld(*seq));
            }
        }
        self.must_be_erased(conn)?;
        let (ends, at) = head(conn).map_err(no_head)?;
        let size = self.edge.size();
        let last = self.last.map(|last| last.published_at).unwrap_or_default();
        if u64::try_from(ends) != Ok(size) || last != at {
            return Err(BrokenLog::Cut(size, ends));
        }
        match (kept_edge(conn).map_err(no_head)?, self.given_out) {
            (Some(edge), _) if edge != self.edge => return Err(BrokenLog::OtherTree(size)),
            // Who gives checkpoints out has written the tree before.
            (None, Some(_)) => return Err(BrokenLog::NoTree("the tree in its head was taken away".into())),
            (Some(_), _) | (None, None) => {}
        }
        match self.given_out {
            Some(given_out) if given_out.size > size => Err(BrokenLog::Shorter(size, given_out.size)),
            _ => Ok(WholeLog { edge: self.edge, erased: self.bare.len() as u64 }),
        }
    }

    fn must_be_erased(&self, conn: &mut Conn) -> Result<(), BrokenLog> {
        let digests: Vec<&String> = self.erasures.keys().collect();
        for digests in digests.chunks(DIGESTS) {
            let left = changes::table.filter(changes::body_digest.eq_any(digests)).filter(changes::body.is_not_null());
            let left: Vec<String> = left.select(changes::body_digest).limit(1).load(conn).map_err(DbError::from)?;
            if let Some(seq) = left.first().and_then(|digest| self.erasures.get(digest)) {
                return Err(BrokenLog::NotErased(*seq));
            }
        }
        Ok(())
    }
}

fn no_head(error: DbError) -> BrokenLog {
    match error {
        DbError::Damaged(why) => BrokenLog::NoTree(why),
        DbError::Query(diesel::result::Error::NotFound) => BrokenLog::NoTree("it has no head".into()),
        error => error.into(),
    }
}
