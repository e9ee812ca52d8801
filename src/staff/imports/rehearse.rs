//! Use case: what an import would do, row by row. Nothing is written.

use serde_json::Value;

use super::{
    findings::{Findings, Rehearsal},
    interpret::{ImportSource, Known, base_of, claims_of, records_in_file},
    judge::{Importer, PresentRecord, RegisterWithImport, judge, leave_undone},
    merge::merge,
};
use crate::{
    problem::Problem,
    register::{catalog::Snapshot, tables::PrintedItem},
};

/// The bound of what a rehearsal tells, and how its progress is told.
pub struct Rehearsing<'a> {
    /// Bytes of the reports and proposals at most.
    pub most_told: usize,
    /// Is told how many of how many records are done.
    pub progress: &'a mut dyn FnMut(usize, usize),
}

/// Says what an import would do. Records pass the stages one after the other: at no time are the claims of all of them held.
pub fn rehearse(
    source: &ImportSource,
    register: &Snapshot,
    importer: &mut Importer<'_>,
    rehearsing: &mut Rehearsing<'_>,
) -> Result<Rehearsal, Problem> {
    let mut register = RegisterWithImport::new(register);
    let mut found = Findings::new(source.tables.iter().map(|table| &table.sheet), rehearsing.most_told);
    source.reports.iter().try_for_each(|report| found.report(report))?;
    let records = records_in_file(source, &register.names, &mut |report| found.report(report))?;
    for record in &records {
        register.expect(record.kind, &record.key);
    }
    for expected in &source.expected {
        register.expect(expected.kind, &expected.key);
        register.names.add(expected.kind, &expected.title, &expected.key);
    }
    for (done, record) in records.iter().enumerate() {
        (rehearsing.progress)(done, records.len());
        let present = PresentRecord::of(register.register, record.kind, &record.key)?;
        let current = present.body.as_ref();
        let older = base_of(record, source).map(|base| present.older(base)).transpose()?.flatten();
        let shown = older.as_ref().and_then(|older| older.body.as_ref()).or(current);
        let snapshot = register.register;
        let printing = |body: &Value| {
            let item = record.is_as_offices_write(source).then(|| serde_json::from_value(body.clone()).ok()).flatten();
            item.map(|item| PrintedItem::new(snapshot, present.entry.as_deref(), item))
        };
        let printed = shown.and_then(printing);
        let known = Known { names: &register.names, current: shown, printed: printed.as_ref() };
        let mut claims = claims_of(record, source, known);
        if let Some(older) = &older {
            leave_undone(&mut claims, older, &present);
        }
        let merged = merge(claims, current, &printing, &source.defaults);
        let mut judged = judge(merged, &present, &mut register, importer)?;
        judged.claims.iter_mut().for_each(|claim| claim.name_fields(record.kind));
        found.judged(&judged)?;
    }
    (rehearsing.progress)(records.len(), records.len());
    Ok(found.finish())
}
