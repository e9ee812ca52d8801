//! The rows of the trail.

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use diesel::{ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl};

use super::model::{AuditEntry, Event, Outcome};
use crate::register::db::{
    Conn, DbError,
    schema::{audit, audit_head},
};

#[derive(Queryable, Insertable)]
#[diesel(table_name = audit)]
pub(super) struct Row {
    seq: i64,
    at: NaiveDateTime,
    actor: Option<String>,
    address: Option<String>,
    request_id: Option<String>,
    action: String,
    subject: Option<String>,
    organisation: Option<String>,
    division: Option<String>,
    outcome: String,
    problem: Option<String>,
    detail: Option<String>,
    previous: String,
    hash: String,
}

/// How far the trail goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last line; 0 when there is none.
    pub seq: i64,
    /// Its hash; empty when there is none.
    pub hash: String,
}

/// How far the trail goes.
pub fn head(conn: &mut Conn) -> Result<Head, DbError> {
    let (seq, hash) = audit_head::table.select((audit_head::seq, audit_head::hash)).first(conn)?;
    Ok(Head { seq, hash })
}

/// The lines after `seq`, in their order, at most so many.
pub(super) fn after(conn: &mut Conn, seq: i64, most: i64) -> Result<Vec<Row>, DbError> {
    Ok(audit::table.filter(audit::seq.gt(seq)).order(audit::seq).limit(most).load(conn)?)
}

/// The lines after `seq`, in their order, at most so many, as they were written.
pub fn lines_after(conn: &mut Conn, seq: i64, most: i64) -> Result<Vec<AuditEntry>, DbError> {
    after(conn, seq, most)?.into_iter().map(AuditEntry::try_from).collect()
}

/// Characters of a subject at most: that of a refusal is the path that somebody sent.
const LONGEST_SUBJECT: usize = 300;

/// Appends a line. From here to the end of the transaction every other writer of the trail waits, so it comes last.
pub fn record(conn: &mut Conn, now: DateTime<Utc>, event: Event) -> Result<(), DbError> {
    let event = Event { subject: event.subject.map(cut), ..event };
    diesel::update(audit_head::table).set(audit_head::seq.eq(audit_head::seq + 1)).execute(conn)?;
    let (seq, previous): (i64, String) = audit_head::table.select((audit_head::seq, audit_head::hash)).first(conn)?;
    let mut line = AuditEntry { seq, at: now.trunc_subsecs(3), event, previous, hash: String::new() };
    line.hash = line.digest()?;
    diesel::update(audit_head::table).set(audit_head::hash.eq(&line.hash)).execute(conn)?;
    diesel::insert_into(audit::table).values(Row::try_from(line)?).execute(conn)?;
    Ok(())
}

fn cut(mut subject: String) -> String {
    if let Some((end, _)) = subject.char_indices().nth(LONGEST_SUBJECT) {
        subject.truncate(end);
        subject.push('…');
    }
    subject
}

impl TryFrom<AuditEntry> for Row {
    type Error = DbError;

    fn try_from(line: AuditEntry) -> Result<Self, DbError> {
        let AuditEntry { seq, at, event, previous, hash } = line;
        let detail = event.detail.as_ref().map(serde_json::to_string).transpose()?;
        Ok(Self {
            seq,
            at: at.naive_utc(),
            actor: event.actor,
            address: event.address,
            request_id: event.request_id,
            action: event.action,
            subject: event.subject,
            organisation: event.organisation,
            division: event.division,
            outcome: event.outcome.value().into(),
            problem: event.problem,
            detail,
            previous,
            hash,
        })
    }
}

impl Row {
    /// The place that the row says it has.
    pub(super) fn seq(&self) -> i64 {
        self.seq
    }
}

impl TryFrom<Row> for AuditEntry {
    type Error = DbError;

    /// Fails on what [`record`] never wrote.
    fn try_from(row: Row) -> Result<Self, DbError> {
        let unknown = || DbError::Damaged(format!("line {} of the audit trail has no known outcome", row.seq));
        let event = Event {
            outcome: Outcome::of(&row.outcome).ok_or_else(unknown)?,
            detail: row.detail.as_deref().map(serde_json::from_str).transpose()?,
            actor: row.actor,
            address: row.address,
            request_id: row.request_id,
            action: row.action,
            subject: row.subject,
            organisation: row.organisation,
            division: row.division,
            problem: row.problem,
        };
        Ok(Self { seq: row.seq, at: row.at.and_utc(), event, previous: row.previous, hash: row.hash })
    }
}
