//! Units that claim different values for one place of a record.

use std::collections::HashMap;

use serde_json::Value;

use super::edits::differs;
use crate::{
    model::kinds::Kind,
    problem::Wrong,
    register::{display_value::display_value, tables::pointer},
    staff::imports::{interpret::UnitClaims, read::address},
};

/// Characters of a value that are told.
const MOST_SHOWN: usize = 60;

/// A value that a unit claims for a place: its number, its column.
struct Said {
    unit: usize,
    column: u16,
    value: Option<Value>,
}

/// Two different values for one place: the first, then the second.
struct Clash {
    path: Vec<String>,
    first: Said,
    second: Said,
}

/// Refuses the second of two units that claim different values for one place, and both where one is a printed list and one a sheet
/// of our own: nobody can tell which was meant. Claims that repeat what the register says do not count.
pub fn refuse_contradictions(kind: &Kind, claims: &mut [UnitClaims<'_>], current: Option<&Value>) {
    for clash in clashes(claims, current) {
        let (first, second) = (clash.first.unit, clash.second.unit);
        if claims[first].is_beside() == claims[second].is_beside() {
            let row = first_row(&claims[first]);
            tell(&mut claims[second], clash.second.column, &Wrong::RowDuplicate(row));
            continue;
        }
        let [here, there] = [&clash.first, &clash.second].map(|said| shown(kind, &clash.path, said.value.as_ref()));
        let place = |said: &Said| claims[said.unit].place(0, said.column).unwrap_or_default();
        let [at_first, at_second] = [&clash.first, &clash.second].map(place);
        let wrong = Wrong::SheetsContradict(here.clone(), at_second, there.clone());
        tell(&mut claims[first], clash.first.column, &wrong);
        tell(&mut claims[second], clash.second.column, &Wrong::SheetsContradict(there, at_first, here));
    }
}

fn clashes(claims: &[UnitClaims<'_>], current: Option<&Value>) -> Vec<Clash> {
    let mut said: HashMap<&[String], Vec<Said>> = HashMap::new();
    let mut clashes = Vec::new();
    for (unit, claim) in claims.iter().enumerate().filter(|(_, claim)| !claim.refused) {
        for edit in claim.edits.iter().filter(|edit| differs(edit, current)) {
            let own = || Said { unit, column: edit.column, value: edit.value.clone() };
            let others = said.entry(&edit.path).or_default();
            clashes.extend(others.iter().filter(|other| other.value != edit.value && other.unit != unit).map(
                |other| {
                    let first = Said { unit: other.unit, column: other.column, value: other.value.clone() };
                    Clash { path: edit.path.clone(), first, second: own() }
                },
            ));
            others.push(own());
        }
    }
    clashes
}

fn first_row(claim: &UnitClaims<'_>) -> u32 {
    claim.reports.first().map_or(0, |report| report.row)
}

/// Refuses a unit for what it says in a column of its first row.
fn tell(claim: &mut UnitClaims<'_>, column: u16, wrong: &Wrong) {
    let row = first_row(claim);
    if let Some(report) = claim.reports.first_mut() {
        report.wrong(address(column, row), wrong);
    }
    claim.refuse();
}

fn shown(kind: &Kind, path: &[String], value: Option<&Value>) -> String {
    let text = display_value((kind.shape)(), &pointer(path), value.unwrap_or(&Value::Null));
    text.chars().take(MOST_SHOWN).collect()
}
