//! The records that an organisation names, and the rules it keeps.

use std::{collections::BTreeSet, sync::LazyLock};

use super::model::Organisation;
use crate::{
    fields::Shape,
    model::{
        checks::{Case, Check, Checked, date_passed, hours, not_said, phones},
        kinds::{Reference, Slot, date_order},
    },
    problem::{FieldError, Rule},
};

/// The schema of an organisation.
pub(super) static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Organisation>);

/// The checks of organisations.
pub(super) const CHECKED: Checked<Organisation> = Checked {
    kind: "organisation",
    shape: &SHAPE,
    checks: &[
        Check { looks_at: &["parent", "code"], find: parent_cycle },
        Check { looks_at: &["address", "phones"], find: incomplete },
        Check { looks_at: &["phones/*"], find: |case| phones("/phones", &case.record.phones) },
        Check { looks_at: &["hours/*"], find: |case| hours(&case.record.hours) },
        Check {
            looks_at: &["valid_from", "valid_until"],
            find: |case| {
                let (from, until) = (case.record.valid_from, case.record.valid_until);
                date_order("/valid_from", from, "/valid_until", until).into_iter().collect()
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

/// Every record that an organisation names.
pub(super) fn references(record: &Organisation) -> Vec<Reference> {
    record.parent.iter().map(|key| Reference::new("/parent", &["organisation"], key, Slot::Parent)).collect()
}

/// An organisation of which only the name and code are known is published like others, and told.
fn incomplete(case: &Case<'_, Organisation>) -> Vec<FieldError> {
    let Organisation { address, phones, .. } = case.record;
    not_said([("/address", "地址", address.is_none()), ("/phones", "联系方式", phones.is_empty())])
}

/// No organisation is above itself.
fn parent_cycle(case: &Case<'_, Organisation>) -> Vec<FieldError> {
    let mut seen = BTreeSet::new();
    let mut above = case.record.parent.as_ref().map(ToString::to_string);
    while let Some(key) = above {
        if key == case.key {
            return vec![FieldError::broken("/parent", Rule::OrganisationParentCycle, [])];
        }
        above = case.register.record(&["organisation"], &key).and_then(|next| Some(next.posting("parent")?.to_owned()));
        if !seen.insert(key) {
            break;
        }
    }
    Vec::new()
}
