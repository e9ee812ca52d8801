//! Columns that name records of the register, and what is chosen there from a list of them: `lex-xzxk｜中华人民共和国行政许可法`.

use serde_json::Value;

use crate::{
    model::kinds::Kind,
    register::tables::{Column, Sheet, pointer},
};

/// The sign between the code and the name of a record in a drop-down.
pub const BETWEEN: char = '｜';

/// The schema of the values of a column.
pub fn schema_of(kind: &Kind, sheet: &Sheet, column: &Column) -> Option<&'static Value> {
    let (list, pointer) = (pointer(&sheet.list), pointer(&column.path));
    let pointer = if list.is_empty() { pointer } else { format!("{list}/0{pointer}") };
    (kind.shape)().schema_at(&pointer)
}

/// The kind of the records that a column names by their codes.
pub fn named_kind(kind: &Kind, sheet: &Sheet, column: &Column) -> Option<&'static str> {
    let is_credit_code = || {
        schema_of(kind, sheet, column).and_then(|schema| schema.get("format")).is_some_and(|format| format == "uscc")
    };
    match column.path.last()?.as_str() {
        "instrument" => Some("legal_instrument"),
        "place" => Some("place"),
        "fees" => Some("fee"),
        // The code of the record itself names nobody else; intermediaries are found by their own names.
        "code" => None,
        _ => is_credit_code().then_some("organisation"),
    }
}

/// A record as it stands in a drop-down.
pub fn written(code: &str, name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control() && *c != BETWEEN).collect();
    format!("{code}{BETWEEN}{name}")
}

/// Returns the text with each line that was chosen from a list as its code.
pub fn codes(text: &str) -> String {
    if !text.contains([BETWEEN, '|']) {
        return text.to_owned();
    }
    let code = |line: &str| match line.split_once([BETWEEN, '|']) {
        Some((code, _)) if is_code(code.trim()) => code.trim().to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{KINDS, items},
        register::tables::{Book, Layout},
    };

    #[test]
    fn what_is_chosen_is_its_code_and_all_else_stays() {
        assert_eq!(codes(&written("lex-xzxk", "中华人民共和国行政许可法")), "lex-xzxk");
        assert_eq!(codes("fee-a｜费用甲\nfee-b | 费用乙\nfee-c"), "fee-a\nfee-b\nfee-c");
        for other in ["", "lex-xzxk", "甲｜乙", "｜乙", "行政许可法"] {
            assert_eq!(codes(other), other);
        }
    }

    #[test]
    fn columns_of_an_item_that_name_records_are_known() {
        let book = Book::of(&items::KIND, Layout::Workbook);
        let mut named: Vec<_> = (book.sheets.iter())
            .flat_map(|sheet| sheet.columns.iter().filter_map(|column| named_kind(book.kind, sheet, column)))
            .collect();
        named.sort_unstable();
        named.dedup();
        assert_eq!(named, ["fee", "legal_instrument", "organisation", "place"]);
    }

    #[test]
    fn every_column_of_codes_of_organisations_takes_their_names() {
        let mut columns = Vec::new();
        for kind in KINDS {
            for sheet in &Book::of(kind, Layout::Workbook).sheets {
                let is_uscc = |column: &&Column| {
                    schema_of(kind, sheet, column)
                        .and_then(|schema| schema.get("format"))
                        .is_some_and(|format| format == "uscc")
                };
                for column in sheet.columns.iter().filter(is_uscc).filter(|column| column.path != ["code"]) {
                    assert_eq!(
                        named_kind(kind, sheet, column),
                        Some("organisation"),
                        "{} {}",
                        sheet.name,
                        column.header
                    );
                    columns.push(column.path.join("."));
                }
            }
        }
        for path in ["organisation", "parent", "registered_organisation", "to_organisation"] {
            assert!(columns.iter().any(|column| column == path), "{path}: {columns:?}");
        }
    }
}
