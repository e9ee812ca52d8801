//! One record as it was, without folding the register again: only the lines of the record and of those that it showed.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    entry::Entry,
    fold::{Fold, to_successor},
    line::Address,
    snapshot::Snapshot,
};
use crate::{
    model::kinds::{Kind, Reference},
    register::{
        changes::{Change, Seq},
        db::DbError,
    },
};

impl Snapshot {
    /// A register that holds only the record `key` and those that it showed, all as they were after the publication that ended
    /// at `seq`. What it says of that record is what the whole register said. `None` where that needs the whole register: of
    /// a kind that shows who uses it.
    pub fn alone(&self, kind: &'static Kind, entry: &Entry, seq: Seq) -> Result<Option<Self>, DbError> {
        let Some(number) = self.number(kind.name).filter(|_| !kind.shows_users) else { return Ok(None) };
        let mut addresses: BTreeSet<Address> = BTreeSet::from([(number, entry.id)]);
        for reference in shown(kind, entry, seq)? {
            if let Some((kind, target)) = self.resolve(&reference)
                && let Some(number) = self.number(kind.name)
            {
                addresses.insert((number, target.id));
            }
        }
        let entries = addresses.into_iter().filter_map(|address| self.at_address(address));
        let mut lines = entries.map(|entry| lines(entry, seq)).collect::<Result<Vec<_>, DbError>>()?.concat();
        lines.sort_unstable_by_key(|line| line.seq);
        let mut fold = Fold::on(&self.emptied());
        lines.iter().try_for_each(|line| fold.apply_alone(line))?;
        let at = self.publications.get(&seq).copied().unwrap_or_default();
        fold.finish_at(seq, at).map(Some)
    }
}

/// The references to others that the record showed.
fn shown(kind: &Kind, entry: &Entry, seq: Seq) -> Result<Vec<Reference>, DbError> {
    let Some(revision) = entry.revisions.iter().rfind(|revision| revision.change.seq <= seq) else {
        return Ok(Vec::new());
    };
    let mut references = match revision.text()? {
        Some(body) => (kind.index)(&body)?.references,
        None => Vec::new(),
    };
    references.extend(revision.change.successor.iter().map(|key| to_successor(kind, key)));
    Ok(references)
}

/// The lines of a record up to change `seq`.
fn lines(entry: &Arc<Entry>, seq: Seq) -> Result<Vec<Change>, DbError> {
    let revisions = entry.revisions.iter().filter(|revision| revision.change.seq <= seq);
    let mut lines = revisions.map(|revision| revision.to_change()).collect::<Result<Vec<_>, _>>()?;
    lines.extend(entry.erasures.iter().filter(|erasure| erasure.seq <= seq).map(|erasure| Change::clone(erasure)));
    Ok(lines)
}
