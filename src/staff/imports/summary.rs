//! The first sheet of the workbook that is sent back: how many rows of each sheet came to what, why rows were refused, and how the cells of
//! each column were read.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use super::report::{RowNotice, RowOutcome, RowProblem, RowReport};
use crate::problem::Language;

/// Its name. Imports pass over a sheet that is called so.
pub const NAMES: [&str; 2] = ["导入结果汇总", "Summary of the import"];
/// The headers of the counts, before and behind those of the outcomes.
const SHEET: [&str; 2] = ["工作表", "Sheet"];
const REMOVED: [&str; 2] = ["移除的值", "Values removed"];
const TOTAL: [&str; 2] = ["合计", "Together"];
/// The headers of the reasons.
const REASONS: [[&str; 2]; 5] = [
    ["退回的原因", "Why rows were refused"],
    ["处数", "Places"],
    ["第一处", "The first"],
    ["说明（第一处）", "What is wrong there"],
    ["怎么改", "What to do"],
];
/// The headers of the notices.
const NOTICES: [[&str; 2]; 4] = [
    ["读取时的处理（按列）", "How cells were read, by column"],
    ["处数", "Places"],
    ["第一处", "The first"],
    ["说明", "What was done"],
];
/// Reasons, and columns with notices, that are told at most.
const MOST_REASONS: usize = 200;

/// The colour of the rows that came to this.
pub fn colour(outcome: RowOutcome) -> Color {
    match outcome {
        RowOutcome::New => Color::RGB(0xC6EFCE),
        RowOutcome::Changed => Color::RGB(0xDDEBF7),
        RowOutcome::Unchanged => Color::RGB(0xFFFFFF),
        RowOutcome::Refused => Color::RGB(0xFFC7CE),
        RowOutcome::Ignored => Color::RGB(0xD9D9D9),
    }
}

/// Writes the sheet.
pub fn write(page: &mut Worksheet, rows: &[RowReport], language: Language) -> Result<(), XlsxError> {
    page.set_name(language.choose(NAMES[0], NAMES[1]))?;
    let below = counts(page, rows, language)?;
    let below = reasons(page, below + 1, rows, language)?;
    notices(page, below + 1, rows, language)?;
    page.set_column_width(0, 30.0)?;
    page.set_column_width(3, 50.0)?;
    page.set_column_width(4, 50.0)?;
    page.set_freeze_panes(1, 1)?;
    Ok(())
}

fn head() -> Format {
    Format::new().set_bold().set_text_wrap().set_border(FormatBorder::Thin).set_align(FormatAlign::Top)
}

/// The rows of each sheet by outcome; returns the row below.
fn counts(page: &mut Worksheet, rows: &[RowReport], language: Language) -> Result<u32, XlsxError> {
    let word = |[chinese, english]: [&'static str; 2]| language.choose(chinese, english);
    page.write_string_with_format(0, 0, word(SHEET), &head())?;
    for (at, outcome) in (1..).zip(RowOutcome::ALL) {
        let format = head().set_background_color(colour(outcome));
        page.write_string_with_format(0, at, language.choose(outcome.label(), outcome.value()), &format)?;
    }
    page.write_string_with_format(0, 6, word(REMOVED), &head())?;
    let mut sheets: Vec<&str> = Vec::new();
    for report in rows {
        if !sheets.contains(&report.sheet.as_str()) {
            sheets.push(&report.sheet);
        }
    }
    let mut at = 1;
    for sheet in sheets {
        page.write_string(at, 0, sheet)?;
        count(page, at, rows.iter().filter(|report| report.sheet == sheet))?;
        at += 1;
    }
    page.write_string_with_format(at, 0, word(TOTAL), &head())?;
    count(page, at, rows.iter())?;
    Ok(at + 1)
}

fn count<'a>(page: &mut Worksheet, at: u32, rows: impl Iterator<Item = &'a RowReport>) -> Result<(), XlsxError> {
    let (mut counts, mut removed) = ([0_u32; RowOutcome::ALL.len()], 0_usize);
    for report in rows {
        let place = RowOutcome::ALL.iter().position(|outcome| *outcome == report.outcome);
        if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
            *count += 1;
        }
        removed += report.removed();
    }
    for (column, count) in (1..).zip(counts) {
        page.write_number(at, column, count)?;
    }
    page.write_number(at, 6, removed as f64)?;
    Ok(())
}

/// The rules that refused rows, those with the most places first; returns the row below.
fn reasons(page: &mut Worksheet, first: u32, rows: &[RowReport], language: Language) -> Result<u32, XlsxError> {
    let mut reasons: Vec<(&RowReport, &RowProblem, u32)> = Vec::new();
    for report in rows {
        for problem in &report.problems {
            match reasons.iter_mut().find(|(_, known, _)| known.rule == problem.rule) {
                Some((.., places)) => *places += 1,
                None => reasons.push((report, problem, 1)),
            }
        }
    }
    if reasons.is_empty() {
        return Ok(first);
    }
    reasons.sort_by_key(|(.., places)| std::cmp::Reverse(*places));
    headers(page, first, &REASONS, language)?;
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let mut below = first + 1;
    for (at, (report, problem, places)) in (first + 1..).zip(reasons.into_iter().take(MOST_REASONS)) {
        page.write_string_with_format(at, 0, &problem.rule, &wrapped)?;
        page.write_number_with_format(at, 1, places, &wrapped)?;
        page.write_string_with_format(at, 2, cut(&format!("{} {}", report.sheet, problem.place())), &wrapped)?;
        page.write_string_with_format(at, 3, cut(problem.message.text(language)), &wrapped)?;
        page.write_string_with_format(at, 4, cut(problem.remedy.text(language)), &wrapped)?;
        below = at + 1;
    }
    Ok(below)
}

/// The liberties that were taken with the cells of each column, those with the fewest places first: what happened to a whole column is one
/// thing, and does not bury what happened once.
fn notices(page: &mut Worksheet, first: u32, rows: &[RowReport], language: Language) -> Result<(), XlsxError> {
    let mut columns: BTreeMap<(&str, &str, &str), (u32, &RowNotice)> = BTreeMap::new();
    for report in rows {
        for notice in &report.notices {
            let column = notice.cell.trim_end_matches(|c: char| c.is_ascii_digit());
            columns.entry((&report.sheet, column, &notice.code)).or_insert((0, notice)).0 += 1;
        }
    }
    if columns.is_empty() {
        return Ok(());
    }
    let mut columns: Vec<_> = columns.into_iter().collect();
    columns.sort_by_key(|(_, (places, _))| *places);
    headers(page, first, &NOTICES, language)?;
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (at, ((sheet, _, code), (places, notice))) in (first + 1..).zip(columns.into_iter().take(MOST_REASONS)) {
        let text = if places == 1 { notice.text(language) } else { notice.liberty(language).to_owned() };
        page.write_string_with_format(at, 0, code, &wrapped)?;
        page.write_number_with_format(at, 1, places, &wrapped)?;
        page.write_string_with_format(at, 2, cut(&format!("{sheet} {}", notice.cell)), &wrapped)?;
        page.write_string_with_format(at, 3, cut(&text), &wrapped)?;
    }
    Ok(())
}

fn headers(page: &mut Worksheet, row: u32, words: &[[&str; 2]], language: Language) -> Result<(), XlsxError> {
    for (at, [chinese, english]) in (0..).zip(words) {
        page.write_string_with_format(row, at, language.choose(chinese, english), &head())?;
    }
    Ok(())
}

fn cut(text: &str) -> String {
    text.chars().take(2000).collect()
}
