//! The orders in which a list of drafts is walked, and the place of a draft in each.

use chrono::{DateTime, NaiveDateTime, SecondsFormat};
use diesel::{BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods};

use super::{conditions::Condition, model::Draft};
use crate::register::db::schema::drafts;

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Those that were made last come first. Ids grow with time, so drafts made meanwhile come before the pages still to be read.
    #[default]
    Newest,
    /// Those that were made first come first.
    Oldest,
    /// Those that were changed last come first.
    Changed,
}

/// The place of a draft in a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    id: String,
    /// The time of its last change; where the walk goes by it.
    changed: NaiveDateTime,
}

impl Order {
    /// Every order with its name in a query.
    pub const NAMES: [(&'static str, Self); 3] =
        [("newest", Self::Newest), ("oldest", Self::Oldest), ("changed", Self::Changed)];

    /// Writes the place of a draft, for a cursor.
    pub fn place_of(self, draft: &Draft) -> String {
        match self {
            Self::Newest | Self::Oldest => draft.id.clone(),
            Self::Changed => {
                format!("{} {}", draft.updated_at.to_rfc3339_opts(SecondsFormat::Nanos, true), draft.id)
            }
        }
    }

    /// Reads a place; `None` when it is none of this order.
    pub fn place(self, text: &str) -> Option<Place> {
        match self {
            Self::Newest | Self::Oldest => Some(Place { id: text.to_owned(), changed: NaiveDateTime::MIN }),
            Self::Changed => {
                let (at, id) = text.split_once(' ')?;
                let changed = DateTime::parse_from_rfc3339(at).ok()?.naive_utc();
                Some(Place { id: id.to_owned(), changed })
            }
        }
    }

    /// Says which drafts come after a place.
    pub fn after(self, Place { id, changed }: Place) -> Condition {
        match self {
            Self::Newest => Box::new(drafts::id.lt(id).nullable()),
            Self::Oldest => Box::new(drafts::id.gt(id).nullable()),
            Self::Changed => {
                let of_then = drafts::updated_at.eq(changed).and(drafts::id.lt(id));
                Box::new(drafts::updated_at.lt(changed).or(of_then).nullable())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_of_another_order_is_none() {
        assert!(Order::Changed.place("019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d").is_none());
        assert!(Order::Changed.place("yesterday 019aaf3e").is_none());
        let place = Order::Changed.place("2026-12-01T08:00:00.123456789Z 019aaf3e").expect("a place");
        assert_eq!((place.id.as_str(), place.changed.and_utc().timestamp_subsec_nanos()), ("019aaf3e", 123_456_789));
        assert_eq!(Order::Newest.place("019aaf3e").expect("a place").id, "019aaf3e");
    }
}
