//! The header of a sheet: the columns that must be filled in first, with a note on each, the others folded.

use rust_xlsxwriter::{Color, Format, FormatAlign, Note, Worksheet, XlsxError};
use serde_json::Value;

use super::choices::Choices;
use crate::{
    model::kinds::Kind,
    register::tables::{Column, Form, Sheet, value_at},
    staff::imports::interpret::chosen,
};

/// From so many columns on that need not be filled in, they are folded.
const FOLDED_FROM: usize = 8;
/// Characters of an example in a note at most.
const LONGEST_EXAMPLE: usize = 60;

/// A column as it stands on the page: its number in the sheet of the book.
pub type Shown<'a> = (usize, &'a Column);

/// The columns of a sheet that are to be filled in: the code of the record, those that are required, and the rest.
pub fn shown(sheet: &Sheet) -> Vec<Shown<'_>> {
    let mut columns: Vec<_> = sheet.columns.iter().enumerate().filter(|(_, column)| !column.is_of_register()).collect();
    columns.sort_by_key(|(number, column)| *number > 0 && !column.required);
    columns
}

/// The words of a sheet's headers.
pub fn write(page: &mut Worksheet, row: u32, sheet: &Sheet) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
    let must = head.clone().set_background_color(Color::RGB(0xFCE4D6));
    let may = head.set_background_color(Color::RGB(0xEDEDED));
    for (at, (_, column)) in (0_u16..).zip(shown(sheet)) {
        page.write_string_with_format(row, at, &column.header, if column.required { &must } else { &may })?;
    }
    Ok(())
}

/// Makes the columns of a sheet ready to be filled in: notes, drop-downs, widths.
pub fn help(
    page: &mut Worksheet,
    kind: &Kind,
    sheet: &Sheet,
    example: Option<&Value>,
    choices: &mut Choices<'_>,
) -> Result<(), XlsxError> {
    // Long codes are numbers to a spreadsheet unless it is told otherwise.
    let text = Format::new().set_num_format("@");
    for (at, (_, column)) in (0_u16..).zip(shown(sheet)) {
        let named = chosen::named_kind(kind, sheet, column);
        let note = Note::new(words(column, named, example.and_then(|example| of_example(sheet, column, example))));
        page.insert_note(0, at, &note.add_author_prefix(false).set_width(320).set_height(140))?;
        page.set_column_width(at, (column.header.chars().count() * 2 + 4).clamp(10, 40) as f64)?;
        if column.form == Form::Text || named.is_some() {
            page.set_column_format(at, &text)?;
        }
        choices.offer(page, at, column, named)?;
    }
    Ok(())
}

/// Folds the columns that need not be filled in and of which no cell `is_used`, where there are many.
pub fn fold(page: &mut Worksheet, sheet: &Sheet, is_used: impl Fn(usize) -> bool) -> Result<(), XlsxError> {
    let columns = shown(sheet);
    let may = |(number, column): &Shown<'_>| *number > 0 && !column.required;
    if columns.iter().filter(|column| may(column)).count() < FOLDED_FROM {
        return Ok(());
    }
    let folds: Vec<bool> = columns.iter().map(|column| may(column) && !is_used(column.0)).collect();
    let mut first = 0;
    for run in folds.chunk_by(|one, other| one == other) {
        let last = first + run.len() - 1;
        if run.first() == Some(&true)
            && let (Ok(first), Ok(last)) = (u16::try_from(first), u16::try_from(last))
        {
            page.group_columns_collapsed(first, last)?;
        }
        first = last + 1;
    }
    Ok(())
}

/// The cell of the worked example in a column, if it has one.
fn of_example(sheet: &Sheet, column: &Column, example: &Value) -> Option<String> {
    let record = match sheet.list.as_slice() {
        [] => example,
        _ if column.path == ["code"] => example,
        list => value_at(example, list)?.get(0)?,
    };
    let cell = column.form.write(value_at(record, &column.path)?);
    let is_plain = !cell.is_empty() && !cell.starts_with(['{', '[', '"']);
    let shown: String = cell.chars().take(LONGEST_EXAMPLE).collect();
    is_plain.then(|| if shown.len() < cell.len() { format!("{shown}……") } else { shown })
}

/// Describes in words what a column takes.
fn words(column: &Column, named: Option<&str>, example: Option<String>) -> String {
    let must = if column.required { "必填。" } else { "可不填。" };
    let form = match (named, &column.form) {
        (Some("organisation"), _) => "从下拉列表中选择机构；也可以写统一社会信用代码（18位）。".to_owned(),
        (Some("legal_instrument"), _) => "从下拉列表中选择法律法规文件；也可以写它在登记簿中的编码。".into(),
        (Some("place"), _) => "从下拉列表中选择办理地点；也可以写它在登记簿中的编码。".into(),
        (Some(_), _) => "从下拉列表中选择收费项目；有多项的，每行一项。".into(),
        (None, Form::Text) => "文字。".into(),
        (None, Form::Integer) => "整数，不写单位。".into(),
        (None, Form::Boolean) => "是或者否。".into(),
        (None, Form::Code(_)) => "从下拉列表中选择。".into(),
        (None, Form::Period) => "时间和单位，如：20个工作日、30日、3个月、2小时。".into(),
        (None, Form::List(inner)) => match &**inner {
            Form::Code(list) => {
                let labels: Vec<_> = list.codes.iter().map(|code| code.label).collect();
                format!("可填多项，用“、”分开：{}。", labels.join("、"))
            }
            _ => "可填多项，每行一项。".into(),
        },
        (None, Form::Clauses) => "每行一条：1.……".into(),
        (None, Form::Contacts(_)) => "每行一种，如：电话：0591-26000001。".into(),
        (None, Form::Json) => "结构较多，一般在草稿中填写；表中请保持原样。".into(),
    };
    let example = example.map(|example| format!("\n例如：{example}")).unwrap_or_default();
    format!("{}\n{must}{form}{example}", column.header).chars().take(1000).collect()
}
