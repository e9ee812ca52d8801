//! One record made of all that a file claims of it.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    edits::{differs, remove},
    fields_from_code::add_fields_from_code,
};
use crate::{
    model::kinds::Kind,
    problem::Wrong,
    register::tables::put,
    staff::imports::{
        interpret::{Edit, ITEM, RecordClaims, UnitClaims},
        read::address,
    },
};

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
}

/// Merges the claims about one record into its `current` body. Rows with mistakes, and rows that contradict one before them, are
/// refused and left out.
pub fn merge<'a>(record: RecordClaims<'a>, current: Option<&Value>) -> MergedRecord<'a> {
    let RecordClaims { kind, key, mut claims } = record;
    for claim in &mut claims {
        if claim.reports.iter().any(|report| !report.problems.is_empty()) {
            claim.refuse();
        }
    }
    refuse_contradictions(&mut claims, current);
    let body = body(kind, &key, &claims, current);
    MergedRecord { kind, key, claims, body }
}

impl MergedRecord<'_> {
    /// Makes the body again, without the claims that have been refused since.
    pub fn leave_refused_out(&mut self, current: Option<&Value>) {
        self.body = body(self.kind, &self.key, &self.claims, current);
    }
}

/// Whether a unit that is not refused says something else than the register.
pub fn says_more(claim: &UnitClaims<'_>, current: Option<&Value>) -> bool {
    !claim.refused && claim.edits.iter().any(|edit| differs(edit, current))
}

/// Refuses the second of two units that claim different values for one place. Claims that repeat what the register says do not count.
fn refuse_contradictions(claims: &mut [UnitClaims<'_>], current: Option<&Value>) {
    let mut said: HashMap<Vec<String>, (Option<Value>, u32)> = HashMap::new();
    for claim in claims.iter_mut().filter(|claim| !claim.refused) {
        let row = claim.reports.first().map_or(0, |report| report.row);
        let mut clash = None;
        for edit in claim.edits.iter().filter(|edit| differs(edit, current)) {
            match said.get(&edit.path) {
                Some((value, first)) if *value != edit.value => clash = Some((edit.column, *first)),
                Some(_) => {}
                None => {
                    said.insert(edit.path.clone(), (edit.value.clone(), row));
                }
            }
        }
        if let Some((column, first)) = clash {
            if let Some(report) = claim.reports.first_mut() {
                report.wrong(address(column, row), &Wrong::RowDuplicate(first));
            }
            claim.refuse();
        }
    }
}

fn body(kind: &Kind, key: &str, claims: &[UnitClaims<'_>], current: Option<&Value>) -> Value {
    let mut body = current.and_then(Value::as_object).cloned().unwrap_or_default();
    let edits = claims.iter().filter(|claim| !claim.refused).flat_map(|claim| &claim.edits);
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
        let mut merged = merge(record, Some(&current));
        assert_eq!(merged.body, json!({ "code": "x", "name": "乙", "level": 1, "phone": "12345" }));
        assert_eq!(merged.claims.iter().map(|claim| claim.refused).collect::<Vec<_>>(), [false, true, false]);
        let problem = &merged.claims[1].reports[0].problems[0];
        assert_eq!((problem.cell.as_str(), problem.first_row), ("B3", Some(2)));

        merged.claims[0].refuse();
        merged.leave_refused_out(Some(&current));
        assert_eq!(merged.body, json!({ "code": "x", "name": "甲", "alias": "旧", "level": 1, "phone": "12345" }));
    }
}
