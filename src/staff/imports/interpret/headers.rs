//! The header of a sheet: which row it is, and what each of its columns means. Headers of our own exports are known, and those that
//! offices use.

use super::{
    normalise_cell,
    office_headers::{ITEM, Meaning, OfficeColumn, office_column},
};
use crate::{
    register::tables::{self, Book},
    staff::imports::read::{Row, Sheet},
};

/// Rows at the beginning of a sheet in which its header is looked for.
const HEADER_WITHIN: usize = 20;
/// Columns beside the record itself: the number of a row, and what our own reports say of it.
const PASSED: [&str; 3] = ["序号", "导入结果", "Resultoftheimport"];

/// A column that means something.
#[derive(Clone, Copy)]
pub struct KnownColumn {
    /// Its place.
    pub at: u16,
    /// Its meaning.
    pub meaning: Meaning,
}

/// A header, as far as it is understood.
pub struct Header {
    /// The book to which its columns belong.
    pub book: &'static Book,
    /// The number of its sheet in the book.
    pub part: usize,
    /// The number of its row.
    pub last_row: u32,
    /// The column of the code.
    pub code: u16,
    /// The other columns that mean something.
    pub columns: Vec<KnownColumn>,
    /// Columns that nobody knows: row, column, text.
    pub unknown: Vec<(u32, u16, String)>,
}

/// Finds the row near the top that has most of the headers of this sheet of the book, its code among them.
pub fn header(sheet: &Sheet, book: &'static Book, part: usize) -> Option<Header> {
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

/// Reads the text above a column: in merged cells only the first one has it.
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
    if part == 0 && book.kind.name == ITEM {
        match office_column(header, group) {
            None => {}
            Some(OfficeColumn::Nothing) => return Some(Understood::Nothing),
            Some(OfficeColumn::Code) => return Some(Understood::Code),
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
        _ if column.is_of_register() => Understood::Nothing,
        _ if place == 0 && part > 0 => Understood::Code,
        [only] if only == "code" && part == 0 => Understood::Code,
        _ => Understood::Means(Meaning::Own(place)),
    })
}

/// Whether a sheet has room for what a column of offices says: in a workbook of our own, lists stand on sheets of their own.
fn has(sheet: &tables::Sheet, meaning: Meaning) -> bool {
    meaning.field().is_none_or(|field| sheet.columns.iter().any(|column| column.path == [field]))
}
