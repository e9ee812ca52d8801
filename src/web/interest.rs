//! The changes of the log that a reader wants to hear of: the filters that the feed and webhooks share.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::query::Parameters;
use crate::{
    model::kinds::{Owner, Values},
    problem::Wrong,
    register::{
        catalog::{Entry, LineScope, Snapshot},
        changes::Seq,
        db::DbError,
    },
    values::division,
};

/// Values of one filter at most.
const MOST: usize = 200;

/// The changes that a reader wants to hear of; an empty list asks for nothing in particular, so everything passes it.
///
/// A change passes when the record passes as it became **or as it was before**: who follows an organisation also hears that
/// an item went to another one. Where nobody can tell any more, because a text was erased, it passes: an erasure has to
/// reach whoever got the text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Interest {
    /// Kinds of record.
    pub kinds: Vec<String>,
    /// Lists that items stand in, as the filter `list` names them; other kinds stand in none.
    pub lists: Vec<String>,
    /// Organisations that records belong to or are.
    pub organisations: Vec<String>,
    /// Divisions that records belong to, or the beginnings of their codes.
    pub divisions: Vec<String>,
}

impl Interest {
    /// Takes `kind`, `list`, `organisation` and `division` from a query.
    pub fn from_query(parameters: &mut Parameters, register: &Snapshot) -> Self {
        let mut asked = |name| {
            let mut values = parameters.all(name);
            values.sort_unstable();
            values.dedup();
            if values.len() > MOST {
                parameters.wrong(name, "", Wrong::TooMany(MOST as u64));
                values.clear();
            }
            values
        };
        let (kinds, lists) = (asked("kind"), asked("list"));
        let interest = Self { kinds, lists, organisations: asked("organisation"), divisions: asked("division") };
        for (name, value, wrong) in interest.mistakes(register) {
            parameters.wrong(name, &value, wrong);
        }
        interest
    }

    /// The values that name nothing that exists: the filter, its value, and the mistake.
    pub fn mistakes(&self, register: &Snapshot) -> Vec<(&'static str, String, Wrong)> {
        let kinds: Vec<_> = register.kinds().map(|kind| kind.name).collect();
        let lists = lists(register);
        let one_of = |name, known: &[&str], values: &[String]| -> Vec<_> {
            let unknown = values.iter().filter(|value| !known.contains(&value.as_str()));
            unknown.map(|value| (name, value.clone(), Wrong::NotInCodeList(known.join(", ")))).collect()
        };
        let mut mistakes = one_of("kind", &kinds, &self.kinds);
        mistakes.extend(one_of("list", &lists, &self.lists));
        let unknown = self.organisations.iter().filter(|code| organisation(register, code).is_none());
        mistakes.extend(unknown.map(|code| ("organisation", code.clone(), Wrong::OrganisationUnknown(code.clone()))));
        let unknown = self.divisions.iter().filter(|code| !division::is_prefix(code));
        mistakes.extend(unknown.map(|code| ("division", code.clone(), Wrong::DivisionUnknown)));
        mistakes
    }

    /// Bytes that its values take.
    pub fn weight(&self) -> usize {
        let values = [&self.kinds, &self.lists, &self.organisations, &self.divisions].into_iter().flatten();
        values.map(|value| value.len() + size_of::<String>()).sum()
    }

    /// Whether every change is of interest.
    pub fn is_everything(&self) -> bool {
        self.kinds.is_empty() && self.is_about_any_record()
    }

    /// Whether the change at this place of the log is of interest.
    pub fn includes(&self, register: &Snapshot, seq: Seq) -> Result<bool, DbError> {
        let Some((kind, ..)) = register.change(seq) else { return Ok(false) };
        if !self.kinds.is_empty() && !self.kinds.iter().any(|name| name == kind.name) {
            return Ok(false);
        }
        let concerns = || register.scopes(seq).any(|scope| scope.is_none_or(|scope| self.concerns(register, scope)));
        Ok(self.is_about_any_record() || concerns())
    }

    fn is_about_any_record(&self) -> bool {
        self.lists.is_empty() && self.organisations.is_empty() && self.divisions.is_empty()
    }

    fn concerns(&self, register: &Snapshot, scope: &LineScope) -> bool {
        let stands_in = self.lists.is_empty() || self.lists.iter().any(|list| has(&scope.lists, list));
        let belongs_to = self.organisations.is_empty()
            || self.organisations.iter().any(|wanted| {
                // By whichever of its codes it is named on either side.
                let codes = organisation(register, wanted).into_iter().flat_map(|entry| entry.keys());
                has(&scope.organisations, wanted) || codes.into_iter().any(|code| has(&scope.organisations, code))
            });
        let below = |wanted: &String| {
            let own = scope.division.as_deref();
            own.is_some_and(|own| division::significant(own).starts_with(division::significant(wanted)))
        };
        stands_in && belongs_to && (self.divisions.is_empty() || self.divisions.iter().any(below))
    }
}

/// The organisation with this code, as it is or was.
fn organisation<'a>(register: &'a Snapshot, code: &str) -> Option<&'a Arc<Entry>> {
    let mut shelves = register.kinds().filter(|kind| kind.owner == Owner::Itself);
    shelves.find_map(|kind| register.get(kind.name, code))
}

fn has(values: &[String], wanted: &str) -> bool {
    values.iter().any(|value| value == wanted)
}

/// The values that the filter `list` takes.
fn lists(register: &Snapshot) -> Vec<&'static str> {
    let filters = register.kinds().filter_map(|kind| kind.filter("list"));
    let words = filters.filter_map(|filter| match filter.values {
        Values::Words(words) => Some(words),
        _ => None,
    });
    words.flatten().copied().collect()
}
