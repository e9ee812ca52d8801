//! What a workbook does not show: rows behind a filter, columns, sheets. It is read like everything else, and told.

use std::{
    collections::HashMap,
    io::{BufReader, Read},
};

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

use super::limits::{MOST_COLUMNS, MOST_ROWS};
use crate::register::files::parts;

/// What a sheet does not show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hidden {
    /// Whether nothing of it is shown; then it is not read.
    pub is_whole: bool,
    /// Rows, in order.
    rows: Vec<u32>,
    /// Columns, from 0: first and last.
    columns: Vec<(u16, u16)>,
    /// Regions of more than one row, whose first cell is shown for all: by column and row.
    merged: Vec<Merged>,
}

/// Cells of one column that are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Merged {
    /// The column, from 0.
    pub column: u16,
    /// The first row.
    pub first: u32,
    /// The last row.
    pub last: u32,
}

impl Hidden {
    /// A sheet of which nothing is shown.
    pub fn whole() -> Self {
        Self { is_whole: true, ..Self::default() }
    }

    /// Adds a row that is not shown, after those above it.
    pub fn add_row(&mut self, row: u32) {
        if self.rows.last().is_none_or(|last| *last < row) {
            self.rows.push(row);
        }
    }

    /// Adds columns that are not shown.
    pub fn add_columns(&mut self, first: u16, last: u16) {
        self.columns.push((first, last));
    }

    /// Adds a region, where it is of more than one row.
    pub fn add_merged(&mut self, merged: Merged) {
        if merged.first < merged.last {
            self.merged.push(merged);
        }
    }

    /// Whether a row is not shown.
    pub fn has_row(&self, row: u32) -> bool {
        self.rows.binary_search(&row).is_ok()
    }

    /// The cells that are merged downwards, those of one column apart from each other; of a region of several columns those of the first.
    pub fn merged_downwards(&self) -> Vec<Merged> {
        let mut merged = self.merged.clone();
        merged.sort_unstable();
        merged.dedup_by(|next, before| next.column == before.column && next.first <= before.last);
        merged
    }

    /// Whether a cell (`C12`) stands in a column that is not shown.
    pub fn has_column_of(&self, cell: &str) -> bool {
        let column = column_of(cell);
        column.is_some_and(|column| self.columns.iter().any(|(first, last)| (*first..=*last).contains(&column)))
    }
}

/// The column of a cell, `C12`.
fn column_of(cell: &str) -> Option<u16> {
    let letters = cell.bytes().take_while(u8::is_ascii_uppercase).take(3);
    let number = letters.fold(0, |number, letter| number * 26 + u32::from(letter - b'A') + 1);
    number.checked_sub(1).and_then(|column| u16::try_from(column).ok())
}

/// The cells that a region merges downwards: `A2:A5`.
fn merged(region: &str) -> Option<Merged> {
    let (first, last) = region.split_once(':')?;
    let row = |cell: &str| cell.trim_start_matches(|c: char| c.is_ascii_uppercase()).parse().ok();
    let merged = Merged { column: column_of(first)?, first: row(first)?, last: row(last)? };
    (merged.first < merged.last).then_some(merged)
}

/// What the sheets of a workbook that may be opened do not show, by their names.
pub fn of_sheets(bytes: &[u8]) -> HashMap<String, Hidden> {
    let (mut names, mut targets, mut hidden) = (Vec::new(), HashMap::new(), HashMap::new());
    for part in parts(bytes) {
        match part.name.as_str() {
            "xl/workbook.xml" => each_tag(part.content, &mut |tag| {
                if tag.local_name().into_inner() == "sheet" {
                    names.extend(value(tag, "name").zip(value(tag, "id")));
                }
            }),
            "xl/_rels/workbook.xml.rels" => each_tag(part.content, &mut |tag| {
                targets.extend(value(tag, "Id").zip(value(tag, "Target").map(|target| path(&target))));
            }),
            name if name.starts_with("xl/worksheets/") && name.ends_with(".xml") => {
                hidden.insert(part.name, of_sheet(part.content));
            }
            _ => {}
        }
    }
    let of_name = |(name, id): (String, String)| Some((name, hidden.get(targets.get(&id)?)?.clone()));
    names.into_iter().filter_map(of_name).collect()
}

/// The part that is meant, as parts are called.
fn path(target: &str) -> String {
    let target = target.to_ascii_lowercase();
    match target.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("xl/{target}"),
    }
}

fn of_sheet(part: impl Read) -> Hidden {
    let (mut hidden, mut last) = (Hidden::default(), 0_u32);
    each_tag(part, &mut |tag| match tag.local_name().into_inner() {
        "row" => {
            // As the reader of cells counts: a row without a number follows the one before it.
            last = value(tag, "r").and_then(|row| row.parse().ok()).unwrap_or(last.saturating_add(1));
            let follows = hidden.rows.last().is_none_or(|before| *before < last);
            if is_hidden(tag) && follows && hidden.rows.len() < MOST_ROWS * 2 {
                hidden.rows.push(last);
            }
        }
        "col" if is_hidden(tag) && hidden.columns.len() < MOST_COLUMNS => {
            let column = |name| value(tag, name)?.parse::<u16>().ok()?.checked_sub(1);
            hidden.columns.extend(column("min").zip(column("max")));
        }
        "mergeCell" if hidden.merged.len() < MOST_ROWS * 2 => {
            hidden.merged.extend(value(tag, "ref").and_then(|region| merged(&region)));
        }
        _ => {}
    });
    hidden
}

fn is_hidden(tag: &BytesStart<'_>) -> bool {
    value(tag, "hidden").is_some_and(|value| matches!(value.as_str(), "1" | "true"))
}

/// The value of an attribute of this name, whatever its prefix is.
fn value(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    let mut named = attributes.with_checks(false).flatten();
    let found = named.find(|attribute| attribute.key.local_name().into_inner() == name)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(|value| value.into_owned())
}

/// Looks at every tag. What is not well-formed is for the reader of cells to refuse.
fn each_tag(part: impl Read, look: &mut dyn FnMut(&BytesStart<'_>)) {
    let mut reader = Reader::from_reader(BufReader::new(part));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag) | Event::Empty(tag)) => look(&tag),
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use rust_xlsxwriter::Workbook;

    use super::*;

    #[test]
    fn rows_and_columns_that_are_not_shown_are_known() {
        let mut book = Workbook::new();
        for name in ["权力清单", "服务"] {
            let page = book.add_worksheet();
            page.set_name(name).and_then(|page| page.write(2, 3, "x")).expect("written");
        }
        let page = book.worksheet_from_index(1).expect("a sheet");
        page.set_row_hidden(2).and_then(|page| page.set_column_hidden(1)).expect("hidden");
        let hidden = of_sheets(&book.save_to_buffer().expect("a workbook"));
        assert_eq!(hidden["权力清单"], Hidden::default());
        let hidden = &hidden["服务"];
        assert_eq!([2, 3, 4].map(|row| hidden.has_row(row)), [false, true, false]);
        assert_eq!(
            ["A2", "B2", "C2", "AB2", ""].map(|cell| hidden.has_column_of(cell)),
            [false, true, false, false, false]
        );
    }

    #[test]
    fn regions_of_several_rows_are_known() {
        let hidden = of_sheet(
            &b"<worksheet><mergeCells><mergeCell ref='B4:C6'/><mergeCell ref='A1:C1'/><mergeCell ref='B6:B9'/><mergeCell ref='AB2:AB3'/>
               <mergeCell ref='x'/><mergeCell ref='B9:B7'/></mergeCells></worksheet>"[..],
        );
        let merged = [(1, 4, 6), (27, 2, 3)].map(|(column, first, last)| Merged { column, first, last });
        assert_eq!(hidden.merged_downwards(), merged);
    }

    #[test]
    fn what_a_filter_hides_is_known_however_it_is_written() {
        let hidden = of_sheet(
            &b"<x:worksheet><x:cols><x:col hidden='true' max='3' min='2'/></x:cols><x:sheetData><x:row hidden='1'/>
               <x:row r='5' hidden='1'><x:c r='A5'/></x:row><x:row/><x:row hidden='0'/><x:row hidden='1'/></x:sheetData>"[..],
        );
        assert_eq!(hidden, Hidden { rows: vec![1, 5, 8], columns: vec![(1, 2)], ..Hidden::default() });
    }
}
