//! Use case: a batch of changes is published, in one transaction and seen as one.

use chrono::{DateTime, Utc};

use super::{step::Step, trial::prepare};
use crate::{
    problem::{Code, Problem},
    register::{
        catalog::Snapshot,
        changes::{self, Change, Salt, Seq},
        db::{Conn, DbError},
    },
};

/// Publishes `steps` as one. `known` is any snapshot of the same log: it is brought up to the head inside the
/// transaction, so that what is checked is what will be.
///
/// Errors: 422 with every mistake of every step (pointers begin with `/records/{index}`), 409 when a record's state
/// forbids a step, 503 when the log is not one that goes on from `known`.
pub fn publish(
    conn: &mut Conn,
    known: &Snapshot,
    steps: &[Step],
    now: DateTime<Utc>,
    salt: impl FnMut() -> Result<Salt, getrandom::Error>,
) -> Result<Vec<Change>, Problem> {
    changes::append(conn, now, salt, |conn, head, at| {
        let current = extended(conn, known, head).map_err(not_into_what_is_damaged)?;
        prepare(&current, steps, at)
    })
}

/// The register as the locked log has it. Refused where the log has lost some of what `known` shows, or has other lines than its tree:
/// what is appended to it would have numbers that others know as something else.
fn extended(conn: &mut Conn, known: &Snapshot, head: Seq) -> Result<Snapshot, DbError> {
    known.must_not_be_ahead_of(head)?;
    let current = known.caught_up(conn, head)?;
    changes::must_be_of(&changes::edge(conn)?, current.tree())?;
    Ok(current)
}

fn not_into_what_is_damaged(error: DbError) -> Problem {
    match error {
        DbError::Damaged(why) => {
            log::error!("nothing is published, since the log is damaged: {why}");
            Problem::with_detail(
                Code::Unavailable,
                "变更日志已损坏，修复之前不能公布；详情见系统日志和 /health/ready。",
                "The log of changes is damaged, and nothing is published into it until it is mended: see /health/ready and the log of \
                 the service.",
            )
        }
        other => other.into(),
    }
}

/// The register as the log has it now, whatever this process has seen of it.
pub fn current(conn: &mut Conn, known: &Snapshot) -> Result<Snapshot, DbError> {
    let (head, _) = changes::head(conn)?;
    known.caught_up(conn, head)
}
