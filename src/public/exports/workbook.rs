//! xlsx: of items the lists as offices print them, then the sheets of [`Book`], which hold everything; last the sheet
//! that says of what the workbook is a picture.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::extract::Extract;
use crate::{
    problem::{Code, Problem},
    register::{
        catalog::instant,
        tables::{ABOUT, Book, Column, END, Form, LISTS, Layout, PrintedItem, PrintedList, Row, Shows, split},
    },
    web::one::body,
};

/// Paper sizes as spreadsheets number them.
const A3: u8 = 8;
const A4: u8 = 9;
/// Rows above the first item of a printed list: title, groups, headers.
const ABOVE: u32 = 3;

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error("xlsx: {0}")]
    Xlsx(#[from] XlsxError),
    #[error("xlsx: more than {0} rows")]
    Rows(u32),
    #[error("xlsx: nobody waits for it any more")]
    Unwanted,
    #[error(transparent)]
    Refused(#[from] Problem),
}

/// Rows of a sheet at most.
const MOST_ROWS: u32 = 1_048_576;

/// Writes the workbook of an extract to a file, as long as it is wanted: that is asked for every record and every piece of the file.
pub fn write_workbook(extract: &Extract, path: &Path, is_wanted: &(dyn Fn() -> bool + Sync)) -> Result<(), Problem> {
    write(extract, path, is_wanted).map_err(|error| match error {
        Unwritten::Refused(problem) => problem,
        // Nobody reads it.
        _ if !is_wanted() => Code::Unavailable.into(),
        Unwritten::Xlsx(_) | Unwritten::Rows(_) | Unwritten::Unwanted => io::Error::other(error).into(),
    })
}

/// A file that is written as long as it is wanted.
struct Wanted<'a> {
    file: File,
    is_wanted: &'a (dyn Fn() -> bool + Sync),
    /// Whether its writer was told that it is not.
    is_refused: bool,
}

impl Write for Wanted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_refused {
            // The writer of the archive still ends it, and says so on standard error where it cannot.
            return Ok(bytes.len());
        }
        if (self.is_wanted)() {
            return self.file.write(bytes);
        }
        self.is_refused = true;
        Err(io::Error::other(Unwritten::Unwanted))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The sheets in the making: each is written row by row, and holds one row in memory.
struct Sheets {
    workbook: Workbook,
    /// The next row of each.
    next: Vec<u32>,
    looks: Looks,
}

struct Looks {
    title: Format,
    header: Format,
    cell: Format,
}

fn write(extract: &Extract, path: &Path, is_wanted: &(dyn Fn() -> bool + Sync)) -> Result<(), Unwritten> {
    let printed: &[PrintedList] = if extract.kind.name == "item" { &LISTS } else { &[] };
    let book = Book::of(extract.kind, Layout::Workbook);
    let mut workbook = Workbook::new();
    // One state of the register gives one file, whenever it is written.
    workbook.set_properties(
        &DocProperties::new().set_creation_datetime(&ExcelDateTime::from_timestamp(extract.snapshot.at().timestamp())?),
    );
    let mut sheets = Sheets { workbook, next: Vec::new(), looks: Looks::new() };
    for list in printed {
        sheets.begin_printed(list)?;
    }
    for sheet in &book.sheets {
        sheets.begin(&sheet.name, &sheet.columns)?;
    }
    for entry in &extract.entries {
        if !is_wanted() {
            return Err(Unwritten::Unwanted);
        }
        if !printed.is_empty() {
            let item = PrintedItem::new(&extract.snapshot, Some(entry.as_ref()), body(entry)?);
            for (number, list) in printed.iter().enumerate().filter(|(_, list)| item.is_on(list)) {
                let place = (sheets.next[number] + 1 - ABOVE).to_string();
                let cells = list.columns.iter().map(|(.., shows)| match shows {
                    Shows::Ordinal => place.clone(),
                    shows => item.cell(*shows),
                });
                sheets.row(number, |_| false, cells.collect())?;
            }
        }
        for (number, (sheet, rows)) in book.sheets.iter().zip(book.write(&extract.value(entry)?)).enumerate() {
            let is_number = |column: usize| sheet.columns[column].form == Form::Integer;
            for row in rows.into_iter().flat_map(split) {
                sheets.row(printed.len() + number, is_number, row)?;
            }
        }
    }
    sheets.about(extract)?;
    let file = Wanted { file: File::create(path).map_err(XlsxError::from)?, is_wanted, is_refused: false };
    Ok(sheets.workbook.save_to_writer(file)?)
}

impl Looks {
    fn new() -> Self {
        let cell = Format::new().set_text_wrap().set_align(FormatAlign::Top).set_border(FormatBorder::Thin);
        let header = cell.clone().set_bold().set_align(FormatAlign::Center).set_align(FormatAlign::VerticalCenter);
        let title = Format::new().set_bold().set_font_size(16).set_align(FormatAlign::Center);
        Self { title, header: header.set_background_color(0x00E8_EEF4), cell }
    }
}

impl Sheets {
    fn add(&mut self, name: &str, rows: u32) -> Result<&mut Worksheet, XlsxError> {
        self.next.push(rows);
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        sheet.set_landscape().set_print_fit_to_pages(1, 0);
        sheet.set_footer("&C第 &P 页，共 &N 页&R&A");
        Ok(sheet)
    }

    fn begin_printed(&mut self, list: &PrintedList) -> Result<(), Unwritten> {
        let looks = Looks::new();
        let sheet = self.add(list.name, ABOVE)?;
        sheet.set_paper_size(A3).set_repeat_rows(1, ABOVE - 1)?.set_freeze_panes(ABOVE, 3)?;
        for (column, (_, width, _)) in (0..).zip(list.columns) {
            sheet.set_column_width(column, *width)?;
        }
        let last = u16::try_from(list.columns.len()).unwrap_or(u16::MAX).saturating_sub(1);
        sheet.merge_range(0, 0, 0, last, list.name, &looks.title)?;
        let mut column = 0;
        for (name, width) in list.groups {
            match width {
                1 => sheet.write_string_with_format(1, column, *name, &looks.header)?,
                _ => sheet.merge_range(1, column, 1, column + width - 1, name, &looks.header)?,
            };
            column += width;
        }
        for (column, (header, ..)) in (0..).zip(list.columns) {
            sheet.write_string_with_format(ABOVE - 1, column, *header, &looks.header)?;
        }
        Ok(())
    }

    fn begin(&mut self, name: &str, columns: &[Column]) -> Result<(), Unwritten> {
        let looks = Looks::new();
        let sheet = self.add(name, 1)?;
        sheet.set_paper_size(A4).set_repeat_rows(0, 0)?.set_freeze_panes(1, 1)?;
        for (number, column) in (0..).zip(columns) {
            sheet.set_column_width(number, width(column))?;
            sheet.write_string_with_format(0, number, &column.header, &looks.header)?;
        }
        Ok(())
    }

    /// Adds a row; `is_number` tells which of its cells are numbers.
    fn row(&mut self, sheet: usize, is_number: impl Fn(usize) -> bool, row: Row) -> Result<(), Unwritten> {
        let at = self.next[sheet];
        if at >= MOST_ROWS {
            return Err(Unwritten::Rows(MOST_ROWS));
        }
        let worksheet = self.workbook.worksheet_from_index(sheet)?;
        for ((number, cell), column) in row.iter().enumerate().zip(0..) {
            match cell.parse::<u32>().ok().filter(|_| is_number(number)) {
                Some(figure) => worksheet.write_number_with_format(at, column, figure, &self.looks.cell)?,
                None if cell.is_empty() => continue,
                None => worksheet.write_string_with_format(at, column, cell, &self.looks.cell)?,
            };
        }
        self.next[sheet] += 1;
        Ok(())
    }

    /// The sheet that says of what the workbook is a picture, and how many records it holds.
    fn about(&mut self, extract: &Extract) -> Result<(), Unwritten> {
        let (count, seq) = (extract.count().to_string(), extract.seq().to_string());
        let rows = [
            ["内容", extract.kind.chinese, ""],
            ["登记簿变更序号", &seq, ""],
            ["最近发布时间", &instant(extract.snapshot.at()), ""],
            ["筛选条件", &extract.filters, ""],
            [
                "说明",
                "首列之后的每列为一个字段；列表各占一个工作表，以编码对应。“登记信息”各列由登记簿生成，导入时不读取。",
                "",
            ],
            [END, &count, &seq],
        ];
        let number = self.next.len();
        let sheet = self.add(ABOUT, 0)?;
        sheet.set_column_width(0, 20)?.set_column_width(1, 80)?;
        for row in rows {
            self.row(number, |_| false, row.map(str::to_owned).to_vec())?;
        }
        Ok(())
    }
}

fn width(column: &Column) -> f64 {
    match column.form {
        Form::Boolean | Form::Integer | Form::Period => 12.0,
        Form::Code(_) => 16.0,
        Form::Text | Form::List(_) | Form::Contacts(_) => 26.0,
        Form::Clauses | Form::Json => 50.0,
    }
}
