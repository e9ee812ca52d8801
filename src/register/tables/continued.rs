//! Rows whose cells are longer than a spreadsheet takes: they go on in the rows below.

use super::sheet::Row;

/// Characters of a cell of a workbook at most: what spreadsheets hold.
pub const LONGEST_CELL: usize = 32_000;
/// The first cell of a row that goes on with the cells of the row above.
pub const CONTINUED: &str = "（续）";
/// Returns the rows that hold one row whose cells may be longer than a spreadsheet takes.
pub fn split(row: Row) -> Vec<Row> {
    if row.iter().all(|cell| cell.len() <= LONGEST_CELL) {
        return vec![row];
    }
    let parts: Vec<Vec<String>> = row.iter().map(|cell| pieces(cell)).collect();
    let rows = parts.iter().map(Vec::len).max().unwrap_or(1);
    let part = |cell: &Vec<String>, number: usize| cell.get(number).cloned().unwrap_or_default();
    let mut split: Vec<Row> = (0..rows).map(|number| parts.iter().map(|cell| part(cell, number)).collect()).collect();
    for row in split.iter_mut().skip(1) {
        if let Some(first) = row.first_mut() {
            *first = CONTINUED.into();
        }
    }
    split
}

/// Cuts a cell into pieces: `char`s are counted as spreadsheets do, in units of UTF-16.
fn pieces(cell: &str) -> Vec<String> {
    let (mut pieces, mut length) = (vec![String::new()], 0);
    for c in cell.chars() {
        if length + c.len_utf16() > LONGEST_CELL {
            pieces.push(String::new());
            length = 0;
        }
        length += c.len_utf16();
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    pieces
}

/// Adds a row to those before it, or its cells to the last of them where it goes on with that. Returns whether it was a new one.
pub fn joined(rows: &mut Vec<Row>, row: Row) -> bool {
    match rows.last_mut().filter(|_| row.first().is_some_and(|first| first == CONTINUED)) {
        Some(last) => {
            last.iter_mut().zip(row).skip(1).for_each(|(cell, more)| cell.push_str(&more));
            false
        }
        None => {
            rows.push(row);
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cell_goes_on_in_the_next_rows() {
        let row = vec!["code".to_owned(), "甲😀".repeat(25_000), String::new(), "短".into()];
        let split = split(row.clone());
        assert!(split.len() > 2);
        let mut rows = Vec::new();
        let new: Vec<bool> = split.into_iter().map(|row| joined(&mut rows, row)).collect();
        assert_eq!(rows, [row]);
        assert_eq!(new.iter().filter(|new| **new).count(), 1);
    }
}
