//! One record made of all that a file claims of it.

use serde_json::Value;

use super::{
    contradictions::refuse_contradictions,
    edits::{differs, remove},
    fields_from_code::add_fields_from_code,
};
use crate::{
    model::kinds::Kind,
    problem::Wrong,
    register::tables::{PrintedItem, put, value_at},
    staff::imports::{
        interpret::{Defaults, Edit, ITEM, RecordClaims, UnitClaims},
        notice::Notice,
        read::address,
    },
};

/// Says how lists print a body, where they do.
pub type Printing<'r> = dyn Fn(&Value) -> Option<PrintedItem<'r>> + 'r;

/// A record as the register would have it: what the third stage hands to the fourth.
pub struct MergedRecord<'a> {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its key.
    pub key: String,
    /// The claims of which it is made, those that are refused among them.
    pub claims: Vec<UnitClaims<'a>>,
    /// Its body with all claims that are not refused.
    pub body: Value,
    /// The values that a new record takes where nobody says any.
    pub defaults: &'a Defaults,
}

/// Merges the claims about one record into its `current` body. Rows with mistakes, and rows that contradict one before them, are
/// refused and left out. What a printed list repeats of the other sheets is no claim of its own. Of a new record the `defaults` say
/// what its rows do not.
pub fn merge<'a>(
    record: RecordClaims<'a>,
    current: Option<&Value>,
    printing: &Printing<'_>,
    defaults: &'a Defaults,
) -> MergedRecord<'a> {
    let RecordClaims { kind, key, mut claims } = record;
    for claim in &mut claims {
        if claim.reports.iter().any(|report| !report.problems.is_empty()) {
            claim.refuse();
        }
    }
    leave_repeated_out((kind, &key), &mut claims, current, printing);
    refuse_contradictions(kind, &mut claims, current);
    let mut merged = MergedRecord { kind, key, claims, body: Value::Null, defaults };
    merged.leave_refused_out(current);
    merged
}

impl MergedRecord<'_> {
    /// Makes the body again, without the claims that have been refused since.
    pub fn leave_refused_out(&mut self, current: Option<&Value>) {
        let mut made = body(self.kind, &self.key, self.claims.iter(), current);
        if current.is_none() {
            refuse_without_own_row(&mut self.claims);
            let says = self.claims.iter_mut().find(|claim| !claim.refused).and_then(|claim| claim.reports.first_mut());
            if let (Some(report), Value::Object(members)) = (says, &mut made)
                && self.defaults.fill(self.kind, members)
            {
                report.notice(String::new(), Notice::Supplied);
            }
        }
        self.body = made;
    }
}

/// Refuses the units of a new record that go with a row on another sheet, where that one was refused or is not there.
fn refuse_without_own_row(claims: &mut [UnitClaims<'_>]) {
    if claims.iter().any(|claim| !claim.refused && !claim.is_part) {
        return;
    }
    for claim in claims.iter_mut().filter(|claim| !claim.refused) {
        let code = claim.table.map_or(0, |table| table.code);
        if let Some(report) = claim.reports.first_mut() {
            report.wrong(address(code, report.row), &Wrong::OwnRowMissing);
        }
        claim.refuse();
    }
}

/// Whether a unit that is not refused says something else than the register.
pub fn says_more(claim: &UnitClaims<'_>, current: Option<&Value>) -> bool {
    !claim.refused && claim.edits.iter().any(|edit| differs(edit, current))
}

/// Takes the claims of printed lists away that say what would be printed of what the other sheets claim.
fn leave_repeated_out(
    (kind, key): (&Kind, &str),
    claims: &mut [UnitClaims<'_>],
    current: Option<&Value>,
    printing: &Printing<'_>,
) {
    let is_said = |beside: bool| claims.iter().any(|claim| claim.is_beside() == beside && says_more(claim, current));
    if !is_said(true) || !claims.iter().any(|claim| !claim.is_beside() && !claim.refused) {
        return;
    }
    if current.is_some() && !is_said(false) {
        return;
    }
    let others = body(kind, key, claims.iter().filter(|claim| !claim.is_beside()), current);
    let printed = printing(&others);
    for claim in claims.iter_mut().filter(|claim| claim.is_beside()) {
        let UnitClaims { edits, printed: cells, .. } = claim;
        edits.retain(|edit| match &printed {
            Some(printed) => !cells.iter().any(|cell| cell.column == edit.column && cell.is_of(printed)),
            // Of a new record that is not whole nothing can be printed: what the other sheets say counts.
            None => current.is_some() || value_at(&others, &edit.path).is_none(),
        });
    }
}

fn body<'c>(
    kind: &Kind,
    key: &str,
    claims: impl Iterator<Item = &'c UnitClaims<'c>>,
    current: Option<&Value>,
) -> Value {
    let mut body = current.and_then(Value::as_object).cloned().unwrap_or_default();
    let edits = claims.filter(|claim| !claim.refused).flat_map(|claim| &claim.edits);
    let changing: Vec<&Edit> = edits.filter(|edit| differs(edit, current)).collect();
    for edit in &changing {
        remove(&mut body, &edit.path);
    }
    for edit in changing {
        if let Some(value) = &edit.value {
            put(&mut body, &edit.path, value.clone());
        }
    }
    if current.is_none() {
        body.insert("code".into(), key.into());
        if kind.name == ITEM {
            add_fields_from_code(&mut body, key);
        }
    }
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{model::KINDS, staff::imports::report::RowReport};

    fn claims(row: u32, said: &[(&str, Value)]) -> UnitClaims<'static> {
        let edits = said.iter().zip(1..).map(|((name, value), at)| {
            Edit::new(vec![(*name).to_owned()], Some(value.clone()).filter(|value| !value.is_null()), at)
        });
        UnitClaims {
            edits: edits.collect(),
            reports: vec![RowReport::new("a", row, "organisation")],
            ..UnitClaims::default()
        }
    }

    #[test]
    fn claims_of_several_rows_become_one_body_without_those_that_contradict() {
        let current = json!({ "code": "x", "name": "甲", "alias": "旧", "level": 1 });
        let record = RecordClaims {
            kind: KINDS[1],
            key: "x".into(),
            claims: vec![
                claims(2, &[("name", json!("乙")), ("alias", Value::Null)]),
                claims(3, &[("name", json!("丙")), ("level", json!(2))]),
                claims(4, &[("name", json!("甲")), ("phone", json!("12345"))]),
            ],
        };
        let none = Defaults::default();
        let mut merged = merge(record, Some(&current), &|_| None, &none);
        assert_eq!(merged.body, json!({ "code": "x", "name": "乙", "level": 1, "phone": "12345" }));
        assert_eq!(merged.claims.iter().map(|claim| claim.refused).collect::<Vec<_>>(), [false, true, false]);
        let problem = &merged.claims[1].reports[0].problems[0];
        assert_eq!((problem.cell.as_str(), problem.first_row), ("B3", Some(2)));

        merged.claims[0].refuse();
        merged.leave_refused_out(Some(&current));
        assert_eq!(merged.body, json!({ "code": "x", "name": "甲", "alias": "旧", "level": 1, "phone": "12345" }));
    }
}
