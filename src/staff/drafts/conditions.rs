//! What is asked of drafts in the database: how far a grant reaches, and how conditions are put together.

use diesel::{BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, TextExpressionMethods};

use crate::{
    register::db::{OptionalCondition, schema::drafts},
    staff::identity::{Caller, Permission, permissions},
    values::division,
};

/// Something that is asked of each draft.
pub type Condition = OptionalCondition<drafts::table>;

/// The pattern of the texts that contain this one, with `\` before what a pattern would read otherwise.
pub fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Says which drafts somebody reaches with a permission, as `Caller::may` does of one; `None` when that is all of them. With the
/// permission to read these are the drafts of which they may know, as `RequestContext::sees` has it.
pub fn reached_by(caller: &Caller, permission: Permission) -> Option<Condition> {
    let grants = caller.grants.iter().filter(|grant| permissions(grant.role).contains(&permission));
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

/// Asks for one or the other.
pub fn either(one: Condition, other: Condition) -> Condition {
    Box::new(one.or(other))
}

/// Asks for one and the other.
pub fn both(one: Condition, other: Condition) -> Condition {
    Box::new(one.and(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_word_is_read_as_a_pattern() {
        assert_eq!(containing("洋政〔2026〕8号"), "%洋政〔2026〕8号%");
        assert_eq!(containing(r"100%_\"), r"%100\%\_\\%");
    }
}
