//! Text as offices save it, in UTF-8, GB18030 or UTF-16, into UTF-8.

use std::{
    borrow::Cow,
    io::{Error, ErrorKind, Read},
};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use memchr::memmem;

use crate::problem::{Detail, Wrong};

/// The marks with which texts begin that say so in which encoding they are.
const MARKS: [(&[u8], &Encoding); 4] =
    [(b"\xef\xbb\xbf", UTF_8), (b"\xff\xfe", UTF_16LE), (b"\xfe\xff", UTF_16BE), (b"\x84\x31\x95\x33", GB18030)];
/// The byte with which programs of DOS end a text.
const END: u8 = 0x1a;
/// Bytes of a row at most: the reader of tables holds it whole before it can be looked at.
pub const LONGEST_ROW: usize = 2 << 20;

/// Tells in which encoding a text is, and returns it without its marks. What is valid UTF-8 is UTF-8: text of more than a few
/// Chinese words in GB18030 never is. Refuses UTF-8 that is damaged in a few places.
fn encoded(bytes: &[u8]) -> Result<(&'static Encoding, &[u8]), Wrong> {
    let (mut rest, mut said) = (bytes, None);
    // Programs that join or save files again leave several.
    while let Some((mark, encoding)) = MARKS.into_iter().find(|(mark, _)| rest.starts_with(mark)) {
        (rest, said) = (&rest[mark.len()..], Some(encoding));
    }
    if let Some(wide) = said.filter(|said| *said == UTF_16LE || *said == UTF_16BE).or_else(|| unmarked_wide(rest)) {
        return Ok((wide, rest));
    }
    while let Some(more) = rest.strip_suffix(&[END]) {
        rest = more;
    }
    if said == Some(GB18030) {
        return Ok((GB18030, rest));
    }
    match std::str::from_utf8(rest) {
        Ok(_) => Ok((UTF_8, rest)),
        Err(error) if is_damaged_utf8(rest, said.is_some()) => {
            let before = &rest[..error.valid_up_to()];
            Err(damaged(before.iter().filter(|byte| **byte == b'\n').count() + 1))
        }
        Err(_) => Ok((GB18030, rest)),
    }
}

/// UTF-16 without a mark, told by its line breaks.
fn unmarked_wide(bytes: &[u8]) -> Option<&'static Encoding> {
    // Units stand at even places.
    let has = |line_break: &[u8; 4]| memmem::find_iter(bytes, line_break).any(|at| at.is_multiple_of(2));
    match (has(b"\r\0\n\0"), has(b"\0\r\0\n")) {
        (true, false) => Some(UTF_16LE),
        (false, true) => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether bytes that are not UTF-8 are meant as it: most of what is Chinese in it is whole.
fn is_damaged_utf8(bytes: &[u8], is_marked: bool) -> bool {
    const FEW: usize = 3;
    let (mut whole, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| *c >= '\u{800}').count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > 4 * broken || (is_marked && broken <= FEW)
}

fn damaged(line: usize) -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        format!("是 UTF-8 编码的文本，但第 {line} 行有损坏的字符；请改正该行，或者用 Excel、WPS 另存为 xlsx"),
        format!("is text in UTF-8, but line {line} has a damaged character; mend that line, or save the table as xlsx"),
    ))
}

/// The first byte of a text but for marks and space; none where there is nothing else.
pub fn first_byte(bytes: &[u8]) -> Option<u8> {
    let mut rest = bytes;
    while let Some((mark, _)) = MARKS.into_iter().find(|(mark, _)| rest.starts_with(mark)) {
        rest = &rest[mark.len()..];
    }
    rest.iter().copied().find(|byte| !byte.is_ascii_whitespace() && !matches!(*byte, 0 | END))
}

/// Decodes a text in any of the encodings that are known.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Wrong> {
    let (encoding, rest) = encoded(bytes)?;
    let text = encoding.decode_without_bom_handling_and_without_replacement(rest).ok_or_else(unknown_encoding)?;
    match has_controls(&text) {
        true => Err(unknown_encoding()),
        false => Ok(text),
    }
}

fn has_controls(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Bytes that are decoded at once.
pub const PIECE: usize = 16 << 10;

/// A text that is decoded to UTF-8, piece by piece, while it is read. Every line ends in one way, the last one, too,
/// and with what is counted.
pub struct Text<'a> {
    left: &'a [u8],
    decoder: Decoder,
    /// Decoded text, and how much of it was read.
    piece: Vec<u8>,
    at: usize,
    ended: bool,
    /// Bytes that were read since this was set to 0: the row that is being read.
    pub read_of_row: usize,
}

impl<'a> Text<'a> {
    /// Begins with the first of these bytes.
    pub fn of(bytes: &'a [u8]) -> Result<Self, Wrong> {
        let (encoding, left) = encoded(bytes)?;
        Ok(Self {
            left,
            decoder: encoding.new_decoder_without_bom_handling(),
            piece: Vec::new(),
            at: 0,
            ended: false,
            read_of_row: 0,
        })
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

/// Refuses bytes that are text in no encoding that is known.
pub fn unknown_encoding() -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        "不是工作簿（xlsx），也不是 UTF-8、GB18030（GBK）或 UTF-16 编码的文本；请用 Excel 或 WPS 打开后另存为 xlsx",
        "is neither a workbook (xlsx) nor text in UTF-8, GB18030 (GBK) or UTF-16; save it as xlsx with Excel or WPS",
    ))
}
