//! What a sheet is about, and what its columns mean: by its name and its headers, those of our own exports and those that
//! offices use.

use super::{
    cells::{Cell, Row, Sheet},
    normalise_cell,
};
use crate::{
    model::kinds::Kind,
    register::tables::columns::{ABOUT, Book, CONTINUED, Column, END, Layout},
};

/// Rows at the beginning of a sheet in which its header is looked for.
const HEADER_WITHIN: usize = 20;
/// Sheets of a template that are for people only.
const FOR_PEOPLE: [&str; 4] = ["示例", "填写说明", ABOUT, "选项"];

/// A sheet whose columns are known.
pub struct Table {
    /// The sheet, without title and header.
    pub sheet: Sheet,
    /// What its records are.
    pub kind: &'static Kind,
    /// The book to which its columns belong.
    pub book: &'static Book,
    /// Which sheet of the book it is: 0 for the records themselves.
    pub part: usize,
    /// Where the code stands.
    pub code: u16,
    /// The other columns that mean something.
    pub columns: Vec<KnownColumn>,
    /// Headers that nobody knows: row, column, text.
    pub unknown: Vec<(u32, u16, String)>,
    /// Whether it is known by its name, as a sheet of our own.
    pub is_named: bool,
}

/// A column that means something.
#[derive(Clone, Copy)]
pub struct KnownColumn {
    /// Where it stands.
    pub at: u16,
    /// What it means.
    pub meaning: Meaning,
}

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A column of the book.
    Own(usize),
    /// The name of the organisation: stands in for its code where that is absent.
    OrganisationName,
    /// Charged or free, as an amount or a word.
    Charge,
    /// The promised limit, or that it is done at once.
    Promise,
    /// Legal bases, cited with article.
    Bases,
    /// Telephone numbers of this field.
    Phones(&'static str),
    /// Duties: `1.受理责任：…`
    Responsibilities,
    /// Cases of accountability, numbered.
    Accountability,
}

/// What offices call things: header, the group above it where it needs one, and what it means.
enum Office {
    Nothing,
    Code,
    Field(&'static str),
    Special(Meaning),
}

/// Headers that offices use for items (docs/DOMAIN.md §2.1), written without spaces.
const OFFICE: &[(&str, &str, Office)] = &[
    ("", "序号", Office::Nothing),
    ("", "事项编码", Office::Code),
    ("", "编码", Office::Code),
    ("", "权力编码", Office::Code),
    ("", "职权编码", Office::Code),
    ("", "项目编码", Office::Code),
    ("", "实施清单编码", Office::Code),
    ("", "事项名称", Office::Field("name")),
    ("", "权力名称", Office::Field("name")),
    ("", "职权名称", Office::Field("name")),
    ("", "项目名称", Office::Field("name")),
    ("", "事项类型", Office::Field("category")),
    ("", "事项类别", Office::Field("category")),
    ("", "权力类型", Office::Field("category")),
    ("", "权力类别", Office::Field("category")),
    ("", "职权类别", Office::Field("category")),
    ("", "设定依据", Office::Special(Meaning::Bases)),
    ("", "实施依据", Office::Special(Meaning::Bases)),
    ("", "法律依据", Office::Special(Meaning::Bases)),
    ("", "依据", Office::Special(Meaning::Bases)),
    ("实施主体", "名称", Office::Special(Meaning::OrganisationName)),
    ("实施主体", "代码", Office::Field("organisation")),
    ("实施主体", "编码", Office::Field("organisation")),
    ("", "实施主体名称", Office::Special(Meaning::OrganisationName)),
    ("", "实施机关", Office::Special(Meaning::OrganisationName)),
    ("", "实施主体代码", Office::Field("organisation")),
    ("", "统一社会信用代码", Office::Field("organisation")),
    ("", "承办机构", Office::Field("handling_office")),
    ("", "承办科室", Office::Field("handling_office")),
    ("", "服务对象", Office::Field("audience")),
    ("", "法定时限", Office::Field("legal_limit")),
    ("", "法定期限", Office::Field("legal_limit")),
    ("时限", "法定", Office::Field("legal_limit")),
    ("", "承诺时限", Office::Special(Meaning::Promise)),
    ("", "承诺期限", Office::Special(Meaning::Promise)),
    ("", "承诺办结时限", Office::Special(Meaning::Promise)),
    ("时限", "承诺", Office::Special(Meaning::Promise)),
    ("", "收费", Office::Special(Meaning::Charge)),
    ("", "是否收费", Office::Special(Meaning::Charge)),
    ("", "收费情况", Office::Special(Meaning::Charge)),
    ("", "公布日期", Office::Field("effective_from")),
    ("", "实施日期", Office::Field("effective_from")),
    ("", "咨询电话", Office::Special(Meaning::Phones("consultation"))),
    ("", "监督电话", Office::Special(Meaning::Phones("supervision"))),
    ("", "投诉电话", Office::Special(Meaning::Phones("supervision"))),
    ("", "监督投诉电话", Office::Special(Meaning::Phones("supervision"))),
    ("", "责任事项", Office::Special(Meaning::Responsibilities)),
    ("", "追责情形", Office::Special(Meaning::Accountability)),
];

/// Columns beside the record itself: the number of a row, and what our own reports say of it.
const PASSED: [&str; 3] = ["序号", "导入结果", "Resultoftheimport"];
/// The kind whose sheets offices make by themselves.
const OF_OFFICES: &str = "item";

/// What a sheet was recognised as.
pub enum Recognised {
    /// A table.
    Table(Box<Table>),
    /// Nothing to import, and not meant to be.
    ForPeople,
    /// No header that is known: the first row, its first column, and what stands there.
    Unknown(u32, u16, String),
}

/// Looks at a sheet. `given` is the kind that the client says; a sheet that names another one is of that one. `beside` is the
/// kind of the records before it in the workbook.
pub fn recognise(
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
    let office = kinds.iter().copied().find(|kind| kind.name == OF_OFFICES);
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

/// A header, as far as it is understood.
struct Header {
    book: &'static Book,
    part: usize,
    last_row: u32,
    code: u16,
    columns: Vec<KnownColumn>,
    unknown: Vec<(u32, u16, String)>,
}

/// The row near the top that has most of the headers of this sheet of the book, its code among them.
fn header(sheet: &Sheet, book: &'static Book, part: usize) -> Option<Header> {
    let top = sheet.rows.iter().take(HEADER_WITHIN).enumerate();
    let headers = top.filter_map(|(place, row)| {
        let above = place.checked_sub(1).and_then(|above| sheet.rows.get(above));
        understand(row, above.filter(|above| above.number + 1 == row.number), book, part)
    });
    headers.fold(None, |best: Option<Header>, header| match best {
        Some(best) if best.columns.len() >= header.columns.len() => Some(best),
        _ => Some(header),
    })
}

fn understand(row: &Row, above: Option<&Row>, book: &'static Book, part: usize) -> Option<Header> {
    let (mut code, mut columns, mut unknown) = (None, Vec::new(), Vec::new());
    for (at, cell) in &row.cells {
        let text = normalise_cell::without_spaces(&cell.text());
        match meaning(&text, &group(above, *at), book, part) {
            Some(Understood::Nothing) => {}
            Some(Understood::Code) if code.is_none() => code = Some(*at),
            Some(Understood::Means(meaning)) if columns.iter().all(|known: &KnownColumn| known.meaning != meaning) => {
                columns.push(KnownColumn { at: *at, meaning });
            }
            Some(Understood::Code | Understood::Means(_)) | None => unknown.push((row.number, *at, cell.text())),
        }
    }
    let code = code.filter(|_| !columns.is_empty())?;
    Some(Header { book, part, last_row: row.number, code, columns, unknown })
}

/// What stands above a column: in merged cells only the first one has it.
fn group(above: Option<&Row>, at: u16) -> String {
    let before = above.into_iter().flat_map(|row| &row.cells).take_while(|(column, _)| *column <= at).last();
    before.map(|(_, cell)| normalise_cell::without_spaces(&cell.text())).unwrap_or_default()
}

enum Understood {
    Nothing,
    Code,
    Means(Meaning),
}

fn meaning(header: &str, group: &str, book: &'static Book, part: usize) -> Option<Understood> {
    let sheet = book.sheets.get(part)?;
    if part == 0 && book.kind.name == OF_OFFICES {
        let office = OFFICE.iter().filter(|(_, name, _)| *name == header);
        let office = office.filter(|(above, ..)| above.is_empty() || *above == group);
        // The one that names the group is surer.
        if let Some((_, _, office)) = office.max_by_key(|(above, ..)| above.len()) {
            return match office {
                Office::Nothing => Some(Understood::Nothing),
                Office::Code => Some(Understood::Code),
                Office::Special(meaning) => Some(Understood::Means(*meaning)).filter(|_| has(sheet, meaning)),
                Office::Field(name) => {
                    let place = sheet.columns.iter().position(|column| column.path == [*name]);
                    place.map(|place| Understood::Means(Meaning::Own(place)))
                }
            };
        }
    }
    if PASSED.contains(&header) && sheet.column(header).is_none() {
        return Some(Understood::Nothing);
    }
    let place = sheet.column(header)?;
    let column = &sheet.columns[place];
    Some(match column.path.as_slice() {
        _ if column.is_of_register() => Understood::Nothing,
        _ if place == 0 && part > 0 => Understood::Code,
        [only] if only == "code" && part == 0 => Understood::Code,
        _ => Understood::Means(Meaning::Own(place)),
    })
}

/// Whether a sheet has room for what a column of offices says: in a workbook of our own, lists stand on sheets of their own.
fn has(sheet: &crate::register::tables::columns::Sheet, meaning: &Meaning) -> bool {
    meaning.field().is_none_or(|field| sheet.columns.iter().any(|column| column.path == [field]))
}

impl Meaning {
    /// The field of an item that such a column is about.
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::Own(_) => None,
            Self::OrganisationName => Some("organisation"),
            Self::Charge => Some("charge"),
            Self::Promise => Some("promised_limit"),
            Self::Bases => Some("legal_bases"),
            Self::Phones(field) => Some(field),
            Self::Responsibilities => Some("responsibilities"),
            Self::Accountability => Some("accountability"),
        }
    }
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
        Ok(place) => {
            let whole = format!("{}{}", row.cells[place].1.text(), more.text());
            row.cells[place].1 = Cell::Text(whole.into());
        }
        Err(place) => row.cells.insert(place, (at, more.clone())),
    }
}
