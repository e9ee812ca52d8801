//! The drop-downs: each list of words once, in a column of a hidden sheet.

use std::collections::BTreeMap;

use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Formula, Worksheet, XlsxError};

use crate::{
    register::{
        catalog::Snapshot,
        tables::{Column, Form},
    },
    staff::imports::{interpret::chosen, read::column_name},
    values::code_lists::CodeList,
};

/// Rows that have drop-downs.
const ROWS: u32 = 2000;
/// The sheet of the words.
pub const CHOICES: &str = "选项";
/// Records of a list at most: who has more does not look for one in a list.
const MOST: usize = 5000;

/// The words of drop-downs.
pub struct Choices<'a> {
    register: &'a Snapshot,
    lists: BTreeMap<&'static str, (u16, Vec<String>)>,
}

impl<'a> Choices<'a> {
    /// Those of a register.
    pub fn of(register: &'a Snapshot) -> Self {
        Self { register, lists: BTreeMap::new() }
    }

    /// Gives the cells of a column a drop-down, where there is something to choose from: the records of a kind that are in force, or
    /// the words of its form.
    pub fn offer(
        &mut self,
        page: &mut Worksheet,
        at: u16,
        column: &Column,
        named: Option<&'static str>,
    ) -> Result<(), XlsxError> {
        if let Some(kind) = named {
            // What is not registered yet may be on its way, and a list takes several.
            return self
                .validate(page, at, kind, DataValidationErrorStyle::Information, |register| records(register, kind));
        }
        let stop = DataValidationErrorStyle::Stop;
        match &column.form {
            Form::Code(list) => self.validate(page, at, list.name, stop, |_| labels(list)),
            Form::Boolean => self.validate(page, at, "boolean", stop, |_| ["是", "否"].map(String::from).into()),
            _ => Ok(()),
        }
    }

    fn validate(
        &mut self,
        page: &mut Worksheet,
        at: u16,
        name: &'static str,
        style: DataValidationErrorStyle,
        words: impl Fn(&Snapshot) -> Vec<String>,
    ) -> Result<(), XlsxError> {
        let next = u16::try_from(self.lists.len()).unwrap_or(u16::MAX);
        let (place, words) = self.lists.entry(name).or_insert_with(|| (next, words(self.register)));
        if words.is_empty() {
            return Ok(());
        }
        let letter = column_name(*place);
        let range = format!("={CHOICES}!${letter}$1:${letter}${}", words.len());
        let message = match style {
            DataValidationErrorStyle::Stop => "请从下拉列表中选择，或者参见“填写说明”。",
            _ => "这不在登记簿的列表中。一般从下拉列表中选择；可填多项的，每行一项；尚未登记的，请核对编码。",
        };
        let validation = DataValidation::new()
            .allow_list_formula(Formula::new(range))
            .set_error_style(style)
            .set_error_title("请从列表中选择")?
            .set_error_message(message)?;
        page.add_data_validation(1, at, ROWS, at, &validation)?;
        Ok(())
    }

    /// Writes the lists onto their sheet.
    pub fn write(&self, page: &mut Worksheet) -> Result<(), XlsxError> {
        for (column, words) in self.lists.values() {
            for (row, word) in (0..).zip(words) {
                page.write_string(row, *column, word)?;
            }
        }
        Ok(())
    }
}

fn labels(list: &CodeList) -> Vec<String> {
    list.codes.iter().map(|code| code.label.to_owned()).collect()
}

/// The records of a kind that are in force or suspended, by their names.
fn records(register: &Snapshot, kind: &str) -> Vec<String> {
    let entries = register.shelf(kind).into_iter().flat_map(|shelf| shelf.entries());
    let mut listed: Vec<_> =
        entries.filter(|entry| entry.is_listed()).map(|entry| (&entry.indexed.title, &entry.key)).collect();
    listed.sort_unstable();
    listed.truncate(MOST);
    listed.into_iter().map(|(title, key)| chosen::written(key, title)).collect()
}
