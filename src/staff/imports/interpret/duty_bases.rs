//! 责任事项依据 and 追责依据: what each duty, or each case of accountability, rests on. They stand in a cell of their own beside the list.

use serde_json::Value;

use super::{
    column_cell, normalise_cell, numbered,
    office_headers::Meaning,
    reading::{Edit, RowReading},
    tables::Table,
};
use crate::{problem::Wrong, staff::imports::read::Row};

/// Reads the bases of lists into the elements that the row says of them, or that the register has. An empty cell says nothing.
pub fn read(table: &Table, row: &Row, current: Option<&Value>, reading: &mut RowReading) {
    for known in &table.columns {
        let Meaning::DutyBases(field) = known.meaning else { continue };
        let Some(cell) = row.cell(known.at) else { continue };
        let text = normalise_cell::lines(&cell.text());
        // What is printed as JSON, or cannot be read, was told already.
        if column_cell::unreadable(cell).is_some() || normalise_cell::points_elsewhere(&text) {
            continue;
        }
        let bases = numbered::elements(&text).texts;
        if bases.is_empty() || normalise_cell::is_nothing(&text) {
            continue;
        }
        let said = reading.edits.iter().position(|edit| edit.path == [field]);
        let now = current.and_then(|body| body.get(field));
        let list = said.map_or(now, |at| reading.edits[at].value.as_ref());
        let list = list.and_then(Value::as_array).cloned().unwrap_or_default();
        match with_bases(list, &bases, &text) {
            Ok(list) => {
                let value = Some(list.into());
                match said.and_then(|at| reading.edits.get_mut(at)) {
                    Some(edit) => edit.value = value,
                    None => reading.edits.push(Edit::new(vec![field.into()], value, known.at)),
                }
            }
            Err(wrong) => reading.refuse(row.number, known.at, wrong),
        }
    }
}

/// Gives each element its basis: of as many as there are its own, of one that one.
fn with_bases(mut list: Vec<Value>, bases: &[String], text: &str) -> Result<Vec<Value>, Wrong> {
    let of = |at: usize| match bases {
        [_] => Some(text),
        several => several.get(at).map(String::as_str).filter(|_| several.len() == list.len()),
    };
    let own: Vec<Option<&str>> = (0..list.len()).map(of).collect();
    if list.is_empty() || own.iter().any(Option::is_none) {
        return Err(Wrong::BasesUncounted(bases.len(), list.len()));
    }
    for (element, basis) in list.iter_mut().zip(own) {
        let is_new = element["basis"].as_str().map(normalise_cell::plain) != basis.map(normalise_cell::plain);
        if let Some(basis) = basis.filter(|_| is_new) {
            element["basis"] = basis.into();
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_duty_has_its_basis_or_all_have_one() {
        let list = || vec![json!({ "text": "甲", "basis": "旧" }), json!({ "text": "乙" })];
        let bases = |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| (*text).to_owned()).collect() };
        let own = with_bases(list(), &bases(&["一", "二"]), "").expect("as many");
        assert_eq!((&own[0]["basis"], &own[1]["basis"]), (&json!("一"), &json!("二")));
        let all = with_bases(list(), &bases(&["旧"]), "旧").expect("one");
        assert_eq!((&all[0]["basis"], &all[1]["basis"]), (&json!("旧"), &json!("旧")));
        assert_eq!(with_bases(list(), &bases(&["一", "二", "三"]), ""), Err(Wrong::BasesUncounted(3, 2)));
        assert_eq!(with_bases(Vec::new(), &bases(&["一"]), "一"), Err(Wrong::BasesUncounted(1, 0)));
    }
}
