//! Finds lines.

use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, QueryDsl, RunQueryDsl, TextExpressionMethods,
    dsl::{count_star, sql},
    sql_types::{Bool, Nullable},
};

use super::{
    model::{AuditEntry, Outcome},
    store::Row,
};
use crate::register::db::{Conn, DbError, OptionalCondition, schema::audit};

type Condition = OptionalCondition<audit::table>;

/// Which lines are asked for. Of a filter with several values any will do; an empty one asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct AuditSelection {
    /// Usernames or client ids of actors.
    pub actors: Vec<String>,
    /// Actions.
    pub actions: Vec<String>,
    /// Objects of actions.
    pub subjects: Vec<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// At or after.
    pub since: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
    /// The organisation it belongs to.
    pub organisations: Vec<String>,
    /// The division it belongs to, by the digits that count: what is below it, too.
    pub divisions: Vec<String>,
    /// The lines that the caller may see.
    pub reach: AuditReach,
}

/// The part of the trail that a caller may see.
#[derive(Clone, Debug, Default)]
pub enum AuditReach {
    /// Everything.
    #[default]
    Everything,
    /// Lines that belong to one of these organisations or are in one of these divisions, and those of the caller.
    Limited {
        /// The name of the caller.
        actor: String,
        /// Organisations.
        organisations: Vec<String>,
        /// Divisions, by the digits that count.
        divisions: Vec<String>,
    },
}

/// Lines, newest first.
pub struct SelectedEntries {
    /// The lines.
    pub lines: Vec<AuditEntry>,
    /// How many there are on all pages.
    pub total: i64,
}

/// Finds the lines up to `last` that are asked for, newest first: at most `limit` before the line `before`.
pub fn select(
    conn: &mut Conn,
    selection: &AuditSelection,
    last: i64,
    before: i64,
    limit: i64,
) -> Result<SelectedEntries, DbError> {
    let mut counting = audit::table.select(count_star()).filter(audit::seq.le(last)).into_boxed();
    let mut finding = audit::table.filter(audit::seq.le(last)).filter(audit::seq.lt(before)).into_boxed();
    for condition in selection.conditions() {
        counting = counting.filter(condition);
    }
    for condition in selection.conditions() {
        finding = finding.filter(condition);
    }
    let total = match selection.is_everything() {
        // The trail has no gaps.
        true => last,
        false => counting.first(conn)?,
    };
    let rows: Vec<Row> = finding.order(audit::seq.desc()).limit(limit).load(conn)?;
    Ok(SelectedEntries { lines: rows.into_iter().map(AuditEntry::try_from).collect::<Result<_, _>>()?, total })
}

impl AuditSelection {
    fn conditions(&self) -> Vec<Condition> {
        let mut all: Vec<Condition> = Vec::new();
        if !self.actors.is_empty() {
            all.push(Box::new(audit::actor.eq_any(self.actors.clone())));
        }
        if !self.actions.is_empty() {
            all.push(Box::new(audit::action.eq_any(self.actions.clone()).nullable()));
        }
        if !self.subjects.is_empty() {
            all.push(Box::new(audit::subject.eq_any(self.subjects.clone())));
        }
        if let Some(outcome) = self.outcome {
            // Written out: the index of what was refused is not found for a value that is bound.
            all.push(Box::new(sql::<Nullable<Bool>>(&format!("outcome = '{}'", outcome.value()))));
        }
        if let Some(since) = self.since {
            all.push(Box::new(audit::at.ge(since.naive_utc()).nullable()));
        }
        if let Some(until) = self.until {
            all.push(Box::new(audit::at.lt(until.naive_utc()).nullable()));
        }
        if !self.organisations.is_empty() {
            all.push(Box::new(audit::organisation.eq_any(self.organisations.clone())));
        }
        all.extend(self.divisions.iter().map(|division| within(division)).reduce(either));
        if let AuditReach::Limited { actor, organisations, divisions } = &self.reach {
            let own: Condition = Box::new(audit::actor.eq(actor.clone()));
            let theirs: Condition = Box::new(audit::organisation.eq_any(organisations.clone()));
            all.push(divisions.iter().map(|division| within(division)).fold(either(own, theirs), either));
        }
        all
    }

    fn is_everything(&self) -> bool {
        self.conditions().is_empty()
    }
}

/// Whether a line is in a division, which is given by the digits that count.
fn within(division: &str) -> Condition {
    Box::new(audit::division.like(format!("{division}%")))
}

fn either(one: Condition, other: Condition) -> Condition {
    Box::new(one.or(other))
}
