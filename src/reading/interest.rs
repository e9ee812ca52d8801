//! Which changes of the log somebody wants to hear of: the filters that the feed and webhooks share.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Entry, Revision, Snapshot},
    changes::Seq,
    db::DbError,
    kinds::{Indexed, Kind, Owner},
    values::{code_lists::Action, division},
};

/// What somebody wants to hear of; an empty list asks for nothing in particular, so everything passes it.
///
/// A change passes when the record passes as it became **or as it was before**: who follows an organisation also hears that
/// an item went to another one. Where nobody can tell any more, because a text was erased, it passes: an erasure has to
/// reach whoever got the text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interest {
    /// Kinds of record.
    pub kinds: Vec<String>,
    /// Lists that items stand in, as `list=` of `/v1/items` takes them; other kinds stand in none.
    pub lists: Vec<String>,
    /// Organisations that records belong to or are.
    pub organisations: Vec<String>,
    /// Divisions that records belong to, or the beginnings of their codes.
    pub divisions: Vec<String>,
}

impl Interest {
    /// Whether the change at this place of the log is of interest.
    pub fn includes(&self, register: &Snapshot, seq: Seq) -> Result<bool, DbError> {
        let Some((kind, entry, change)) = register.change(seq) else { return Ok(false) };
        if !self.kinds.is_empty() && !self.kinds.iter().any(|name| name == kind.name) {
            return Ok(false);
        }
        let about_any_record = self.lists.is_empty() && self.organisations.is_empty() && self.divisions.is_empty();
        if about_any_record || change.action == Action::Erase {
            return Ok(true);
        }
        for number in [change.revision, change.revision - 1] {
            let Some(revision) = entry.revision(number) else { continue };
            if self.includes_revision(register, kind, entry, revision)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn includes_revision(
        &self,
        register: &Snapshot,
        kind: &Kind,
        entry: &Entry,
        revision: &Revision,
    ) -> Result<bool, DbError> {
        let Some(text) = revision.text()? else { return Ok(true) };
        let is_current = entry.current().is_some_and(|current| current.change.seq == revision.change.seq);
        match is_current {
            true => Ok(self.includes_record(register, kind, &revision.change.key, &entry.indexed)),
            false => Ok(self.includes_record(register, kind, &revision.change.key, &(kind.index)(&text)?)),
        }
    }

    fn includes_record(&self, register: &Snapshot, kind: &Kind, key: &str, indexed: &Indexed) -> bool {
        let Self { lists, organisations, .. } = self;
        let stands_in = lists.is_empty() || is_posted(kind, indexed, "list", lists);
        let belongs_to = organisations.is_empty()
            || is_posted(kind, indexed, "organisation", organisations)
            || kind.owner == Owner::Itself && organisations.iter().any(|code| code == key);
        stands_in && belongs_to && self.includes_division(register, indexed)
    }

    fn includes_division(&self, register: &Snapshot, indexed: &Indexed) -> bool {
        let of_organisation = || {
            let code = indexed.postings.iter().find(|(name, _)| *name == "organisation").map(|(_, code)| code)?;
            register.get("organisation", code)?.division.as_deref()
        };
        let own = indexed.division.as_deref().or_else(of_organisation);
        let below = |wanted: &String| {
            own.is_some_and(|own| division::significant(own).starts_with(division::significant(wanted)))
        };
        self.divisions.is_empty() || self.divisions.iter().any(below)
    }
}

/// Whether the filter of this name would select the record by any of the values.
fn is_posted(kind: &Kind, indexed: &Indexed, name: &str, values: &[String]) -> bool {
    let Some(filter) = kind.filter(name) else { return false };
    let posts = |posting: &str| posting == filter.name || filter.also == Some(posting);
    indexed.postings.iter().any(|(posting, value)| posts(posting) && values.contains(value))
}
