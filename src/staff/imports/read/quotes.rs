//! Quotes in a table of text. Behind one that is not closed, the rows that follow would be text of the cell in which it stands.

use std::io::Read;

use super::text::{PIECE, Text, unknown_encoding};
use crate::problem::{Detail, Wrong};

/// Letters and digits of the shortest code of a record with which a row begins.
const SHORTEST_CODE: usize = 12;
/// Digits of a code without letters at least: fewer may be a telephone number.
const SHORTEST_NUMBER: usize = 18;
/// Digits of a serial number at most.
const LONGEST_SERIAL: usize = 6;

/// Checks that every quote of a text is closed. Fails with the line in which one begins that is not.
pub fn check(mut text: Text<'_>, delimiter: u8) -> Result<(), Wrong> {
    let mut quotes = Quotes { delimiter, place: Place::Begin, line: 1, began: 1, head: None };
    let mut piece = vec![0; PIECE];
    loop {
        text.read_of_row = 0;
        match text.read(&mut piece) {
            Ok(0) if quotes.place == Place::Quoted => return Err(quotes.not_closed()),
            Ok(0) => return Ok(()),
            Ok(read) => piece[..read].iter().try_for_each(|byte| quotes.pass(*byte))?,
            Err(_) => return Err(unknown_encoding()),
        }
    }
}

/// Where in a field we are.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Begin,
    Plain,
    Quoted,
    /// After a quote in a field that is quoted: its end, or the first of two that mean one.
    Closed,
}

struct Quotes {
    delimiter: u8,
    place: Place,
    /// The line in which we are, and the one in which this field began.
    line: u64,
    began: u64,
    /// The beginning of a line inside of quotes, as long as it looks like one of a row.
    head: Option<Head>,
}

/// The beginning of a line: digits and letters so far, after a serial number or without one.
#[derive(Clone, Copy, Default)]
struct Head {
    letters: usize,
    digits: usize,
    has_serial: bool,
    /// Whether a whole code was passed, and the separator behind it.
    is_row: bool,
}

impl Quotes {
    fn pass(&mut self, byte: u8) -> Result<(), Wrong> {
        let ends_line = matches!(byte, b'\n' | b'\r');
        self.place = match (self.place, byte) {
            (Place::Begin, b'"') => {
                (self.began, self.head) = (self.line, None);
                Place::Quoted
            }
            (Place::Quoted, b'"') => Place::Closed,
            (Place::Quoted, _) => {
                self.look_at(byte, ends_line)?;
                Place::Quoted
            }
            (Place::Closed, b'"') => {
                self.head = None;
                Place::Quoted
            }
            _ if ends_line || byte == self.delimiter => Place::Begin,
            // A quote of a later row closed this one: its text stands behind it.
            (Place::Closed, _) if byte != b' ' && self.line > self.began => return Err(self.not_closed()),
            _ => Place::Plain,
        };
        self.line += u64::from(ends_line);
        Ok(())
    }

    /// Looks whether a line inside of quotes begins as rows do: with a code and a separator.
    fn look_at(&mut self, byte: u8, ends_line: bool) -> Result<(), Wrong> {
        if ends_line {
            self.head = Some(Head::default());
            return Ok(());
        }
        let Some(head) = self.head else { return Ok(()) };
        if head.is_row {
            return Err(self.not_closed());
        }
        self.head = head.after(byte, self.delimiter);
        Ok(())
    }

    fn not_closed(&self) -> Wrong {
        let line = self.began;
        Wrong::TableUnreadable(Detail::new(
            format!(
                "第 {line} 行有一个英文双引号没有成对，其后各行会被当作同一个单元格；请在该行补上或者删去双引号，或者用 Excel、WPS \
                 填好后另存为 xlsx"
            ),
            format!(
                "has a quote in line {line} that is not closed, so that the lines after it would be text of that cell; close \
                 it or take it away, or save the table as xlsx"
            ),
        ))
    }
}

impl Head {
    fn after(self, byte: u8, delimiter: u8) -> Option<Self> {
        let Self { letters, digits, has_serial, .. } = self;
        match byte {
            b'0'..=b'9' => Some(Self { digits: digits + 1, ..self }),
            b'A'..=b'Z' | b'a'..=b'z' => Some(Self { letters: letters + 1, ..self }),
            _ if byte != delimiter || digits == 0 => None,
            _ if letters + digits >= SHORTEST_CODE && (letters > 0 || has_serial || digits >= SHORTEST_NUMBER) => {
                Some(Self { is_row: true, ..self })
            }
            _ if !has_serial && letters == 0 && digits <= LONGEST_SERIAL => {
                Some(Self { has_serial: true, ..Self::default() })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_in(text: &str, delimiter: u8) -> Option<u64> {
        let wrong = check(Text::of(text.as_bytes()).expect("a text"), delimiter).err()?;
        let text = wrong.text(crate::problem::Language::English);
        let line = text.split("line ").nth(1).and_then(|rest| rest.split(' ').next());
        Some(line.and_then(|line| line.parse().ok()).unwrap_or_else(|| panic!("{text}")))
    }

    #[test]
    fn a_quote_that_is_not_closed_is_told_with_its_line() {
        for (text, line) in [
            ("编码,说明\n113,\"公示期间不计\n114,自受理之日起\n", 2),
            ("编码,说明\r\n1,a\r\n113,\"公示\r\n114,\"受理\"\r\n", 3),
            ("编码,说明\n113,\"公示\n114,\"受理\n", 2),
            ("编码,说明\n1,\"a\nb\"\n113,\"公示", 4),
            ("\"编码,说明\n113,公示\n", 1),
            ("a,b\nc,\"d\"\"\n", 2),
            // Closed by a quote that stands alone in a later row.
            ("编码,说明\n11350121003619116B,\"公示\n11350121003619116C,受理\"\n", 2),
            ("序号,编码,说明\n1,11350121003619116B,\"公示\n2,11350121003619116C,受理\"\n", 2),
        ] {
            assert_eq!(open_in(text, b','), Some(line), "{text}");
            assert_eq!(open_in(&text.replace(',', "\t"), b'\t'), Some(line), "{text}");
        }
    }

    #[test]
    fn quotes_that_are_closed_are_let_pass() {
        for text in [
            "a,\"b\nc\",d\n",
            "a,\"b \"\"c\"\" d\"\n",
            "a,\"\",\"\"\n\"\"",
            "a,5\" 管,\"6\"\" 管\"\n",
            "\"低保\"审核,a\n",
            "a,\"b\nc\" ,d\n",
            "a,\"见\n11350121003619116B,\n11350121003619116C\"\n",
            "a,\"1,2\n3,4\n2016,见附件\"\n",
            "a,\"咨询：\n059126000001,059126000002\"\n",
            "",
        ] {
            assert_eq!(open_in(text, b','), None, "{text}");
        }
    }
}
