//! Workbooks (ECMA-376) into tables. What unpacks to too much, or reaches too far, is refused before it is held.

use std::io::{BufReader, Cursor, Read};

use calamine::{DataRef, Reader, SheetVisible, Xlsx, XlsxError};

use super::{
    cells::{Cell, Row, Sheet, address},
    census::{self, MOST_CELLS, MOST_STRINGS},
    hidden::{self, Hidden},
    limits::{
        MOST_COLUMNS, MOST_HELD, MOST_ROWS, MOST_ROWS_TOGETHER, MOST_SHEETS, beyond, too_large, too_long,
        too_many_rows_of, too_many_rows_together,
    },
    results::{Results, without_result},
};
use crate::{
    problem::{Detail, Wrong},
    register::files::{has_part, measure, parts},
};

/// Bytes that a workbook unpacks to at most.
const MOST_UNPACKED: u64 = 256 << 20;
/// Bytes of a shared string at least: `<si/>`.
const SHORTEST_STRING: u64 = 5;
/// Days between the date systems of 1900 and of 1904.
pub const SYSTEM_1904: f64 = 1462.0;

/// A workbook that is open.
pub type Workbook<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Every visible sheet that has something in it, and of those that are hidden the names.
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, Wrong> {
    let mut workbook = open(bytes)?;
    let sheets = workbook.sheets_metadata().iter();
    let names: Vec<_> = sheets.map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible)).collect();
    if names.iter().filter(|(_, is_visible)| *is_visible).count() > MOST_SHEETS {
        return Err(too_large(format!("工作表超过 {MOST_SHEETS} 张"), format!("has more than {MOST_SHEETS} sheets")));
    }
    let (results, mut hidden) = (Results::of(bytes), hidden::of_sheets(bytes));
    let (mut sheets, mut so_far) = (Vec::new(), SoFar::default());
    for (name, is_visible) in names {
        if !is_visible {
            sheets.push(Sheet { name, hidden: Hidden::whole(), ..Sheet::default() });
            continue;
        }
        let rows = rows(&mut workbook, &name, results, &mut so_far)?;
        if !rows.is_empty() {
            let hidden = hidden.remove(&name).unwrap_or_default();
            sheets.push(Sheet { name, rows, hidden });
        }
    }
    Ok(sheets)
}

/// Opens a workbook that may be opened.
pub fn open(bytes: &[u8]) -> Result<Workbook<'_>, Wrong> {
    measure(bytes, MOST_UNPACKED)?;
    if has_part(bytes, "xl/externallinks/") {
        return Err(Wrong::TableUnreadable(Detail::new(
            "工作簿引用了其他文件，请断开链接（数据→编辑链接）后再导入",
            "refers to other workbooks; break the links (Data, Edit Links) and send it again",
        )));
    }
    census::check_size(bytes)?;
    let mut strings = parts(bytes).into_iter().filter(|part| part.name.ends_with("sharedstrings.xml"));
    if strings.any(|part| promises_too_much(part.size, part.content)) {
        return Err(Wrong::FileDamaged);
    }
    Xlsx::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))
}

/// Whether shared strings say that they are more than fit into their bytes: the reader makes room for as many as they say, and
/// where there is none the process ends.
fn promises_too_much(unpacked: u64, text: Box<dyn Read + '_>) -> bool {
    const SAYS: &[u8] = b"uniqueCount";
    let (mut matched, mut figure): (usize, Option<u64>) = (0, None);
    for byte in BufReader::new(text).bytes() {
        let Ok(byte) = byte else { return true };
        figure = match (figure, byte) {
            (Some(figure), b'0'..=b'9') => Some(figure.saturating_mul(10).saturating_add(u64::from(byte - b'0'))),
            (Some(0), b'=' | b'"' | b'\'' | b' ' | b'\t' | b'\r' | b'\n' | b'+') => Some(0),
            _ => None,
        };
        if figure.is_some_and(|figure| figure > MOST_STRINGS.min(unpacked / SHORTEST_STRING)) {
            return true;
        }
        matched = match byte == SAYS[matched] {
            true => matched + 1,
            false => usize::from(byte == SAYS[0]),
        };
        if matched == SAYS.len() {
            (matched, figure) = (0, Some(0));
        }
    }
    false
}

/// Counts of the parts of a workbook that were read so far.
#[derive(Default)]
struct SoFar {
    /// Rows so far.
    rows: usize,
    /// Cells that were looked at so far: sheets may share what they have.
    cells: usize,
    /// Bytes of the cells that are kept so far.
    held: usize,
}

impl SoFar {
    fn count_cell(&mut self) -> Result<(), Wrong> {
        self.cells += 1;
        match self.cells > MOST_CELLS {
            true => Err(too_large(format!("单元格超过 {MOST_CELLS} 个"), format!("has more than {MOST_CELLS} cells"))),
            false => Ok(()),
        }
    }

    fn hold(&mut self, cell: &Cell) -> Result<(), Wrong> {
        self.held += cell.weight();
        if self.held > MOST_HELD { Err(too_long()) } else { Ok(()) }
    }

    /// Counts a row of a sheet that has so many before it.
    fn count_row(&mut self, sheet: &str, before: usize) -> Result<(), Wrong> {
        self.rows += 1;
        if before == MOST_ROWS {
            return Err(too_many_rows_of(sheet));
        }
        if self.rows > MOST_ROWS_TOGETHER { Err(too_many_rows_together()) } else { Ok(()) }
    }
}

fn rows(workbook: &mut Workbook<'_>, name: &str, results: Results, so_far: &mut SoFar) -> Result<Vec<Row>, Wrong> {
    let shift = if workbook.has_1904_epoch() { SYSTEM_1904 } else { 0.0 };
    let mut reader = match workbook.worksheet_cells_reader(name) {
        Ok(reader) => reader,
        // A sheet of charts has no cells.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(&error)),
    };
    let mut rows: Vec<Row> = Vec::new();
    while let Some(found) = reader.next_cell_with_formula_metadata().map_err(|error| unreadable(&error))? {
        so_far.count_cell()?;
        let value = match found.formula {
            Some(formula) if results.lack(&found.value) => Some(without_result(formula)),
            _ => cell(&found.value, shift),
        };
        let Some(cell) = value.filter(|cell| !cell.is_blank()) else { continue };
        let (number, column) = place(name, found.pos)?;
        so_far.hold(&cell)?;
        match rows.last_mut() {
            Some(last) if last.number == number => last.cells.push((column, cell)),
            Some(last) if last.number > number => return Err(Wrong::FileDamaged),
            last => {
                if let Some(last) = last {
                    last.cells.shrink_to_fit();
                }
                so_far.count_row(name, rows.len())?;
                rows.push(Row { number, cells: vec![(column, cell)] });
            }
        }
    }
    for row in &mut rows {
        row.cells.sort_by_key(|(column, _)| *column);
        row.cells.dedup_by_key(|(column, _)| *column);
    }
    Ok(rows)
}

/// The number of the row and the column of a cell at this position, both counted from 0 there.
fn place(sheet: &str, (row, column): (u32, u32)) -> Result<(u32, u16), Wrong> {
    let known = u16::try_from(column).ok().filter(|column| usize::from(*column) < MOST_COLUMNS);
    match known.filter(|_| (row as usize) < MOST_ROWS * 2) {
        Some(column) => Ok((row + 1, column)),
        None => Err(beyond(sheet, &address(u16::try_from(column).unwrap_or(u16::MAX), row.saturating_add(1)))),
    }
}

fn cell(value: &DataRef<'_>, shift: f64) -> Option<Cell> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::String(text) => Cell::written(text),
        DataRef::SharedString(text) => Cell::written(text),
        DataRef::Bool(value) => Cell::Boolean(*value),
        DataRef::DateTime(date) => Cell::Date(date.as_f64() + shift),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::Text(text.as_str().into()),
        DataRef::Error(fault) => Cell::Fault(fault.to_string().into()),
    })
}

fn unreadable(error: &XlsxError) -> Wrong {
    log::debug!("a workbook was refused: {error}");
    match error {
        XlsxError::Password => Wrong::TableUnreadable(Detail::new(
            "工作簿设有密码，请去掉密码后再导入",
            "is protected by a password; remove it and send it again",
        )),
        _ => Wrong::FileDamaged,
    }
}
