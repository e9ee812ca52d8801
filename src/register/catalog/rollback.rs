//! From one snapshot to an earlier one: what came between is taken back, and nothing else is touched.

use std::{collections::BTreeMap, sync::Arc};

use imbl::Vector;
use roaring::RoaringBitmap;

use super::{
    entry::Moment,
    fold::{Fold, describe},
    line::{Address, LineInRecord, Logged},
    snapshot::Snapshot,
};
use crate::register::{changes::Seq, db::DbError};

impl Snapshot {
    /// The register as it was after the publication that ended at `seq`, which is one of this register. Costs as much as what came
    /// after it; the rest is shared.
    pub fn rolled_back(&self, seq: Seq) -> Result<Self, DbError> {
        let mut log = self.log.clone();
        let undone = log.split_off(usize::try_from(seq).unwrap_or_default().min(log.len()));
        let altered = self.altered_by(&undone);
        let shown = self.last_shown(&log, &altered);
        let mut fold = Fold::on(self);
        for revision in undone.iter().filter_map(|logged| self.revision(logged)) {
            fold.next.attached.remove(&revision.text()?.unwrap_or_default());
        }
        for (shelf, ids) in altered.iter().enumerate() {
            // The last first: those that are not there any more are the last of their shelf.
            for id in ids.iter().rev() {
                fold.take_back((shelf, id), seq, shown.get(&(shelf, id)).copied())?;
            }
        }
        let is_later = |end: &Seq| *end > seq;
        while let Some(end) = fold.next.publications.get_max().map(|(end, _)| *end).filter(is_later) {
            fold.next.publications.remove(&end);
        }
        if is_later(&self.erased) {
            fold.next.erased = last_erasure(&log);
        }
        fold.next.tree = self.tree.first(seq.unsigned_abs());
        fold.next.log = log;
        fold.next.seq = seq;
        fold.next.at = self.publications.get(&seq).copied().unwrap_or_default();
        fold.finish()
    }

    /// Every record that these lines altered, by the number of its shelf.
    fn altered_by(&self, lines: &Vector<Logged>) -> Vec<RoaringBitmap> {
        let mut altered = vec![RoaringBitmap::new(); self.shelves.len()];
        for logged in lines {
            altered[logged.address.0].insert(logged.address.1);
            for (shelf, ids) in logged.affected.shelves() {
                altered[*shelf] |= ids;
            }
        }
        altered
    }

    /// Finds the last line in `log` that altered what a record shows, for each of these records that was there then.
    fn last_shown(&self, log: &Vector<Logged>, records: &[RoaringBitmap]) -> BTreeMap<Address, Moment> {
        let was_there = |address: Address| {
            let first = self.at_address(address).and_then(|entry| entry.revisions.front());
            first.is_some_and(|first| usize::try_from(first.change.seq).is_ok_and(|seq| seq <= log.len()))
        };
        let shelves = records.iter().enumerate();
        let mut left: Vec<RoaringBitmap> =
            shelves.map(|(shelf, ids)| ids.iter().filter(|id| was_there((shelf, *id))).collect()).collect();
        let mut found = BTreeMap::new();
        for (at, logged) in log.iter().enumerate().rev() {
            if left.iter().all(RoaringBitmap::is_empty) {
                break;
            }
            let others = logged.affected.shelves().filter(|(shelf, ids)| !ids.is_disjoint(&left[*shelf]));
            let mut shown: Vec<Address> =
                others.flat_map(|(shelf, ids)| (ids & &left[*shelf]).into_iter().map(|id| (*shelf, id))).collect();
            shown.extend(Some(logged.address).filter(|(shelf, id)| left[*shelf].contains(*id)));
            for (shelf, id) in shown {
                left[shelf].remove(id);
                let change = Seq::try_from(at + 1).ok().and_then(|seq| self.change(seq));
                let moment = change.map(|(.., change)| Moment { seq: change.seq, at: change.published_at });
                found.extend(moment.map(|moment| ((shelf, id), moment)));
            }
        }
        found
    }
}

impl Fold {
    /// Puts a record back to where it was after change `seq`, last shown otherwise at `shown`; away where it was not there yet.
    fn take_back(&mut self, address: Address, seq: Seq, shown: Option<Moment>) -> Result<(), DbError> {
        let Some(now) = self.next.at_address(address).cloned() else { return Ok(()) };
        let kind = self.next.shelves[address.0].kind;
        let mut then = shown.and_then(|shown| now.back_at(seq, shown));
        then.as_mut().map_or(Ok(()), |then| describe(kind, then))?;
        self.remember(address);
        self.move_references(address, Some(&now), then.as_ref());
        self.shelf_mut(address.0).put_back(&now, then.map(Arc::new));
        Ok(())
    }
}

fn last_erasure(log: &Vector<Logged>) -> Seq {
    let last = log.iter().rposition(|logged| matches!(logged.line, LineInRecord::Erasure(_)));
    last.and_then(|at| Seq::try_from(at + 1).ok()).unwrap_or(0)
}
