//! Whether the log is the one that was written: line by line, and against its tree.

use std::collections::BTreeMap;

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use serde_json::Value;

use super::{
    copied::{Broken, check_lines},
    model::{Change, Seq},
    store::{Row, edge, grow, head},
};
use crate::{
    db::{Conn, DbError, schema::changes},
    problem::Problem,
    transparency::{Checkpoint, Edge},
    values::code_lists::Action,
};

/// Rows that are read at a time.
const BATCH: i64 = 2000;

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
    loop {
        let after = walk.read;
        let rows: Vec<Row> = changes::table
            .filter(changes::seq.gt(after))
            .order(changes::seq)
            .limit(BATCH)
            .load(conn)
            .map_err(DbError::from)?;
        if rows.is_empty() {
            break;
        }
        walk.rows(rows)?;
    }
    walk.finish(conn)
}

#[derive(Default)]
struct Walk<'a> {
    given_out: Option<&'a Checkpoint>,
    read: Seq,
    last: Option<Change>,
    pending: Vec<Change>,
    edge: Edge,
    /// Lines without their text, by its digest.
    bare: BTreeMap<String, Seq>,
    erasures: Vec<(Seq, String)>,
}

impl Walk<'_> {
    fn rows(&mut self, rows: Vec<Row>) -> Result<(), BrokenLog> {
        for row in rows {
            let seq = row.seq;
            let line = Change::try_from(row.clone()).map_err(|error| BrokenLog::Row(seq, error.to_string()))?;
            // The same in other words hashes to the same, but nobody wrote it so.
            if Row::try_from(&line).ok() != Some(row) || !line.body.as_deref().is_none_or(is_as_written) {
                return Err(BrokenLog::Row(seq, "it is not written as the register writes it".into()));
            }
            self.read = seq;
            self.note(&line);
            self.pending.push(line);
        }
        let whole = self.pending.iter().rposition(|line| line.seq == line.publication).map_or(0, |last| last + 1);
        let rest = self.pending.split_off(whole);
        let lines = std::mem::replace(&mut self.pending, rest);
        self.lines(lines)
    }

    fn note(&mut self, line: &Change) {
        match (line.action, &line.body) {
            (Action::Erase, _) => self.erasures.push((line.seq, line.body_digest.clone())),
            (_, None) => drop(self.bare.insert(line.body_digest.clone(), line.seq)),
            (_, Some(_)) => {}
        }
    }

    fn lines(&mut self, lines: Vec<Change>) -> Result<(), BrokenLog> {
        let (after, not_before) =
            self.last.as_ref().map_or_else(Default::default, |last| (last.seq, last.published_at));
        check_lines(after, not_before, &lines)?;
        for line in &lines {
            grow(&mut self.edge, line)?;
            let then = self.given_out.filter(|given_out| given_out.size == self.edge.size());
            if then.is_some_and(|given_out| given_out.root != self.edge.root()) {
                return Err(BrokenLog::Forked(self.edge.size()));
            }
        }
        self.last = lines.into_iter().last().or(self.last.take());
        Ok(())
    }

    fn finish(self, conn: &mut Conn) -> Result<WholeLog, BrokenLog> {
        if let Some(open) = self.pending.first() {
            return Err(Broken::Publication(open.seq).into());
        }
        for (digest, seq) in &self.bare {
            if !self.erasures.iter().any(|(at, erased)| erased == digest && at > seq) {
                return Err(BrokenLog::Withheld(*seq));
            }
        }
        for (seq, digest) in &self.erasures {
            let left = changes::table.filter(changes::body_digest.eq(digest)).filter(changes::body.is_not_null());
            let left: Option<Seq> =
                left.select(changes::seq).first(conn).map(Some).or_else(absent).map_err(DbError::from)?;
            if left.is_some() {
                return Err(BrokenLog::NotErased(*seq));
            }
        }
        let (ends, at) = head(conn)?;
        let size = self.edge.size();
        let is_last = self.last.as_ref().is_none_or(|last| last.published_at == at);
        if u64::try_from(ends) != Ok(size) || !is_last {
            return Err(BrokenLog::Cut(size, ends));
        }
        if edge(conn)? != self.edge {
            return Err(BrokenLog::OtherTree(size));
        }
        match self.given_out {
            Some(given_out) if given_out.size > size => Err(BrokenLog::Shorter(size, given_out.size)),
            _ => Ok(WholeLog { edge: self.edge, erased: self.bare.len() as u64 }),
        }
    }
}

fn absent<T>(error: diesel::result::Error) -> Result<Option<T>, diesel::result::Error> {
    if error == diesel::result::Error::NotFound { Ok(None) } else { Err(error) }
}

/// Whether a body is the text that comes out when it is read and written again.
fn is_as_written(body: &str) -> bool {
    let value: Result<Value, _> = serde_json::from_str(body);
    value.is_ok_and(|value| value.to_string() == body)
}
