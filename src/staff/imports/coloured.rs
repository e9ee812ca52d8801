//! The workbook that was sent, with what became of its rows in colours, in notes, and in a column of words.

use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Note, Workbook, Worksheet, XlsxError};

use super::{
    read::{Cell, MOST_COLUMNS, Row, Sheet, address, column_of, csv, json::is_json, old_workbook, workbook},
    report::{Change, RowOutcome, RowProblem, RowReport},
    summary::{self, colour},
};
use crate::{
    model::KINDS,
    problem::{Code, Language, Problem},
    register::display_value::display_value,
};

/// Characters that a cell is wide at most.
const WIDEST: usize = 40;
/// Characters of a value in a remark at most.
const LONGEST_VALUE: usize = 200;
/// Cells that are merged at most.
const MOST_MERGED: u64 = 10_000;
/// Rows that stay in view at most: a screen has more.
const MOST_FROZEN: u32 = 12;
/// The colour of what leaves the register, and the words before it.
const REMOVED_COLOUR: Color = Color::RGB(0xF8CBAD);
const REMOVED: [&str; 2] = ["移除", "removed"];
/// The header of the added column.
const RESULT: [&str; 2] = ["导入结果", "Result of the import"];

/// The report on a file, as a workbook.
pub fn workbook(file: &[u8], rows: &[RowReport], language: Language) -> Result<Vec<u8>, Problem> {
    let sheets = sheets(file, rows);
    drawn(&sheets, file, rows, language).map_err(|error| {
        log::error!("the report of an import cannot be written: {error}");
        Code::Internal.into()
    })
}

/// The sheets of the file; of records in JSON one for each list, with a line for each record.
fn sheets(file: &[u8], rows: &[RowReport]) -> Vec<Sheet> {
    if is_json(file) {
        let mut sheets: Vec<Sheet> = Vec::new();
        for report in rows {
            let key = report.key.clone().unwrap_or_default();
            let row = Row { number: report.row, cells: vec![(0, Cell::Text(key.into()))] };
            match sheets.iter_mut().find(|sheet| sheet.name == report.sheet) {
                Some(sheet) => sheet.rows.push(row),
                None => sheets.push(Sheet { name: report.sheet.clone(), rows: vec![row], ..Sheet::default() }),
            }
        }
        return sheets;
    }
    // It was read once: what cannot be read now was changed by nobody.
    let mut sheets = workbook::read(file)
        .or_else(|_| old_workbook::read(file))
        .or_else(|_| csv::read(file).map(|sheet| vec![sheet]))
        .unwrap_or_default();
    sheets.retain(|sheet| !sheet.hidden.is_whole && !summary::NAMES.contains(&sheet.name.as_str()));
    sheets
}

fn drawn(sheets: &[Sheet], file: &[u8], rows: &[RowReport], language: Language) -> Result<Vec<u8>, XlsxError> {
    let mut of_sheets: HashMap<&str, HashMap<u32, &RowReport>> = HashMap::new();
    for report in rows {
        of_sheets.entry(report.sheet.as_str()).or_default().insert(report.row, report);
    }
    let (mut book, mut source) = (Workbook::new(), workbook::open(file).ok());
    let (mut room, mut names) = (MOST_MERGED, HashSet::from(summary::NAMES.map(str::to_lowercase)));
    summary::write(book.add_worksheet(), rows, language)?;
    for sheet in sheets {
        let page = book.add_worksheet();
        // A name that no workbook may have, or that is taken, is left to the number of the sheet.
        let is_free = !sheet.name.is_empty() && names.insert(sheet.name.to_lowercase());
        if !is_free || page.set_name(&sheet.name).is_err() {
            page.set_name(format!("({})", names.len() + 1 - summary::NAMES.len()))?;
        }
        let none = HashMap::new();
        let reports = of_sheets.get(sheet.name.as_str()).unwrap_or(&none);
        if let Some(source) = &mut source {
            merge(page, source, sheet, &mut room);
        }
        write(page, sheet, reports, language)?;
    }
    book.save_to_buffer()
}

/// Merges the regions that the file has merged, as far as there is something around them: each is written cell by cell.
fn merge(page: &mut Worksheet, source: &mut workbook::Workbook<'_>, sheet: &Sheet, room: &mut u64) {
    // The reader may panic over a region that is written backwards.
    let read = AssertUnwindSafe(|| source.merge_cells_by_sheet_name(&sheet.name).unwrap_or_default());
    let Ok(regions) = catch_unwind(read) else { return };
    let format = Format::new().set_text_wrap().set_align(FormatAlign::Center);
    let last = sheet.rows.last().map_or(0, |row| row.number);
    for region in regions {
        let ((top, left), (bottom, right)) = (region.start, region.end);
        let columns = u16::try_from(left).ok().zip(u16::try_from(right).ok());
        let Some((left, right)) = columns.filter(|(_, right)| usize::from(*right) < MOST_COLUMNS) else { continue };
        if top > bottom || left > right || bottom >= last {
            continue;
        }
        let cells = (u64::from(bottom - top) + 1) * (u64::from(right - left) + 1);
        if cells > 1 && cells <= *room {
            *room -= cells;
            // One that overlaps another is left as it is.
            let _ = page.merge_range(top, left, bottom, right, "", &format);
        }
    }
}

fn write(
    page: &mut Worksheet,
    sheet: &Sheet,
    reports: &HashMap<u32, &RowReport>,
    language: Language,
) -> Result<(), XlsxError> {
    let mut widths: HashMap<u16, usize> = HashMap::new();
    for row in &sheet.rows {
        let report = reports.get(&row.number).copied();
        write_row(page, row, report.map(|report| marks(report, language)).unwrap_or_default())?;
        for (column, cell) in &row.cells {
            let longest = cell.text().lines().map(|line| line.chars().map(width).sum()).max().unwrap_or(0);
            let wide = widths.entry(*column).or_default();
            *wide = (*wide).max(longest);
        }
    }
    for (column, wide) in &widths {
        page.set_column_width(*column, (*wide + 2).clamp(8, WIDEST) as f64)?;
    }
    result_column(page, sheet, reports, widths.keys().max().map_or(0, |last| last + 1), language)
}

/// Writes a row with its marks.
fn write_row(page: &mut Worksheet, row: &Row, mut marks: HashMap<String, Mark>) -> Result<(), XlsxError> {
    let plain = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let at = row.number.saturating_sub(1);
    for (column, cell) in &row.cells {
        match marks.remove(&address(*column, row.number)) {
            Some(mark) => {
                write_cell(page, (at, *column), cell, plain.clone().set_background_color(mark.colour))?;
                note(page, at, *column, &mark)?;
            }
            None => write_cell(page, (at, *column), cell, plain.clone())?,
        }
    }
    // Marks of cells that are empty: a code that is missing.
    for (cell, mark) in marks {
        if let Some(column) = column_of(&cell) {
            page.write_blank(at, column, &Format::new().set_background_color(mark.colour))?;
            note(page, at, column, &mark)?;
        }
    }
    Ok(())
}

fn write_cell(page: &mut Worksheet, (at, column): (u32, u16), cell: &Cell, format: Format) -> Result<(), XlsxError> {
    match cell {
        Cell::Number(number) => page.write_number_with_format(at, column, *number, &format)?,
        Cell::Date(serial) => {
            page.write_number_with_format(at, column, *serial, &format.set_num_format("yyyy-mm-dd"))?
        }
        Cell::Boolean(value) => page.write_boolean_with_format(at, column, *value, &format)?,
        Cell::Unreadable(_) => page.write_string_with_format(at, column, cell.text(), &format)?,
        Cell::Text(text) | Cell::Fault(text) => {
            let text: String = text.chars().take(32_000).collect();
            page.write_string_with_format(at, column, text, &format)?
        }
    };
    Ok(())
}

/// Chinese is twice as wide.
fn width(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

/// The words beside the colours: not everybody sees them.
fn result_column(
    page: &mut Worksheet,
    sheet: &Sheet,
    reports: &HashMap<u32, &RowReport>,
    column: u16,
    language: Language,
) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_border(FormatBorder::Thin);
    if let Some(above) = header_row(sheet, reports) {
        page.write_string_with_format(above, column, language.choose(RESULT[0], RESULT[1]), &head)?;
        let last = sheet.rows.last().map_or(0, |row| row.number.saturating_sub(1));
        if last > above {
            page.autofilter(above, 0, last, column)?;
        }
        if above < MOST_FROZEN {
            page.set_freeze_panes(above + 1, 0)?;
        }
    }
    page.set_column_width(column, WIDEST as f64)?;
    // The header keeps its own word, by which an import passes over this column; what is told of it stands in notes.
    let header = header_row(sheet, reports).map(|above| above + 1);
    for (number, report) in reports.iter().filter(|(number, _)| Some(**number) != header) {
        let format =
            Format::new().set_text_wrap().set_align(FormatAlign::Top).set_background_color(colour(report.outcome));
        page.write_string_with_format(number.saturating_sub(1), column, words(report, language), &format)?;
    }
    Ok(())
}

/// The row above the first record, counted from 0: of a row without a record the header itself may be told.
fn header_row(sheet: &Sheet, reports: &HashMap<u32, &RowReport>) -> Option<u32> {
    let told = |with_key: bool| {
        let row = sheet
            .rows
            .iter()
            .find(|row| reports.get(&row.number).is_some_and(|report| report.key.is_some() || !with_key))?;
        row.number.checked_sub(2)
    };
    told(true).or_else(|| told(false))
}

fn words(report: &RowReport, language: Language) -> String {
    let mut lines = vec![language.choose(report.outcome.label(), report.outcome.value()).to_owned()];
    for change in &report.changes {
        let going = going(change, language);
        let [from, to] = shown(report, change);
        lines.push(format!("{} {}{going}：{from} → {to}", change.cell, change.label));
    }
    for problem in &report.problems {
        let (message, remedy) = (problem.message.text(language), problem.remedy.text(language));
        lines.push(format!("{} {} [{}] → {}", problem.place(), message, problem.rule, remedy));
    }
    lines.extend(report.outdated.iter().map(|outdated| outdated.text(language)));
    // What names columns, values or records is to be read; how else a cell was read, its own note tells.
    let particular = report.notices.iter().filter(|notice| notice.about.is_some());
    lines.extend(particular.map(|notice| format!("{} {}", notice.cell, notice.text(language))));
    lines.extend(draft_errors(report, language));
    if report.missing_for_submission && report.outcome == RowOutcome::New {
        lines.push(language.choose("提交前须补充其余内容", "more is needed before it can be submitted").into());
    }
    lines.join("\n").chars().take(32_000).collect()
}

/// What a draft still needs, in words; of reports of before the codes alone.
fn draft_errors(report: &RowReport, language: Language) -> Vec<String> {
    if report.draft_problems.is_empty() {
        return Vec::new();
    }
    let words = language.choose("草稿提交前还须改正", "to be mended before the draft can be submitted");
    let line = |problem: &RowProblem| {
        let place = match (&problem.in_file, &problem.label) {
            (None, Some(label)) => label.clone(),
            _ => problem.place(),
        };
        format!("{words}：{place} {} → {}", problem.message.text(language), problem.remedy.text(language))
    };
    match report.draft_errors.is_empty() {
        true => vec![format!("{words}：{}", report.draft_problems.join(", "))],
        false => report.draft_errors.iter().map(line).collect(),
    }
}

/// Says how many values a change takes out of the register; nothing when it takes none.
fn going(change: &Change, language: Language) -> String {
    match change.removed() {
        0 => String::new(),
        removed => format!(" [{} {removed}]", language.choose(REMOVED[0], REMOVED[1])),
    }
}

/// What a field was and what it would be, as people read it.
fn shown(report: &RowReport, change: &Change) -> [String; 2] {
    let kind = KINDS.into_iter().find(|kind| kind.name == report.kind);
    [&change.from, &change.to].map(|value| {
        let text = match (kind, value) {
            (Some(kind), value) => display_value((kind.shape)(), &change.pointer, value),
            (None, value) => value.to_string(),
        };
        match text.chars().count() > LONGEST_VALUE {
            true => text.chars().take(LONGEST_VALUE - 1).chain(['…']).collect(),
            false => text,
        }
    })
}

struct Mark {
    colour: Color,
    text: String,
}

/// Collects the marks of the cells of a row: mistakes before changes before notices.
fn marks(report: &RowReport, language: Language) -> HashMap<String, Mark> {
    let mut marks: HashMap<String, Mark> = HashMap::new();
    let mut add = |cell: &str, colour: Color, text: String| {
        let mark = marks.entry(cell.to_owned()).or_insert_with(|| Mark { colour, text: String::new() });
        if colour == REMOVED_COLOUR && mark.colour == summary::colour(RowOutcome::Changed) {
            mark.colour = colour;
        }
        if !mark.text.is_empty() {
            mark.text.push('\n');
        }
        mark.text.push_str(&text);
    };
    for problem in &report.problems {
        let (message, remedy) = (problem.message.text(language), problem.remedy.text(language));
        let label = problem.label.as_ref().map(|label| format!("{label} ")).unwrap_or_default();
        add(&problem.cell, colour(RowOutcome::Refused), format!("{label}[{}] {message}\n→ {remedy}", problem.rule));
    }
    for change in &report.changes {
        let going = going(change, language);
        let [from, to] = shown(report, change);
        let text = format!("{}{going}：{from} → {to}", change.label);
        add(&change.cell, if going.is_empty() { colour(RowOutcome::Changed) } else { REMOVED_COLOUR }, text);
    }
    for notice in &report.notices {
        add(&notice.cell, Color::RGB(0xFFF2CC), format!("[{}] {}", notice.code, notice.text(language)));
    }
    marks
}

fn note(page: &mut Worksheet, row: u32, column: u16, mark: &Mark) -> Result<(), XlsxError> {
    let text: String = mark.text.chars().take(2000).collect();
    let note = Note::new(text).add_author_prefix(false).set_width(300).set_height(120);
    page.insert_note(row, column, &note)?;
    Ok(())
}
