//! The findings of a rehearsal, written one by one as they are kept.

use std::collections::{BTreeMap, HashMap};

use super::{
    judge::{Judged, Proposal},
    notice::Notice,
    read::{Hidden, Sheet, address, too_large},
    report::{RowOutcome, RowReport},
};
use crate::problem::{FieldError, Problem, Wrong};

/// Bytes of what is told of refused rows: nobody mends more of them one by one.
const MOST_REFUSED: usize = 32 << 20;
/// Bytes of all that is told and proposed to who sends a file to the server.
pub const MOST_TOLD: usize = 128 << 20;

/// The outcome of a rehearsal, written as it is kept: text takes a fraction of the room of values.
pub struct Rehearsal {
    /// Every row that has something to say, in the order of the file: JSON text.
    pub rows: Vec<String>,
    /// The number of rows of each outcome.
    pub counts: BTreeMap<RowOutcome, usize>,
    /// The number of values that leave the register.
    pub removed: usize,
    /// The number of rows of which the draft cannot be submitted as it is.
    pub incomplete: usize,
    /// The drafts that would be made: JSON text of one each.
    pub proposals: Vec<String>,
}

/// The reports and proposals so far.
#[derive(Default)]
pub struct Findings<'a> {
    /// The places of the sheets in the file.
    tables: HashMap<&'a str, usize>,
    /// What they do not show.
    hidden: HashMap<&'a str, &'a Hidden>,
    rows: Vec<RowText>,
    counts: BTreeMap<RowOutcome, usize>,
    removed: usize,
    incomplete: usize,
    proposals: Vec<String>,
    /// Bytes that refused rows take, and everything; and of everything at most.
    refused: usize,
    held: usize,
    most: usize,
}

/// The report on a row, written.
struct RowText {
    /// The place of the row: table, list of records, number.
    place: (usize, Box<str>, u32),
    text: String,
}

impl<'a> Findings<'a> {
    /// Begins with no finding on a file of these tables.
    pub fn new(sheets: impl Iterator<Item = &'a Sheet> + Clone, most: usize) -> Self {
        let tables = sheets.clone().map(|sheet| sheet.name.as_str()).zip(0..).collect();
        let hidden = sheets.map(|sheet| (sheet.name.as_str(), &sheet.hidden)).collect();
        Self { tables, hidden, most, ..Self::default() }
    }

    /// Takes the report on a row.
    pub fn report(&mut self, report: &RowReport) -> Result<(), Problem> {
        let text = match self.hidden.get(report.sheet.as_str()).and_then(|hidden| with_hidden(report, hidden)) {
            Some(report) => serde_json::to_string(&report)?,
            None => serde_json::to_string(report)?,
        };
        self.hold(text.len())?;
        if report.outcome == RowOutcome::Refused {
            self.refused += text.len();
            if self.refused > MOST_REFUSED {
                return Err(too_many_refused(report));
            }
        }
        *self.counts.entry(report.outcome).or_default() += 1;
        self.removed += report.removed();
        self.incomplete += usize::from(report.missing_for_submission);
        let table = self.tables.get(report.sheet.as_str()).copied();
        let list = if table.is_some() { Box::default() } else { report.sheet.as_str().into() };
        self.rows.push(RowText { place: (table.unwrap_or(usize::MAX), list, report.row), text });
        Ok(())
    }

    /// Takes the judgement of a record.
    pub fn judged(&mut self, judged: &Judged<'_>) -> Result<(), Problem> {
        if let Some(proposal) = &judged.proposal {
            self.propose(proposal)?;
        }
        judged.claims.iter().flat_map(|claim| &claim.reports).try_for_each(|report| self.report(report))
    }

    /// Returns what was found, the rows in the order of the file.
    pub fn finish(mut self) -> Rehearsal {
        // Stable: of a row that is told of twice, what was found first.
        self.rows.sort_by(|one, other| one.place.cmp(&other.place));
        let rows = self.rows.into_iter().map(|row| row.text).collect();
        let Self { counts, removed, incomplete, proposals, .. } = self;
        Rehearsal { rows, counts, removed, incomplete, proposals }
    }

    fn propose(&mut self, proposal: &Proposal) -> Result<(), Problem> {
        let text = serde_json::to_string(proposal)?;
        self.hold(text.len())?;
        self.proposals.push(text);
        Ok(())
    }

    fn hold(&mut self, bytes: usize) -> Result<(), Problem> {
        self.held += bytes;
        let most = self.most >> 20;
        match self.held > self.most {
            true => Err(in_file(too_large(
                format!("试运行的结果超过 {most} MiB；请分成几个文件导入"),
                format!("comes to a report of more than {most} MiB; send it in several files"),
            ))),
            false => Ok(()),
        }
    }
}

/// A report that says what of its row is not shown in the file; none where all is.
fn with_hidden(report: &RowReport, hidden: &Hidden) -> Option<RowReport> {
    let is_hidden = hidden.has_row(report.row);
    let cells: Vec<_> = report.changes.iter().filter(|change| hidden.has_column_of(&change.cell)).collect();
    if !is_hidden && cells.is_empty() {
        return None;
    }
    let mut told = report.clone();
    if is_hidden {
        told.notice(address(0, report.row), Notice::HiddenRow);
    }
    for change in cells {
        told.notice(change.cell.clone(), Notice::HiddenColumn);
    }
    Some(told)
}

/// Refuses a file whose reports take too much room; `example` is one of them.
fn too_many_refused(example: &RowReport) -> Problem {
    let problem = example.problems.first();
    let (cell, message) =
        problem.map_or(("", ("", "")), |one| (one.cell.as_str(), (one.message.zh.as_str(), one.message.en.as_str())));
    in_file(too_large(
        format!("被退回的行太多，无法逐行说明；请先改正再导入，如 {} {cell}：{}", example.sheet, message.0),
        format!(
            "has too many refused rows to be told one by one; mend them first, such as {} {cell}: {}",
            example.sheet, message.1
        ),
    ))
}

/// Refuses a file.
fn in_file(wrong: Wrong) -> Problem {
    Problem::invalid_body(vec![FieldError::at("/file", wrong)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_would_read_is_not_told() {
        let mut report = RowReport::new("a", 2, "item");
        report.outcome = RowOutcome::Refused;
        report.wrong("B2".into(), &Wrong::OrganisationUnknown("x".repeat(100_000)));
        let mut found = Findings { most: MOST_TOLD, ..Findings::default() };
        let told = (0..1000).take_while(|_| found.report(&report).is_ok()).count();
        assert!(told > 50 && found.rows.len() <= told + 1 && found.refused <= MOST_REFUSED + 500_000, "{told}");
        let problem = found.report(&report).expect_err("there is too much");
        assert_eq!((problem.errors[0].pointer(), problem.errors[0].wrong.code()), ("/file", "table-too-large"));

        report.outcome = RowOutcome::Changed;
        let changed = (0..1000).take_while(|_| found.report(&report).is_ok()).count();
        assert!(changed > 100 && found.held <= MOST_TOLD + 500_000, "{changed}");
    }
}
