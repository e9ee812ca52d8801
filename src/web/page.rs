//! A page of a list that is no shelf of records: code lists, divisions, revisions.

use serde::Serialize;

use super::{
    cursor::{Cursor, Walk},
    query::Parameters,
};
use crate::{
    problem::{Problem, Wrong},
    register::changes::Seq,
};

/// Rows of a page, unless asked otherwise.
pub const DEFAULT_LIMIT: usize = 20;
/// Rows of a page at most, and codes asked for at once.
pub const MOST: usize = 200;

/// The page that is asked for.
pub struct PageRequest {
    /// Rows at most.
    pub limit: usize,
    /// The place of the walk.
    pub cursor: Option<Cursor>,
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
    /// Makes other rows of the rows of this page.
    pub fn map<U>(self, row: impl FnMut(T) -> U) -> Rows<U> {
        Rows { items: self.items.into_iter().map(row).collect(), next: self.next, total: self.total, seq: self.seq }
    }

    /// Cursor of the next page.
    pub fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

impl PageRequest {
    /// Takes `limit` and `cursor`.
    pub fn from_query(parameters: &mut Parameters, walk: &Walk) -> Self {
        let limit = parameters.number("limit", 1, MOST).unwrap_or(DEFAULT_LIMIT);
        Self { limit, cursor: parameters.parsed("cursor", |text| Cursor::read(text, walk)) }
    }

    /// The page of `rows`, each known by its place, of the register at `seq`.
    pub fn of<T>(&self, rows: Vec<T>, walk: &Walk, seq: Seq) -> Result<Rows<T>, Problem> {
        let place = |cursor: &Cursor| cursor.after.parse().map_err(|_| Problem::invalid_cursor(Wrong::NotACursor));
        let start: usize = self.cursor.as_ref().map(place).transpose()?.unwrap_or(0);
        let total = rows.len();
        let end = start.saturating_add(self.limit);
        let next = (end < total).then(|| Cursor { seq, after: end.to_string() }.write(walk));
        Ok(Rows { items: rows.into_iter().skip(start).take(self.limit).collect(), next, total, seq })
    }
}

/// Which page of numbered lines, newest first; a walk is pinned to the `seq` at which it began.
pub struct LinesRequest {
    /// How many lines.
    pub limit: usize,
    /// The `seq` of the walk, and the number of the last line that it has shown.
    pub place: Option<(Seq, i64)>,
}

impl LinesRequest {
    /// Takes `limit` and `cursor`.
    pub fn from_query(parameters: &mut Parameters, walk: &Walk) -> Self {
        let limit = parameters.number("limit", 1, MOST).unwrap_or(DEFAULT_LIMIT);
        let place = parameters.parsed("cursor", |text| {
            let cursor = Cursor::read(text, walk)?;
            Ok((cursor.seq, cursor.after.parse().map_err(|_| Wrong::NotACursor)?))
        });
        Self { limit, place }
    }

    /// How many lines are to be read: one more than the page has says whether another one follows.
    pub fn to_read(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX - 1) + 1
    }

    /// Cuts the lines that were read to the page; returns the cursor of the next.
    pub fn cut<T>(&self, lines: &mut Vec<T>, number: impl Fn(&T) -> i64, seq: Seq, walk: &Walk) -> Option<String> {
        let more = lines.len() > self.limit;
        lines.truncate(self.limit);
        let last = lines.last().filter(|_| more)?;
        Some(Cursor { seq, after: number(last).to_string() }.write(walk))
    }
}
