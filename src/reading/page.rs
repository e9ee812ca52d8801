//! A page of a list that is no shelf of records: code lists, divisions, revisions.

use serde::Serialize;

use super::{
    cursor::{Cursor, Walk},
    query::Parameters,
    request::{DEFAULT_LIMIT, MOST},
};
use crate::{
    changes::Seq,
    problem::{Code, Problem},
};

/// Which page.
pub struct PageRequest {
    limit: usize,
    cursor: Option<String>,
}

/// A page as it is answered.
#[derive(Serialize)]
pub struct Rows<T> {
    items: Vec<T>,
    next: Option<String>,
    total: usize,
    seq: Seq,
}

impl<T> Rows<T> {
    /// The same page, each row written by `write`.
    pub fn map<U>(self, write: impl Fn(T) -> U) -> Rows<U> {
        let Self { items, next, total, seq } = self;
        Rows { items: items.into_iter().map(write).collect(), next, total, seq }
    }

    /// Cursor of the next page.
    pub fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

impl PageRequest {
    /// Takes `limit` and `cursor`.
    pub fn take(parameters: &mut Parameters) -> Self {
        let limit = parameters.number("limit", 1, MOST).unwrap_or(DEFAULT_LIMIT);
        Self { limit, cursor: parameters.one("cursor") }
    }

    /// The page of `rows`, each known by its place. What is walked only grows at its end or never changes, so the place is
    /// enough to go on from.
    pub fn of<T>(&self, rows: Vec<T>, walk: &Walk, seq: Seq) -> Result<Rows<T>, Problem> {
        let start: usize = match &self.cursor {
            None => 0,
            Some(cursor) => {
                Cursor::read(cursor, walk)?.after.parse().map_err(|_| Problem::from(Code::InvalidCursor))?
            }
        };
        let total = rows.len();
        let end = start.saturating_add(self.limit);
        let next = (end < total).then(|| Cursor { seq, after: end.to_string() }.write(walk));
        Ok(Rows { items: rows.into_iter().skip(start).take(self.limit).collect(), next, total, seq })
    }
}
