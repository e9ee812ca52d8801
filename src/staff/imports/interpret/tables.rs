//! The tables and records of a file: what each sheet is about, told by its name and its headers.

use super::{
    headers::{Header, KnownColumn, header},
    office_headers::{ITEM, Meaning},
};
use crate::{
    model::kinds::Kind,
    problem::{Detail, FieldError, Wrong},
    register::tables::{ABOUT, Book, CONTINUED, Column, END, Layout},
    staff::imports::{
        notice::Notice,
        read::{Cell, FileContent, Row, Sheet, address, json::Record},
        report::{RowOutcome, RowReport},
    },
};

/// Sheets of a template that are for people only.
const FOR_PEOPLE: [&str; 4] = ["示例", "填写说明", ABOUT, "选项"];

/// A sheet whose columns are known.
pub struct Table {
    /// The sheet, without title and header.
    pub sheet: Sheet,
    /// The kind of its records.
    pub kind: &'static Kind,
    /// The book to which its columns belong.
    pub book: &'static Book,
    /// The number of the sheet in the book: 0 for the records themselves.
    pub part: usize,
    /// The column of the code.
    pub code: u16,
    /// The other columns that mean something.
    pub columns: Vec<KnownColumn>,
    /// Headers that nobody knows: row, column, text.
    pub unknown: Vec<(u32, u16, String)>,
    /// Whether it is known by its name, as a sheet of our own.
    pub is_named: bool,
}

/// The tables and records of a file.
#[derive(Default)]
pub struct ImportSource {
    /// Sheets.
    pub tables: Vec<Table>,
    /// Records of their own.
    pub records: Vec<Record>,
    /// Reports on headers that nobody knows.
    pub reports: Vec<RowReport>,
}

impl ImportSource {
    /// Finds what each table of a file is about. Of a csv the kind must be `given`.
    pub fn of(content: FileContent, kinds: &[&'static Kind], given: Option<&'static Kind>) -> Result<Self, FieldError> {
        let in_file = |wrong| FieldError::at("/file", wrong);
        match content {
            FileContent::Workbook(sheets) => of_workbook(sheets, kinds, given).map_err(in_file),
            FileContent::Json(records) => Ok(Self { records, ..Self::default() }),
            FileContent::Csv(sheet) => {
                let given = given.ok_or_else(|| FieldError::at("/kind", Wrong::Required))?;
                match recognise(sheet, kinds, Some(given), None, Layout::Table) {
                    Recognised::Table(table) => Ok(of_tables(vec![*table], Vec::new())),
                    Recognised::ForPeople => Ok(Self::default()),
                    Recognised::Unknown(..) => Err(in_file(no_header())),
                }
            }
        }
    }
}

fn of_workbook(
    sheets: Vec<Sheet>,
    kinds: &[&'static Kind],
    given: Option<&'static Kind>,
) -> Result<ImportSource, Wrong> {
    let (mut tables, mut reports): (Vec<Table>, Vec<RowReport>) = (Vec::new(), Vec::new());
    let (mut for_people, mut beside) = (false, None);
    for sheet in sheets {
        if sheet.hidden.is_whole {
            reports.extend(hidden(&sheet));
            continue;
        }
        let name = sheet.name.clone();
        match recognise(sheet, kinds, given, beside, Layout::Workbook) {
            Recognised::Table(table) => {
                if table.is_named && table.part == 0 {
                    beside = Some(table.kind);
                }
                tables.push(*table);
            }
            Recognised::ForPeople => for_people = true,
            Recognised::Unknown(row, at, text) => reports.push(unknown(&name, "", row, at, text)),
        }
    }
    // The lists as offices print them, beside sheets of our own that say the same and more, are for people.
    let named: Vec<_> =
        tables.iter().filter(|table| table.is_named && table.part == 0).map(|table| table.kind.name).collect();
    tables.retain(|table| table.is_named || !named.contains(&table.kind.name));
    match tables.is_empty() && !for_people {
        true => Err(no_header()),
        false => Ok(of_tables(tables, reports)),
    }
}

fn of_tables(tables: Vec<Table>, mut reports: Vec<RowReport>) -> ImportSource {
    for table in &tables {
        let headers = table.unknown.iter();
        reports.extend(
            headers.map(|(row, at, text)| unknown(&table.sheet.name, table.kind.name, *row, *at, text.clone())),
        );
    }
    // Several headers of one row are told together.
    let mut together: Vec<RowReport> = Vec::new();
    for report in reports {
        match together.last_mut().filter(|last| last.sheet == report.sheet && last.row == report.row) {
            Some(last) => last.problems.extend(report.problems),
            None => together.push(report),
        }
    }
    ImportSource { tables, reports: together, ..ImportSource::default() }
}

fn unknown(sheet: &str, kind: &str, row: u32, at: u16, header: String) -> RowReport {
    let mut report = RowReport::new(sheet, row, kind);
    report.outcome = RowOutcome::Refused;
    let header: String = header.chars().take(60).collect();
    report.wrong(address(at, row), &Wrong::HeaderUnknown(header));
    report
}

/// The report on a sheet that is not shown, and so not read; none on those of a template.
fn hidden(sheet: &Sheet) -> Option<RowReport> {
    if FOR_PEOPLE.contains(&sheet.name.trim()) {
        return None;
    }
    let mut report = RowReport::new(&sheet.name, 1, "");
    report.outcome = RowOutcome::Ignored;
    report.notice(address(0, 1), Notice::HiddenSheet);
    Some(report)
}

fn no_header() -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        "没有找到认识的表头（至少要有编码和另一列）；请使用 /v1/imports/template.xlsx 中的模板",
        "has no header that is known (a code and one more column at least); see /v1/imports/template.xlsx",
    ))
}

/// The result of looking at a sheet.
enum Recognised {
    /// A table.
    Table(Box<Table>),
    /// Nothing to import, and not meant to be.
    ForPeople,
    /// No header that is known: the first row, its first column, and what stands there.
    Unknown(u32, u16, String),
}

/// Looks at a sheet. `given` is the kind that the client says; a sheet that names another one is of that one. `beside` is the
/// kind of the records before it in the workbook.
fn recognise(
    mut sheet: Sheet,
    kinds: &[&'static Kind],
    given: Option<&'static Kind>,
    beside: Option<&'static Kind>,
    layout: Layout,
) -> Recognised {
    take_end(&mut sheet);
    if FOR_PEOPLE.contains(&sheet.name.trim()) {
        return Recognised::ForPeople;
    }
    join_continued(&mut sheet);
    let first = sheet.rows.first().and_then(|row| row.cells.first().map(|(at, cell)| (row.number, *at, cell.text())));
    let (row, at, text) = first.unwrap_or((1, 0, String::new()));
    let office = kinds.iter().copied().find(|kind| kind.name == ITEM);
    // Sheets of lists have the same name in several kinds: the headers tell, and else the records that they stand beside.
    let named = kinds.iter().filter_map(|kind| {
        let book = Book::of(kind, Layout::Workbook);
        Some((book, book.sheet(&sheet.name).filter(|_| !sheet.name.is_empty())?))
    });
    let mut candidates: Vec<_> = named.collect();
    candidates.sort_by_key(|(book, _)| beside.or(given).is_some_and(|kind| kind.name == book.kind.name));
    let is_named = !candidates.is_empty();
    if let Some(kind) = given.or(office).filter(|_| !is_named) {
        candidates = vec![(Book::of(kind, layout), 0), (Book::of(kind, Layout::Table), 0)];
    }
    let best = candidates.into_iter().filter_map(|(book, part)| header(&sheet, book, part));
    let Some(header) = best.max_by_key(|header| header.columns.len()) else {
        return Recognised::Unknown(row, at, text);
    };
    sheet.rows.retain(|row| row.number > header.last_row);
    let Header { book, part, code, columns, unknown, .. } = header;
    // A header without a single value below it means nothing.
    let used = |at: u16| sheet.rows.iter().any(|row| row.cell(at).is_some());
    let unknown = unknown.into_iter().filter(|(_, at, _)| used(*at)).collect();
    Recognised::Table(Box::new(Table { sheet, kind: book.kind, book, part, code, columns, unknown, is_named }))
}

impl Table {
    /// The column of the book that a column is, if it is one.
    pub fn column(&self, meaning: Meaning) -> Option<&'static Column> {
        let columns = &self.book.sheets[self.part].columns;
        match meaning.field() {
            None => match meaning {
                Meaning::Own(place) => columns.get(place),
                _ => None,
            },
            Some(field) => columns.iter().find(|column| column.path == [field]),
        }
    }
}

/// Takes the row away with which an export ends. Its count is not held against who deletes rows that are not to be sent.
fn take_end(sheet: &mut Sheet) {
    let is_end = |row: &mut Row| matches!(row.cells.first(), Some((0, Cell::Text(text))) if **text == *END);
    sheet.rows.pop_if(is_end);
}

/// Puts the rows that go on with the one above them there.
fn join_continued(sheet: &mut Sheet) {
    let goes_on = |row: &Row| matches!(row.cells.first(), Some((0, Cell::Text(text))) if **text == *CONTINUED);
    if !sheet.rows.iter().any(goes_on) {
        return;
    }
    let mut joined: Vec<Row> = Vec::with_capacity(sheet.rows.len());
    for row in sheet.rows.drain(..) {
        match joined.last_mut().filter(|_| goes_on(&row)) {
            Some(last) => row.cells.into_iter().skip(1).for_each(|(at, more)| append(last, at, &more)),
            None => joined.push(row),
        }
    }
    sheet.rows = joined;
}

fn append(row: &mut Row, at: u16, more: &Cell) {
    match row.cells.binary_search_by_key(&at, |(column, _)| *column) {
        // What cannot be read makes the whole unreadable.
        Ok(place) if matches!(row.cells[place].1, Cell::Unreadable(_)) => {}
        Ok(place) if matches!(more, Cell::Unreadable(_)) => row.cells[place].1 = more.clone(),
        Ok(place) => {
            let whole = format!("{}{}", row.cells[place].1.text(), more.text());
            row.cells[place].1 = Cell::Text(whole.into());
        }
        Err(place) => row.cells.insert(place, (at, more.clone())),
    }
}
