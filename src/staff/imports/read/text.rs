//! Text as offices save it, in UTF-8 or GB18030, into UTF-8.

use std::{
    borrow::Cow,
    io::{Error, ErrorKind, Read},
};

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_8};

use crate::problem::{Detail, Wrong};

const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Bytes of a row at most: the reader of tables holds it whole before it can be looked at.
pub const LONGEST_ROW: usize = 2 << 20;

/// Decodes a text in either encoding. What is valid UTF-8 is UTF-8: text of more than a few Chinese words in
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
pub const PIECE: usize = 16 << 10;

/// A text in either encoding that is decoded to UTF-8, piece by piece, while it is read. Every line ends in one way, the last one, too,
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
    pub fn of(bytes: &'a [u8]) -> Self {
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

/// Refuses bytes that are text in neither encoding.
pub fn unknown_encoding() -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        "不是工作簿（xlsx），也不是 UTF-8 或 GB18030 编码的文本",
        "is neither a workbook (xlsx) nor text in UTF-8 or GB18030",
    ))
}
