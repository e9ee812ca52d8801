//! Tables of text (RFC 4180) as offices save them: UTF-8 or GB18030; comma, semicolon or tab.

use std::{
    borrow::Cow,
    io::{Error, ErrorKind, Read},
};

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_8};

use super::{
    cells::{Cell, MOST_COLUMNS, MOST_HELD, MOST_ROWS, Row, Sheet, too_large},
    workbook::{beyond, too_long, too_many_rows},
};
use crate::{
    problem::{Detail, Wrong},
    register::tables::unguarded,
};

const BYTE_ORDER_MARK: &str = "\u{feff}";
/// What separates fields, the most usual first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Bytes at the beginning by which the delimiter is told.
const LOOKED_AT: u64 = 64 << 10;
/// Bytes of a row at most: the reader holds it whole before it can be looked at.
const LONGEST_ROW: usize = 2 << 20;

/// The only sheet.
pub fn read(bytes: &[u8]) -> Result<Sheet, Wrong> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(bytes)?)
        .from_reader(Text::of(bytes));
    let (mut rows, mut record, mut held) = (Vec::new(), csv::StringRecord::new(), 0);
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
        let mut cells = Vec::new();
        for (column, field) in record.iter().enumerate() {
            if field.trim().is_empty() {
                continue;
            }
            let Some(column) = u16::try_from(column).ok().filter(|column| usize::from(*column) < MOST_COLUMNS) else {
                return Err(beyond("csv", &format!("{}:{}", number, column + 1)));
            };
            let cell = Cell::Text(unguarded(field).into());
            held += cell.weight();
            cells.push((column, cell));
        }
        if held > MOST_HELD {
            return Err(too_long());
        }
        if cells.is_empty() {
            continue;
        }
        if rows.len() == MOST_ROWS {
            return Err(too_many_rows());
        }
        cells.shrink_to_fit();
        rows.push(Row { number: u32::try_from(number).unwrap_or(u32::MAX), cells });
    }
    Ok(Sheet { name: String::new(), rows })
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

/// The text in UTF-8, whichever of the two it is in. What is valid UTF-8 is UTF-8: text of more than a few Chinese words in
/// GB18030 never is.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Wrong> {
    let text: Cow<'_, str> = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).into(),
        Err(_) => GB18030.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(unknown_encoding)?,
    };
    match has_controls(&text) {
        true => Err(unknown_encoding()),
        false => Ok(text),
    }
}

fn has_controls(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Bytes that are decoded at once.
const PIECE: usize = 16 << 10;

/// A text of the same encodings in UTF-8, decoded piece by piece while it is read. Every line ends in one way, the last one, too,
/// and with what is counted.
struct Text<'a> {
    left: &'a [u8],
    decoder: Decoder,
    /// Decoded text, and how much of it was read.
    piece: Vec<u8>,
    at: usize,
    ended: bool,
    /// Bytes that were read since this was set to 0.
    read_of_row: usize,
}

impl<'a> Text<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let encoding = if std::str::from_utf8(bytes).is_ok() { UTF_8 } else { GB18030 };
        Self {
            left: bytes.strip_prefix(BYTE_ORDER_MARK.as_bytes()).unwrap_or(bytes),
            decoder: encoding.new_decoder_without_bom_handling(),
            piece: Vec::new(),
            at: 0,
            ended: false,
            read_of_row: 0,
        }
    }

    fn decode_more(&mut self) -> Result<(), Error> {
        // Of a carriage return at the end of a piece it was not known what follows.
        let carried = self.piece.len() > self.at;
        self.piece.clear();
        self.piece.extend(carried.then_some(b'\r'));
        let begin = self.piece.len();
        self.piece.resize(PIECE, 0);
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(self.left, &mut self.piece[begin..], true);
        self.left = &self.left[read..];
        self.piece.truncate(begin + written);
        let is_text = std::str::from_utf8(&self.piece).is_ok_and(|text| !has_controls(text));
        if !is_text || matches!(result, DecoderResult::Malformed(..)) {
            return Err(ErrorKind::InvalidData.into());
        }
        self.ended = result == DecoderResult::InputEmpty;
        if self.ended {
            self.piece.push(b'\n');
        }
        without_returns(&mut self.piece);
        self.at = 0;
        Ok(())
    }

    /// Returns the part of this piece that can be read.
    fn ready(&self) -> &[u8] {
        let all = &self.piece[self.at..];
        all.strip_suffix(b"\r").filter(|_| !self.ended).unwrap_or(all)
    }
}

impl Read for Text<'_> {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, Error> {
        if self.read_of_row > LONGEST_ROW {
            return Err(ErrorKind::FileTooLarge.into());
        }
        while self.ready().is_empty() && !self.ended {
            self.decode_more()?;
        }
        let ready = self.ready();
        let read = ready.len().min(room.len());
        room[..read].copy_from_slice(&ready[..read]);
        self.at += read;
        self.read_of_row += read;
        Ok(read)
    }
}

/// Leaves carriage returns out that stand before a line feed.
fn without_returns(text: &mut Vec<u8>) {
    let mut place = 0;
    for at in 0..text.len() {
        if text[at] != b'\r' || text.get(at + 1) != Some(&b'\n') {
            text[place] = text[at];
            place += 1;
        }
    }
    text.truncate(place);
}

fn unknown_encoding() -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        "不是工作簿（xlsx），也不是 UTF-8 或 GB18030 编码的文本",
        "is neither a workbook (xlsx) nor text in UTF-8 or GB18030",
    ))
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
