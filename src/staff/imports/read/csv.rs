//! Tables of text (RFC 4180) as offices save them: UTF-8 or GB18030; comma, semicolon or tab.

use std::io::{ErrorKind, Read};

use csv::StringRecord;

use super::{
    cells::{Cell, Row, Sheet},
    limits::{MOST_COLUMNS, MOST_HELD, MOST_ROWS, beyond, too_large, too_long, too_many_rows},
    text::{LONGEST_ROW, Text, unknown_encoding},
};
use crate::{problem::Wrong, register::tables::unguarded};

/// Separators of fields, the most usual first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Bytes at the beginning by which the delimiter is told.
const LOOKED_AT: u64 = 64 << 10;

/// Reads the only sheet.
pub fn read(bytes: &[u8]) -> Result<Sheet, Wrong> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(bytes)?)
        .from_reader(Text::of(bytes));
    let (mut rows, mut record, mut held) = (Vec::new(), StringRecord::new(), 0);
    let mut number = 0;
    loop {
        let before = reader.position().line();
        reader.get_mut().read_of_row = 0;
        if !reader.read_record(&mut record).map_err(unreadable)? {
            break;
        }
        // As a spreadsheet counts: a field may have line breaks, and a line may be blank.
        let inside: usize = record.iter().map(|field| field.matches('\n').count()).sum();
        let passed = reader.position().line() - before;
        number += passed.saturating_sub(inside as u64).max(1);
        let cells = cells(&record, number)?;
        held += cells.iter().map(|(_, cell)| cell.weight()).sum::<usize>();
        if held > MOST_HELD {
            return Err(too_long());
        }
        if cells.is_empty() {
            continue;
        }
        if rows.len() == MOST_ROWS {
            return Err(too_many_rows());
        }
        rows.push(Row { number: u32::try_from(number).unwrap_or(u32::MAX), cells });
    }
    Ok(Sheet { name: String::new(), rows })
}

/// The cells of a row that have something in them.
fn cells(record: &StringRecord, number: u64) -> Result<Vec<(u16, Cell)>, Wrong> {
    let mut cells = Vec::new();
    for (column, field) in record.iter().enumerate().filter(|(_, field)| !field.trim().is_empty()) {
        let Some(column) = u16::try_from(column).ok().filter(|column| usize::from(*column) < MOST_COLUMNS) else {
            return Err(beyond("csv", &format!("{}:{}", number, column + 1)));
        };
        cells.push((column, Cell::Text(unguarded(field).into())));
    }
    cells.shrink_to_fit();
    Ok(cells)
}

fn unreadable(error: csv::Error) -> Wrong {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == ErrorKind::FileTooLarge => {
            let most = LONGEST_ROW >> 20;
            too_large(
                format!("有一行超过 {most} MiB；请检查引号是否成对"),
                format!("has a row of more than {most} MiB; see whether its quotes are closed"),
            )
        }
        csv::ErrorKind::Io(_) => unknown_encoding(),
        _ => Wrong::FileDamaged,
    }
}

/// The delimiter that the first lines have most of, outside of quotes.
fn delimiter(bytes: &[u8]) -> Result<u8, Wrong> {
    let mut beginning = Vec::new();
    Text::of(bytes).take(LOOKED_AT).read_to_end(&mut beginning).map_err(|_| unknown_encoding())?;
    let (mut counts, mut quoted) = ([0_usize; DELIMITERS.len()], false);
    for byte in beginning {
        quoted ^= byte == b'"';
        if let Some(at) = DELIMITERS.iter().position(|delimiter| !quoted && *delimiter == byte) {
            counts[at] += 1;
        }
    }
    let best = (0..DELIMITERS.len()).rev().max_by_key(|at| counts[*at]).unwrap_or_default();
    Ok(DELIMITERS[best])
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;

    use super::*;
    use crate::staff::imports::read::text::PIECE;

    fn texts(bytes: &[u8]) -> Vec<Vec<String>> {
        let sheet = read(bytes).expect("a table");
        sheet.rows.iter().map(|row| row.cells.iter().map(|(_, cell)| cell.text()).collect()).collect()
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_counts_them() {
        let numbers =
            |text: &str| read(text.as_bytes()).expect("a table").rows.iter().map(|row| row.number).collect::<Vec<_>>();
        assert_eq!(numbers("a,b\n\n\"c\nd\",e\n\n\nf"), [1, 3, 6]);
        assert_eq!(numbers("\r\na\r\nb\r\n\r\n,\r\nc"), [2, 3, 6]);
        assert_eq!(numbers("a\nb\n"), [1, 2]);
    }

    #[test]
    fn encodings_and_delimiters_are_told_apart() {
        let expected = [["编码", "名称"], ["a-1", "低保；“审核”"]];
        let text = "编码,名称\r\na-1,低保；“审核”\r\n";
        assert_eq!(texts(text.as_bytes()), expected);
        assert_eq!(texts(format!("\u{feff}{text}").as_bytes()), expected);
        assert_eq!(texts(&GB18030.encode(text).0), expected);
        assert_eq!(texts(text.replace(',', ";").as_bytes()), expected);
        assert_eq!(texts(text.replace(',', "\t").as_bytes()), expected);
        assert_eq!(texts("a;b\n\"1,2,3,4\";c\n".as_bytes()), [["a", "b"], ["1,2,3,4", "c"]]);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [&b"a,b\0c"[..], &[0xff, 0xff, 0xff], &[0x80, 0x81]] {
            assert_eq!(read(bytes), Err(unknown_encoding()), "{bytes:?}");
        }
    }

    #[test]
    fn what_would_take_much_room_is_refused_before_it_does() {
        let cells = format!("{}\n", "a,".repeat(400)).repeat(8_000);
        for text in ["a,".repeat(1_000_000), format!("\"{}", "a\n".repeat(3 << 19)), cells] {
            assert!(matches!(read(text.as_bytes()), Err(Wrong::TableSize(_))));
        }
    }

    #[test]
    fn pieces_are_put_together_as_they_were() {
        // Characters of several bytes, and line breaks of two, at every place of the end of a piece.
        for shift in 0..12 {
            let text = format!("{}\r\n{}", "x".repeat(shift + 1), "受理a，\r\n\"b\r\nc\"\r\n".repeat(PIECE / 8));
            let rows = texts(text.as_bytes());
            assert_eq!(rows.len(), 1 + 2 * (PIECE / 8));
            assert!(rows[1..].chunks(2).all(|pair| pair == [["受理a，"], ["b\nc"]]), "{shift}");
            assert_eq!(texts(text.as_bytes()), texts(&GB18030.encode(&text).0));
        }
    }
}
