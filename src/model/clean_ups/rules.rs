//! The records that a clean-up round names, and the rules it keeps.

use std::sync::LazyLock;

use super::model::{CleanUp, CleanUpEntry};
use crate::{
    fields::Shape,
    model::{
        checks::{Case, Check, Checked},
        kinds::{KnownRecord, Reference, Slot},
    },
    problem::{Detail, FieldError, Rule},
    values::{
        code_lists::{CleanUpAction, Status},
        local_time,
    },
};

/// The schema of a clean-up round.
pub(super) static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<CleanUp>);

/// The checks of clean-up rounds.
pub(super) const CHECKED: Checked<CleanUp> = Checked {
    kind: "clean_up",
    shape: &SHAPE,
    checks: &[
        Check { looks_at: &["entries/*/action", "entries/*/successor", "entries/*/to_organisation"], find: successors },
        Check {
            looks_at: &["entries/*/action", "entries/*/item", "entries/*/successor", "decided"],
            find: disagreements,
        },
    ],
    key: |record| record.code.as_str(),
    references,
};

/// Every record that a clean-up round names.
pub(super) fn references(record: &CleanUp) -> Vec<Reference> {
    let mut references = Vec::new();
    for (index, entry) in record.entries.iter().enumerate() {
        let at = |name: &str| format!("/entries/{index}/{name}");
        references.push(Reference::new(at("item"), &["item"], &entry.item, Slot::Items).loose());
        if let Some(successor) = &entry.successor {
            references.push(Reference::new(at("successor"), &["item"], successor, Slot::Items).loose());
        }
        if let Some(organisation) = &entry.to_organisation {
            let slot = Slot::Organisations;
            references.push(Reference::new(at("to_organisation"), &["organisation"], organisation, slot).loose());
        }
    }
    references
}

/// A merger names what goes on, a delegation who takes over.
fn successors(case: &Case<'_, CleanUp>) -> Vec<FieldError> {
    let missing = case.record.entries.iter().enumerate().filter_map(|(index, entry)| {
        let name = match entry.action {
            CleanUpAction::Merged => entry.successor.is_none().then_some("successor"),
            CleanUpAction::Delegated => entry.to_organisation.is_none().then_some("to_organisation"),
            CleanUpAction::Retained | CleanUpAction::Cancelled | CleanUpAction::Adjusted | CleanUpAction::Suspended => {
                None
            }
        };
        Some(FieldError::broken(format!("/entries/{index}/{}", name?), Rule::CleanUpSuccessor, []))
    });
    missing.collect()
}

/// The register says what was decided.
fn disagreements(case: &Case<'_, CleanUp>) -> Vec<FieldError> {
    let decided = case.published().map(|own| own.published_at);
    let mut found = Vec::new();
    for (index, entry) in case.record.entries.iter().enumerate() {
        let Some(item) = case.register.record(&["item"], entry.item.as_str()) else { continue };
        // A change of an item after the round was published is no contradiction; what is over stays over until it is brought back.
        let moved_on = match is_final(entry.action) {
            true => came_back(case, item.key),
            false => decided.is_some_and(|decided| item.published_at > decided),
        };
        if !moved_on && item.status != Status::Erased {
            found.extend(disagreement(case, index, entry, &item));
        }
    }
    found
}

fn is_final(action: CleanUpAction) -> bool {
    matches!(action, CleanUpAction::Cancelled | CleanUpAction::Merged)
}

/// Whether an item was brought back on the day of the decision or later.
fn came_back(case: &Case<'_, CleanUp>, item: &str) -> bool {
    let returned = case.register.returned_at("item", item);
    returned.is_some_and(|returned| local_time(returned).date() >= case.record.decided)
}

fn disagreement(
    case: &Case<'_, CleanUp>,
    index: usize,
    entry: &CleanUpEntry,
    item: &KnownRecord<'_>,
) -> Option<FieldError> {
    let agrees = match entry.action {
        CleanUpAction::Retained => item.status == Status::InForce,
        CleanUpAction::Adjusted | CleanUpAction::Delegated => item.is_listed(),
        CleanUpAction::Cancelled => item.status == Status::Cancelled,
        CleanUpAction::Merged => item.status == Status::Merged,
        CleanUpAction::Suspended => item.status == Status::Suspended,
    };
    let told = Detail::new(item.status.label(), item.status.value());
    if !agrees {
        return Some(FieldError::broken(
            format!("/entries/{index}/action"),
            Rule::CleanUpDisagrees,
            [told.clone(), told],
        ));
    }
    // By record and not by key: either may have been renumbered since.
    let key_of = |key: &str| case.register.record(&["item"], key).map(|known| known.key.to_owned());
    let successor = entry.successor.as_ref().filter(|_| entry.action == CleanUpAction::Merged)?;
    let other = item.successor.filter(|known| key_of(known) != key_of(successor.as_str()))?;
    let told = [
        Detail::same(format!("{}，由 {other} 承接", item.status.label())),
        Detail::same(format!("{} into {other}", item.status.value())),
    ];
    Some(FieldError::broken(format!("/entries/{index}/successor"), Rule::CleanUpDisagrees, told))
}
