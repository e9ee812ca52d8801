//! The records that a place names, and the rules it keeps.

use std::sync::LazyLock;

use super::model::Place;
use crate::{
    fields::Shape,
    model::{
        checks::{Case, Check, Checked, date_passed, hours, phones},
        kinds::{Reference, Slot, date_order},
    },
    problem::{FieldError, Rule},
};

/// The schema of a place.
pub(super) static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Place>);

/// The checks of places.
pub(super) const CHECKED: Checked<Place> = Checked {
    kind: "place",
    shape: &SHAPE,
    checks: &[
        Check { looks_at: &["phones/*"], find: |case| phones("/phones", &case.record.phones) },
        Check { looks_at: &["hours/*"], find: |case| hours(&case.record.hours) },
        Check { looks_at: &["hours/*"], find: hours_missing },
        Check {
            looks_at: &["valid_from", "valid_until"],
            find: |case| {
                let (from, until) = (case.record.valid_from, case.record.valid_until);
                date_order("/valid_from", Some(from), "/valid_until", until).into_iter().collect()
            },
        },
        Check {
            looks_at: &["valid_until", "code"],
            find: |case| date_passed(case, "/valid_until", case.record.valid_until),
        },
    ],
    key: |record| record.code.as_str(),
    references,
};

/// Every record that a place names.
pub(super) fn references(record: &Place) -> Vec<Reference> {
    vec![Reference::new("/organisation", &["organisation"], &record.organisation, Slot::Organisation)]
}

/// One can know when it is open.
fn hours_missing(case: &Case<'_, Place>) -> Vec<FieldError> {
    let missing = case.record.hours.is_empty();
    missing.then(|| FieldError::broken("/hours", Rule::PlaceHoursMissing, [])).into_iter().collect()
}
