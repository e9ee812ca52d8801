//! The records of an older workbook (BIFF5 and BIFF8, \[MS-XLS\]), looked at before the reader of workbooks sees them. That makes as much
//! room as records say that they need, and follows what they name: here is counted what there is, and whatever needs no reading is
//! made into nothing.

use std::collections::HashMap;

use super::{
    census::{MOST_CELLS, MOST_STRINGS},
    hidden::{Hidden, Merged},
    limits::{MOST_COLUMNS, MOST_ROWS, MOST_SHEETS, too_large},
};
use crate::problem::{Detail, Wrong};

/// Cell styles of a workbook at most.
const MOST_STYLES: usize = 20_000;
/// Merged regions of a workbook at most.
const MOST_MERGED: usize = 100_000;
/// A type that no record has: readers pass over it.
const NOTHING: u16 = 0xffff;

/// What stands in a workbook beside its cells.
#[derive(Debug, Default)]
pub struct Workbook {
    /// Whether its days are counted from 1904.
    pub is_1904: bool,
    /// What is known of each sheet, in the order of the sheets.
    pub sheets: Vec<Beside>,
}

/// What is known of a sheet beside the values of its cells.
#[derive(Debug, Default)]
pub struct Beside {
    /// What it does not show.
    pub hidden: Hidden,
    /// Cells with a formula whose result, a text, is not in the file: row and column, from 0.
    pub without_result: Vec<(u16, u16)>,
}

/// Makes the records of a workbook safe to be read, in place, and says what stands beside its cells. Fails where there is too much, or
/// where it is damaged or protected.
pub fn tame(stream: &mut Vec<u8>) -> Result<Workbook, Wrong> {
    let mut counts = Counts::default();
    let mut sheets: Vec<SheetExtent> = Vec::new();
    let mut beginnings: Vec<usize> = Vec::new();
    let mut workbook = Workbook::default();
    let mut of_sheet: HashMap<usize, usize> = HashMap::new();
    let mut at = 0;
    while at < stream.len() {
        // What fills the last sector is no record.
        if stream[at..].iter().take(4).all(|byte| *byte == 0) {
            stream.truncate(at);
            break;
        }
        let record = Record::at(stream, at)?;
        let end = record.end;
        let (kind, data) = (record.kind, &mut stream[record.data..end]);
        match kind {
            BOF => {
                of_sheet.insert(at, sheets.len());
                sheets.push(SheetExtent::default());
            }
            FILE_PASS if data.iter().any(|byte| *byte != 0) => return Err(protected()),
            DATE_MODE => workbook.is_1904 = word(data, 0)? == 1,
            BOUND_SHEET => beginnings.push(double(data, 0)? as usize),
            FORMULA => forget_formula(data)?,
            _ => {}
        }
        counts.add(kind, data)?;
        if let Some(extent) = sheets.last_mut() {
            extent.add(kind, data)?;
        }
        if !KEPT.contains(&kind) {
            stream[at..at + 2].copy_from_slice(&NOTHING.to_le_bytes());
        }
        at = end;
    }
    let area: u64 = sheets.iter().map(SheetExtent::area).sum();
    if area > MOST_CELLS as u64 {
        return Err(too_many_cells());
    }
    // Where no formula has a result, a program wrote the file that computes none.
    if !sheets.iter().any(|sheet| sheet.has_results) {
        sheets.iter_mut().for_each(|sheet| sheet.beside.without_result.append(&mut sheet.blank));
    }
    workbook.sheets = in_order(&beginnings, &of_sheet, sheets)?;
    Ok(workbook)
}

const BOF: u16 = 0x0809;
const EOF: u16 = 0x000a;
const FILE_PASS: u16 = 0x002f;
const DATE_MODE: u16 = 0x0022;
const BOUND_SHEET: u16 = 0x0085;
const FORMULA: u16 = 0x0006;
const SHARED_STRINGS: u16 = 0x00fc;
const STYLE: u16 = 0x00e0;
const MERGED: u16 = 0x00e5;
const ROW: u16 = 0x0208;
const COLUMNS: u16 = 0x007d;
const SEVERAL_NUMBERS: u16 = 0x00bd;
/// NUMBER, LABEL, RSTRING, BOOLERR, RK, LABELSST, FORMULA, MULRK: each begins with its row and column.
const CELLS: [u16; 8] = [0x0203, 0x0204, 0x00d6, 0x0205, 0x027e, 0x00fd, FORMULA, SEVERAL_NUMBERS];
/// The results of formulas that are texts, what continues a record, and the code page and formats by which all is read.
const STRING: u16 = 0x0207;
const CONTINUE: u16 = 0x003c;
const CODE_PAGE: u16 = 0x0042;
const FORMAT: u16 = 0x041e;
/// What the result of a formula is: a text, which stands in a record after it, or none of any character.
const TEXT: u8 = 0;
const NO_CHARACTER: u8 = 3;
/// What may stand between a formula and its result.
const ARRAY: u16 = 0x0221;
const SHARED_FORMULA: u16 = 0x04bc;
const TABLE: u16 = 0x0236;
/// The records that are read.
const KEPT: [u16; 18] = [
    BOF,
    EOF,
    DATE_MODE,
    BOUND_SHEET,
    SHARED_STRINGS,
    STYLE,
    STRING,
    CONTINUE,
    CODE_PAGE,
    FORMAT,
    0x0203,
    0x0204,
    0x00d6,
    0x0205,
    0x027e,
    0x00fd,
    FORMULA,
    SEVERAL_NUMBERS,
];

/// One record: its type, and where its content begins and ends.
struct Record {
    kind: u16,
    data: usize,
    end: usize,
}

impl Record {
    fn at(stream: &[u8], at: usize) -> Result<Self, Wrong> {
        let (kind, length) = (word(stream, at)?, word(stream, at + 2)?);
        let (data, end) = (at + 4, at + 4 + usize::from(length));
        if end > stream.len() { Err(Wrong::FileDamaged) } else { Ok(Self { kind, data, end }) }
    }
}

/// How much there is of what the reader keeps.
#[derive(Default)]
struct Counts {
    cells: usize,
    styles: usize,
    merged: usize,
    sheets: usize,
}

impl Counts {
    fn add(&mut self, kind: u16, data: &[u8]) -> Result<(), Wrong> {
        match kind {
            SEVERAL_NUMBERS => self.cells += data.len() / 6,
            kind if CELLS.contains(&kind) => self.cells += 1,
            STYLE => self.styles += 1,
            MERGED => self.merged += usize::from(word(data, 0)?),
            BOUND_SHEET => self.sheets += 1,
            SHARED_STRINGS if u64::from(double(data, 4)?) > MOST_STRINGS => {
                return Err(too_large(
                    format!("共享字符串超过 {MOST_STRINGS} 个"),
                    format!("has more than {MOST_STRINGS} shared strings"),
                ));
            }
            _ => {}
        }
        if self.cells > MOST_CELLS {
            return Err(too_many_cells());
        }
        if self.sheets > MOST_SHEETS {
            return Err(too_large(
                format!("工作表超过 {MOST_SHEETS} 张"),
                format!("has more than {MOST_SHEETS} sheets"),
            ));
        }
        if self.styles > MOST_STYLES || self.merged > MOST_MERGED { Err(Wrong::FileDamaged) } else { Ok(()) }
    }
}

/// How far the cells of one part of the stream reach, and what is known of it beside them.
#[derive(Default)]
struct SheetExtent {
    rows: u64,
    columns: u64,
    beside: Beside,
    /// The cell whose result has to follow.
    awaits: Option<(u16, u16)>,
    /// The cells with a formula whose result is said to be no character.
    blank: Vec<(u16, u16)>,
    /// Whether a formula has any other result.
    has_results: bool,
}

impl SheetExtent {
    fn add(&mut self, kind: u16, data: &[u8]) -> Result<(), Wrong> {
        match kind {
            STRING => {
                self.awaits = None;
                self.has_results = true;
            }
            ARRAY | SHARED_FORMULA | TABLE | CONTINUE => {}
            _ => self.beside.without_result.extend(self.awaits.take()),
        }
        if kind == FORMULA {
            let cell = (word(data, 0)?, word(data, 2)?);
            match data.get(12..14) == Some(&[0xff, 0xff]) {
                true if data[6] == TEXT => self.awaits = Some(cell),
                true if data[6] == NO_CHARACTER => self.blank.push(cell),
                _ => self.has_results = true,
            }
        }
        match kind {
            kind if CELLS.contains(&kind) => {
                let (row, first) = (word(data, 0)?, word(data, 2)?);
                let last = if kind == SEVERAL_NUMBERS { word(data, data.len().saturating_sub(2))? } else { first };
                self.rows = self.rows.max(u64::from(row) + 1);
                self.columns = self.columns.max(u64::from(first.max(last)) + 1);
            }
            ROW if double(data, 12)? & 0x20 != 0 => self.beside.hidden.add_row(u32::from(word(data, 0)?) + 1),
            COLUMNS if word(data, 8)? & 1 != 0 => self.beside.hidden.add_columns(word(data, 0)?, word(data, 2)?),
            MERGED => {
                for region in 0..usize::from(word(data, 0)?) {
                    let at = 2 + region * 8;
                    let (first, last) = (u32::from(word(data, at)?) + 1, u32::from(word(data, at + 2)?) + 1);
                    self.beside.hidden.add_merged(Merged { column: word(data, at + 4)?, first, last });
                }
            }
            _ => {}
        }
        match self.rows <= MOST_ROWS as u64 * 2 && self.columns <= MOST_COLUMNS as u64 {
            true => Ok(()),
            false => Err(too_many_cells()),
        }
    }

    /// The cells of the rectangle that the reader makes.
    fn area(&self) -> u64 {
        self.rows * self.columns
    }
}

/// What is known of each sheet, in the order in which the workbook names them. Each begins at a part of its own.
fn in_order(
    beginnings: &[usize],
    of_sheet: &HashMap<usize, usize>,
    sheets: Vec<SheetExtent>,
) -> Result<Vec<Beside>, Wrong> {
    let mut sheets: Vec<Option<SheetExtent>> = sheets.into_iter().map(Some).collect();
    let mut found = Vec::with_capacity(beginnings.len());
    for beginning in beginnings {
        let part = of_sheet.get(beginning).and_then(|part| sheets.get_mut(*part)).and_then(Option::take);
        found.push(part.ok_or(Wrong::FileDamaged)?.beside);
    }
    Ok(found)
}

/// Takes a formula away and leaves its result: what it says may be long, and nobody reads it.
fn forget_formula(data: &mut [u8]) -> Result<(), Wrong> {
    let formula = data.get_mut(20..).ok_or(Wrong::FileDamaged)?;
    formula.fill(0);
    Ok(())
}

fn word(bytes: &[u8], at: usize) -> Result<u16, Wrong> {
    let found = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<2>());
    found.map(|found| u16::from_le_bytes(*found)).ok_or(Wrong::FileDamaged)
}

fn double(bytes: &[u8], at: usize) -> Result<u32, Wrong> {
    let found = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<4>());
    found.map(|found| u32::from_le_bytes(*found)).ok_or(Wrong::FileDamaged)
}

fn too_many_cells() -> Wrong {
    too_large(format!("单元格超过 {MOST_CELLS} 个"), format!("has more than {MOST_CELLS} cells"))
}

fn protected() -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        "工作簿设有密码，请去掉密码后再导入",
        "is protected by a password; remove it and send it again",
    ))
}
