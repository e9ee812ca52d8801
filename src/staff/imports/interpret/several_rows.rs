//! Items that offices write over several rows: the cells that all rows have in common are merged or repeated, and each further row
//! adds elements to lists.

use std::collections::HashSet;

use super::{
    column_cell::{self, normal_code},
    headers::KnownColumn,
    normalise_cell, numbered,
    office_headers::Meaning,
    reading::{CellNotice, RowReading},
    tables::Table,
};
use crate::{
    problem::Wrong,
    register::tables::Form,
    staff::imports::{
        notice::Notice,
        read::{Cell, Row},
    },
};

/// The record of the rows above, and the first and the last of these.
pub struct Above<'a> {
    /// Its key.
    pub key: String,
    /// Its first row.
    pub first: &'a Row,
    /// The number of its last row so far.
    pub last: u32,
}

impl Above<'_> {
    /// Whether a row goes on with the record: it stands just below, and names no other one.
    pub fn goes_on(&self, table: &Table, row: &Row) -> bool {
        if row.number != self.last + 1
            || row.cells.first().is_none_or(|(_, cell)| normalise_cell::is_footer(&cell.text()))
        {
            return false;
        }
        let says_something = table.columns.iter().any(|known| row.cell(known.at).is_some());
        match row.cell(table.code) {
            None if table.part > 0 => says_something,
            None => {
                says_something
                    && self.is_same(table.ordinal, row)
                    && self.is_same(name(table), row)
                    && self.is_same(organisation(table), row)
            }
            Some(code) => table.part == 0 && self.is_repeated(table, row, code),
        }
    }

    /// Whether a row has nothing, or the same as the first one, in a column.
    fn is_same(&self, column: Option<u16>, row: &Row) -> bool {
        let own = column.and_then(|at| row.cell(at));
        own.is_none_or(|own| column.and_then(|at| self.first.cell(at)).is_some_and(|first| same(own, first)))
    }

    /// Whether a row repeats the code and adds to a list, with nothing else than the first row says.
    fn is_repeated(&self, table: &Table, row: &Row, code: &Cell) -> bool {
        let read = column_cell::code(code);
        let is_it = match table.is_coded {
            true => read.wrong.is_none() && normal_code(table.kind, &read.text).as_ref() == Ok(&self.key),
            false => self.first.cell(table.code).is_some_and(|first| same(code, first)),
        };
        // A code of which a spreadsheet dropped digits is the same where the cell is.
        let repeats = table.is_coded && self.first.cell(table.code).is_some_and(|first| first == code);
        if !is_it && !repeats {
            return false;
        }
        let agrees = |at: u16| row.cell(at).is_none_or(|own| self.first.cell(at).is_some_and(|first| same(own, first)));
        let (lists, single): (Vec<&KnownColumn>, Vec<&KnownColumn>) =
            table.columns.iter().partition(|known| is_list(table, known.meaning));
        single.iter().all(|known| agrees(known.at)) && lists.iter().any(|known| !agrees(known.at))
    }
}

fn same(one: &Cell, other: &Cell) -> bool {
    normalise_cell::plain(&one.text()) == normalise_cell::plain(&other.text())
}

/// The column of the name, or of the title, of a record.
fn name(table: &Table) -> Option<u16> {
    let is_name = |meaning: Meaning| {
        let path = table.column(meaning).map(|column| column.path.as_slice());
        path.is_some_and(|path| path == ["name"] || path == ["title"])
    };
    table
        .columns
        .iter()
        .find(|known| matches!(known.meaning, Meaning::Own(_)) && is_name(known.meaning))
        .map(|known| known.at)
}

/// The column of the name of the organisation.
fn organisation(table: &Table) -> Option<u16> {
    table.columns.iter().find(|known| known.meaning == Meaning::OrganisationName).map(|known| known.at)
}

/// Whether a column holds several things, so that further rows add to it.
fn is_list(table: &Table, meaning: Meaning) -> bool {
    match meaning {
        Meaning::Own(_) => {
            let form = table.column(meaning).map(|column| &column.form);
            matches!(form, Some(Form::List(_) | Form::Clauses | Form::Contacts(_)))
        }
        Meaning::OrganisationName | Meaning::Charge | Meaning::Promise | Meaning::Level | Meaning::SubItem => false,
        Meaning::Bases
        | Meaning::Phones(_)
        | Meaning::Responsibilities
        | Meaning::Accountability
        | Meaning::DutyBases(_) => true,
    }
}

/// Whether the elements of such a list are numbered.
fn is_numbered(table: &Table, meaning: Meaning) -> bool {
    match meaning {
        Meaning::Own(_) => table.column(meaning).is_some_and(|column| column.form == Form::Clauses),
        other => matches!(other, Meaning::Responsibilities | Meaning::Accountability | Meaning::DutyBases(_)),
    }
}

/// Makes one row of those of a record. Further values for what has only one are refused.
pub fn joined(table: &Table, rows: &[&Row], reading: &mut RowReading) -> Row {
    let Some((first, further)) = rows.split_first() else { return Row { number: 0, cells: Vec::new() } };
    further.iter().for_each(|row| reading.notices.push(CellNotice::new(row.number, table.code, Notice::RowContinued)));
    let mut cells: Vec<(u16, Cell)> = first.cells.clone();
    for known in &table.columns {
        let mut seen = HashSet::new();
        let cells_below = rows.iter().filter_map(|row| Some((row.number, row.cell(known.at)?)));
        let own: Vec<(u32, &Cell)> =
            cells_below.filter(|(_, cell)| seen.insert(normalise_cell::plain(&cell.text()))).collect();
        let Some(((_, only), others)) = own.split_first() else { continue };
        let is_whole = |cell: &Cell| cell.text().starts_with(['[', '{', '"']);
        let unreadable = own.iter().find(|(_, cell)| column_cell::unreadable(cell).is_some());
        let cell = match unreadable {
            Some((_, cell)) => (*cell).clone(),
            None if others.is_empty() => (*only).clone(),
            None if is_list(table, known.meaning) && !own.iter().any(|(_, cell)| is_whole(cell)) => {
                list(&own, is_numbered(table, known.meaning))
            }
            None => {
                let wrong = Wrong::RowsContradict(first.number);
                others.iter().for_each(|(row, _)| reading.refuse(*row, known.at, wrong.clone()));
                (*only).clone()
            }
        };
        match cells.binary_search_by_key(&known.at, |(at, _)| *at) {
            Ok(place) => cells[place].1 = cell,
            Err(place) => cells.insert(place, (known.at, cell)),
        }
    }
    Row { number: first.number, cells }
}

/// One cell with the elements of several.
fn list(cells: &[(u32, &Cell)], is_numbered: bool) -> Cell {
    let texts: Vec<String> = cells.iter().map(|(_, cell)| cell.text()).collect();
    let text = match is_numbered {
        true => {
            let elements: Vec<String> = texts.iter().flat_map(|text| numbered::elements(text).texts).collect();
            numbered::written(&elements)
        }
        false => texts.join("\n"),
    };
    Cell::Text(text.into())
}
