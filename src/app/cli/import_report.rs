//! What an import would do, as lines on a terminal: a table of counts, and the rows with something to say.

use std::collections::BTreeMap;

use crate::{
    problem::Language,
    staff::imports::{RowNotice, RowOutcome, RowProblem, RowReport},
};

/// The column of values that leave the register, after those of the outcomes.
const REMOVED: &str = "移除值";

/// Notices of rows whose record was found otherwise than by its code: somebody has to look.
const GUESSED: [&str; 2] = ["digits-restored", "found-by-name"];

/// Lines on the rows that are refused, or of which the draft needs more.
pub fn refused_or_incomplete(reports: &[RowReport]) -> impl Iterator<Item = String> {
    let told = reports.iter().filter(|row| row.outcome == RowOutcome::Refused || row.missing_for_submission);
    told.map(line)
}

/// Lines on all rows with something to say beside their outcome.
pub fn findings(reports: &[RowReport]) -> impl Iterator<Item = String> {
    let told = reports.iter().filter(|row| {
        let is_to_be_seen = row.outcome != RowOutcome::Ignored && row.notices.iter().any(is_to_be_seen);
        row.outcome == RowOutcome::Refused
            || row.missing_for_submission
            || row.outdated.is_some()
            || row.removed() > 0
            || is_to_be_seen
    });
    told.map(line)
}

/// Whether a notice names records, columns or values, or says that a record was guessed.
fn is_to_be_seen(notice: &RowNotice) -> bool {
    notice.about.is_some() || GUESSED.contains(&notice.code.as_str())
}

/// The counts of each sheet and of all, and the number of drafts that would be made.
pub fn table(reports: &[RowReport], drafts: usize) -> String {
    let mut sheets: Vec<(&str, Counts)> = Vec::new();
    let mut all = Counts::default();
    for report in reports {
        let place = sheets.iter().position(|(name, _)| *name == report.sheet).unwrap_or_else(|| {
            sheets.push((&report.sheet, Counts::default()));
            sheets.len() - 1
        });
        all.add(report);
        if let Some((_, counts)) = sheets.get_mut(place) {
            counts.add(report);
        }
    }
    let wide = sheets.iter().map(|(name, _)| width(name)).chain([width("工作表")]).max().unwrap_or_default();
    let heads = RowOutcome::ALL.iter().map(|outcome| right(outcome.label())).chain([right(REMOVED)]);
    let mut lines = vec![format!("{}{}", left("工作表", wide), heads.collect::<String>())];
    lines.extend(sheets.iter().map(|(name, counts)| format!("{}{}", left(name, wide), counts.cells())));
    lines.push(format!("{}{}", left("合计", wide), all.cells()));
    lines.push(format!("dry run: nothing was written; drafts: {drafts} · 试运行，未写入；可生成草稿 {drafts} 份"));
    lines.join("\n")
}

#[derive(Default)]
struct Counts {
    rows: BTreeMap<RowOutcome, usize>,
    removed: usize,
}

impl Counts {
    fn add(&mut self, report: &RowReport) {
        *self.rows.entry(report.outcome).or_default() += 1;
        self.removed += report.removed();
    }

    fn cells(&self) -> String {
        let rows = RowOutcome::ALL.iter().map(|outcome| self.rows.get(outcome).copied().unwrap_or_default());
        rows.chain([self.removed]).map(|count| right(&count.to_string())).collect()
    }
}

/// Chinese is twice as wide on a terminal.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn left(text: &str, wide: usize) -> String {
    format!("{text}{}", " ".repeat(wide.saturating_sub(width(text))))
}

fn right(text: &str) -> String {
    format!("{}{text}", " ".repeat(10_usize.saturating_sub(width(text))))
}

fn line(report: &RowReport) -> String {
    let mut parts = vec![format!("{} {} {}", report.sheet, report.row, report.outcome.value())];
    parts.extend(report.key.clone());
    let problem = |problem: &RowProblem| {
        let (message, remedy) = (problem.message.text(Language::Chinese), problem.remedy.text(Language::Chinese));
        format!("{} [{}] {message} → {remedy}", problem.place(), problem.rule)
    };
    parts.extend(report.problems.iter().map(problem));
    parts.extend(report.draft_errors.iter().map(problem));
    if report.missing_for_submission {
        parts.push("[incomplete] 提交前须补充其余内容".into());
    }
    let to_be_seen = report.notices.iter().filter(|notice| is_to_be_seen(notice));
    parts.extend(to_be_seen.map(|notice| format!("{} {}", notice.cell, notice.text(Language::Chinese))));
    parts.extend(report.outdated.iter().map(|outdated| outdated.text(Language::Chinese)));
    if report.removed() > 0 {
        parts.push(format!("移除 {} 个值", report.removed()));
    }
    parts.join("\t").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stand_below_their_heads() {
        let report = |sheet: &str, row: u32, outcome: RowOutcome| {
            let mut report = RowReport::new(sheet, row, "item");
            report.outcome = outcome;
            report
        };
        let reports = [
            report("权力清单", 5, RowOutcome::New),
            report("权力清单", 6, RowOutcome::Refused),
            report("b", 1, RowOutcome::New),
        ];
        let table = table(&reports, 2);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 5);
        assert!(lines[..4].iter().all(|line| width(line) == width(lines[0])), "{table}");
        let counts = |line: &str| line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(counts(lines[1]), ["1", "0", "0", "1", "0", "0"]);
        assert_eq!(counts(lines[3]), ["2", "0", "0", "1", "0", "0"]);
        assert_eq!(refused_or_incomplete(&reports).count(), 1);
    }
}
