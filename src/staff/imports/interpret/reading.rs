//! Values at places of a record, as rows say them, with notes on the cells.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::column_cell::NormalisedCell;
use crate::{
    problem::Wrong,
    staff::imports::{
        notice::Notice,
        read::address,
        report::{BothLanguages, RowReport},
    },
};

/// A value at a place of the body.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The place.
    pub path: Vec<String>,
    /// The value; none takes away what is there.
    pub value: Option<Value>,
    /// The column that says it.
    pub column: u16,
    /// The part of the present and of the new value that the column shows, where that is not all of it.
    pub shown: Option<(Value, Value)>,
}

impl Edit {
    /// The value that a column says of a place.
    pub fn new(path: Vec<String>, value: Option<Value>, column: u16) -> Self {
        Self { path, value, column, shown: None }
    }
}

/// The liberty that was taken with a cell, and what it is about in particular.
pub struct CellNotice {
    /// The row.
    pub row: u32,
    /// The column.
    pub at: u16,
    /// The liberty.
    pub notice: Notice,
    /// Its particulars.
    pub about: Option<BothLanguages>,
}

impl CellNotice {
    /// A notice that is about no more than its cell.
    pub fn new(row: u32, at: u16, notice: Notice) -> Self {
        Self { row, at, notice, about: None }
    }
}

/// The values that one or several rows say of a record, and notes on their cells.
#[derive(Default)]
pub struct RowReading {
    /// The values.
    pub edits: Vec<Edit>,
    /// Cells that were normalised.
    pub notices: Vec<CellNotice>,
    /// Cells that cannot be read: row, column, why.
    pub wrong: Vec<(u32, u16, Wrong)>,
    /// The places of these.
    wrong_at: HashSet<(u32, u16)>,
}

impl RowReading {
    /// Notes how a cell was normalised.
    pub fn note_cell(&mut self, row: u32, at: u16, normalised: &NormalisedCell) {
        self.notices.extend(normalised.notices.iter().map(|notice| CellNotice::new(row, at, *notice)));
        if let Some(wrong) = &normalised.wrong {
            self.refuse(row, at, wrong.clone());
        }
    }

    /// Notes that a cell cannot be read.
    pub fn refuse(&mut self, row: u32, at: u16, wrong: Wrong) {
        self.wrong_at.insert((row, at));
        self.wrong.push((row, at, wrong));
    }

    /// Whether it was noted that a cell cannot be read.
    pub fn is_wrong(&self, row: u32, at: u16) -> bool {
        self.wrong_at.contains(&(row, at))
    }

    /// Tells the reports of the rows what was noted of their cells.
    pub fn report_to(&self, reports: &mut [RowReport]) {
        let places: HashMap<u32, usize> = reports.iter().map(|report| report.row).zip(0..).collect();
        for CellNotice { row, at, notice, about } in &self.notices {
            if let Some(report) = places.get(row).and_then(|place| reports.get_mut(*place)) {
                report.notice_about(address(*at, *row), *notice, about.clone());
            }
        }
        for (row, at, wrong) in &self.wrong {
            if let Some(report) = places.get(row).and_then(|place| reports.get_mut(*place)) {
                report.wrong(address(*at, *row), wrong);
            }
        }
    }
}
