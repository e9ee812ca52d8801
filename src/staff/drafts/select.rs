//! Queries: which drafts a list holds. The database filters, counts and cuts pages; it reads nothing that the caller may not know of.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, QueryDsl, RunQueryDsl, TextExpressionMethods,
    dsl::count_star,
};

use super::{model::Draft, store};
use crate::{
    register::db::{Conn, DbError, OptionalCondition, schema::drafts},
    staff::identity::{Caller, Permission, permissions},
    values::division,
};

type Condition = OptionalCondition<drafts::table>;

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
}

/// One page of a list of drafts.
pub struct SelectedDrafts {
    /// The drafts, the newest first.
    pub drafts: Vec<Draft>,
    /// Drafts on all pages.
    pub total: i64,
    /// Whether a page follows.
    pub has_more: bool,
}

/// Selects the drafts that `reader` may know of, the newest first: at most `limit` of those before the draft `before`. Ids grow with
/// time, so drafts made meanwhile come before the pages that are still to be read.
pub fn select(
    conn: &mut Conn,
    selection: &DraftSelection,
    reader: &Caller,
    before: Option<&str>,
    limit: usize,
) -> Result<SelectedDrafts, DbError> {
    let mut counting = drafts::table.select(count_star()).into_boxed();
    for condition in selection.conditions().into_iter().chain(visible_to(reader)) {
        counting = counting.filter(condition);
    }
    let total: i64 = counting.first(conn)?;
    let mut finding = drafts::table.select(drafts::id).into_boxed();
    for condition in selection.conditions().into_iter().chain(visible_to(reader)) {
        finding = finding.filter(condition);
    }
    if let Some(before) = before {
        finding = finding.filter(drafts::id.lt(before.to_owned()));
    }
    // One id more than there are rows says whether a page follows.
    let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut ids: Vec<String> = finding.order(drafts::id.desc()).limit(most).load(conn)?;
    let has_more = ids.len() > limit;
    ids.truncate(limit);
    let mut drafts = store::of_ids(conn, &ids)?;
    drafts.reverse();
    Ok(SelectedDrafts { drafts, total, has_more })
}

impl DraftSelection {
    fn conditions(&self) -> Vec<Condition> {
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
        all
    }
}

/// Says of which drafts somebody may know, as `RequestContext::sees` does of one; `None` when that is all of them.
fn visible_to(reader: &Caller) -> Option<Condition> {
    let grants = reader.grants.iter().filter(|grant| permissions(grant.role).contains(&Permission::ItemsRead));
    let (mut organisations, mut divisions) = (Vec::new(), Vec::new());
    for grant in grants {
        match (&grant.organisation, &grant.division) {
            (None, None) => return None,
            (Some(organisation), _) => organisations.push(organisation.clone()),
            (None, Some(division)) => divisions.push(division.as_str()),
        }
    }
    let own: Condition = Box::new(drafts::organisation.eq_any(organisations));
    let of_divisions = divisions.into_iter().map(|division| either(within(division), of_the_whole_register()));
    Some(of_divisions.fold(own, either))
}

/// Whether a draft lies in a division: as `Grant::covers` compares the digits that count.
fn within(division: &str) -> Condition {
    let own = division::significant(division);
    // A larger division may begin with the same digits, of which fewer count for it: 350000 with 3500.
    let larger: Vec<String> = [6, 9, 12]
        .into_iter()
        .map(|length| format!("{own:0<length$}"))
        .filter(|code| !division::significant(code).starts_with(own))
        .collect();
    Box::new(drafts::division.like(format!("{own}%")).and(drafts::division.ne_all(larger)))
}

/// Whether a draft belongs to no organisation and no division: everybody's who answers for a division.
fn of_the_whole_register() -> Condition {
    Box::new(drafts::organisation.is_null().and(drafts::division.is_null()).nullable())
}

fn either(one: Condition, other: Condition) -> Condition {
    Box::new(one.or(other))
}
