//! Queries: which drafts a list holds. The database filters, counts and cuts pages; it reads nothing that the caller may not know of.

use std::collections::HashMap;

use diesel::{
    EscapeExpressionMethods, ExpressionMethods, NullableExpressionMethods, QueryDsl, RunQueryDsl,
    TextExpressionMethods, dsl::count_star,
};

use super::{
    conditions::{Condition, containing, either, reached_by},
    model::Draft,
    order::{Order, Place},
    store,
    tasks::{self, Task},
};
use crate::{
    register::db::{Conn, DbError, schema::drafts},
    staff::identity::{Caller, Permission},
};

/// Filters of a list of drafts. Of a filter with several values any will do; an empty one asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct DraftSelection {
    /// States of the drafts.
    pub states: Vec<String>,
    /// Kinds of the records.
    pub kinds: Vec<String>,
    /// Actions that are proposed.
    pub actions: Vec<String>,
    /// Keys of the records.
    pub keys: Vec<String>,
    /// Organisations that the records belong to.
    pub organisations: Vec<String>,
    /// Names of the accounts that made the drafts.
    pub authors: Vec<String>,
    /// Imports that made the drafts.
    pub imports: Vec<String>,
    /// Words of a search, folded: all of them are to be found.
    pub words: Vec<String>,
    /// Whether the reader has made them, written any of them or handed them in.
    pub mine: bool,
    /// What the reader may do with them next.
    pub waiting: Vec<Task>,
}

/// A page of a list of drafts.
#[derive(Clone, Debug)]
pub struct DraftsPage {
    /// The order of the list.
    pub order: Order,
    /// The place after which the page begins.
    pub after: Option<Place>,
    /// Drafts at most.
    pub limit: usize,
}

/// One page of a list of drafts.
pub struct SelectedDrafts {
    /// The drafts, in the order of the list.
    pub drafts: Vec<Draft>,
    /// Drafts on all pages.
    pub total: i64,
    /// Whether a page follows.
    pub has_more: bool,
}

/// Selects a page of the drafts that `reader` may know of.
pub fn select(
    conn: &mut Conn,
    selection: &DraftSelection,
    reader: &Caller,
    page: DraftsPage,
) -> Result<SelectedDrafts, DbError> {
    let total = count(conn, selection, reader)?;
    let mut finding = drafts::table.select(drafts::id).into_boxed();
    let after = page.after.map(|place| page.order.after(place));
    for condition in selection.conditions(reader).into_iter().chain(after) {
        finding = finding.filter(condition);
    }
    let finding = match page.order {
        Order::Newest => finding.order(drafts::id.desc()),
        Order::Oldest => finding.order(drafts::id.asc()),
        Order::Changed => finding.order((drafts::updated_at.desc(), drafts::id.desc())),
    };
    // One id more than there are rows says whether a page follows.
    let most = i64::try_from(page.limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut ids: Vec<String> = finding.limit(most).load(conn)?;
    let has_more = ids.len() > page.limit;
    ids.truncate(page.limit);
    let places: HashMap<&str, usize> = ids.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
    let mut drafts = store::of_ids(conn, &ids)?;
    drafts.sort_by_key(|draft| places.get(draft.id.as_str()).copied());
    Ok(SelectedDrafts { drafts, total, has_more })
}

/// Counts the drafts that `reader` may know of.
pub fn count(conn: &mut Conn, selection: &DraftSelection, reader: &Caller) -> Result<i64, DbError> {
    let mut counting = drafts::table.select(count_star()).into_boxed();
    for condition in selection.conditions(reader) {
        counting = counting.filter(condition);
    }
    Ok(counting.first(conn)?)
}

impl DraftSelection {
    /// What is asked of each draft, that its reader may know of it among that.
    fn conditions(&self, reader: &Caller) -> Vec<Condition> {
        let mut all: Vec<Condition> = Vec::new();
        if !self.states.is_empty() {
            all.push(Box::new(drafts::state.eq_any(self.states.clone()).nullable()));
        }
        if !self.kinds.is_empty() {
            all.push(Box::new(drafts::kind.eq_any(self.kinds.clone()).nullable()));
        }
        if !self.actions.is_empty() {
            all.push(Box::new(drafts::action.eq_any(self.actions.clone()).nullable()));
        }
        if !self.keys.is_empty() {
            all.push(Box::new(drafts::record_key.eq_any(self.keys.clone())));
        }
        if !self.organisations.is_empty() {
            all.push(Box::new(drafts::organisation.eq_any(self.organisations.clone())));
        }
        if !self.authors.is_empty() {
            all.push(Box::new(drafts::author_name.eq_any(self.authors.clone()).nullable()));
        }
        if !self.imports.is_empty() {
            all.push(Box::new(drafts::import.eq_any(self.imports.clone())));
        }
        all.extend(self.words.iter().map(|word| found_by(word)));
        if self.mine {
            all.push(tasks::is_by(&reader.id));
        }
        all.extend(self.waiting.iter().map(|task| task.waiting_for(reader)).reduce(either));
        all.extend(reached_by(reader, Permission::ItemsRead));
        all
    }
}

/// Whether a folded word stands in what a draft is found by, or is its id.
fn found_by(word: &str) -> Condition {
    let in_text: Condition = Box::new(drafts::sought.like(containing(word)).escape('\\').nullable());
    either(in_text, Box::new(drafts::id.eq(word.to_owned()).nullable()))
}
