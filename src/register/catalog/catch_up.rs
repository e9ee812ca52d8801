//! Bringing a snapshot up to the head of the log: some lines at a time, publication by publication.

use super::snapshot::Snapshot;
use crate::{
    register::{
        changes::{self, Change, Seq},
        db::{Conn, DbError},
    },
    values::code_lists::Action,
};

/// Lines read from the log at a time, so that catching up needs bounded memory.
const BATCH: i64 = 1000;

/// A snapshot on its way to the head of the log.
pub struct CatchUp {
    register: Snapshot,
    head: Seq,
    /// Lines of a publication that has not come whole.
    pending: Vec<Change>,
    erases: bool,
}

impl CatchUp {
    /// Begins with what `known` holds of a log that ends at `head`.
    pub fn on(known: &Snapshot, head: Seq) -> Self {
        Self { register: known.clone(), head, pending: Vec::new(), erases: false }
    }

    /// The last line of the log when it began.
    pub fn head(&self) -> Seq {
        self.head
    }

    /// The lines that come next, if any are missing.
    pub fn missing(&self) -> Option<Missing> {
        let after = self.pending.last().map_or(self.register.seq(), |line| line.seq);
        // They are without gaps, so that as many as are missing end at the head.
        (after < self.head).then(|| Missing { after, count: (self.head - after).min(BATCH) })
    }

    /// Takes the next lines. Their publications are folded when they have come whole, and their texts have their digests.
    pub fn take(mut self, mut lines: Vec<Change>) -> Result<Self, DbError> {
        self.erases |= lines.iter().any(|line| line.action == Action::Erase);
        self.pending.append(&mut lines);
        let publications = changes::take_whole(&mut self.pending, |line| line);
        if !publications.is_empty() {
            changes::must_be_as_written(&publications)?;
            self.register = self.register.after(&publications)?;
        }
        Ok(self)
    }

    /// The snapshot with every publication that was taken, and whether something was erased on the way.
    pub fn finish(self) -> (Snapshot, bool) {
        (self.register, self.erases)
    }
}

/// Lines of the log that are missing.
#[derive(Clone, Copy, Debug)]
pub struct Missing {
    after: Seq,
    count: i64,
}

impl Missing {
    /// Reads them.
    pub fn read(self, conn: &mut Conn) -> Result<Vec<Change>, DbError> {
        changes::since(conn, self.after, self.count)
    }
}

impl Snapshot {
    /// Refuses a log that ends at `head` where it has lost some of what this snapshot holds.
    pub fn must_not_be_ahead_of(&self, head: Seq) -> Result<(), DbError> {
        match head < self.seq() {
            true => Err(DbError::Damaged(format!("it went back from change {} to {head}", self.seq()))),
            false => Ok(()),
        }
    }

    /// The register as the log has it up to `head`, read in one transaction; this one where it holds as much.
    pub fn caught_up(&self, conn: &mut Conn, head: Seq) -> Result<Self, DbError> {
        let mut catching_up = CatchUp::on(self, head);
        while let Some(missing) = catching_up.missing() {
            let lines = missing.read(conn)?;
            if lines.is_empty() {
                return Err(DbError::Damaged(format!(
                    "it ends at change {}, and its head is at {head}",
                    missing.after
                )));
            }
            catching_up = catching_up.take(lines)?;
        }
        Ok(catching_up.finish().0)
    }
}
