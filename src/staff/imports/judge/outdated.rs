//! A file that is older than the register: what it shows of an earlier revision is no wish to go back there.

use serde_json::Value;

use super::present::{OlderRevision, PresentRecord};
use crate::staff::imports::{
    interpret::RecordClaims,
    merge::{differs, present},
    read::address,
    report::{Outdated, OutdatedField},
};

/// Leaves out of the claims about a record what they repeat of the revision that the file is an export of, and says so on each
/// unit. Where the text of that revision was erased, nothing can be told from it, and all that differs stays.
pub fn leave_undone(record: &mut RecordClaims<'_>, older: &OlderRevision, now: &PresentRecord) {
    let (before, current) = (older.body.as_ref(), now.body.as_ref());
    let outdated = Outdated {
        base_revision: older.number,
        revision: now.revision().unwrap_or_default(),
        fields: changed_since(record, before, current),
    };
    for claim in &mut record.claims {
        if before.is_some() {
            claim.edits.retain(|edit| differs(edit, before) || !differs(edit, current));
        }
        if let Some(report) = claim.reports.first_mut() {
            let cell = claim.table.map_or_else(|| "/code".to_owned(), |table| address(table.code, report.row));
            report.outdated(cell, outdated.clone());
        }
    }
}

/// The fields that differ between two bodies.
fn changed_since(record: &RecordClaims<'_>, before: Option<&Value>, current: Option<&Value>) -> Vec<OutdatedField> {
    let (Some(_), Some(_)) = (before, current) else { return Vec::new() };
    let member = |body: Option<&Value>, name: &str| body.and_then(|body| body.get(name)).cloned();
    let mut names = members(current);
    names.extend(members(before).into_iter().filter(|name| member(current, name).is_none()));
    let differing = names
        .into_iter()
        .filter(|name| present(member(before, name).as_ref()) != present(member(current, name).as_ref()));
    let shape = (record.kind.shape)();
    let field = |name: String| {
        let pointer = format!("/{name}");
        OutdatedField { label: shape.term(&pointer).unwrap_or(&name).to_owned(), pointer }
    };
    differing.map(field).collect()
}

fn members(body: Option<&Value>) -> Vec<String> {
    body.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone()).collect()
}
