//! Tables as they stand in a file, of whatever format it is: sheets, rows, cells.

use std::fmt::Write;

use super::hidden::Hidden;
use crate::problem::Wrong;

/// The content of a cell; an empty cell is not there.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text.
    Text(Box<str>),
    /// A number without a date format.
    Number(f64),
    /// A number that is shown as a date: days of the 1900 date system.
    Date(f64),
    /// `TRUE` or `FALSE`.
    Boolean(bool),
    /// A formula that failed: `#REF!`.
    Fault(Box<str>),
    /// Something that the file does not hold whole. It is not empty, and nobody may take it for that.
    Unreadable(Unreadable),
}

/// Why it cannot be read what stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Unreadable {
    /// A formula whose result is not in the file; its text, as far as it is known.
    NoResult(Box<str>),
    /// A long number of which a spreadsheet kept the first digits alone, as it is written: `1.23501E+17`.
    DigitsLost(Box<str>),
}

impl Unreadable {
    /// The mistake, as it is told.
    pub fn wrong(&self) -> Wrong {
        match self {
            Self::NoResult(_) => Wrong::FormulaWithoutResult,
            Self::DigitsLost(_) => Wrong::DigitsLost,
        }
    }
}

/// A row that has something in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The number that the office sees, from 1.
    pub number: u32,
    /// Columns, from 0, in order.
    pub cells: Vec<(u16, Cell)>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// Its name; of a file without sheets, nothing.
    pub name: String,
    /// Its rows, in order.
    pub rows: Vec<Row>,
    /// What of it a workbook does not show.
    pub hidden: Hidden,
}

impl Row {
    /// The cell in a column.
    pub fn cell(&self, column: u16) -> Option<&Cell> {
        self.cells.binary_search_by_key(&column, |(at, _)| *at).ok().map(|at| &self.cells[at].1)
    }
}

impl Cell {
    /// A text as it is written; the text of a long number of which digits were lost is none.
    pub fn written(text: &str) -> Self {
        match has_lost_digits(text.trim()) {
            true => Self::Unreadable(Unreadable::DigitsLost(text.trim().into())),
            false => Self::Text(text.into()),
        }
    }

    /// The text that a reader sees.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Fault(text) => text.to_string(),
            Self::Number(number) | Self::Date(number) => number_text(*number),
            Self::Boolean(true) => "是".into(),
            Self::Boolean(false) => "否".into(),
            Self::Unreadable(Unreadable::NoResult(formula)) => format!("={formula}"),
            Self::Unreadable(Unreadable::DigitsLost(text)) => text.to_string(),
        }
    }

    /// The number of bytes that it takes in its row.
    pub fn weight(&self) -> usize {
        const ALLOCATED: usize = 16;
        let text = match self {
            Self::Text(text)
            | Self::Fault(text)
            | Self::Unreadable(Unreadable::NoResult(text) | Unreadable::DigitsLost(text)) => text.len() + ALLOCATED,
            Self::Number(_) | Self::Date(_) | Self::Boolean(_) => 0,
        };
        text + size_of::<(u16, Self)>()
    }

    /// Whether it has nothing but space in it.
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// Whether a text is a number as spreadsheets write those of 12 digits and more: `1.23501E+17`.
fn has_lost_digits(text: &str) -> bool {
    const LEAST: u32 = 11;
    let Some((figure, power)) = text.split_once("E+").or_else(|| text.split_once("e+")) else { return false };
    let (whole, part) = figure.split_once('.').unwrap_or((figure, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    whole.len() == 1
        && [whole, part, power].into_iter().all(is_digits)
        && power.parse::<u32>().is_ok_and(|power| power >= LEAST)
}

/// Writes a number as text: without a fraction where it has none.
pub fn number_text(number: f64) -> String {
    match number.fract() == 0.0 && number.abs() < 1e15 {
        true => format!("{number:.0}"),
        false => format!("{number}"),
    }
}

/// The name of a cell: `AB12`.
pub fn address(column: u16, row: u32) -> String {
    let mut text = column_name(column);
    // Writing to a string cannot fail.
    let _ = write!(text, "{row}");
    text
}

/// The name of a column: `AB`.
pub fn column_name(column: u16) -> String {
    let (mut letters, mut left) = (Vec::new(), u32::from(column) + 1);
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// The place of the column of a cell: 27 of `AB12`; none of what is no name of a cell.
pub fn column_of(cell: &str) -> Option<u16> {
    let letters = cell.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_column = !letters.is_empty() && letters.len() <= 3 && letters.bytes().all(|byte| byte.is_ascii_uppercase());
    let digits = is_column.then(|| letters.bytes().map(|byte| u32::from(byte - b'A') + 1))?;
    u16::try_from(digits.fold(0, |sum, digit| sum * 26 + digit) - 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_offices_see_them() {
        let names = [0, 25, 26, 51, 52, 701, 702, 16_383].map(column_name);
        assert_eq!(names, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"]);
        assert_eq!(address(27, 8), "AB8");
        assert_eq!(["A1", "AB8", "XFD7", "/code", ""].map(column_of), [Some(0), Some(27), Some(16_383), None, None]);
    }

    #[test]
    fn what_cannot_be_read_is_never_empty() {
        for why in [Unreadable::NoResult("".into()), Unreadable::DigitsLost("1.2E+17".into())] {
            let cell = Cell::Unreadable(why);
            assert!(!cell.is_blank() && !cell.text().is_empty(), "{cell:?}");
        }
    }
}
