//! Appending to the trail.

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use diesel::{ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl};

use super::model::{Event, Line};
use crate::db::{
    Conn, DbError,
    schema::{audit, audit_head},
};

#[derive(Queryable, Insertable)]
#[diesel(table_name = audit)]
struct Row {
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

/// Appends a line. From here to the end of the transaction every other writer of the trail waits, so it comes last.
pub fn record(conn: &mut Conn, now: DateTime<Utc>, event: Event) -> Result<(), DbError> {
    diesel::update(audit_head::table).set(audit_head::seq.eq(audit_head::seq + 1)).execute(conn)?;
    let (seq, previous): (i64, String) = audit_head::table.select((audit_head::seq, audit_head::hash)).first(conn)?;
    let mut line = Line { seq, at: now.trunc_subsecs(3), event, previous, hash: String::new() };
    line.hash = line.digest()?;
    diesel::update(audit_head::table).set(audit_head::hash.eq(&line.hash)).execute(conn)?;
    diesel::insert_into(audit::table).values(Row::try_from(line)?).execute(conn)?;
    Ok(())
}

impl TryFrom<Line> for Row {
    type Error = DbError;

    fn try_from(line: Line) -> Result<Self, DbError> {
        let Line { seq, at, event, previous, hash } = line;
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
