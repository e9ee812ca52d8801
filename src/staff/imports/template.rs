//! 模板: a workbook to be filled in: a sheet for the records and one for each of their lists, with notes, drop-downs, and one
//! worked example on sheets that imports pass over.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, DataValidation, Format, FormatAlign, Formula, Note, Workbook, Worksheet, XlsxError};
use serde_json::Value;

use crate::{
    model::kinds::Kind,
    problem::{Code, Problem},
    register::{
        catalog::Snapshot,
        tables::{Book, Column, Form, Layout, Sheet},
    },
};

/// Rows that have drop-downs.
const ROWS: u32 = 2000;
/// The sheet of the drop-downs' words.
const CHOICES: &str = "选项";
/// The sheet that tells how to fill in the others.
const HOW: &str = "填写说明";
/// The sheet with the worked example.
const EXAMPLE: &str = "示例";

/// The template of a kind.
pub fn workbook(kind: &'static Kind, register: &Snapshot) -> Result<Vec<u8>, Problem> {
    let example = example(kind, register)?;
    drawn(Book::of(kind, Layout::Workbook), example.as_ref()).map_err(|error| {
        log::error!("a template cannot be written: {error}");
        Code::Internal.into()
    })
}

/// A record to learn from: the kind's example where it is published, else any that is in force.
fn example(kind: &'static Kind, register: &Snapshot) -> Result<Option<Value>, Problem> {
    let any = || register.shelf(kind.name)?.entries().find(|entry| entry.is_listed());
    let found = register.get(kind.name, kind.example).filter(|entry| entry.is_listed()).or_else(any);
    let body = found.map(|entry| entry.body()).transpose()?.flatten();
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

fn drawn(book: &Book, example: Option<&Value>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let mut choices = Choices::default();
    for sheet in &book.sheets {
        let page = workbook.add_worksheet();
        page.set_name(&sheet.name)?;
        header(page, 0, sheet, &mut choices, true)?;
        page.set_freeze_panes(1, 1)?;
    }
    let page = workbook.add_worksheet();
    page.set_name(EXAMPLE)?;
    match example {
        Some(example) => worked(page, book, example, &mut choices)?,
        None => {
            page.write_string(0, 0, "登记簿中还没有可作示例的记录。 · No record of this kind is in force yet.")?;
        }
    }
    let page = workbook.add_worksheet();
    page.set_name(HOW)?;
    how(page, book)?;
    let page = workbook.add_worksheet();
    page.set_name(CHOICES)?;
    choices.write(page)?;
    page.set_hidden(true);
    workbook.save_to_buffer()
}

/// The columns of a sheet that are to be filled in.
fn filled(sheet: &Sheet) -> impl Iterator<Item = &Column> {
    sheet.columns.iter().filter(|column| !column.is_of_register())
}

fn header(
    page: &mut Worksheet,
    row: u32,
    sheet: &Sheet,
    choices: &mut Choices,
    with_help: bool,
) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
    let must = head.clone().set_background_color(Color::RGB(0xFCE4D6));
    let may = head.set_background_color(Color::RGB(0xEDEDED));
    for (at, column) in (0_u16..).zip(filled(sheet)) {
        page.write_string_with_format(row, at, &column.header, if column.required { &must } else { &may })?;
        if !with_help {
            continue;
        }
        let text = help(column);
        page.insert_note(row, at, &Note::new(text).add_author_prefix(false).set_width(320).set_height(140))?;
        page.set_column_width(at, (column.header.chars().count() * 2 + 4).clamp(10, 40) as f64)?;
        if let Form::Code(list) = &column.form {
            let labels: Vec<&str> = list.codes.iter().map(|code| code.label).collect();
            choices.validate(page, at, list.name, &labels)?;
        } else if column.form == Form::Boolean {
            choices.validate(page, at, "boolean", &["是", "否"])?;
        } else if column.form == Form::Text {
            // Long codes are numbers to a spreadsheet unless it is told otherwise.
            page.set_column_format(at, &Format::new().set_num_format("@"))?;
        }
    }
    Ok(())
}

/// Describes in words what a column takes.
fn help(column: &Column) -> String {
    let must = if column.required { "必填。" } else { "可不填。" };
    let form = match &column.form {
        Form::Text => "文字。".to_owned(),
        Form::Integer => "整数。".into(),
        Form::Boolean => "是或者否。".into(),
        Form::Code(_) => "从下拉列表中选择。".into(),
        Form::Period => "如：20个工作日、30日、3个月、2小时。".into(),
        Form::List(inner) => match &**inner {
            Form::Code(list) => {
                let labels: Vec<_> = list.codes.iter().map(|code| code.label).collect();
                format!("可填多项，用“、”分开：{}。", labels.join("、"))
            }
            _ => "可填多项，每行一项。".into(),
        },
        Form::Clauses => "每行一条：1.……".into(),
        Form::Contacts(_) => "每行一种，如：电话：0591-26000001。".into(),
        Form::Json => "JSON。".into(),
    };
    format!("{must}{form}\n{}", column.note).chars().take(1000).collect()
}

/// The example: the sheets of the book one below the other.
fn worked(page: &mut Worksheet, book: &Book, example: &Value, choices: &mut Choices) -> Result<(), XlsxError> {
    let title = Format::new().set_bold().set_font_size(12);
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let mut at = 0;
    for (sheet, rows) in book.sheets.iter().zip(book.write(example)) {
        if rows.is_empty() {
            continue;
        }
        page.write_string_with_format(at, 0, format!("【{}】", sheet.name), &title)?;
        header(page, at + 1, sheet, choices, false)?;
        at += 2;
        for row in rows {
            let cells = sheet.columns.iter().zip(&row).filter(|(column, _)| !column.is_of_register());
            for (column, (_, cell)) in (0_u16..).zip(cells) {
                let text: String = cell.chars().take(32_000).collect();
                page.write_string_with_format(at, column, text, &wrapped)?;
            }
            at += 1;
        }
        at += 1;
    }
    Ok(())
}

fn how(page: &mut Worksheet, book: &Book) -> Result<(), XlsxError> {
    let lines = [
        format!("{}导入模板", book.kind.chinese),
        format!("1. 在“{}”表中每行填写一条记录；带底色的列为必填。", book.records().name),
        "2. 其余各表是记录中的清单（如申请材料、设定依据），每行一项，第一列填写记录的编码，按顺序排列。".into(),
        "3. 没有的列可以整列删除：登记簿中的内容保持不变；留空的单元格表示没有内容。".into(),
        "4. 编码列请保持文本格式，否则表格软件会丢失末位数字。".into(),
        "5. “示例”“填写说明”两表只供参考，导入时略过。".into(),
        "6. 上传后先试运行：逐行说明新增、变更、未变化、退回及原因，不写入任何内容；确认后再生成草稿。".into(),
        String::new(),
        "One row for each record; lists stand on sheets of their own, one row for each element, beginning with the code of the record. \
         Columns may be left out: what a sheet has no column for stays as it is. An upload is a dry run until it is applied."
            .into(),
    ];
    for (row, line) in (0..).zip(lines) {
        page.write_string(row, 0, line)?;
    }
    page.set_column_width(0, 110.0)?;
    Ok(())
}

/// The words of drop-downs: each list once, in a column of a hidden sheet.
#[derive(Default)]
struct Choices {
    lists: BTreeMap<&'static str, (u16, Vec<String>)>,
}

impl Choices {
    fn validate(
        &mut self,
        page: &mut Worksheet,
        at: u16,
        name: &'static str,
        labels: &[&str],
    ) -> Result<(), XlsxError> {
        let next = u16::try_from(self.lists.len()).unwrap_or(u16::MAX);
        let (place, _) =
            self.lists.entry(name).or_insert_with(|| (next, labels.iter().map(|label| (*label).to_owned()).collect()));
        let letter = super::read::column_name(*place);
        let range = format!("={CHOICES}!${letter}$1:${letter}${}", labels.len());
        let validation = DataValidation::new()
            .allow_list_formula(Formula::new(range))
            .set_error_title("请从列表中选择")?
            .set_error_message("请从下拉列表中选择，或者参见“填写说明”。")?;
        page.add_data_validation(1, at, ROWS, at, &validation)?;
        Ok(())
    }

    fn write(&self, page: &mut Worksheet) -> Result<(), XlsxError> {
        for (column, labels) in self.lists.values() {
            for (row, label) in (0..).zip(labels) {
                page.write_string(row, *column, label)?;
            }
        }
        Ok(())
    }
}
