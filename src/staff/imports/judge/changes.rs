//! The report of a row that changes a record: field by field what differs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    model::kinds::Kind,
    problem::FieldError,
    register::{
        compare::{Difference, Kind as DifferenceKind, Room, compare_within},
        tables::{pointer, value_at},
    },
    staff::imports::{
        interpret::{Edit, UnitClaims},
        merge::{differs, present},
        read::address,
        report::{Change, RowOutcome},
    },
};

/// Reports on each unit what it changes; `others` are the errors that are none of theirs.
pub fn report_changes(
    kind: &Kind,
    claims: &mut [UnitClaims<'_>],
    current: Option<&Value>,
    after: &Value,
    others: &[FieldError],
) {
    let codes: BTreeSet<&str> = others.iter().map(|error| error.wrong.code()).collect();
    for claim in claims.iter_mut().filter(|claim| !claim.refused) {
        let Some(before) = current else {
            for report in &mut claim.reports {
                report.outcome = RowOutcome::New;
                report.missing_for_submission = !others.is_empty();
            }
            continue;
        };
        let differing: Vec<_> = claim.edits.iter().filter(|edit| differs(edit, current)).collect();
        let changes = differing.into_iter();
        let changes: Vec<(u16, Change)> = changes
            .flat_map(|edit| changed(kind, edit, before, after).into_iter().map(|change| (edit.column, change)))
            .collect();
        let last = claim.reports.len().saturating_sub(1);
        for (column, mut change) in changes {
            // A list of its own sheet ends with its last row; the first row of a record says what is not in a list.
            let otherwise = if claim.table.is_some_and(|table| table.part == 0) { 0 } else { last };
            let row = if last == 0 { 0 } else { element(&change.pointer).unwrap_or(otherwise).min(last) };
            if let Some(report) = claim.reports.get_mut(row) {
                change.cell = match claim.table {
                    Some(_) => address(column, report.row),
                    None => change.pointer.clone(),
                };
                report.outcome = RowOutcome::Changed;
                report.changes.push(change);
                report.draft_problems = codes.iter().map(|code| (*code).to_owned()).collect();
                report.missing_for_submission = !codes.is_empty();
            }
        }
    }
}

/// The first number in a pointer: the place of the element of a list that it is about.
fn element(pointer: &str) -> Option<usize> {
    pointer.split('/').find_map(|step| step.parse().ok())
}

/// Returns the changes at the place of an edit: of a numbered list each element, of anything else the whole.
fn changed(kind: &Kind, edit: &Edit, before: &Value, after: &Value) -> Vec<Change> {
    let shape = (kind.shape)();
    let cell = String::new();
    let field = edit.path.first().cloned().unwrap_or_default();
    let pointer = pointer(&edit.path);
    let label = |pointer: &str| shape.term(pointer).unwrap_or_default().to_owned();
    if let Some((from, to)) = &edit.shown {
        let (from, to) = (from.clone(), to.clone());
        return vec![Change { cell, field, label: label(&pointer), pointer, from, to }];
    }
    let (from, to) = (value_at(before, &edit.path), value_at(after, &edit.path));
    if present(from) == present(to) {
        return Vec::new();
    }
    let is_numbered =
        |value: Option<&Value>| value.and_then(|list| list.get(0)).is_some_and(|one| one.get("seq").is_some());
    if is_numbered(from) && is_numbered(to) {
        // No row has spans: texts are not compared for them, however many rows there are.
        let mut room = Room::WITHOUT_SPANS;
        let found = compare_within(shape, &alone(&edit.path, from), &alone(&edit.path, to), &mut room);
        let change = |one: Difference| Change {
            cell: cell.clone(),
            field: field.clone(),
            pointer: one.pointer,
            label: one.label,
            from: one.from.unwrap_or_default(),
            to: one.to.unwrap_or_default(),
        };
        // A sheet shows its rows in whatever order.
        return found.into_iter().filter(|one| one.change != DifferenceKind::Moved).map(change).collect();
    }
    let value = |value: Option<&Value>| value.cloned().unwrap_or_default();
    vec![Change { cell, field, label: label(&pointer), pointer, from: value(from), to: value(to) }]
}

/// A body with nothing but what stands at this place.
fn alone(path: &[String], value: Option<&Value>) -> Value {
    path.iter().rev().fold(value.cloned().unwrap_or_default(), |inner, step| json!({ step.as_str(): inner }))
}
