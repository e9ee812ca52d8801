//! Use case: what an import would do, row by row. Nothing is written.

use super::{
    findings::{Findings, Rehearsal},
    interpret::{ImportSource, claims_of, records_in_file},
    judge::{Importer, PresentRecord, RegisterWithImport, judge},
    merge::merge,
};
use crate::{problem::Problem, register::catalog::Snapshot};

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
    for (done, record) in records.iter().enumerate() {
        (rehearsing.progress)(done, records.len());
        let present = PresentRecord::of(register.register, record.kind, &record.key)?;
        let current = present.body.as_ref();
        let claims = claims_of(record, source, &register.names, current);
        let merged = merge(claims, current);
        found.judged(&judge(merged, &present, &mut register, importer)?)?;
    }
    (rehearsing.progress)(records.len(), records.len());
    Ok(found.finish())
}
