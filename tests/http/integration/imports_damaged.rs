//! An exported workbook as it comes back from other tools and hands: whatever happened to it, no value is altered or taken away that the
//! damage did not touch.

use std::collections::BTreeSet;

use calamine::{Data, ExcelDateTime, ExcelDateTimeType};
use qingdan::{
    model::items,
    register::tables::{ABOUT, Book, Layout},
};
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};
use serde_json::Value;

use crate::helpers::{
    app::{TestApp, on_both_databases},
    effort::times,
    random::Numbers,
    workbooks::{Sheets, a_few_items, send_workbook},
};

/// A cell, and what became of it.
#[derive(Clone, Default)]
struct Cell {
    data: Data,
    /// Whether it is merged with the one above.
    is_merged: bool,
    /// Whether a formula stands there, with its result or without.
    formula: Option<bool>,
}

#[derive(Clone)]
struct Line {
    cells: Vec<Cell>,
    /// The code of its record, whatever stands in the row now.
    code: String,
    is_hidden: bool,
}

/// A sheet with the meaning that it was exported with.
struct Page {
    name: String,
    /// The number of the row with the headers.
    header: usize,
    /// The header of each column, as it was exported.
    columns: Vec<String>,
    lines: Vec<Line>,
    hidden_columns: Vec<u16>,
}

/// A workbook under damage.
struct Damaged {
    pages: Vec<Page>,
    /// The fields whose values were touched: code, name.
    touched: BTreeSet<(String, String)>,
    /// What was done.
    done: Vec<String>,
}

const PRINTED: [&str; 3] = ["权力清单", "责任清单", "公共服务事项清单"];

impl Page {
    fn of(name: &str, rows: &[Vec<Data>]) -> Self {
        let header = if PRINTED.contains(&name) { 2 } else { 0 };
        let columns: Vec<String> = rows[header].iter().map(ToString::to_string).collect();
        let code = usize::from(PRINTED.contains(&name));
        let line = |(number, row): (usize, &Vec<Data>)| Line {
            cells: row.iter().map(|data| Cell { data: data.clone(), ..Cell::default() }).collect(),
            code: if number > header { row[code].to_string() } else { String::new() },
            is_hidden: false,
        };
        let lines = rows.iter().enumerate().map(line).collect();
        Self { name: name.to_owned(), header, columns, lines, hidden_columns: Vec::new() }
    }

    fn is_list(&self) -> bool {
        !PRINTED.contains(&self.name.as_str()) && self.name != "事项"
    }

    fn code(&self) -> Option<usize> {
        let book = Book::of(&items::KIND, Layout::Workbook);
        let own = [book.records().columns[0].header.as_str(), "事项编码"];
        self.columns.iter().position(|header| own.contains(&header.as_str()))
    }

    /// The fields that a column says something of.
    fn fields(&self, column: usize) -> Vec<String> {
        let header = self.columns[column].as_str();
        if PRINTED.contains(&self.name.as_str()) {
            return printed(header).iter().map(|field| (*field).to_owned()).collect();
        }
        let book = Book::of(&items::KIND, Layout::Workbook);
        let sheet = book.sheets.iter().find(|sheet| sheet.name == self.name).expect("a sheet of the book");
        match sheet.list.first() {
            Some(list) => vec![list.clone()],
            None => sheet.column(header).map(|at| sheet.columns[at].path[0].clone()).into_iter().collect(),
        }
    }

    /// Whether a cell has a value of its own alone.
    fn is_free(&self, row: usize, column: usize) -> bool {
        let is_merged = |row: usize| self.lines.get(row).is_some_and(|line| line.cells[column].is_merged);
        let cell = &self.lines[row].cells[column];
        Some(column) != self.code() && !is_merged(row) && !is_merged(row + 1) && cell.data != Data::Empty
    }

    /// Rows below the header that are of a record.
    fn rows(&self) -> Vec<usize> {
        (self.header + 1..self.lines.len()).filter(|row| !self.lines[*row].code.is_empty()).collect()
    }
}

fn printed(header: &str) -> &'static [&'static str] {
    match header {
        "事项名称" => &["name"],
        "事项类型" => &["category"],
        "设定依据" => &["legal_bases"],
        "名称" | "代码" => &["organisation"],
        "服务对象" => &["audience"],
        "法定时限" => &["legal_limit"],
        "承诺时限" => &["promised_limit", "handling_type"],
        "收费" => &["charge", "fees"],
        "公布日期" => &["effective_from"],
        "咨询电话" => &["consultation"],
        "监督电话" => &["supervision"],
        "责任事项" => &["responsibilities"],
        "追责情形" => &["accountability"],
        _ => &[],
    }
}

/// A kind of damage to one page; whether there was something that it can damage.
type Damage = fn(&mut Damaged, usize, &mut Numbers) -> bool;

const DAMAGES: [(&str, Damage); 15] = [
    ("columns reordered", reorder_columns),
    ("column renamed", rename_column),
    ("header decorated", decorate_header),
    ("row hidden", hide_row),
    ("column hidden", hide_column),
    ("blank row", add_row),
    ("blank column", add_column),
    ("repeated codes left out", leave_codes_out),
    ("equal cells merged", merge_equal),
    ("row doubled", double_row),
    ("line breaks lost", lose_line_breaks),
    ("line breaks of another system", change_line_breaks),
    ("formula", put_formula),
    ("another tool's date", change_date),
    ("emptied", empty),
];

fn any(numbers: &mut Numbers, from: &[usize]) -> Option<usize> {
    if from.is_empty() { None } else { Some(from[numbers.below(from.len())]) }
}

fn reorder_columns(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let page = &mut damaged.pages[at];
    let (one, other) = (numbers.below(page.columns.len()), numbers.below(page.columns.len()));
    page.columns.swap(one, other);
    // Titles and groups stay where they are.
    page.lines[page.header..].iter_mut().for_each(|line| line.cells.swap(one, other));
    true
}

fn rename_column(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let page = &mut damaged.pages[at];
    let column = numbers.below(page.columns.len());
    page.lines[page.header].cells[column].data = Data::String("丙栏".into());
    true
}

fn decorate_header(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let page = &mut damaged.pages[at];
    let column = numbers.below(page.columns.len());
    let cell = &mut page.lines[page.header].cells[column];
    let old = cell.data.to_string();
    let new = [format!("*{old}"), format!("{old}（必填）"), format!(" {old}： ")][numbers.below(3)].clone();
    cell.data = Data::String(new);
    true
}

fn hide_row(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let page = &mut damaged.pages[at];
    let Some(row) = any(numbers, &page.rows()) else { return false };
    page.lines[row].is_hidden = true;
    true
}

fn hide_column(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let page = &mut damaged.pages[at];
    page.hidden_columns.push(u16::try_from(numbers.below(page.columns.len())).expect("small"));
    true
}

fn add_row(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let page = &mut damaged.pages[at];
    let row = page.header + 1 + numbers.below(page.lines.len() - page.header);
    let is_merged = |column: usize| page.lines.get(row).is_some_and(|line| line.cells[column].is_merged);
    let cells = (0..page.columns.len()).map(|column| Cell { is_merged: is_merged(column), ..Cell::default() });
    let line = Line { cells: cells.collect(), code: String::new(), is_hidden: false };
    page.lines.insert(row, line);
    true
}

fn add_column(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let page = &mut damaged.pages[at];
    let column = numbers.below(page.columns.len() + 1);
    page.columns.insert(column, String::new());
    page.lines.iter_mut().for_each(|line| line.cells.insert(column, Cell::default()));
    true
}

/// The codes of a list below the first one of each record.
fn leave_codes_out(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let page = &mut damaged.pages[at];
    let Some(column) = page.code().filter(|_| page.is_list()) else { return false };
    let is_merged = numbers.below(2) == 0;
    for row in page.header + 2..page.lines.len() {
        if !page.lines[row].code.is_empty() && page.lines[row].code == page.lines[row - 1].code {
            page.lines[row].cells[column] = Cell { is_merged, ..Cell::default() };
        }
    }
    true
}

fn merge_equal(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let page = &mut damaged.pages[at];
    let column = numbers.below(page.columns.len());
    if Some(column) == page.code() {
        return false;
    }
    let mut above = Data::Empty;
    for line in page.lines.iter_mut().skip(page.header + 1) {
        let cell = &mut line.cells[column];
        let is_plain = !cell.is_merged && cell.formula.is_none();
        if is_plain && cell.data != Data::Empty && cell.data == above {
            *cell = Cell { is_merged: true, ..Cell::default() };
        } else {
            above = if is_plain { cell.data.clone() } else { Data::Empty };
        }
    }
    true
}

fn double_row(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let page = &mut damaged.pages[at];
    let Some(row) = any(numbers, &page.rows()) else { return false };
    let line = page.lines[row].clone();
    if page.is_list() {
        let fields = page.fields(0);
        damaged.touched.extend(fields.into_iter().map(|field| (line.code.clone(), field)));
    }
    page.lines.insert(row + 1, line);
    true
}

/// Rewrites one text that is its own; whether that touches its value.
fn rewrite(
    (damaged, at): (&mut Damaged, usize),
    numbers: &mut Numbers,
    is_touched: bool,
    rewritten: impl Fn(&Data) -> Option<Data>,
) -> bool {
    let page = &mut damaged.pages[at];
    let Some(row) = any(numbers, &page.rows()) else { return false };
    let columns: Vec<usize> = (0..page.columns.len())
        .filter(|column| page.is_free(row, *column) && page.lines[row].cells[*column].formula.is_none())
        .filter(|column| rewritten(&page.lines[row].cells[*column].data).is_some())
        .collect();
    let Some(column) = any(numbers, &columns) else { return false };
    let data = rewritten(&page.lines[row].cells[column].data).unwrap_or_default();
    page.lines[row].cells[column].data = data;
    if is_touched {
        let code = page.lines[row].code.clone();
        let fields = page.fields(column);
        damaged.touched.extend(fields.into_iter().map(|field| (code.clone(), field)));
    }
    true
}

fn text_of(data: &Data) -> Option<&str> {
    if let Data::String(text) = data { Some(text) } else { None }
}

fn lose_line_breaks(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let lost = |data: &Data| text_of(data).filter(|text| text.contains('\n')).map(|text| text.replace('\n', ""));
    rewrite((damaged, at), numbers, true, |data| lost(data).map(Data::String))
}

fn change_line_breaks(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let other = |data: &Data| text_of(data).filter(|text| text.contains('\n')).map(|text| text.replace('\n', "\r\n"));
    rewrite((damaged, at), numbers, false, |data| other(data).map(Data::String))
}

fn change_date(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let form = numbers.below(3);
    rewrite((damaged, at), numbers, false, |data| {
        let day = chrono::NaiveDate::parse_from_str(text_of(data)?, "%Y-%m-%d").ok()?;
        let first = chrono::NaiveDate::from_ymd_opt(1899, 12, 30)?;
        let serial = f64::from(i32::try_from((day - first).num_days()).ok()?);
        Some(match form {
            0 => Data::DateTime(ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, false)),
            1 => Data::String(day.format("%Y/%m/%d").to_string()),
            _ => Data::String(day.format("%Y年%m月%d日").to_string()),
        })
    })
}

fn empty(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    rewrite((damaged, at), numbers, true, |_| Some(Data::Empty))
}

/// A formula in the place of a text: with its result it says the same, without it nobody can tell.
fn put_formula(damaged: &mut Damaged, at: usize, numbers: &mut Numbers) -> bool {
    let page = &mut damaged.pages[at];
    let Some(row) = any(numbers, &page.rows()) else { return false };
    let is_word =
        |cell: &Cell| text_of(&cell.data).is_some_and(|text| text.parse::<f64>().is_err() && text.len() < 200);
    let columns: Vec<usize> = (0..page.columns.len())
        .filter(|column| page.is_free(row, *column) && is_word(&page.lines[row].cells[*column]))
        .collect();
    let Some(column) = any(numbers, &columns) else { return false };
    page.lines[row].cells[column].formula = Some(numbers.below(2) == 0);
    true
}

impl Damaged {
    /// A part of the export: all of it, one printed list, or the sheets of data.
    fn of(exported: &Sheets, numbers: &mut Numbers) -> Self {
        let part = numbers.below(6);
        let is_wanted = |name: &str| match part {
            0..3 => true,
            3 => name == PRINTED[0] || name == PRINTED[1],
            4 => name == PRINTED[2],
            _ => !PRINTED.contains(&name),
        };
        let sheets = exported.0.iter().filter(|(name, _)| name != ABOUT && is_wanted(name));
        let pages = sheets.map(|(name, rows)| Page::of(name, rows)).collect();
        Self { pages, touched: BTreeSet::new(), done: Vec::new() }
    }

    fn damage(&mut self, numbers: &mut Numbers) {
        let page = numbers.below(self.pages.len());
        let (name, damage) = DAMAGES[numbers.below(DAMAGES.len())];
        if damage(self, page, numbers) {
            self.done.push(format!("{} {name}", self.pages[page].name));
        }
    }

    fn written(&self) -> Vec<u8> {
        let mut book = Workbook::new();
        for page in &self.pages {
            let sheet = book.add_worksheet();
            sheet.set_name(&page.name).expect("a name");
            page.write(sheet);
        }
        book.save_to_buffer().expect("a workbook")
    }
}

impl Page {
    fn write(&self, sheet: &mut Worksheet) {
        let day = Format::new().set_num_format("yyyy/m/d").set_bold();
        for (column, _) in (0_u16..).zip(&self.columns) {
            self.merge(sheet, column);
        }
        for column in &self.hidden_columns {
            sheet.set_column_hidden(*column).expect("hidden");
        }
        for (row, line) in (0_u32..).zip(&self.lines) {
            if line.is_hidden {
                sheet.set_row_hidden(row).expect("hidden");
            }
            for (column, cell) in (0_u16..).zip(&line.cells) {
                let text = cell.data.to_string();
                let written = match (&cell.data, cell.formula) {
                    (Data::Empty, _) => continue,
                    (_, Some(true)) => sheet.write_formula(row, column, Formula::new("=T(AZ1)").set_result(text)),
                    (_, Some(false)) => sheet.write_formula(row, column, "=T(AZ1)"),
                    (Data::Float(figure), None) => sheet.write(row, column, *figure),
                    (Data::DateTime(date), None) => sheet.write_number_with_format(row, column, date.as_f64(), &day),
                    _ => sheet.write(row, column, text),
                };
                written.expect("written");
            }
        }
    }

    fn merge(&self, sheet: &mut Worksheet, column: u16) {
        let is_merged = |row: usize| self.lines.get(row).is_some_and(|line| line.cells[usize::from(column)].is_merged);
        for first in 0..self.lines.len() {
            let more = (first + 1..).take_while(|row| is_merged(*row)).count();
            if !is_merged(first) && more > 0 {
                let rows = [first, first + more].map(|row| u32::try_from(row).expect("small"));
                sheet.merge_range(rows[0], column, rows[1], column, "", &Format::new()).expect("merged");
            }
        }
    }
}

/// What an import would alter although nobody touched it.
fn altered(import: &Value, touched: &BTreeSet<(String, String)>) -> Vec<String> {
    let mut altered = Vec::new();
    for row in import["rows"].as_array().expect("rows") {
        let key = row["key"].as_str().unwrap_or_default();
        if row["outcome"] == "new" {
            altered.push(format!("a new record: {row}"));
        }
        for change in row["changes"].as_array().expect("changes") {
            let field = change["pointer"].as_str().unwrap_or_default().split('/').nth(1).unwrap_or_default();
            if !touched.contains(&(key.to_owned(), field.to_owned())) {
                altered.push(format!("{} {} {key}: {change}", row["sheet"], row["row"]));
            }
        }
    }
    altered
}

async fn damaged_once(app: &TestApp, exported: &Sheets, seed: u64) {
    let mut numbers = Numbers(seed);
    let mut damaged = Damaged::of(exported, &mut numbers);
    for _ in 0..1 + numbers.below(5) {
        damaged.damage(&mut numbers);
    }
    let answer = send_workbook(app, "county-editor", damaged.written()).await;
    if answer.status.as_u16() == 422 {
        // Without the header of its codes a file says nothing at all.
        assert_eq!(answer.json()["errors"][0]["pointer"], "/file", "{}", answer.text());
        return;
    }
    answer.expect_status(201);
    let import = answer.json();
    let altered = altered(&import, &damaged.touched);
    assert!(altered.is_empty(), "seed {seed}, {:?}: {altered:#?}", damaged.done);
}

#[actix_web::test]
async fn damage_alters_nothing_that_it_did_not_touch() {
    on_both_databases(async |app| {
        a_few_items(&app).await;
        let exported = Sheets::exported(&app).await;
        for seed in 1..=u64::try_from(times("DAMAGED_WORKBOOKS", 12)).expect("small") {
            damaged_once(&app, &exported, seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).await;
        }
    })
    .await;
}
