//! The judgement of one record: whether it may become a draft, and what comes of each row that speaks of it.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde_json::Value;

use super::{
    changes::report_changes,
    errors::{attribute_errors, new_errors, refuse_all},
    present::PresentRecord,
    proposal::{Proposal, differing},
    register_with_import::RegisterWithImport,
};
use crate::{
    model::kinds::Kind,
    problem::{Detail, FieldError, Problem, Wrong},
    register::{catalog::Entry, publication},
    staff::imports::{
        interpret::UnitClaims,
        merge::{MergedRecord, says_more},
        notice::Notice,
        read::address,
        report::BothLanguages,
    },
    values::code_lists::{Action, Status},
};

/// Records of a name that are told at most.
const MOST_CALLED: usize = 5;

/// Says whose a record is for which a body may not be proposed: its kind, the record as it is, the body. `None` where it may.
pub type Outside<'a> = dyn FnMut(&'static Kind, Option<&Entry>, &Value) -> Result<Option<Detail>, Problem> + 'a;

/// The importer, as far as it matters which records may be drafted.
pub struct Importer<'a> {
    /// The records of which a draft is open that stands in the way (`item/1135…`), with its id where the importer may see it.
    pub drafted: HashMap<String, Option<String>>,
    /// Says whose a record is for which the importer may not propose this body.
    pub outside: &'a mut Outside<'a>,
    /// The day, in China.
    pub today: NaiveDate,
}

/// A record that was judged: what the fourth stage hands on to be kept.
pub struct Judged<'a> {
    /// The claims about it, whose reports are complete.
    pub claims: Vec<UnitClaims<'a>>,
    /// The draft that would be made of it, where there is one.
    pub proposal: Option<Proposal>,
}

/// Judges a record. A new one that is accepted is brought into the `register`, where later ones may name it.
pub fn judge<'a>(
    mut record: MergedRecord<'a>,
    present: &PresentRecord,
    register: &mut RegisterWithImport<'_>,
    importer: &mut Importer<'_>,
) -> Result<Judged<'a>, Problem> {
    let current = present.body.as_ref();
    let Some(accepted) = accept(&mut record, present, register, importer.today) else {
        match present.entry.as_deref() {
            None => register.drop(record.kind, &record.key),
            Some(entry) if publication::allows(entry, Action::Amend).is_err() => {
                note_at_the_code(&mut record.claims, Notice::NotInForce, called([entry].into_iter()));
            }
            Some(_) => {}
        }
        return Ok(Judged { claims: record.claims, proposal: None });
    };
    if let Some(wrong) = forbidden(&record, present.entry.as_deref(), importer)? {
        refuse_all(&mut record.claims, &wrong, current);
        return Ok(Judged { claims: record.claims, proposal: None });
    }
    let MergedRecord { kind, key, mut claims, body, .. } = record;
    let after: Value = match &accepted.normal {
        Some(text) => serde_json::from_str(text)?,
        None => body.clone(),
    };
    report_changes(kind, &mut claims, current, &after, &accepted.missing);
    if present.entry.is_none() {
        let title = ["title", "name"].iter().find_map(|name| after[*name].as_str());
        let namesakes = title.map(|title| register.namesakes(kind, &key, title)).unwrap_or_default();
        if !namesakes.is_empty() {
            note_at_the_code(&mut claims, Notice::NameKnown, called(namesakes.into_iter()));
        }
        register.bring(kind, &key, title, accepted.normal.unwrap_or_else(|| body.to_string()));
    }
    let fields = Some(differing(current, &after));
    let proposal = Proposal { kind: kind.name.into(), key, base_revision: present.revision(), fields };
    Ok(Judged { claims, proposal: Some(proposal) })
}

/// Records by code, name and status.
fn called<'e>(entries: impl Iterator<Item = &'e Entry>) -> BothLanguages {
    let entries: Vec<_> = entries.take(MOST_CALLED).collect();
    let told = |status: fn(Status) -> &'static str, [open, close]: [&str; 2], between: &str| {
        let one =
            |entry: &&Entry| format!("{} {}{open}{}{close}", entry.key, entry.indexed.title, status(entry.status));
        entries.iter().map(one).collect::<Vec<_>>().join(between)
    };
    BothLanguages { zh: told(Status::label, ["（", "）"], "；"), en: told(Status::value, [" (", ")"], "; ") }
}

/// Notes something about records in the cell of the code where a record is first spoken of.
fn note_at_the_code(claims: &mut [UnitClaims<'_>], notice: Notice, about: BothLanguages) {
    let first = claims.iter_mut().filter(|claim| !claim.refused).find_map(|claim| {
        let report = claim.reports.first_mut()?;
        Some((claim.table, report))
    });
    if let Some((table, report)) = first {
        let cell = table.map_or_else(|| "/code".to_owned(), |table| address(table.code, report.row));
        report.notice_about(cell, notice, Some(about));
    }
}

/// The result of leaving out the rows that are wrong.
struct Accepted {
    /// The normal text of the body; none when something is missing in it.
    normal: Option<String>,
    /// The errors that no row makes: what the draft still needs.
    missing: Vec<FieldError>,
}

/// Refuses the rows that make an error, and makes the body without them, until no row makes one. None when nothing is left that
/// the register does not say.
fn accept(
    record: &mut MergedRecord<'_>,
    present: &PresentRecord,
    register: &RegisterWithImport<'_>,
    today: NaiveDate,
) -> Option<Accepted> {
    let (before, current) = (present.text.as_deref(), present.body.as_ref());
    loop {
        let claims = &record.claims;
        if before.is_some() && !claims.iter().any(|claim| says_more(claim, current)) {
            return None;
        }
        let normal = (record.kind.read)(&record.body).ok();
        if normal.is_some() && normal == present.text || claims.iter().all(|claim| claim.refused) {
            return None;
        }
        let errors = new_errors(record.kind, &record.body, before, register, today);
        let (refuses, missing) = attribute_errors(&mut record.claims, errors, current);
        if !refuses {
            return Some(Accepted { normal, missing });
        }
        record.leave_refused_out(current);
    }
}

/// Finds the reason why a record cannot be drafted, whatever is said of it.
fn forbidden(
    record: &MergedRecord<'_>,
    entry: Option<&Entry>,
    importer: &mut Importer<'_>,
) -> Result<Option<Wrong>, Problem> {
    if let Some(entry) = entry.filter(|entry| publication::allows(entry, Action::Amend).is_err()) {
        return Ok(Some(Wrong::RecordState(entry.key.to_string(), entry.status.label(), entry.status.value())));
    }
    // First: who may not propose it learns of no draft, either.
    if let Some(owner) = (importer.outside)(record.kind, entry, &record.body)? {
        return Ok(Some(Wrong::OutsideScope(owner)));
    }
    let drafted = importer.drafted.get(&format!("{}/{}", record.kind.name, record.key));
    let which = |id: &Option<String>| id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
    Ok(drafted.map(|id| Wrong::DraftOpen(which(id))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        model::KINDS,
        register::catalog::Snapshot,
        staff::imports::{
            interpret::{Defaults, Edit},
            report::{RowOutcome, RowReport},
        },
    };

    /// Judges a new legal instrument of which one row says its title.
    fn judged(title: Value, drafted: Option<&str>, may: bool) -> (RowReport, Option<Proposal>) {
        let kind = KINDS.into_iter().find(|kind| kind.name == "legal_instrument").expect("a kind");
        let register = Snapshot::empty(&KINDS);
        let mut with_import = RegisterWithImport::new(&register);
        let key = kind.example;
        let claims = UnitClaims {
            edits: vec![Edit::new(vec!["title".into()], Some(title.clone()), 1)],
            reports: vec![RowReport::new("a", 2, kind.name)],
            ..UnitClaims::default()
        };
        let body = json!({ "code": key, "title": title });
        let defaults = Defaults::default();
        let record = MergedRecord { kind, key: key.into(), claims: vec![claims], body, defaults: &defaults };
        let mut importer = Importer {
            drafted: drafted.into_iter().map(|key| (format!("{}/{key}", kind.name), Some("7".into()))).collect(),
            outside: &mut |_, _, _| Ok((!may).then(|| Detail::same("350121"))),
            today: NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day"),
        };
        let judged = judge(record, &PresentRecord::default(), &mut with_import, &mut importer).expect("it is judged");
        assert_eq!(with_import.names.instrument("森林法"), judged.proposal.as_ref().map(|_| key));
        (judged.claims[0].reports[0].clone(), judged.proposal)
    }

    #[test]
    fn a_record_is_proposed_or_its_rows_say_why_not() {
        let (report, proposal) = judged(json!("森林法"), None, true);
        assert_eq!((report.outcome, report.missing_for_submission), (RowOutcome::New, true));
        let proposal = proposal.expect("a draft");
        assert_eq!(
            (proposal.base_revision, proposal.fields.map(|fields| fields["title"].clone())),
            (None, Some(json!("森林法")))
        );

        let example = KINDS.into_iter().find(|kind| kind.name == "legal_instrument").expect("a kind").example;
        for (title, drafted, may, rule) in [
            (json!(5), None, true, "wrong-type"),
            (json!("森林法"), None, false, "outside-scope"),
            (json!("森林法"), Some(example), true, "draft-open"),
        ] {
            let (report, proposal) = judged(title, drafted, may);
            assert_eq!((report.outcome, proposal), (RowOutcome::Refused, None), "{rule}");
            assert_eq!(report.problems[0].rule, rule);
            let names_it = report.problems[0].message.zh.ends_with("草稿 7");
            assert_eq!(names_it, drafted.is_some(), "which draft is open");
        }
    }
}
