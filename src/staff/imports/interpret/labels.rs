//! What the field is called in which a row is wrong.

use super::{office_headers::Meaning, tables::Table};
use crate::{
    model::kinds::Kind,
    staff::imports::{read::column_of, report::RowReport},
};

/// Names the fields in which a row is wrong: those of a sheet as the template heads them, those of JSON by their terms.
pub fn name_fields(report: &mut RowReport, kind: &'static Kind, table: Option<&Table>) {
    report.name_fields(|cell| match table {
        Some(table) => column_of(cell).and_then(|at| label(table, at)),
        None => (kind.shape)().term(cell),
    });
}

fn label(table: &Table, at: u16) -> Option<&'static str> {
    let sheet = table.book.sheets.get(table.part)?;
    if at == table.code && table.is_coded {
        let code = sheet.columns.iter().find(|column| column.path == ["code"]).or(sheet.columns.first());
        return code.map(|column| column.header.as_str());
    }
    let field = match table.columns.iter().find(|known| known.at == at)?.meaning {
        Meaning::Own(column) => return sheet.columns.get(column).map(|column| column.header.as_str()),
        other => other.field()?,
    };
    (table.kind.shape)().term(&format!("/{field}"))
}
