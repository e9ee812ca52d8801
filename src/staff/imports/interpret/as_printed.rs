//! Cells of lists as offices print them, beside what is printed of the register: a cell that repeats that says nothing new, however
//! little of the record it shows.

use serde_json::Value;

use super::{column_cell, headers::KnownColumn, names::Names, normalise_cell, office_headers::Meaning, tables::Table};
use crate::{
    register::tables::{PrintedItem, Shows},
    staff::imports::read::{Cell, Row},
};

/// What the register knows of the record of which rows speak.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The codes of names.
    pub names: &'a Names,
    /// Its body; none when it is new.
    pub current: Option<&'a Value>,
    /// How lists print it, where rows are to be compared with that.
    pub printed: Option<&'a PrintedItem<'a>>,
}

impl<'a> Known<'a> {
    /// Nothing but names.
    pub fn nothing(names: &'a Names) -> Self {
        Self { names, current: None, printed: None }
    }

    /// Whether a cell says what is printed of the register.
    pub fn has_printed(&self, table: &Table, column: &KnownColumn, cell: Option<&Cell>) -> bool {
        let shown = self.printed.zip(shows(table, column));
        shown.is_some_and(|(printed, shows)| is_printed(printed, shows, cell))
    }

    /// The day of publication that the register knows, where a list that we printed shows it in a column: it follows from the log, and
    /// no cell changes it.
    pub fn publication(&self, table: &Table, column: &KnownColumn) -> Option<String> {
        let is_ours = column.is_publication && (table.is_printed || table.is_beside);
        let day = self.printed.filter(|_| is_ours)?.cell(Shows::PublishedOn);
        (!day.is_empty()).then_some(day)
    }
}

/// What a cell says of what a printed list shows: its column, what that shows, its text.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintedCell {
    /// The column.
    pub column: u16,
    /// What it shows.
    pub shows: Shows,
    /// The cell.
    pub cell: Option<Cell>,
}

impl PrintedCell {
    /// Whether it says what is printed of an item.
    pub fn is_of(&self, printed: &PrintedItem<'_>) -> bool {
        is_printed(printed, self.shows, self.cell.as_ref())
    }
}

/// The cells of a row of which something is printed.
pub fn printed_cells(table: &Table, row: &Row) -> Vec<PrintedCell> {
    let columns = table.columns.iter();
    let cells = columns.filter_map(|column| {
        let cell = row.cell(column.at).cloned();
        Some(PrintedCell { column: column.at, shows: shows(table, column)?, cell })
    });
    cells.collect()
}

fn is_printed(printed: &PrintedItem<'_>, shows: Shows, cell: Option<&Cell>) -> bool {
    if cell.is_some_and(|cell| column_cell::unreadable(cell).is_some()) {
        return false;
    }
    if shows == Shows::PublishedOn {
        // An older export has an older day.
        let day = cell.and_then(normalise_cell::date);
        return day.is_some_and(|(day, _)| printed.published_on().any(|published| published == day));
    }
    let text = cell.map(Cell::text).unwrap_or_default();
    normalise_cell::plain(&text) == normalise_cell::plain(&printed.cell(shows))
}

/// What a printed list shows in such a column, where it does not say it as sheets of our own do.
fn shows(table: &Table, column: &KnownColumn) -> Option<Shows> {
    Some(match column.meaning {
        Meaning::Own(_) => {
            let path = table.column(column.meaning)?.path.as_slice();
            return own(path, column.is_publication);
        }
        Meaning::OrganisationName => Shows::OrganisationName,
        Meaning::Charge => Shows::Charge,
        Meaning::Promise => Shows::Promise,
        Meaning::Bases => Shows::Bases,
        Meaning::Phones(field) => of_contacts(field)?,
        Meaning::Responsibilities => Shows::Responsibilities,
        Meaning::Accountability => Shows::Accountability,
        Meaning::DutyBases(_) | Meaning::Level | Meaning::SubItem => return None,
    })
}

fn own(path: &[String], is_publication: bool) -> Option<Shows> {
    let [field] = path else { return None };
    match field.as_str() {
        "audience" => Some(Shows::Audience),
        "legal_limit" => Some(Shows::LegalLimit),
        "effective_from" if is_publication => Some(Shows::PublishedOn),
        _ => None,
    }
}

/// The column in which these ways to reach an office are printed.
pub fn of_contacts(field: &str) -> Option<Shows> {
    match field {
        "consultation" => Some(Shows::Consultation),
        "supervision" => Some(Shows::Supervision),
        _ => None,
    }
}
