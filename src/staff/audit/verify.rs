//! Checks whether the chain is whole.

use super::{
    model::AuditEntry,
    store::{after, head},
};
use crate::{
    problem::Problem,
    register::db::{Conn, DbError},
};

/// Lines that are read at a time.
const BATCH: i64 = 1000;

/// A chain that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// How many lines it has.
    pub lines: i64,
    /// The hash of the last; empty when there is none.
    pub head: String,
}

/// Why a chain is not whole.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// A line is missing.
    #[error("the audit trail is broken: line {0} is missing")]
    Missing(i64),
    /// A line says what it did not say when it was written.
    #[error("the audit trail is broken at line {0}: its hash is not that of what it says")]
    Altered(i64),
    /// A line does not follow the one before.
    #[error("the audit trail is broken at line {0}: it does not follow the line before")]
    Unchained(i64),
    /// The head names another last line.
    #[error("the audit trail is broken behind line {0}: its head is at line {1}, or has another hash")]
    Cut(i64, i64),
    /// The hash that was noted is no line's.
    #[error(
        "the audit trail is whole in itself, but no line of it has the hash {0}: it is not the trail that was noted"
    )]
    AnotherTrail(String),
    /// It could not be read.
    #[error("{0}")]
    Unread(Problem),
}

impl From<DbError> for Broken {
    fn from(error: DbError) -> Self {
        Self::Unread(error.into())
    }
}

/// Walks the chain from its beginning. `noted` is a hash that must be in it.
pub fn verify(conn: &mut Conn, noted: Option<&str>) -> Result<Whole, Broken> {
    let mut last = Whole { lines: 0, head: String::new() };
    let mut found = noted.is_none();
    loop {
        let rows = after(conn, last.lines, BATCH)?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let seq = row.seq();
            // A row that cannot be read was not written so.
            let line = AuditEntry::try_from(row).map_err(|_| Broken::Altered(seq))?;
            last = follow(&last, line)?;
            found |= noted == Some(last.head.as_str());
        }
    }
    let head = head(conn)?;
    if (head.seq, &head.hash) != (last.lines, &last.head) {
        return Err(Broken::Cut(last.lines, head.seq));
    }
    match (found, noted) {
        (false, Some(noted)) => Err(Broken::AnotherTrail(noted.into())),
        _ => Ok(last),
    }
}

fn follow(last: &Whole, line: AuditEntry) -> Result<Whole, Broken> {
    let seq = last.lines + 1;
    if line.seq != seq {
        return Err(Broken::Missing(seq));
    }
    if line.previous != last.head {
        return Err(Broken::Unchained(seq));
    }
    match line.digest().is_ok_and(|digest| digest == line.hash) {
        true => Ok(Whole { lines: seq, head: line.hash }),
        false => Err(Broken::Altered(seq)),
    }
}
