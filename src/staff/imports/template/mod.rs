//! 模板: a workbook to be filled in: a sheet for the records and one for each of their lists, with notes, drop-downs, and one
//! worked example on sheets that imports pass over. Empty, or with the records of one organisation and, as an export has it, the state
//! of the register of which they are.

mod choices;
mod header;
mod rows;

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};
use serde_json::Value;

use self::{
    choices::{CHOICES, Choices},
    rows::Filled,
};
use crate::{
    model::kinds::{Kind, Owner},
    problem::{Code, Problem},
    register::{
        catalog::{Entry, Snapshot},
        tables::{Book, END, Layout},
    },
};

/// The sheet that tells how to fill in the others.
const HOW: &str = "填写说明";
/// The sheet with the worked example.
const EXAMPLE: &str = "示例";

/// Whether the records of a kind belong to organisations, so that a template may have those of one.
pub fn may_be_filled(kind: &Kind) -> bool {
    matches!(kind.owner, Owner::Organisation | Owner::Itself)
}

/// The template of a kind, with the records of an organisation where one is named.
pub fn workbook(kind: &'static Kind, register: &Snapshot, organisation: Option<&str>) -> Result<Vec<u8>, Problem> {
    let example = example(kind, register)?;
    let records =
        organisation.map(|organisation| records(kind, register, organisation)).transpose()?.unwrap_or_default();
    let book = Book::of(kind, Layout::Workbook);
    drawn(book, register, example.as_ref(), &records).map_err(|error| {
        log::error!("a template cannot be written: {error}");
        Code::Internal.into()
    })
}

/// A record to learn from: the kind's example where it is published, else any that is in force.
fn example(kind: &'static Kind, register: &Snapshot) -> Result<Option<Value>, Problem> {
    let any = || register.shelf(kind.name)?.entries().find(|entry| entry.is_listed());
    let found = register.get(kind.name, kind.example).filter(|entry| entry.is_listed()).or_else(any);
    Ok(found.map(|entry| body(entry)).transpose()?.flatten())
}

/// The records of an organisation that are in force or suspended, by their codes.
fn records(kind: &'static Kind, register: &Snapshot, organisation: &str) -> Result<Vec<Value>, Problem> {
    let entries = register.shelf(kind.name).into_iter().flat_map(|shelf| shelf.entries());
    let is_of = |entry: &Entry| match kind.owner {
        Owner::Itself => &*entry.key == organisation,
        _ => entry.indexed.postings.iter().any(|(name, value)| *name == "organisation" && value == organisation),
    };
    let mut own: Vec<_> = entries.filter(|entry| entry.is_listed() && is_of(entry)).collect();
    own.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    let bodies = own.into_iter().filter_map(|entry| body(entry).transpose());
    bodies.collect()
}

fn body(entry: &Entry) -> Result<Option<Value>, Problem> {
    Ok(entry.body()?.map(|body| serde_json::from_str(&body)).transpose()?)
}

fn drawn(book: &Book, register: &Snapshot, example: Option<&Value>, records: &[Value]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let mut choices = Choices::of(register);
    for (sheet, filled) in book.sheets.iter().zip(Filled::of(book, records, register)) {
        let page = workbook.add_worksheet();
        page.set_name(&sheet.name)?;
        header::write(page, 0, sheet)?;
        header::help(page, book.kind, sheet, example, &mut choices)?;
        filled.write(page, 1, sheet)?;
        header::fold(page, sheet, |column| filled.uses(column))?;
        page.set_freeze_panes(1, 1)?;
    }
    let page = workbook.add_worksheet();
    page.set_name(EXAMPLE)?;
    match example {
        Some(example) => rows::worked(page, book, Filled::of(book, std::slice::from_ref(example), register))?,
        None => {
            page.write_string(0, 0, "登记簿中还没有可作示例的记录。 · No record of this kind is in force yet.")?;
        }
    }
    let page = workbook.add_worksheet();
    page.set_name(HOW)?;
    let next = how(page, book)?;
    if !records.is_empty() {
        let state = [END.to_owned(), records.len().to_string(), register.seq().to_string()];
        for (column, cell) in (0..).zip(state) {
            page.write_string(next, column, cell)?;
        }
    }
    let page = workbook.add_worksheet();
    page.set_name(CHOICES)?;
    choices.write(page)?;
    page.set_hidden(true);
    workbook.save_to_buffer()
}

/// Writes how a template is filled in; returns the row below it.
fn how(page: &mut Worksheet, book: &Book) -> Result<u32, XlsxError> {
    let lines = [
        format!("{}导入模板", book.kind.chinese),
        format!("1. 在“{}”表中每行填写一条记录；橙色的列为必填，在最前面；其余的列较多时已折叠，点表头上方的“＋”展开。", book.records().name),
        "2. 其余各表是记录中的清单（如申请材料、设定依据），每行一项，第一列填写记录的编码，按顺序排列。".into(),
        "3. 机构、办理地点、法律法规文件、收费项目从下拉列表中选择：“编码｜名称”，以“｜”前面的编码为准。".into(),
        "4. 没有的列可以整列删除：登记簿中的内容保持不变；留空的单元格表示没有内容。".into(),
        "5. 编码列请保持文本格式，否则表格软件会丢失末位数字。".into(),
        "6. “示例”“填写说明”“选项”各表只供参考，导入时略过。".into(),
        "7. 上传后先试运行：逐行说明新增、变更、未变化、退回及原因，不写入任何内容；确认后再生成草稿。".into(),
        String::new(),
        "One row for each record; lists stand on sheets of their own, one row for each element, beginning with the code of the record. \
         Columns may be left out: what a sheet has no column for stays as it is. An upload is a dry run until it is applied."
            .into(),
    ];
    let mut row = 0;
    for line in lines {
        page.write_string(row, 0, line)?;
        row += 1;
    }
    page.set_column_width(0, 110.0)?;
    Ok(row + 1)
}
