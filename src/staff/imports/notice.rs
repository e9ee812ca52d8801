//! Notices: what reading made of a cell without asking.

use crate::problem::Language;

/// Makes a notice of each row of the table: its name, the stable word, what it says in Chinese and in English.
macro_rules! notices {
    ($(#[doc = $doc:literal] $name:ident $code:literal [$chinese:literal, $english:literal];)*) => {
        /// A liberty that reading took with a cell (docs/DOMAIN.md §8, import only). It never refuses a row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Notice {
            $(#[doc = $doc] $name,)*
        }

        impl Notice {
            /// Every notice, in the order of this table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Says in `language` how the cell was read.
            pub const fn text(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$name, Language::Chinese) => $chinese, (Self::$name, Language::English) => $english,)*
                }
            }

            /// The stable word.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

notices! {
    /// Width, spaces, line breaks, an apostrophe, lower case or a written date were normalised.
    Folded "folded"
        ["已统一全角、空格、换行或日期写法",
         "width, spaces, line breaks or the form of a date were normalised"];
    /// 无, 免费, — and the like were read as empty or free.
    EmptyWord "empty-word"
        ["视为没有（或不收费）",
         "was read as nothing, or as free of charge"];
    /// Figure, unit and per-unit were taken from text.
    MoneyRead "money-read"
        ["已识别金额和计费单位",
         "an amount with its unit was read"];
    /// A serial number of the 1900 date system was read as a date.
    DateSerial "date-serial"
        ["日期序列号已换算为日期",
         "a serial number was read as a date"];
    /// A row of totals or signatures was passed over.
    FooterRow "footer-row"
        ["合计、制表等说明行，已略过",
         "a row of totals or signatures was passed over"];
    /// The row belongs to the record of the row above.
    RowContinued "row-continued"
        ["与上一行是同一记录，已合并读取",
         "the row was read with the one above, as the same record"];
    /// A numbered list on one line was taken apart at its numbers.
    ListSplit "list-split"
        ["同一行内的编号列表已按序号拆分",
         "a numbered list on one line was taken apart at its numbers"];
    /// Numbers within a line do not run on from the first: it was taken as one element.
    ListWhole "list-whole"
        ["行内序号不连续，或者登记的内容本身含有序号，未拆分；请让每一条各占一行",
         "the numbers within the line do not run on from the first, or the register has such numbers within one \
          entry: it was taken as one; write each on a line of its own"];
    /// The register has more than the cell shows; it stays.
    Kept "kept"
        ["登记簿中还有这个单元格没有写的内容，予以保留；要删改请在数据工作表中进行",
         "the register has more than the cell says, and it stays; change that on the sheet of data"];
    /// A name beside the code that it should belong to: the code was read.
    NameNotRead "name-not-read"
        ["与旁边的代码不是同一个机构，按代码读取，名称没有读取",
         "is not the name of the organisation whose code stands beside it: the code was read, the name was not"];
    /// A sheet, or the rest of one, that was not read.
    NotRead "not-read"
        ["该工作表没有读取：供人阅读，或者另有工作表写同样的内容",
         "the sheet was not read: it is for people, or another sheet says the same"];
    /// A row that names no record and has nothing in a column that is read: a heading.
    RowNotRead "row-not-read"
        ["该行没有编码，也没有要读取的内容，未读取",
         "the row has no code and nothing in a column that is read: it was not read"];
    /// A column that tells what the register knows, which was not read.
    OfRegister "of-register"
        ["该列由登记簿生成，未读取",
         "the column tells what the register knows and was not read"];
    /// A column with values below no header, which was not read.
    NoHeader "no-header"
        ["该列有内容而没有表头，未读取；请写上表头",
         "the column has values but no header and was not read; give it a header"];
    /// A row that the workbook does not show was read like the others.
    HiddenRow "hidden-row"
        ["该行在表格里是隐藏的（或者被筛选掉），照样读取；不想导入的请删除该行",
         "the row is hidden, or filtered out; it was read all the same: delete it if it is not to be imported"];
    /// A cell in a column that the workbook does not show was read like the others, and differs.
    HiddenColumn "hidden-column"
        ["该列在表格里是隐藏的，照样读取；不想导入的请删除该列",
         "the column is hidden; it was read all the same: delete it if it is not to be imported"];
    /// A sheet that the workbook does not show was passed over.
    HiddenSheet "hidden-sheet"
        ["该工作表是隐藏的，没有读取；要导入请取消隐藏",
         "the sheet is hidden and was not read; show it if it is to be imported"];
    /// A record that items name was made of what the name and the code say.
    Named "named"
        ["事项表写了名称而登记簿没有，按名称和编码新建，内容不完整，请补充并核对",
         "items name it and the register does not have it: made of what name and code say, and incomplete; add the rest"];
    /// A legal instrument that items name was taken from the library of laws.
    FromLibrary "from-library"
        ["事项表引用而登记簿没有，取自随附的法规库，未与原文核对，公布前请核对",
         "items cite it and the register does not have it: taken from the library of laws, which was not compared \
          with the text; look at it before it is published"];
    /// Fields that the file does not have were filled as the client said.
    Supplied "supplied"
        ["表中没有的栏目已按补充内容（defaults）填写，请核对",
         "what the file does not say was filled as `defaults` says; look at it"];
    /// The file is older than the record.
    Outdated "outdated"
        ["该行出自较早的版本，此后登记簿已有修改；只提出表中确实改动的内容",
         "the row is of an older revision, and the register was changed since; only what the file itself changes is proposed"];
    /// A name stands where the code belongs, and was read as the code of the only record that it can mean.
    NameRead "name-read"
        ["此处应为编码，已按名称找到唯一可能的记录",
         "a name stands where a code belongs: read as the only record that it can mean"];
    /// A row without a code, whose record was found by its name.
    FoundByName "found-by-name"
        ["该行没有编码，按名称（和实施主体）找到这条记录，请核对",
         "the row has no code: the record was found by its name (and organisation); look whether it is the one"];
    /// A new record has the name of a registered one.
    NameKnown "name-known"
        ["登记簿没有这个编码，而（本机构）已有同名的记录：作为新记录导入；如果就是那一条，请改用它的编码，再导入一次",
         "the register does not have this code, and has a record of this name (of this organisation): this is imported as a new one; if it \
          is the same, write its code and send the file again"];
    /// A row about a record that is in force no more, and says nothing new of it.
    NotInForce "not-in-force"
        ["登记簿中这条记录已不在有效状态，该行不会恢复它；要恢复，请先用 action=reinstate 起草",
         "the record is in force no more, and the row does not bring it back; to do that, draft action=reinstate"];
    /// A code of which a spreadsheet dropped digits was read as the one that fits what is left.
    DigitsRestored "digits-restored"
        ["表格软件去掉了编码的一部分数字，按登记簿中唯一相符的编码读取，请核对",
         "a spreadsheet dropped digits of the code: read as the only one of the register that fits; look whether it \
          is the one"];
    /// A cell with whole bases was taken apart into instruments, articles and texts.
    BasesSplit "bases-split"
        ["整段依据已拆分为法律、条款和条文，请核对",
         "whole bases were taken apart into instrument, article and text; look whether they are right"];
    /// Fields that the file does not mention are rewritten, too.
    Rewritten "rewritten"
        ["该记录的其他栏目含有看不见的字符或者不规范的写法，会一并改写，见 changes",
         "other fields of the record have characters that nobody sees, or are not in normal form, and are rewritten, \
          too: see changes"];
}
