//! Notices: what reading made of a cell without asking.

use crate::problem::Language;

/// A liberty that reading took with a cell (docs/DOMAIN.md §8, import only). It never refuses a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// Width, spaces, line breaks, an apostrophe, lower case or a written date were normalised.
    Folded,
    /// 无, 免费, — and the like were read as empty or free.
    EmptyWord,
    /// Figure, unit and per-unit were taken from text.
    MoneyRead,
    /// A serial number of the 1900 date system was read as a date.
    DateSerial,
    /// A row of totals or signatures was passed over.
    FooterRow,
    /// The row belongs to the record of the row above.
    RowContinued,
    /// A numbered list on one line was taken apart at its numbers.
    ListSplit,
    /// Numbers within a line do not run on from the first: it was taken as one element.
    ListWhole,
    /// A sheet, or the rest of one, that was not read.
    NotRead,
    /// A row that the workbook does not show was read like the others.
    HiddenRow,
    /// A cell in a column that the workbook does not show was read like the others, and differs.
    HiddenColumn,
    /// A sheet that the workbook does not show was passed over.
    HiddenSheet,
}

impl Notice {
    /// Every notice.
    pub const ALL: [Self; 12] = [
        Self::Folded,
        Self::EmptyWord,
        Self::MoneyRead,
        Self::DateSerial,
        Self::FooterRow,
        Self::RowContinued,
        Self::ListSplit,
        Self::ListWhole,
        Self::NotRead,
        Self::HiddenRow,
        Self::HiddenColumn,
        Self::HiddenSheet,
    ];

    /// Says in `language` how the cell was read.
    pub const fn text(self, language: Language) -> &'static str {
        let (chinese, english) = match self {
            Self::Folded => {
                ("已统一全角、空格、换行或日期写法", "width, spaces, line breaks or the form of a date were normalised")
            }
            Self::EmptyWord => ("视为没有（或不收费）", "was read as nothing, or as free of charge"),
            Self::MoneyRead => ("已识别金额和计费单位", "an amount with its unit was read"),
            Self::DateSerial => ("日期序列号已换算为日期", "a serial number was read as a date"),
            Self::FooterRow => ("合计、制表等说明行，已略过", "a row of totals or signatures was passed over"),
            Self::RowContinued => {
                ("与上一行是同一记录，已合并读取", "the row was read with the one above, as the same record")
            }
            Self::ListSplit => {
                ("同一行内的编号列表已按序号拆分", "a numbered list on one line was taken apart at its numbers")
            }
            Self::ListWhole => (
                "行内序号不连续，未拆分；请让每一条各占一行",
                "the numbers within the line do not run on from the first: it was taken as one; write each on a line of its own",
            ),
            Self::NotRead => (
                "该工作表没有读取：供人阅读，或者另有工作表写同样的内容",
                "the sheet was not read: it is for people, or another sheet says the same",
            ),
            Self::HiddenRow => (
                "该行在表格里是隐藏的（或者被筛选掉），照样读取；不想导入的请删除该行",
                "the row is hidden, or filtered out; it was read all the same: delete it if it is not to be imported",
            ),
            Self::HiddenColumn => (
                "该列在表格里是隐藏的，照样读取；不想导入的请删除该列",
                "the column is hidden; it was read all the same: delete it if it is not to be imported",
            ),
            Self::HiddenSheet => (
                "该工作表是隐藏的，没有读取；要导入请取消隐藏",
                "the sheet is hidden and was not read; show it if it is to be imported",
            ),
        };
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Folded => "folded",
            Self::EmptyWord => "empty-word",
            Self::MoneyRead => "money-read",
            Self::DateSerial => "date-serial",
            Self::FooterRow => "footer-row",
            Self::RowContinued => "row-continued",
            Self::ListSplit => "list-split",
            Self::ListWhole => "list-whole",
            Self::NotRead => "not-read",
            Self::HiddenRow => "hidden-row",
            Self::HiddenColumn => "hidden-column",
            Self::HiddenSheet => "hidden-sheet",
        }
    }
}
