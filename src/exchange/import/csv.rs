//! Tables of text (RFC 4180) as offices save them: UTF-8 or GB18030; comma, semicolon or tab.

use encoding_rs::GB18030;

use super::{
    cells::{Cell, MOST_COLUMNS, MOST_ROWS, MOST_TEXT, Row, Sheet},
    workbook::{beyond, too_long, too_many_rows},
};
use crate::{
    exchange::unguarded,
    problem::{Detail, Wrong},
};

const BYTE_ORDER_MARK: &str = "\u{feff}";
/// What separates fields, the most usual first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Bytes at the beginning by which the delimiter is told.
const LOOKED_AT: usize = 64 << 10;

/// The only sheet.
pub fn read(bytes: &[u8]) -> Result<Sheet, Wrong> {
    // So that every line ends in one way, and with what is counted.
    let text = decode(bytes)?.replace("\r\n", "\n") + "\n";
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let (mut rows, mut record, mut held) = (Vec::new(), csv::StringRecord::new(), 0);
    let mut number = 0;
    loop {
        let before = reader.position().line();
        if !reader.read_record(&mut record).map_err(|_| Wrong::FileDamaged)? {
            break;
        }
        // As a spreadsheet counts: a field may have line breaks, and a line may be blank.
        let inside: usize = record.iter().map(|field| field.matches('\n').count()).sum();
        let passed = reader.position().line() - before;
        number += passed.saturating_sub(inside as u64).max(1);
        let mut cells = Vec::new();
        for (column, field) in record.iter().enumerate() {
            if field.trim().is_empty() {
                continue;
            }
            let Some(column) = u16::try_from(column).ok().filter(|column| usize::from(*column) < MOST_COLUMNS) else {
                return Err(beyond("csv", &format!("{}:{}", number, column + 1)));
            };
            held += field.len() + size_of::<(u16, Cell)>();
            cells.push((column, Cell::Text(unguarded(field).into())));
        }
        if held > MOST_TEXT {
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

/// The text in UTF-8, whichever of the two it is in. What is valid UTF-8 is UTF-8: text of more than a few Chinese words in
/// GB18030 never is.
pub fn decode(bytes: &[u8]) -> Result<String, Wrong> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).to_owned(),
        Err(_) => {
            let decoded = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
            decoded.ok_or_else(unknown_encoding)?.into_owned()
        }
    };
    match text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        true => Err(unknown_encoding()),
        false => Ok(text),
    }
}

fn unknown_encoding() -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        "不是工作簿（xlsx），也不是 UTF-8 或 GB18030 编码的文本",
        "is neither a workbook (xlsx) nor text in UTF-8 or GB18030",
    ))
}

/// The delimiter that the first lines have most of, outside of quotes.
fn delimiter(text: &str) -> u8 {
    let (mut counts, mut quoted) = ([0_usize; DELIMITERS.len()], false);
    for byte in text.bytes().take(LOOKED_AT) {
        quoted ^= byte == b'"';
        if let Some(at) = DELIMITERS.iter().position(|delimiter| !quoted && *delimiter == byte) {
            counts[at] += 1;
        }
    }
    let best = (0..DELIMITERS.len()).rev().max_by_key(|at| counts[*at]).unwrap_or_default();
    DELIMITERS[best]
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_million_columns_are_refused() {
        let row = "a,".repeat(1_000_000);
        assert!(matches!(read(row.as_bytes()), Err(Wrong::TableSize(_))));
    }
}
