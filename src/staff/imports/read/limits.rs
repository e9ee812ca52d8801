//! How large a table may be, and the refusals of larger ones.

use crate::problem::{Detail, Wrong};

/// Rows of a sheet at most, and records of a file without sheets.
pub const MOST_ROWS: usize = 50_000;
/// Rows of all sheets of a workbook at most: the report has one for each, and a row that is refused takes 3 kB while it is written.
pub const MOST_ROWS_TOGETHER: usize = 150_000;
/// Columns of a sheet at most.
pub const MOST_COLUMNS: usize = 500;
/// Bytes that all cells of a file take at most.
pub const MOST_HELD: usize = 96 << 20;
/// Sheets of a workbook at most.
pub const MOST_SHEETS: usize = 50;

/// Refuses a file that is too large, and says in what.
pub fn too_large(chinese: String, english: String) -> Wrong {
    Wrong::TableSize(Detail { chinese, english })
}

/// Refuses a file without sheets that has more rows than are read.
pub fn too_many_rows() -> Wrong {
    too_large(format!("超过 {MOST_ROWS} 行"), format!("has more than {MOST_ROWS} rows"))
}

/// Refuses a sheet with more rows than are read.
pub fn too_many_rows_of(sheet: &str) -> Wrong {
    let sheet: String = sheet.chars().take(31).collect();
    too_large(format!("工作表“{sheet}”超过 {MOST_ROWS} 行"), format!("has more than {MOST_ROWS} rows on sheet {sheet}"))
}

/// Refuses a workbook whose sheets together have more rows than are read.
pub fn too_many_rows_together() -> Wrong {
    let most = MOST_ROWS_TOGETHER;
    too_large(format!("各工作表合计超过 {most} 行"), format!("has more than {most} rows on all sheets together"))
}

/// Refuses a file whose cells take more bytes than are held.
pub fn too_long() -> Wrong {
    let most = MOST_HELD >> 20;
    too_large(format!("内容超过 {most} MiB"), format!("has more than {most} MiB of cells"))
}

/// Refuses a cell that stands outside of what is read of a sheet.
pub fn beyond(sheet: &str, at: &str) -> Wrong {
    let sheet: String = sheet.chars().take(31).collect();
    too_large(
        format!("工作表“{sheet}”的单元格 {at} 有内容，超出了 {MOST_COLUMNS} 列、{} 行的范围", MOST_ROWS * 2),
        format!(
            "has something in cell {at} of sheet {sheet}, beyond {MOST_COLUMNS} columns and {} rows",
            MOST_ROWS * 2
        ),
    )
}
