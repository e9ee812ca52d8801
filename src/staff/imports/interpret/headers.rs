//! The header of a sheet: which row it is, and what each of its columns means. Headers of our own exports are known, and those that
//! offices use.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    header_text::{HeaderText, LONGEST, unit},
    mapping::{self, Mapped},
    office_headers::{ITEM, Meaning, OfficeColumn, office_column, special_of},
};
use crate::{
    register::tables::{self, Book},
    staff::imports::read::{Row, Sheet},
};

/// Rows at the beginning of a sheet in which its header is looked for.
const HEADER_WITHIN: usize = 20;
/// Rows over which a header reaches at most.
const DEEPEST: usize = 3;
/// The header of the numbers of rows.
const ORDINAL: &str = "序号";
/// The header of the day on which a list says that an item became public.
const PUBLICATION: &str = "公布日期";
/// Columns beside the record itself: the number of a row, and what our own reports say of it.
const PASSED: [&str; 3] = [ORDINAL, "导入结果", "Resultoftheimport"];

/// A column that means something.
#[derive(Clone, Copy)]
pub struct KnownColumn {
    /// Its place.
    pub at: u16,
    /// Its meaning.
    pub meaning: Meaning,
    /// The unit that its header says of bare numbers below it.
    pub unit: Option<&'static str>,
    /// Whether it is the day of publication, which lists show.
    pub is_publication: bool,
}

/// A header, as far as it is understood.
pub struct Header {
    /// The book to which its columns belong.
    pub book: &'static Book,
    /// The number of its sheet in the book.
    pub part: usize,
    /// The number of its row.
    pub last_row: u32,
    /// The column of the code; without one, that of the name.
    pub code: u16,
    /// Whether it has a column of codes.
    pub is_coded: bool,
    /// The column with the number of the row, if there is one.
    pub ordinal: Option<u16>,
    /// The other columns that mean something.
    pub columns: Vec<KnownColumn>,
    /// Columns with headers that say nothing that is read.
    pub unknown: Vec<UnreadHeader>,
    /// Columns that tell what the register knows, and are not read: place and header.
    pub of_register: Vec<(u16, String)>,
    /// Every column that has a header.
    pub headed: BTreeSet<u16>,
}

/// A header of which the column is not read.
pub struct UnreadHeader {
    /// Its row.
    pub row: u32,
    /// Its column.
    pub at: u16,
    /// Its text.
    pub text: String,
    /// Why it is not read.
    pub why: Unread,
}

/// Why a column is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Nobody knows its header.
    Unknown,
    /// This column has the same meaning.
    Again(u16),
    /// The register has no such field: those in which its content may stand.
    Homeless(&'static str),
}

/// A row near the top of a sheet, which may be its header.
pub struct HeaderRow {
    number: u32,
    cells: Vec<(u16, HeaderText)>,
}

/// Reads the rows among which the header of a sheet is looked for, once for all the books to which it may belong.
pub fn rows_near_the_top(sheet: &Sheet) -> Vec<HeaderRow> {
    let rows = sheet.rows.iter().take(HEADER_WITHIN);
    let cells = |row: &Row| row.cells.iter().map(|(at, cell)| (*at, HeaderText::of(cell.text()))).collect();
    rows.map(|row| HeaderRow { number: row.number, cells: cells(row) }).collect()
}

/// Finds the rows near the top that have most of the headers of this sheet of the book, the code among them (of items the name at
/// least): one row, or two or three of which cells are merged downwards.
pub fn header(rows: &[HeaderRow], book: &'static Book, part: usize, mapped: &Mapped) -> Option<Header> {
    let place = Place { book, part, mapped };
    // Fewer rows first: with as many headers they are the header.
    let spans = (1..=DEEPEST).flat_map(|depth| rows.windows(depth).enumerate());
    let headers = spans.filter_map(|(at, span)| {
        let is_together = span.windows(2).all(|pair| pair[0].number + 1 == pair[1].number);
        let first = span.first().filter(|_| is_together)?;
        let above =
            at.checked_sub(1).and_then(|above| rows.get(above)).filter(|above| above.number + 1 == first.number);
        understand(span, above, &place)
    });
    headers.fold(None, |best: Option<Header>, header| match best {
        Some(best) if best.rank() >= header.rank() => Some(best),
        _ => Some(header),
    })
}

impl Header {
    /// What makes one header surer than another: a column of codes, then how many columns it knows.
    pub fn rank(&self) -> (bool, usize) {
        (self.is_coded, self.columns.len())
    }

    /// The header of a sheet with these rows: a column of codes in which no code stands is none.
    pub fn beside(mut self, sheet: &Sheet) -> Self {
        let place = (self.book, self.part);
        let is_empty = self.is_coded && sheet.rows.iter().all(|row| row.cell(self.code).is_none());
        if let Some(at) = named(&self.columns, place).filter(|_| is_empty) {
            (self.code, self.is_coded) = (at, false);
        }
        self
    }
}

/// The sheet of a book to which a header may belong, and what the client says of headers.
struct Place<'a> {
    book: &'static Book,
    part: usize,
    mapped: &'a Mapped,
}

/// Understands rows as one header: of each column the lowest cell, and the one above it as its group.
fn understand(span: &[HeaderRow], above: Option<&HeaderRow>, place: &Place<'_>) -> Option<Header> {
    let last = span.last()?;
    let (mut columns, mut unknown) = (Columns::default(), Vec::new());
    let mut lowest: BTreeMap<u16, (usize, &HeaderText)> = BTreeMap::new();
    for (depth, row) in span.iter().enumerate() {
        row.cells.iter().for_each(|(at, text)| {
            lowest.insert(*at, (depth, text));
        });
    }
    let headed = lowest.keys().copied().collect();
    for (at, (depth, text)) in lowest {
        // The nearest first: a group may reach over several rows, too.
        let groups = span[..depth].iter().rev().chain(above).map(|row| group(row, at));
        if let Some(why) = columns.take(at, text, understood(text, groups, place)) {
            unknown.push(UnreadHeader { row: span[depth].number, at, text: text.text.clone(), why });
        }
    }
    let Columns { code, ordinal, known: columns, of_register } = columns;
    let is_coded = code.is_some();
    let code = code.or_else(|| named(&columns, (place.book, place.part))).filter(|_| !columns.is_empty())?;
    let Place { book, part, .. } = *place;
    Some(Header { book, part, last_row: last.number, code, is_coded, ordinal, columns, unknown, of_register, headed })
}

/// The columns of a header so far.
#[derive(Default)]
struct Columns {
    code: Option<u16>,
    ordinal: Option<u16>,
    known: Vec<KnownColumn>,
    of_register: Vec<(u16, String)>,
}

impl Columns {
    /// Takes a column; the reason why it is not read, if it is not.
    fn take(&mut self, at: u16, text: &HeaderText, understood: Option<Understood>) -> Option<Unread> {
        match understood {
            Some(Understood::Nothing) => self.ordinal = self.ordinal.or((text.bare == ORDINAL).then_some(at)),
            Some(Understood::OfRegister) => self.of_register.push((at, text.text.clone())),
            Some(Understood::Code) => match self.code {
                Some(first) => return Some(Unread::Again(first)),
                None => self.code = Some(at),
            },
            Some(Understood::Means(meaning)) => match meant(&self.known, meaning) {
                Some(first) => return Some(Unread::Again(first)),
                None => {
                    let is_publication = text.bare == PUBLICATION;
                    self.known.push(KnownColumn { at, meaning, unit: unit(&text.text), is_publication });
                }
            },
            Some(Understood::Homeless(nearest)) => return Some(Unread::Homeless(nearest)),
            None => return Some(Unread::Unknown),
        }
        None
    }
}

/// The column that has this meaning already.
fn meant(columns: &[KnownColumn], meaning: Meaning) -> Option<u16> {
    columns.iter().find(|known| known.meaning == meaning).map(|known| known.at)
}

/// The column of the name in a list of items without codes, which has something else to say, too.
fn named(columns: &[KnownColumn], (book, part): (&Book, usize)) -> Option<u16> {
    let sheet = book.sheets.get(part)?;
    let is_list = part == 0 && book.kind.name == ITEM && columns.len() > 1;
    let name = sheet.columns.iter().position(|column| column.path == ["name"]).filter(|_| is_list)?;
    meant(columns, Meaning::Own(name))
}

/// Reads the text above a column: in merged cells only the first one has it.
fn group(above: &HeaderRow, at: u16) -> &str {
    let before = above.cells.iter().take_while(|(column, _)| *column <= at).last();
    before.map_or("", |(_, text)| &text.bare)
}

enum Understood {
    Nothing,
    OfRegister,
    Code,
    Means(Meaning),
    Homeless(&'static str),
}

/// What a header means: as the client says, or below one of the groups above it.
fn understood<'a>(text: &HeaderText, groups: impl Iterator<Item = &'a str>, place: &Place<'_>) -> Option<Understood> {
    if text.text.len() > LONGEST {
        return None;
    }
    if let Some(field) = place.mapped.field(&text.bare) {
        return mapped(field, place);
    }
    groups.chain([""]).find_map(|group| below(text, group, place))
}

/// What a header means below a group: as it stands, without marks and notes, or together with the group.
fn below(text: &HeaderText, group: &str, place: &Place<'_>) -> Option<Understood> {
    let HeaderText { spaceless, unmarked, bare, .. } = text;
    let others = [(unmarked, spaceless), (bare, unmarked)].into_iter().filter(|(own, before)| own != before);
    let mut spellings = [spaceless].into_iter().chain(others.map(|(own, _)| own));
    let alone = spellings.find_map(|header| meaning(header, group, place.book, place.part));
    if group.is_empty() || alone.as_ref().is_some_and(|known| !matches!(known, Understood::Homeless(_))) {
        return alone;
    }
    let together = [format!("{group}{bare}"), format!("{bare}{group}")];
    together.iter().find_map(|header| meaning(header, "", place.book, place.part)).or(alone)
}

/// The meaning that the client gives to a header; an empty field says that it is not to be read.
fn mapped(field: &str, place: &Place<'_>) -> Option<Understood> {
    let sheet = place.book.sheets.get(place.part)?;
    if field.is_empty() {
        return Some(Understood::Nothing);
    }
    let at = sheet.columns.iter().position(|column| mapping::is_named(column, field))?;
    let column = &sheet.columns[at];
    let is_code = at == 0 && place.part > 0 || place.part == 0 && column.path == ["code"];
    let own = if is_code { Understood::Code } else { Understood::Means(Meaning::Own(at)) };
    let is_office = place.part == 0 && place.book.kind.name == ITEM;
    let special = special_of(&column.path.join(".")).filter(|_| is_office);
    Some(special.map_or(own, Understood::Means))
}

fn meaning(header: &str, group: &str, book: &'static Book, part: usize) -> Option<Understood> {
    let sheet = book.sheets.get(part)?;
    if part == 0 && book.kind.name == ITEM {
        match office_column(header, group) {
            None => {}
            Some(OfficeColumn::Nothing) => return Some(Understood::Nothing),
            Some(OfficeColumn::Code) => return Some(Understood::Code),
            Some(OfficeColumn::Homeless(nearest)) if sheet.column(header).is_none() => {
                return Some(Understood::Homeless(nearest));
            }
            Some(OfficeColumn::Homeless(_)) => {}
            Some(OfficeColumn::Special(meaning)) => {
                return Some(Understood::Means(meaning)).filter(|_| has(sheet, meaning));
            }
            Some(OfficeColumn::Field(name)) => {
                let place = sheet.columns.iter().position(|column| column.path == [name]);
                return place.map(|place| Understood::Means(Meaning::Own(place)));
            }
        }
    }
    if PASSED.contains(&header) && sheet.column(header).is_none() {
        return Some(Understood::Nothing);
    }
    let place = sheet.column(header)?;
    let column = &sheet.columns[place];
    Some(match column.path.as_slice() {
        _ if column.is_of_register() => Understood::OfRegister,
        _ if place == 0 && part > 0 => Understood::Code,
        [only] if only == "code" && part == 0 => Understood::Code,
        _ => Understood::Means(Meaning::Own(place)),
    })
}

/// Whether a sheet has room for what a column of offices says: in a workbook of our own, lists stand on sheets of their own.
fn has(sheet: &tables::Sheet, meaning: Meaning) -> bool {
    meaning.field().is_none_or(|field| sheet.columns.iter().any(|column| column.path == [field]))
}
