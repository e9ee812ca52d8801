//! Rows into the values that they say of a record, each with the cell that says it. The columns of our own are read here, those
//! that offices write their way in `office_columns.rs`.

use serde_json::{Map, Value};

use super::{
    column_cell::normalised_cell,
    names::Names,
    office_columns,
    office_headers::Meaning,
    reading::{Edit, RowReading},
    several_rows::joined,
    tables::Table,
};
use crate::{register::tables::value_at, staff::imports::read::Row};

/// Reads the rows of a record on a sheet of records: one, and perhaps some that go on with it. `current` is the body that the
/// record has.
pub fn of_record(table: &Table, rows: &[&Row], current: Option<&Value>, names: &Names) -> RowReading {
    let mut reading = RowReading::default();
    let together;
    let row = match rows {
        [only] => *only,
        several => {
            together = joined(table, several, &mut reading);
            &together
        }
    };
    let own: Vec<_> = own_columns(table).collect();
    let cells = cells(table, &own, row, current, &mut reading);
    let object = object(table, &own, &[row], vec![cells], &mut reading);
    for (place, at) in own {
        let path = table.book.sheets[table.part].columns[place].path.clone();
        let value = value_at(&object, &path).cloned();
        reading.edits.push(Edit::new(path, value, at));
    }
    let mut hollow = Vec::new();
    hollows(&object, &mut Vec::new(), &mut hollow);
    let empty = |path| Edit::new(path, Some(Value::Object(Map::new())), table.code);
    reading.edits.extend(hollow.into_iter().map(empty));
    office_columns::read(table, row, current, names, &mut reading);
    reading
}

/// Reads the rows of one record on the sheet of a list: they say the list.
pub fn of_list(table: &Table, rows: &[&Row], current: Option<&Value>) -> RowReading {
    let mut reading = RowReading::default();
    let list = &table.book.sheets[table.part].list;
    let own: Vec<_> = own_columns(table).collect();
    let old = current.and_then(|body| value_at(body, list));
    let mut lines = Vec::with_capacity(rows.len());
    for (number, row) in rows.iter().enumerate() {
        let old = old.and_then(|list| list.get(number));
        lines.push(cells(table, &own, row, old, &mut reading));
    }
    let object = object(table, &own, rows, lines, &mut reading);
    reading.edits.push(Edit::new(list.clone(), value_at(&object, list).cloned(), table.code));
    reading
}

/// Normalises the cells of a row, into the order of the columns of the book. `current` is the record, or the element of the list,
/// that the register has.
fn cells(
    table: &Table,
    own: &[(usize, u16)],
    row: &Row,
    current: Option<&Value>,
    reading: &mut RowReading,
) -> Vec<String> {
    let columns = &table.book.sheets[table.part].columns;
    let mut cells = vec![String::new(); columns.len()];
    for (place, at) in own {
        let old = current.and_then(|current| value_at(current, &columns[*place].path));
        let normalised = normalised_cell(table, &columns[*place], row.cell(*at), old);
        reading.note_cell(row.number, *at, &normalised);
        cells[*place] = normalised.text;
    }
    cells
}

/// Reads the cells of rows into an object, and refuses those that cannot be read.
fn object(
    table: &Table,
    own: &[(usize, u16)],
    rows: &[&Row],
    cells: Vec<Vec<String>>,
    reading: &mut RowReading,
) -> Value {
    let mut sheets = vec![Vec::new(); table.part];
    sheets.push(cells);
    let (object, misread) = table.book.read(&sheets);
    for one in misread {
        let row = rows.get(one.cell.row).map(|row| row.number);
        let at = own.iter().find(|(place, _)| *place == one.cell.column).map(|(_, at)| *at);
        if let Some((row, at)) = row.zip(at).filter(|(row, at)| !reading.is_wrong(*row, *at)) {
            reading.refuse(row, at, one.wrong);
        }
    }
    object
}

/// The columns of our own: the place of each in the book, and in the sheet.
fn own_columns(table: &Table) -> impl Iterator<Item = (usize, u16)> {
    table.columns.iter().filter_map(|known| match known.meaning {
        Meaning::Own(place) => Some((place, known.at)),
        _ => None,
    })
}

/// Finds the places of objects without members.
fn hollows(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let Value::Object(members) = value else { return };
    if members.is_empty() && !path.is_empty() {
        found.push(path.clone());
    }
    for (name, inner) in members {
        path.push(name.clone());
        hollows(inner, path, found);
        path.pop();
    }
}
