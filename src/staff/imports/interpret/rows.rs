//! Rows into the values that they say of a record, each with the cell that says it. The columns of our own are read here, those
//! that offices write their way in `office_columns.rs`.

use serde_json::{Map, Value};

use super::{
    as_printed::Known,
    column_cell::normalised_cell,
    names::Names,
    normalise_cell, office_columns,
    office_headers::Meaning,
    reading::{CellNotice, Edit, RowReading},
    several_rows::joined,
    tables::Table,
};
use crate::{
    register::tables::{put, value_at},
    staff::imports::{notice::Notice, read::Row, report::BothLanguages},
};

/// Characters of a cell that is not read that are told.
const LONGEST_SAID: usize = 60;

/// Reads the rows of a record on a sheet of records: one, and perhaps some that go on with it.
pub fn of_record(table: &Table, rows: &[&Row], register: Known<'_>) -> RowReading {
    let mut reading = RowReading::default();
    let together;
    let row = match rows {
        [only] => *only,
        several => {
            together = joined(table, several, &mut reading);
            &together
        }
    };
    let of_register = note_publication(table, row, register, &mut reading);
    let own: Vec<_> = own_columns(table).filter(|(_, at)| Some(*at) != of_register).collect();
    let cells = cells((table, row), &own, (register.current, register.names), &mut reading);
    let object = object(table, &own, &[row], vec![cells], &mut reading);
    let repeated: Vec<u16> = own.iter().map(|(_, at)| *at).filter(|at| repeats(table, *at, row, register)).collect();
    if table.is_ours() {
        // Nobody asks how a cell is read that stands as we wrote it.
        reading.notices.retain(|notice| !repeated.contains(&notice.at));
    }
    for (place, at) in own.into_iter().filter(|(_, at)| !repeated.contains(at)) {
        let path = table.book.sheets[table.part].columns[place].path.clone();
        let value = value_at(&object, &path).cloned();
        reading.edits.push(Edit::new(path, value, at));
    }
    let mut hollow = Vec::new();
    hollows(&object, &mut Vec::new(), &mut hollow);
    let empty = |path| Edit::new(path, Some(Value::Object(Map::new())), table.code);
    reading.edits.extend(hollow.into_iter().map(empty));
    office_columns::read(table, row, register, &mut reading);
    reading
}

/// Reads the rows of one record on the sheet of a list: they say the list.
pub fn of_list(table: &Table, rows: &[&Row], Known { current, names, .. }: Known<'_>) -> RowReading {
    let mut reading = RowReading::default();
    let list = &table.book.sheets[table.part].list;
    let own: Vec<_> = own_columns(table).collect();
    let old = current.and_then(|body| value_at(body, list));
    let mut lines = Vec::with_capacity(rows.len());
    for (number, row) in rows.iter().enumerate() {
        let old = old.and_then(|list| list.get(number));
        lines.push(cells((table, row), &own, (old, names), &mut reading));
    }
    let object = object(table, &own, rows, lines, &mut reading);
    let mut value = value_at(&object, list).cloned();
    if let (Some(Value::Array(elements)), Some(Value::Array(old))) = (&mut value, old) {
        keep_what_no_column_says(table, &own, elements, old);
    }
    reading.edits.push(Edit::new(list.clone(), value, table.code));
    reading
}

/// Gives elements what columns say of them that the sheet does not have: that of the element of the register which says the same
/// otherwise, else of the one in its place.
fn keep_what_no_column_says(table: &Table, own: &[(usize, u16)], elements: &mut [Value], old: &[Value]) {
    let columns = table.book.sheets[table.part].columns.iter().enumerate().skip(1);
    let (said, unsaid): (Vec<_>, Vec<_>) = columns.partition(|(place, _)| own.iter().any(|(own, _)| own == place));
    if unsaid.is_empty() {
        return;
    }
    let mut free: Vec<usize> = (0..old.len()).collect();
    let is_same = |one: &Value, other: &Value| {
        said.iter().all(|(_, column)| value_at(one, &column.path) == value_at(other, &column.path))
    };
    let mut places: Vec<Option<usize>> = vec![None; elements.len()];
    for (place, element) in places.iter_mut().zip(&*elements) {
        let same = free.iter().position(|at| is_same(element, &old[*at]));
        *place = same.map(|same| free.remove(same));
    }
    for (number, (place, element)) in places.into_iter().zip(elements).enumerate() {
        let Some(at) = place.or_else(|| free.contains(&number).then_some(number)) else { continue };
        let Some(element) = element.as_object_mut() else { continue };
        for (_, column) in &unsaid {
            if let Some(value) = value_at(&old[at], &column.path) {
                put(element, &column.path, value.clone());
            }
        }
    }
}

/// Normalises the cells of a row, into the order of the columns of the book. `current` is the record, or the element of the list,
/// that the register has; with the codes of names.
fn cells(
    (table, row): (&Table, &Row),
    own: &[(usize, u16)],
    (current, names): (Option<&Value>, &Names),
    reading: &mut RowReading,
) -> Vec<String> {
    let columns = &table.book.sheets[table.part].columns;
    let mut cells = vec![String::new(); columns.len()];
    for (place, at) in own {
        let old = current.and_then(|current| value_at(current, &columns[*place].path));
        let normalised = normalised_cell((table, &columns[*place]), row.cell(*at), old, names);
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

/// Notes of a day of publication on a list that we printed that it is another one than the register's, and not read; its column.
fn note_publication(table: &Table, row: &Row, register: Known<'_>, reading: &mut RowReading) -> Option<u16> {
    let (known, day) = table.columns.iter().find_map(|known| Some((known, register.publication(table, known)?)))?;
    let cell = row.cell(known.at);
    if !register.has_printed(table, known, cell) {
        let said = match cell.map(|cell| (normalise_cell::date(cell), cell)) {
            None => "—".to_owned(),
            Some((Some((day, _)), _)) => day.to_string(),
            Some((None, cell)) => cell.text().chars().take(LONGEST_SAID).collect(),
        };
        let zh = format!("登记簿为 {day}，表中为 {said}");
        let en = format!("{day} in the register, {said} in the file");
        let about = Some(BothLanguages { zh, en });
        reading.notices.push(CellNotice { about, ..CellNotice::new(row.number, known.at, Notice::OfRegister) });
    }
    Some(known.at)
}

/// Whether a cell says what is printed of the register, and so nothing.
fn repeats(table: &Table, at: u16, row: &Row, register: Known<'_>) -> bool {
    let column = table.columns.iter().find(|known| known.at == at);
    column.is_some_and(|column| register.has_printed(table, column, row.cell(at)))
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
