//! The tables and records of a file: what each sheet is about, told by its name and its headers.

use std::ptr;

use super::{
    defaults::Defaults,
    header_text::nearest,
    headers::{Header, KnownColumn, Unread, UnreadHeader, header, rows_near_the_top},
    mapping::Mapped,
    merged, normalise_cell,
    office_headers::{ITEM, Meaning, office_headers},
};
use crate::{
    model::kinds::Kind,
    problem::{Detail, FieldError, Wrong},
    register::tables::{ABOUT, Book, CONTINUED, Column, END, Form, LISTS, Layout},
    staff::imports::{
        notice::Notice,
        read::{Cell, FileContent, Row, Sheet, address, json::Record},
        report::{BothLanguages, RowOutcome, RowReport},
    },
};

/// Sheets of a template that are for people only.
const FOR_PEOPLE: [&str; 6] = ["示例", "填写说明", ABOUT, "选项", "导入结果汇总", "Summary of the import"];

/// Columns that are named at most where they are not read.
const MOST_LISTED: usize = 30;

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
    /// The column of the code; without one, that of the name.
    pub code: u16,
    /// Whether it has a column of codes.
    pub is_coded: bool,
    /// The column with the number of the row, if there is one.
    pub ordinal: Option<u16>,
    /// The other columns that mean something.
    pub columns: Vec<KnownColumn>,
    /// Headers of which the columns are not read.
    pub unknown: Vec<UnreadHeader>,
    /// Columns with values that are not read, by the reason.
    pub unread: Vec<UnreadColumns>,
    /// Whether it is known by its name, as a sheet of our own.
    pub is_named: bool,
    /// Whether it is a list as offices print it that stands beside sheets of our own, which say the same and more.
    pub is_beside: bool,
    /// Whether it has the title of a list as our exports print it.
    pub is_printed: bool,
}

/// Columns that are not read for one reason.
pub struct UnreadColumns {
    /// The last row of the header.
    row: u32,
    /// The first of them.
    at: u16,
    /// The reason.
    notice: Notice,
    /// Their headers; of those without one, the cells in which it would stand.
    names: Vec<String>,
}

/// A record that is on its way already, and so need not be made.
pub struct Expected {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its name or title.
    pub title: String,
    /// Its key.
    pub key: String,
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
    /// Records that a file names and that are on their way.
    pub expected: Vec<Expected>,
    /// The state of the register of which its tables are an export, where they say it.
    pub seq: Option<i64>,
    /// The values that the client says of new records.
    pub defaults: Defaults,
}

impl ImportSource {
    /// Finds what each table of a file is about. Of a csv the kind must be `given`.
    pub fn of(
        content: FileContent,
        kinds: &[&'static Kind],
        given: Option<&'static Kind>,
        mapped: &Mapped,
    ) -> Result<Self, FieldError> {
        let looking = Looking { kinds, given, mapped };
        let in_file = |wrong| FieldError::at("/file", wrong);
        let seq = exported_at(&content);
        let source = match content {
            FileContent::Workbook(sheets) => of_workbook(sheets, &looking).map_err(in_file),
            FileContent::Json(records) => Ok(Self { records, ..Self::default() }),
            FileContent::Csv(sheet) => {
                let given = given.ok_or_else(|| FieldError::at("/kind", Wrong::Required))?;
                let seen = seen([&sheet].into_iter());
                let looking = Looking { given: Some(given), ..looking };
                match recognise(sheet, &looking, None, Layout::Table) {
                    Recognised::Table(table) => Ok(of_tables(vec![*table], Vec::new())),
                    Recognised::ForPeople => Ok(Self::default()),
                    Recognised::Unknown(..) => Err(in_file(no_header(&seen))),
                }
            }
        };
        source.map(|source| Self { seq, ..source })
    }
}

/// The kinds of which a file may be, the one that the client says, and what it says of headers.
#[derive(Clone, Copy)]
struct Looking<'a> {
    kinds: &'a [&'static Kind],
    given: Option<&'static Kind>,
    mapped: &'a Mapped,
}

fn of_workbook(sheets: Vec<Sheet>, looking: &Looking<'_>) -> Result<ImportSource, Wrong> {
    let seen = seen(sheets.iter());
    let (mut tables, mut reports): (Vec<Table>, Vec<RowReport>) = (Vec::new(), Vec::new());
    let (mut for_people, mut beside) = (false, None);
    for sheet in sheets {
        if sheet.hidden.is_whole {
            reports.extend(hidden(&sheet));
            continue;
        }
        let name = sheet.name.clone();
        let first = sheet.rows.first().map(|row| row.number);
        match recognise(sheet, looking, beside, Layout::Workbook) {
            Recognised::Table(table) => {
                if table.is_named && table.part == 0 {
                    beside = Some(table.kind);
                }
                tables.push(*table);
            }
            Recognised::ForPeople => {
                for_people = true;
                reports.extend(first.map(|row| not_read(&name, "", row)));
            }
            Recognised::Unknown(row, at, text) => {
                let kind = looking.given.or_else(|| looking.kinds.iter().copied().find(|kind| kind.name == ITEM));
                let own = kind.map(|kind| Book::of(kind, Layout::Workbook).records().columns.as_slice());
                let own = own.unwrap_or_default().iter().filter(|column| !column.is_of_register());
                let office = office_headers().filter(|_| kind.is_some_and(|kind| kind.name == ITEM));
                let nearest = nearest(&text, own.map(|column| column.header.as_str()).chain(office));
                reports.push(refused(&name, "", (row, at), &unknown(&text, &nearest)));
            }
        }
    }
    let tables = without_copies(tables, &mut reports);
    match tables.is_empty() && !for_people {
        true => Err(no_header(&seen)),
        false => Ok(of_tables(tables, reports)),
    }
}

/// Takes the tables away that stand beside sheets of our own of the same kind, but for the lists as offices print them: these are
/// compared with what is printed of the register.
fn without_copies(tables: Vec<Table>, reports: &mut Vec<RowReport>) -> Vec<Table> {
    let named: Vec<_> =
        tables.iter().filter(|table| table.is_named && table.part == 0).map(|table| table.kind.name).collect();
    let mut left = Vec::with_capacity(tables.len());
    for mut table in tables {
        let is_copy = !table.is_named && named.contains(&table.kind.name);
        table.is_beside = is_copy && LISTS.iter().any(|list| table.sheet.name.contains(list.name));
        match is_copy && !table.is_beside {
            true => {
                let first = table.sheet.rows.first().map_or(1, |row| row.number);
                reports.push(not_read(&table.sheet.name, table.kind.name, first));
            }
            false => left.push(table),
        }
    }
    left
}

fn of_tables(tables: Vec<Table>, mut reports: Vec<RowReport>) -> ImportSource {
    for table in &tables {
        let headers = table.unknown.iter();
        reports.extend(headers.map(|header| {
            let wrong = table.not_understood(header);
            refused(&table.sheet.name, table.kind.name, (header.row, header.at), &wrong)
        }));
        reports.extend(table.unread.iter().map(|UnreadColumns { row, at, notice, names }| {
            let mut report = RowReport::new(&table.sheet.name, *row, table.kind.name);
            report.outcome = RowOutcome::Ignored;
            report.notice_about(address(*at, *row), *notice, Some(BothLanguages::same(listed(names))));
            report
        }));
    }
    // Several headers of one row are told together.
    let mut together: Vec<RowReport> = Vec::new();
    for report in reports {
        match together.last_mut().filter(|last| last.sheet == report.sheet && last.row == report.row) {
            Some(last) => {
                last.outcome = last.outcome.min(report.outcome);
                last.problems.extend(report.problems);
                last.notices.extend(report.notices);
            }
            None => together.push(report),
        }
    }
    ImportSource { tables, reports: together, ..ImportSource::default() }
}

/// The report on a sheet that is passed over.
fn not_read(sheet: &str, kind: &str, row: u32) -> RowReport {
    let mut report = RowReport::new(sheet, row, kind);
    report.outcome = RowOutcome::Ignored;
    report.notice(address(0, row), Notice::NotRead);
    report
}

/// The report on a header that is not read.
fn refused(sheet: &str, kind: &str, (row, at): (u32, u16), wrong: &Wrong) -> RowReport {
    let mut report = RowReport::new(sheet, row, kind);
    report.outcome = RowOutcome::Refused;
    report.wrong(address(at, row), wrong);
    report
}

/// A header as it is told.
fn told(header: &str) -> String {
    header.chars().take(60).collect()
}

fn unknown(header: &str, nearest: &[&str]) -> Wrong {
    let nearest = if nearest.is_empty() { "—".into() } else { nearest.join("、") };
    Wrong::HeaderUnknown(told(header), nearest)
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

/// The texts that look most like a header: those of the first of the fullest rows near the top of each sheet.
fn seen<'a>(sheets: impl Iterator<Item = &'a Sheet>) -> String {
    let rows = sheets.filter_map(|sheet| sheet.rows.iter().take(20).rev().max_by_key(|row| row.cells.len()));
    let texts: Vec<String> = rows.flat_map(|row| &row.cells).take(12).map(|(_, cell)| cell.text()).collect();
    texts.join("、").split_whitespace().collect::<String>().chars().take(200).collect()
}

fn no_header(seen: &str) -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        format!(
            "没有找到认识的表头（至少要有编码和另一列）；看到的是：{seen}。请使用 /v1/imports/template.xlsx 中的模板，或者用参数 columns 说明各列是什么"
        ),
        format!(
            "has no header that is known (a code and one more column at least); it has: {seen}. See /v1/imports/template.xlsx, or say \
             with the parameter columns what its columns are"
        ),
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

/// Finds the sheets of books to which a sheet of this name may belong, and whether its name says so.
fn candidates(
    name: &str,
    looking: &Looking<'_>,
    beside: Option<&'static Kind>,
    layout: Layout,
) -> (Vec<(&'static Book, usize)>, bool) {
    let Looking { kinds, given, .. } = *looking;
    let office = kinds.iter().copied().find(|kind| kind.name == ITEM);
    // Sheets of lists have the same name in several kinds: the headers tell, and else the records that they stand beside.
    let named = kinds.iter().filter_map(|kind| {
        let book = Book::of(kind, Layout::Workbook);
        Some((book, book.sheet(name).filter(|_| !name.is_empty())?))
    });
    let mut candidates: Vec<_> = named.collect();
    candidates.sort_by_key(|(book, _)| beside.or(given).is_some_and(|kind| kind.name == book.kind.name));
    let is_named = !candidates.is_empty();
    if let Some(kind) = given.or(office).filter(|_| !is_named) {
        candidates = [layout, Layout::Table].map(|layout| (Book::of(kind, layout), 0)).into();
        candidates.dedup_by_key(|(book, _)| ptr::from_ref(*book));
    }
    (candidates, is_named)
}

/// Looks at a sheet. A sheet that names another kind than the client is of that one. `beside` is the kind of the records before
/// it in the workbook.
fn recognise(mut sheet: Sheet, looking: &Looking<'_>, beside: Option<&'static Kind>, layout: Layout) -> Recognised {
    take_end(&mut sheet);
    if FOR_PEOPLE.contains(&sheet.name.trim()) {
        return Recognised::ForPeople;
    }
    join_continued(&mut sheet);
    let first = sheet.rows.first().and_then(|row| row.cells.first().map(|(at, cell)| (row.number, *at, cell.text())));
    let (row, at, text) = first.unwrap_or((1, 0, String::new()));
    let (candidates, is_named) = candidates(&sheet.name, looking, beside, layout);
    let is_printed = LISTS.iter().any(|list| list.name == text.trim());
    let rows = rows_near_the_top(&sheet);
    let best = candidates.into_iter().filter_map(|(book, part)| header(&rows, book, part, looking.mapped));
    let Some(header) = best.max_by_key(Header::rank) else {
        return Recognised::Unknown(row, at, text);
    };
    sheet.rows.retain(|row| row.number > header.last_row);
    let header = header.beside(&sheet);
    merged::fill(&mut sheet, &header);
    let unread = unread(&sheet, &header);
    let Header { book, part, code, is_coded, ordinal, columns, unknown, .. } = header;
    // A header without a single value below it means nothing.
    let used = |at: u16| sheet.rows.iter().any(|row| row.cell(at).is_some());
    let unknown = unknown.into_iter().filter(|header| used(header.at)).collect();
    let mut table = Table {
        sheet,
        kind: book.kind,
        book,
        part,
        code,
        is_coded,
        ordinal,
        columns,
        unknown,
        unread,
        is_named,
        is_beside: false,
        is_printed,
    };
    table.add_units();
    Recognised::Table(Box::new(table))
}

/// The state of the register that an export says at its end; of several the oldest.
fn exported_at(content: &FileContent) -> Option<i64> {
    let sheets = match content {
        FileContent::Workbook(sheets) => sheets.as_slice(),
        FileContent::Csv(sheet) => std::slice::from_ref(sheet),
        FileContent::Json(_) => &[],
    };
    let ends = sheets.iter().flat_map(|sheet| &sheet.rows).filter(|row| is_end(row));
    ends.filter_map(|row| row.cell(2)?.text().trim().parse().ok()).min()
}

/// Whether a row is the one with which an export ends.
fn is_end(row: &Row) -> bool {
    matches!(row.cells.first(), Some((0, Cell::Text(text))) if **text == *END)
}

/// Lists columns, as many as anybody reads.
fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(MOST_LISTED);
    let shown = names[..names.len() - more].join("、");
    if more > 0 { format!("{shown}……（+{more}）") } else { shown }
}

/// The columns that have values below the header and are not read although they are known, or because they have no header.
fn unread(sheet: &Sheet, header: &Header) -> Vec<UnreadColumns> {
    let mut used: Vec<bool> = Vec::new();
    for (at, _) in sheet.rows.iter().flat_map(|row| &row.cells) {
        let at = usize::from(*at);
        used.resize(used.len().max(at + 1), false);
        used[at] = true;
    }
    let row = header.last_row;
    let reason = |at: u16| match header.headed.contains(&at) {
        false => Some((Notice::NoHeader, address(at, row))),
        true => {
            let (_, name) = header.of_register.iter().find(|(own, _)| *own == at)?;
            Some((Notice::OfRegister, told(name)))
        }
    };
    let mut unread: Vec<UnreadColumns> = Vec::new();
    for at in (0..).zip(used).filter_map(|(at, is_used)| is_used.then_some(at)) {
        let Some((notice, name)) = reason(at) else { continue };
        match unread.iter_mut().find(|columns| columns.notice == notice) {
            Some(columns) => columns.names.push(name),
            None => unread.push(UnreadColumns { row, at, notice, names: vec![name] }),
        }
    }
    unread
}

impl Table {
    /// Whether it is a sheet as our own exports write them, for people or for programs.
    pub fn is_ours(&self) -> bool {
        self.is_named || self.is_printed || self.is_beside
    }

    /// Whether a record can be made of its rows alone: a list of duties says nothing of what an item is.
    pub fn describes(&self) -> bool {
        let says_what = |known: &KnownColumn| match known.meaning {
            Meaning::Bases | Meaning::OrganisationName => true,
            meaning => self.column(meaning).is_some_and(
                |column| matches!(column.path.as_slice(), [name] if name == "category" || name == "organisation"),
            ),
        };
        let is_office_list = self.kind.name == ITEM && !self.is_named;
        self.part == 0 && (!is_office_list || self.columns.iter().any(says_what))
    }

    /// Writes the unit that a header says behind the bare numbers below it.
    fn add_units(&mut self) {
        let takes_unit = |known: &KnownColumn| match known.meaning {
            Meaning::Promise | Meaning::Charge => true,
            meaning => self.column(meaning).is_some_and(|column| column.form == Form::Period),
        };
        let units: Vec<(u16, &str)> = self
            .columns
            .iter()
            .filter(|known| takes_unit(known))
            .filter_map(|known| Some((known.at, known.unit?)))
            .collect();
        for row in &mut self.sheet.rows {
            for (at, cell) in &mut row.cells {
                let Some((_, unit)) = units.iter().find(|(column, _)| column == at) else { continue };
                let text = normalise_cell::plain(&cell.text());
                let is_number = !matches!(cell, Cell::Fault(_) | Cell::Unreadable(_))
                    && text.parse::<f64>().is_ok_and(|number| number > 0.0);
                if is_number && text.chars().all(|c| c.is_ascii_digit() || c == '.') {
                    *cell = Cell::Text(format!("{text}{unit}").into());
                }
            }
        }
    }

    /// What is wrong with a header of which the column is not read.
    fn not_understood(&self, header: &UnreadHeader) -> Wrong {
        match header.why {
            Unread::Unknown => unknown(&header.text, &self.nearest(&header.text)),
            Unread::Again(first) => Wrong::HeaderAgain(told(&header.text), address(first, header.row)),
            Unread::Homeless(nearest) => Wrong::HeaderWithoutField(told(&header.text), nearest.to_owned()),
        }
    }

    /// The headers of this sheet that are most like one.
    fn nearest(&self, header: &str) -> Vec<&'static str> {
        let own = self.book.sheets[self.part].columns.iter().filter(|column| !column.is_of_register());
        let own = own.map(|column| column.header.as_str());
        let office = office_headers().filter(|_| self.part == 0 && self.kind.name == ITEM);
        nearest(header, own.chain(office))
    }

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
    sheet.rows.pop_if(|row| is_end(row));
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
