//! Errors of a record, each told where the file says what is wrong.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde_json::Value;

use super::register_with_import::RegisterWithImport;
use crate::{
    model::kinds::{Body, Kind},
    problem::{FieldError, Rule, Wrong},
    staff::imports::{
        interpret::{Edit, Meaning, Table, UnitClaims},
        merge::{differs, says_more},
        read::address,
    },
    values::code_lists::Charge,
};

/// Finds the errors of a body, without those that the record has already: they are none of the import's.
pub fn new_errors(
    kind: &'static Kind,
    body: &Value,
    before: Option<&str>,
    register: &RegisterWithImport<'_>,
    today: NaiveDate,
) -> Vec<FieldError> {
    let check = |body: Body<'_>| {
        let found = (kind.check)(body, register, today);
        found.into_iter().filter(FieldError::blocks).collect::<Vec<_>>()
    };
    let mut found = check(Body::Any(body));
    if let Some(before) = before.filter(|_| !found.is_empty()) {
        let mut already: HashMap<String, Vec<FieldError>> = HashMap::new();
        for error in check(Body::Normal(before)) {
            already.entry(error.pointer().to_owned()).or_default().push(error);
        }
        found.retain(|error| already.get(error.pointer()).is_none_or(|known| !known.contains(error)));
    }
    found
}

/// Attributes each error to the unit that speaks of its place, and refuses that unit. Returns whether there was one, and the errors
/// that are left.
pub fn attribute_errors(
    claims: &mut [UnitClaims<'_>],
    errors: Vec<FieldError>,
    current: Option<&Value>,
) -> (bool, Vec<FieldError>) {
    let speaks: Vec<bool> =
        claims.iter().map(|claim| !claim.refused && (current.is_none() || says_more(claim, current))).collect();
    // Asked once: a list may be as long as there are errors in it.
    let changes = |claim: &UnitClaims<'_>| claim.edits.iter().map(|edit| differs(edit, current)).collect();
    let changes: Vec<Vec<bool>> = claims.iter().map(changes).collect();
    let mut others = Vec::new();
    let mut refused = vec![false; claims.len()];
    for error in errors {
        if current.is_none() && lacks_fees(&error, claims) {
            others.push(error);
            continue;
        }
        let candidates = (0..claims.len()).filter(|at| speaks[*at]);
        let best = candidates.filter_map(|at| {
            let edits = claims[at].edits.iter().zip(&changes[at]);
            let concerned = || edits.clone().filter(|(edit, _)| concerns(&edit.path, error.pointer()));
            let (edit, is_changing) = concerned().find(|(_, changes)| **changes).or_else(|| concerned().next())?;
            Some((at, *is_changing, edit.column))
        });
        match best.max_by_key(|(_, is_changing, _)| *is_changing) {
            Some((at, _, column)) => {
                report(&mut claims[at], column, &error);
                refused[at] = true;
            }
            None => others.push(error),
        }
    }
    let any = refused.contains(&true);
    for (claim, _) in claims.iter_mut().zip(refused).filter(|(_, refused)| *refused) {
        claim.refuse();
    }
    (any, others)
}

/// Whether a new record lacks no more than the fees that it charges: lists of offices say that something is charged, and not which
/// registered fee it is.
fn lacks_fees(error: &FieldError, claims: &[UnitClaims<'_>]) -> bool {
    let is_about = |edit: &Edit| edit.path.first().is_some_and(|name| name == "fees");
    let says_charged = |edit: &Edit| {
        edit.path == ["charge"] && edit.value.as_ref().and_then(Value::as_str) == Some(Charge::Charged.value())
    };
    let edits = || claims.iter().filter(|claim| !claim.refused).flat_map(|claim| &claim.edits);
    error.wrong.rule() == Some(Rule::FeeFlagMismatch) && edits().any(says_charged) && !edits().any(is_about)
}

/// Whether a pointer names the place of a path, part of it or something around it.
fn concerns(path: &[String], pointer: &str) -> bool {
    let mut steps = pointer.split('/').skip(1).peekable();
    steps.peek().is_some() && path.iter().zip(steps).all(|(own, step)| own == step)
}

/// Reports an error on the row and in the cell where it is, else in this column of the first row.
fn report(claim: &mut UnitClaims<'_>, said_by: u16, error: &FieldError) {
    let Some(table) = claim.table else {
        if let Some(report) = claim.reports.first_mut() {
            report.wrong(error.pointer().to_owned(), &error.wrong);
        }
        return;
    };
    let (row, column) = cell_of(table, claim.reports.len(), said_by, error.pointer());
    if let Some(report) = claim.reports.get_mut(row) {
        report.wrong(address(column, report.row), &error.wrong);
    }
}

/// The row, among so many of a unit, and the column in which a pointer is said: that of the element of a list, else this column of the
/// first row.
fn cell_of(table: &Table, rows: usize, said_by: u16, pointer: &str) -> (usize, u16) {
    let place = table.book.cell_of(pointer).filter(|place| place.sheet == table.part && table.part > 0);
    match place {
        Some(place) => {
            let own = table.columns.iter().find(|known| known.meaning == Meaning::Own(place.column));
            (place.row.min(rows.saturating_sub(1)), own.map_or(table.code, |known| known.at))
        }
        None => (0, said_by),
    }
}

/// Names the cell in which a file says what stands at a pointer of a draft: `流程图·节点!A2`; none where it says nothing of it.
pub fn place_in_file(claims: &[UnitClaims<'_>], pointer: &str) -> Option<String> {
    claims.iter().find_map(|claim| {
        let table = claim.table?;
        let edit = claim.edits.iter().find(|edit| concerns(&edit.path, pointer))?;
        let (row, column) = cell_of(table, claim.reports.len(), edit.column, pointer);
        claim.place(row, column)
    })
}

/// Refuses every unit that says something new, in the cell of the code.
pub fn refuse_all(claims: &mut [UnitClaims<'_>], wrong: &Wrong, current: Option<&Value>) {
    for claim in claims.iter_mut() {
        if claim.refused || current.is_some() && !says_more(claim, current) {
            continue;
        }
        let code = claim.table.map(|table| table.code);
        for report in &mut claim.reports {
            report.wrong(code.map_or_else(|| "/code".to_owned(), |code| address(code, report.row)), wrong);
        }
        claim.refuse();
    }
}
