//! The report of a row that changes a record: field by field what differs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::errors::place_in_file;
use crate::{
    fields::Shape,
    model::kinds::Kind,
    problem::FieldError,
    register::{
        compare::{Difference, Kind as DifferenceKind, Room, compare_within},
        tables::{pointer, value_at},
    },
    staff::imports::{
        interpret::{Edit, UnitClaims},
        merge::{differs, present},
        notice::Notice,
        read::address,
        report::{Change, RowOutcome, RowProblem, RowReport},
    },
};

/// Errors of a draft that are told in words on each of its rows.
const MOST_TOLD: usize = 10;

/// Reports on each unit what it changes; `others` are the errors that are none of theirs.
pub fn report_changes(
    kind: &Kind,
    claims: &mut [UnitClaims<'_>],
    current: Option<&Value>,
    after: &Value,
    others: &[FieldError],
) {
    report_in_claims(kind, claims, current, after, others);
    if let Some(before) = current {
        report_rewritten(kind, claims, before, after);
    }
}

/// Reports the fields that no claim is about and that would be other than they are: what was published in another form than the normal
/// one is rewritten with the rest.
fn report_rewritten(kind: &Kind, claims: &mut [UnitClaims<'_>], before: &Value, after: &Value) {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else { return };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let is_said = |field: &str| {
        let mut edits = claims.iter().filter(|claim| !claim.refused).flat_map(|claim| &claim.edits);
        edits.any(|edit| edit.path.first().is_some_and(|own| own == field) && differs(edit, Some(before)))
    };
    let is_new = |name: &&String| present(old.get(*name)) != present(new.get(*name)) && !is_said(name.as_str());
    let rewritten = names.into_iter().filter(is_new);
    let rewritten: Vec<Change> = rewritten.map(|name| whole(kind, name, before, after)).collect();
    let says = claims.iter_mut().find(|claim| !claim.refused && claim.reports.iter().any(is_change));
    let Some(claim) = says.filter(|_| !rewritten.is_empty()) else { return };
    let table = claim.table;
    if let Some(report) = claim.reports.iter_mut().find(|report| is_change(report)) {
        let cell = table.map_or_else(|| "/code".to_owned(), |table| address(table.code, report.row));
        report.notice(cell.clone(), Notice::Rewritten);
        report.changes.extend(rewritten.into_iter().map(|change| Change { cell: cell.clone(), ..change }));
    }
}

fn is_change(report: &RowReport) -> bool {
    report.outcome == RowOutcome::Changed
}

/// The change of a whole field.
fn whole(kind: &Kind, name: &str, before: &Value, after: &Value) -> Change {
    let pointer = pointer(&[name.to_owned()]);
    let label = (kind.shape)().term(&pointer).unwrap_or_default().to_owned();
    let (from, to) = (before[name].clone(), after[name].clone());
    Change { cell: String::new(), field: name.to_owned(), pointer, label, from, to }
}

fn report_in_claims(
    kind: &Kind,
    claims: &mut [UnitClaims<'_>],
    current: Option<&Value>,
    after: &Value,
    others: &[FieldError],
) {
    let codes: BTreeSet<&str> = others.iter().map(|error| error.wrong.code()).collect();
    let told: Vec<_> = others.iter().take(MOST_TOLD).map(|error| in_the_draft(kind, claims, error)).collect();
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
                report.draft_errors.clone_from(&told);
                report.missing_for_submission = !codes.is_empty();
            }
        }
    }
}

/// An error that no row makes, at its place in the draft, and where in the file that place is spoken of.
fn in_the_draft(kind: &Kind, claims: &[UnitClaims<'_>], error: &FieldError) -> RowProblem {
    let label = (kind.shape)().term(error.pointer()).map(str::to_owned);
    let in_file = place_in_file(claims, error.pointer());
    RowProblem { label, in_file, ..RowProblem::new(error.pointer().to_owned(), &error.wrong) }
}

/// The first number in a pointer: the place of the element of a list that it is about.
fn element(pointer: &str) -> Option<usize> {
    pointer.split('/').find_map(|step| step.parse().ok())
}

/// Returns the changes at the place of an edit: of a list whose elements have numbers or names each element, of anything else the whole.
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
    let has = |name: &str| {
        let first =
            |value: Option<&Value>| value.and_then(|list| list.get(0)).is_some_and(|one| one.get(name).is_some());
        first(from) && first(to)
    };
    if has("seq") || has("id") {
        let changes = of_elements(shape, edit, from, to);
        // Nothing but another order: of numbers that is none, since a sheet shows its rows in whatever order.
        if has("seq") || !changes.is_empty() {
            return changes;
        }
    }
    let value = |value: Option<&Value>| value.cloned().unwrap_or_default();
    vec![Change { cell, field, label: label(&pointer), pointer, from: value(from), to: value(to) }]
}

/// The changes of the elements of a list, wherever in it they stand.
fn of_elements(shape: &Shape, edit: &Edit, from: Option<&Value>, to: Option<&Value>) -> Vec<Change> {
    // No row has spans: texts are not compared for them, however many rows there are.
    let mut room = Room::WITHOUT_SPANS;
    let found = compare_within(shape, &alone(&edit.path, from), &alone(&edit.path, to), &mut room);
    let change = |one: Difference| Change {
        cell: String::new(),
        field: edit.path.first().cloned().unwrap_or_default(),
        pointer: one.pointer,
        label: one.label,
        from: one.from.unwrap_or_default(),
        to: one.to.unwrap_or_default(),
    };
    found.into_iter().filter(|one| one.change != DifferenceKind::Moved).map(change).collect()
}

/// A body with nothing but what stands at this place.
fn alone(path: &[String], value: Option<&Value>) -> Value {
    path.iter().rev().fold(value.cloned().unwrap_or_default(), |inner, step| json!({ step.as_str(): inner }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::KINDS;

    #[test]
    fn fields_that_nobody_mentions_and_that_are_rewritten_are_told() {
        let kind = KINDS.into_iter().find(|kind| kind.name == "legal_instrument").expect("a kind");
        let before = json!({ "code": "a", "title": "甲", "issuer": "某\u{200b}局", "level": "law" });
        let after = json!({ "code": "a", "title": "乙", "issuer": "某局", "level": "law" });
        let mut claims = [UnitClaims {
            edits: vec![Edit::new(vec!["title".into()], Some("乙".into()), 1)],
            reports: vec![RowReport::new("a", 2, kind.name)],
            ..UnitClaims::default()
        }];
        report_changes(kind, &mut claims, Some(&before), &after, &[]);
        let report = &claims[0].reports[0];
        let fields: Vec<&str> = report.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["title", "issuer"]);
        assert_eq!(report.notices.iter().map(|notice| notice.code.as_str()).collect::<Vec<_>>(), ["rewritten"]);
    }
}
