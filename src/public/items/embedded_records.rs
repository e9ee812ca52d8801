//! The records embedded in an item's guide, on paper and on pages: what it names, and what its fees and intermediaries name.

use std::collections::HashSet;

use crate::{
    model::kinds::{Kind, Reference},
    register::{
        catalog::{Entry, Snapshot},
        changes::Seq,
    },
};

/// The last change to a record, an erasure included.
fn last_change(entry: &Entry) -> Seq {
    let revised = entry.current().map_or(0, |revision| revision.change.seq);
    revised.max(entry.erasures.last().map_or(0, |change| change.seq))
}

/// The last change to anything that the guide of an item shows. A paper carries it, so that `check` can tell what came later.
pub fn last_change_shown(snapshot: &Snapshot, entry: &Entry) -> Seq {
    let records = embedded_records(snapshot, &entry.indexed.references);
    let others = records.iter().map(|(_, other)| last_change(other));
    others.chain([entry.shown.seq, last_change(entry)]).max().unwrap_or_default()
}

/// The records that a guide shows of what an item names: these, and what its fees and its intermediaries name.
pub fn embedded_records<'a>(snapshot: &'a Snapshot, references: &[Reference]) -> Vec<(&'static Kind, &'a Entry)> {
    let mut shown: Vec<(&'static Kind, &Entry)> = Vec::new();
    let mut known: HashSet<(&str, &str)> = HashSet::new();
    let mut note = |references: &[Reference]| {
        let mut new = Vec::new();
        for reference in references {
            let Some((kind, entry)) = snapshot.resolve(reference) else { continue };
            if known.insert((kind.name, &*entry.key)) {
                shown.push((kind, entry));
                new.push((kind, &**entry));
            }
        }
        new
    };
    let mut named = note(references);
    named.retain(|(kind, _)| matches!(kind.name, "fee" | "intermediary"));
    // The fee of an intermediary stands behind it, and who charges it behind that.
    for _ in 0..2 {
        let more: Vec<_> = named.iter().flat_map(|(_, entry)| note(&entry.indexed.references)).collect();
        named = more.into_iter().filter(|(kind, _)| kind.name == "fee").collect();
    }
    shown
}
