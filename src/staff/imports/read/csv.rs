//! Tables of text (RFC 4180) as offices save them: UTF-8, GB18030 or UTF-16; comma, semicolon, tab, or what `sep=` says.

use std::io::{ErrorKind, Read};

use csv::StringRecord;

use super::{
    cells::{Cell, Row, Sheet, Unreadable},
    limits::{MOST_COLUMNS, MOST_HELD, MOST_ROWS, beyond, too_large, too_long, too_many_rows},
    quotes,
    text::{LONGEST_ROW, Text, unknown_encoding},
};
use crate::{problem::Wrong, register::tables::unguarded};

/// Separators of fields, the most usual first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Characters of a formula that are told of.
const MOST_OF_FORMULA: usize = 200;
/// Bytes at the beginning by which the delimiter is told.
const LOOKED_AT: u64 = 64 << 10;

/// Reads the only sheet.
pub fn read(bytes: &[u8]) -> Result<Sheet, Wrong> {
    let (delimiter, is_said) = delimiter(bytes)?;
    quotes::check(Text::of(bytes)?, delimiter)?;
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(Text::of(bytes)?);
    let (mut rows, mut record, mut held) = (Vec::new(), StringRecord::new(), 0);
    let mut number = 0;
    if is_said {
        // Spreadsheets do not show the line that says it, nor count it.
        reader.read_record(&mut record).map_err(unreadable)?;
    }
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
    Ok(Sheet { rows, ..Sheet::default() })
}

/// The cells of a row that have something in them.
fn cells(record: &StringRecord, number: u64) -> Result<Vec<(u16, Cell)>, Wrong> {
    let mut cells = Vec::new();
    let cells_of = record.iter().map(cell).enumerate();
    for (column, cell) in cells_of.filter(|(_, cell)| !cell.is_blank()) {
        let Some(column) = u16::try_from(column).ok().filter(|column| usize::from(*column) < MOST_COLUMNS) else {
            return Err(beyond("csv", &format!("{}:{}", number, column + 1)));
        };
        cells.push((column, cell));
    }
    cells.shrink_to_fit();
    Ok(cells)
}

/// The cell that a field is. A table that was saved with its formulas shown has no results.
fn cell(field: &str) -> Cell {
    let text = bare(field);
    match field.trim().strip_prefix('=') {
        Some(formula) if is_formula(formula) && text == field => {
            Cell::Unreadable(Unreadable::NoResult(formula.chars().take(MOST_OF_FORMULA).collect()))
        }
        _ => Cell::written(text),
    }
}

/// Whether a text after `=` names cells or functions: `VLOOKUP(A2,…`, `$A2&"日"`.
fn is_formula(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '$' | '('))
        && text.contains(|c: char| c == '(' || c.is_ascii_digit())
}

/// What is meant by a field: without the mark of a file that was joined to another, and without what keeps spreadsheets off codes:
/// our own mark, and `="…"`, which other systems write.
fn bare(field: &str) -> &str {
    let field = unguarded(field.trim_start_matches('\u{feff}'));
    let inner = field.trim().strip_prefix("=\"").and_then(|inner| inner.strip_suffix('"'));
    inner.filter(|inner| !inner.contains('"')).unwrap_or(field)
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

/// The delimiter that the first line says (`sep=;`), and whether it does; else the one that the first lines have most of, outside of
/// quotes.
fn delimiter(bytes: &[u8]) -> Result<(u8, bool), Wrong> {
    let mut beginning = Vec::new();
    Text::of(bytes)?.take(LOOKED_AT).read_to_end(&mut beginning).map_err(|_| unknown_encoding())?;
    if let Some(said) = said(&beginning) {
        return Ok((said, true));
    }
    let (mut counts, mut quoted) = ([0_usize; DELIMITERS.len()], false);
    for byte in beginning {
        quoted ^= byte == b'"';
        if let Some(at) = DELIMITERS.iter().position(|delimiter| !quoted && *delimiter == byte) {
            counts[at] += 1;
        }
    }
    let best = (0..DELIMITERS.len()).rev().max_by_key(|at| counts[*at]).unwrap_or_default();
    Ok((DELIMITERS[best], false))
}

/// The delimiter that a text says in its first line.
fn said(beginning: &[u8]) -> Option<u8> {
    let line = beginning.split(|byte| matches!(byte, b'\n' | b'\r')).next()?;
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', said] if said.is_ascii_punctuation() || *said == b'\t' => {
            Some(*said)
        }
        _ => None,
    }
    .filter(|said| *said != b'"')
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
    fn spreadsheets_say_their_delimiter_and_guard_their_codes() {
        let expected = [["编码", "名称"], ["a-1", "乙"]];
        for text in ["sep=;\r\n编码;名称\r\na-1;乙\r\n", "\"SEP=|\"\n编码|名称\na-1|乙", "sep=,\n编码,名称\na-1,乙"]
        {
            assert_eq!(texts(text.as_bytes()), expected, "{text}");
            assert_eq!(read(text.as_bytes()).expect("a table").rows[1].number, 2);
        }
        for guarded in ["=\"a-1\"", "\"=\"\"a-1\"\"\"", "'a-1", "\u{feff}a-1"] {
            assert_eq!(texts(format!("编码,名称\n{guarded},乙\n").as_bytes()), expected, "{guarded}");
        }
        assert_eq!(texts(b"a,=\"\"\n"), [["a"]]);
    }

    #[test]
    fn formulas_that_are_shown_are_no_text_unless_they_are_guarded() {
        let shown = |text: &str| read(format!("编码,{text}\n").as_bytes()).expect("a table").rows[0].cells[1].1.clone();
        for formula in ["VLOOKUP(A2)", "$A2&\"日\"", "A1", "(1)"] {
            assert_eq!(shown(&format!("={formula}")), Cell::Unreadable(Unreadable::NoResult(formula.into())));
            assert_eq!(shown(&format!("'={formula}")), Cell::Text(format!("={formula}").into()));
        }
        for text in ["=", "====", "=或者", "a=(1)"] {
            assert_eq!(shown(text), Cell::Text(text.into()));
        }
    }

    #[test]
    fn codes_that_lost_their_digits_are_no_text() {
        let sheet = read("编码,说明\n1.23501E+17,1.5E+3\n".as_bytes()).expect("a table");
        let lost = Cell::Unreadable(Unreadable::DigitsLost("1.23501E+17".into()));
        assert_eq!(sheet.rows[1].cells, [(0, lost), (1, Cell::Text("1.5E+3".into()))]);
    }

    #[test]
    fn wide_text_and_marks_are_read() {
        let text = "编码\t名称\r\na-1\t乙\r\n";
        let expected = [["编码", "名称"], ["a-1", "乙"]];
        let wide = |swapped: bool| {
            text.encode_utf16().flat_map(move |unit| if swapped { unit.to_be_bytes() } else { unit.to_le_bytes() })
        };
        let marked = |mark: &[u8], rest: Vec<u8>| [mark, &rest[..]].concat();
        let (little, big): (Vec<u8>, Vec<u8>) = (wide(false).collect(), wide(true).collect());
        for bytes in [
            marked(b"\xff\xfe", little.clone()),
            marked(b"\xfe\xff", big.clone()),
            little,
            big,
            marked(b"\xef\xbb\xbf\xef\xbb\xbf", text.into()),
            marked(b"\x84\x31\x95\x33", GB18030.encode(text).0.into_owned()),
            marked(text.as_bytes(), vec![0x1a]),
            marked(b"\xef\xbb\xbf", GB18030.encode(&text.repeat(3)).0.into_owned()),
        ] {
            assert_eq!(texts(&bytes)[..2], expected, "{bytes:?}");
        }
    }

    #[test]
    fn damaged_text_is_told_with_its_line() {
        let damaged = |before: &str| {
            let bytes = [before.as_bytes(), "编码,名称\n甲乙丙丁,戊己庚辛\na,".as_bytes(), b"\xe8\xaf\n"].concat();
            read(&bytes).expect_err("it is damaged").text(crate::problem::Language::English)
        };
        for mark in ["", "\u{feff}"] {
            assert!(damaged(mark).contains("line 3 has a damaged character"), "{}", damaged(mark));
        }
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
        for text in ["a,".repeat(1_000_000), format!("\"{}\"", "a\n".repeat(3 << 19)), cells] {
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
