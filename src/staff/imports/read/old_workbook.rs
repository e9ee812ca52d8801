//! Older workbooks (xls, and et of WPS) into tables. Their container (\[MS-CFB\]) is taken apart, and its one stream that holds cells is
//! handed to the reader in a new one.

use std::{
    io::{Cursor, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
};

use calamine::{Data, Reader, SheetVisible, Xls, XlsError};
use cfb::CompoundFile;

use super::{
    biff,
    cells::{Cell, Row, Sheet, Unreadable},
    hidden::Hidden,
    limits::{MOST_HELD, MOST_ROWS, MOST_ROWS_TOGETHER, too_large, too_long, too_many_rows_of, too_many_rows_together},
    workbook::SYSTEM_1904,
};
use crate::problem::Wrong;

/// The stream of BIFF8, and that of BIFF5.
const STREAMS: [&str; 2] = ["/Workbook", "/Book"];
/// Bytes of the stream at most.
const MOST_BYTES: u64 = 64 << 20;

/// Whether a compound file holds a workbook.
pub fn is_one(bytes: &[u8]) -> bool {
    CompoundFile::open(Cursor::new(bytes)).is_ok_and(|file| STREAMS.iter().any(|name| file.is_stream(name)))
}

/// Every visible sheet that has something in it, and of those that are hidden the names.
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, Wrong> {
    let mut stream = stream(bytes)?;
    let beside = biff::tame(&mut stream)?;
    let workbook = contained(&stream).map_err(|error| damaged(&error))?;
    drop(stream);
    let shift = if beside.is_1904 { SYSTEM_1904 } else { 0.0 };
    // What it has not met in any file so far may still surprise the reader.
    let opened = catch_unwind(AssertUnwindSafe(|| Xls::new(Cursor::new(workbook))));
    let mut workbook = opened.map_err(|_| Wrong::FileDamaged)?.map_err(|error: XlsError| damaged(&error))?;
    let named: Vec<_> = workbook.sheets_metadata().iter().map(|sheet| (sheet.name.clone(), sheet.visible)).collect();
    let (mut sheets, mut held, mut rows_so_far) = (Vec::new(), 0, 0);
    let mut beside = beside.sheets.into_iter();
    for (name, visible) in named {
        let beside = beside.next().unwrap_or_default();
        if visible != SheetVisible::Visible {
            sheets.push(Sheet { name, hidden: Hidden::whole(), ..Sheet::default() });
            continue;
        }
        let range = catch_unwind(AssertUnwindSafe(|| workbook.worksheet_range(&name)));
        let Ok(Ok(range)) = range else { continue };
        let mut rows = rows(&name, &range, shift, &mut held)?;
        add_without_result(&mut rows, beside.without_result);
        rows_so_far += rows.len();
        if rows_so_far > MOST_ROWS_TOGETHER {
            return Err(too_many_rows_together());
        }
        if !rows.is_empty() {
            sheets.push(Sheet { name, rows, hidden: beside.hidden });
        }
    }
    Ok(sheets)
}

/// The stream with the cells.
fn stream(bytes: &[u8]) -> Result<Vec<u8>, Wrong> {
    let mut file = CompoundFile::open(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let name = STREAMS.into_iter().find(|name| file.is_stream(name)).ok_or(Wrong::FileDamaged)?;
    let found = file.open_stream(name).map_err(|error| damaged(&error))?;
    let length = found.len();
    if length > MOST_BYTES.min(bytes.len() as u64) {
        let most = MOST_BYTES >> 20;
        return Err(too_large(format!("工作簿超过 {most} MiB"), format!("has more than {most} MiB of records")));
    }
    let mut stream = Vec::new();
    found.take(MOST_BYTES).read_to_end(&mut stream).map_err(|error| damaged(&error))?;
    // A stream ends with its records; what fills its last sector is none of it.
    Ok(stream)
}

/// A compound file with this stream alone.
fn contained(stream: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut file = CompoundFile::create(Cursor::new(Vec::new()))?;
    file.create_stream(STREAMS[0])?.write_all(stream)?;
    file.flush()?;
    Ok(file.into_inner().into_inner())
}

fn rows(sheet: &str, range: &calamine::Range<Data>, shift: f64, held: &mut usize) -> Result<Vec<Row>, Wrong> {
    let (first_row, first_column) = range.start().unwrap_or_default();
    let mut rows: Vec<Row> = Vec::new();
    for (row, column, value) in range.used_cells() {
        let Some(cell) = cell(value, shift).filter(|cell| !cell.is_blank()) else { continue };
        *held += cell.weight();
        if *held > MOST_HELD {
            return Err(too_long());
        }
        let number = first_row + u32::try_from(row).map_err(|_| Wrong::FileDamaged)? + 1;
        let column = u32::try_from(column).ok().and_then(|column| u16::try_from(first_column + column).ok());
        let column = column.ok_or(Wrong::FileDamaged)?;
        let so_far = rows.len();
        match rows.last_mut() {
            Some(last) if last.number == number => last.cells.push((column, cell)),
            _ if so_far == MOST_ROWS => return Err(too_many_rows_of(sheet)),
            _ => rows.push(Row { number, cells: vec![(column, cell)] }),
        }
    }
    Ok(rows)
}

/// Adds the cells of which the file does not have the result: they are not empty.
fn add_without_result(rows: &mut Vec<Row>, without_result: Vec<(u16, u16)>) {
    for (row, column) in without_result {
        let (number, cell) = (u32::from(row) + 1, Cell::Unreadable(Unreadable::NoResult("".into())));
        match rows.binary_search_by_key(&number, |row| row.number) {
            Ok(at) => {
                let cells = &mut rows[at].cells;
                if let Err(place) = cells.binary_search_by_key(&column, |(at, _)| *at) {
                    cells.insert(place, (column, cell));
                }
            }
            Err(at) => rows.insert(at, Row { number, cells: vec![(column, cell)] }),
        }
    }
}

fn cell(value: &Data, shift: f64) -> Option<Cell> {
    Some(match value {
        Data::Empty => return None,
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Float(number) => Cell::Number(*number),
        Data::String(text) => Cell::written(text),
        Data::Bool(value) => Cell::Boolean(*value),
        Data::DateTime(date) => Cell::Date(date.as_f64() + shift),
        Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::Text(text.as_str().into()),
        Data::Error(fault) => Cell::Fault(fault.to_string().into()),
    })
}

fn damaged(error: &dyn std::fmt::Display) -> Wrong {
    log::debug!("an older workbook was refused: {error}");
    Wrong::FileDamaged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As `tests/data/office_xls.py` makes it.
    const OFFICE: &[u8] = include_bytes!("../../../../tests/data/office.xls");

    #[test]
    fn cells_are_read_with_what_is_hidden_and_merged() {
        let sheets = read(OFFICE).expect("it is read");
        let [list, hidden] = sheets.as_slice() else { panic!("{sheets:?}") };
        assert_eq!((list.name.as_str(), hidden.name.as_str(), hidden.hidden.is_whole), ("权力清单", "隐藏", true));
        let texts = |row: usize| list.rows[row].cells.iter().map(|(_, cell)| cell.text()).collect::<Vec<_>>();
        assert_eq!(texts(1), ["序号", "事项编码", "事项名称", "承诺时限", "核验日期"]);
        assert_eq!([&texts(2)[..2], &texts(2)[3..4]].concat(), ["=", "11350121003619116B5000511001000", "4个工作日"]);
        assert!(matches!(list.rows[2].cell(0), Some(Cell::Unreadable(_))), "a formula whose result is not there");
        assert_eq!(list.rows[2].cell(4), Some(&Cell::Date(42724.0)), "2016-12-20");
        assert!(list.hidden.has_row(4) && !list.hidden.has_row(3));
    }

    /// The file with another stream.
    fn with(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut stream = stream(OFFICE).expect("it is read");
        change(&mut stream);
        contained(&stream).expect("it is written")
    }

    #[test]
    fn a_cell_far_away_makes_no_room_for_all_before_it() {
        let far = with(|stream| {
            let number = stream.windows(4).position(|bytes| bytes == [0xfd, 0, 10, 0]).expect("a cell of a text");
            stream[number + 4..number + 8].copy_from_slice(&[0xff, 0xff, 0xff, 0]);
        });
        assert!(matches!(read(&far), Err(Wrong::TableSize(_))));
    }

    #[test]
    fn a_sheet_that_stands_for_many_is_read_once() {
        let twice = with(|stream| {
            let at: Vec<usize> = (0..stream.len() - 4).filter(|at| stream[*at..*at + 2] == [0x85, 0]).collect();
            let first: Vec<u8> = stream[at[0] + 4..at[0] + 8].to_vec();
            stream[at[1] + 4..at[1] + 8].copy_from_slice(&first);
        });
        assert!(matches!(read(&twice), Err(Wrong::FileDamaged)));
    }

    proptest! {
        #[test]
        fn a_damaged_file_is_read_or_refused(changes in proptest::collection::vec((0..4096_usize, any::<u8>()), 1..8)) {
            let _ = read(&with(|stream| {
                for (at, byte) in &changes {
                    let at = at % stream.len();
                    stream[at] = *byte;
                }
            }));
            let mut whole = OFFICE.to_vec();
            for (at, byte) in changes {
                let at = at % whole.len();
                whole[at] = byte;
            }
            let _ = read(&whole);
        }
    }
}
