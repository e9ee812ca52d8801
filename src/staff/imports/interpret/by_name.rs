//! Rows that name no code, or one of which a spreadsheet dropped digits: their record is found by its name and organisation, where it
//! can be just one.

use super::{
    column_cell::{self, normal_code},
    left_digits::{Fit, LeftDigits},
    named_cell::ambiguous,
    names::{Named, Names, told},
    normalise_cell,
    office_headers::{ITEM, Meaning},
    sub_items,
    tables::Table,
};
use crate::{
    problem::Wrong,
    staff::imports::read::{Cell, Row},
};

/// The record of a row without a code: its key; none where its name is nobody's.
pub fn find(table: &Table, row: &Row, names: &Names) -> Result<Option<String>, Wrong> {
    let Some((_, name)) = name(table, row) else { return Ok(None) };
    let called = called(table, row, &name, names);
    match called.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.code.clone())),
        several => Err(Wrong::NameAmbiguous(name, told(several))),
    }
}

/// The record whose code a spreadsheet left in part: the only one that fits, where nothing but zeros is missing, or every digit is
/// there that is no zero; else, and where what is left could be a code itself, the only one that fits and has the name of the row.
pub fn restored(table: &Table, row: &Row, cell: &Cell, names: &Names) -> Result<Option<String>, Wrong> {
    let Some(left) = LeftDigits::of(cell) else { return Ok(None) };
    let fitting = names.fitting(table.kind.name, &left);
    let sure = fitting.iter().filter(|(_, fit)| *fit != Fit::Beginning).map(|(named, _)| *named);
    let sure: Vec<&Named> = sure.collect();
    // What is left may be the whole code of a new record.
    let is_code = matches!(&left, LeftDigits::Whole(text) if normal_code(table.kind, text).is_ok());
    if let ([only], 1, false) = (sure.as_slice(), fitting.len(), is_code) {
        return Ok(Some(only.code.clone()));
    }
    let called = name(table, row).map(|(_, name)| called(table, row, &name, names)).unwrap_or_default();
    let both: Vec<_> = fitting.iter().filter(|(named, _)| called.iter().any(|one| one.code == named.code)).collect();
    match both.as_slice() {
        [(only, _)] => Ok(Some(only.code.clone())),
        _ if sure.len() > 1 || is_code && !sure.is_empty() => Err(ambiguous(sure)),
        _ => Ok(None),
    }
}

/// The name that a row says of its record, with its column.
pub fn name(table: &Table, row: &Row) -> Option<(u16, String)> {
    if table.part > 0 {
        return None;
    }
    if let Some(sub_item) = sub_items::name(table, row) {
        return Some(sub_item);
    }
    let columns = &table.book.sheets[table.part].columns;
    let is_name = |meaning| match meaning {
        Meaning::Own(place) => columns[place].path == ["name"] || columns[place].path == ["title"],
        _ => false,
    };
    let at = table.columns.iter().find(|known| is_name(known.meaning))?.at;
    let cell = row.cell(at).filter(|cell| column_cell::unreadable(cell).is_none())?;
    Some((at, normalise_cell::name(&cell.text()))).filter(|(_, name)| !name.is_empty())
}

/// The records with a name; of items those of the organisation that the row says.
fn called<'a>(table: &Table, row: &Row, name: &str, names: &'a Names) -> Vec<&'a Named> {
    let organisation = if table.kind.name == ITEM { organisation(table, row, names) } else { None };
    // The code of an item begins with that of its organisation.
    names.exact(table.kind.name, name, |named| {
        organisation.as_ref().is_none_or(|organisation| named.code.starts_with(organisation.as_str()))
    })
}

/// The code of the organisation that a row says, by its code or its name.
fn organisation(table: &Table, row: &Row, names: &Names) -> Option<String> {
    let columns = &table.book.sheets[table.part].columns;
    let cells = table.columns.iter().filter_map(|known| Some((known.meaning, row.cell(known.at)?)));
    let mut cells = cells.filter(|(_, cell)| column_cell::unreadable(cell).is_none());
    cells.find_map(|(meaning, cell)| match meaning {
        Meaning::OrganisationName => names.find("organisation", &cell.text()).one().map(str::to_owned),
        Meaning::Own(place) if columns[place].path == ["organisation"] => {
            let code = normalise_cell::code(&cell.text()).to_ascii_uppercase();
            match names.has("organisation", &code) {
                true => Some(code),
                false => names.find("organisation", &cell.text()).one().map(str::to_owned),
            }
        }
        _ => None,
    })
}

/// Whether a row names its record by a code in full.
pub fn has_whole_code(table: &Table, row: &Row, key: &str) -> bool {
    let code = row.cell(table.code).filter(|_| table.is_coded).map(column_cell::code);
    code.is_some_and(|code| code.wrong.is_none() && normal_code(table.kind, &code.text).as_deref() == Ok(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::KINDS,
        staff::imports::{
            interpret::{ImportSource, Mapped},
            read::{FileContent, Sheet},
        },
    };

    const OWN: &str = "11350121003619116B5000105001000";
    const OTHER: &str = "12350121488101998J5000105001000";

    fn names() -> Names {
        let mut names = Names::default();
        for (kind, code, name) in [
            (ITEM, OWN, "低保审核"),
            (ITEM, OTHER, "低保审核"),
            (ITEM, "11350121003619116B5000105001001", "生育登记"),
            ("organisation", "11350121003619116B", "闽侯县洋里乡人民政府"),
            ("organisation", "12350121488101998J", "某某服务中心"),
        ] {
            let kind = KINDS.into_iter().find(|own| own.name == kind).expect("a kind");
            names.add(kind, name, code);
        }
        names
    }

    fn found(header: &[&str], cells: &[&str]) -> Result<Option<String>, String> {
        let row = |number: u32, texts: &[&str]| {
            let cells = (0..).zip(texts).filter(|(_, text)| !text.is_empty());
            Row { number, cells: cells.map(|(at, text)| (at, Cell::Text((*text).into()))).collect() }
        };
        let sheet = Sheet { name: "清单".into(), rows: vec![row(1, header), row(2, cells)], ..Sheet::default() };
        let source = ImportSource::of(FileContent::Workbook(vec![sheet]), &KINDS, None, &Mapped::default());
        let source = source.unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let table = &source.tables[0];
        find(table, &table.sheet.rows[0], &names()).map_err(|wrong| wrong.code().to_owned())
    }

    #[test]
    fn a_row_without_a_code_is_found_by_name_and_organisation() {
        for header in
            [["事项编码", "事项名称", "实施主体名称", "承诺时限"], ["序号", "事项名称", "行使主体", "承诺时限"]]
        {
            for (name, organisation, key) in [
                ("低保审核", "闽侯县洋里乡人民政府", Ok(Some(OWN.to_owned()))),
                ("低保 审核", "洋里乡人民政府", Ok(Some(OWN.to_owned()))),
                ("低保审核", "某某服务中心", Ok(Some(OTHER.to_owned()))),
                ("低保审核", "", Err("name-ambiguous".to_owned())),
                ("生育登记", "", Ok(Some("11350121003619116B5000105001001".to_owned()))),
                ("生育登记", "某某服务中心", Ok(None)),
                ("没有的事项", "", Ok(None)),
                ("低保", "洋里乡人民政府", Ok(None)),
            ] {
                assert_eq!(found(&header, &["", name, organisation, "5个工作日"]), key, "{name} {organisation}");
            }
        }
    }
}
