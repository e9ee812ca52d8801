//! Every way in which a field or a parameter can be wrong: its code and its sentence in both languages, written once.

use super::{
    Detail,
    language::Language,
    rules::{Rule, Severity},
};

/// How a field can be wrong (docs/DOMAIN.md §8). A new kind of mistake is a new variant with its code and two sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Absent or empty.
    Required,
    /// No such field.
    UnknownField,
    /// Not of this JSON type.
    WrongType(String),
    /// More characters than this.
    TooLong(u64),
    /// Fewer characters than this.
    TooShort(u64),
    /// Fewer elements than this.
    TooFew(u64),
    /// More elements than this.
    TooMany(u64),
    /// Not one of these values.
    NotInCodeList(String),
    /// Not of this form.
    BadFormat(String),
    /// Not between these figures.
    OutOfRange(String),
    /// A figure with which nothing can be computed exactly.
    TooLarge,
    /// A parameter without a value.
    Empty,
    /// No such parameter.
    UnknownParameter,
    /// A parameter that stands once was given several times.
    GivenTwice,
    /// Not percent-encoded UTF-8.
    PercentEncoding,
    /// Not a longitude and a latitude.
    Point,
    /// Not an instant with its offset.
    Instant,
    /// Neither a change nor an instant.
    ChangeOrInstant,
    /// No change has this number yet.
    NotYet(i64),
    /// Makes sense only together with another parameter.
    OnlyWith(&'static str),
    /// Not a cursor at all.
    NotACursor,
    /// Nested deeper than this.
    TooDeep(usize),
    /// A control character inside.
    ControlCharacter,
    /// The same value twice.
    Duplicate(String),
    /// The first must come before the second.
    DateOrder(String, String),
    /// Not a decimal of at most so many places.
    BadMoney,
    /// The check character should be another.
    UsccCheckDigit(char),
    /// Not a code of GB/T 2260 or GB/T 10114.
    DivisionUnknown,
    /// The implementation code should be composed thus.
    ImplementationCode(String),
    /// The handling code should begin thus and end with 01–99.
    HandlingCode(String),
    /// Digits 3–4 of the catalogue code say this category.
    CatalogueCategory(String),
    /// The list and the category contradict each other.
    ListCategory,
    /// The main item is not the one of the catalogue code.
    MainItem,
    /// The key exists already.
    CodeDuplicate,
    /// No such organisation.
    OrganisationUnknown(String),
    /// No such record.
    ReferenceUnknown {
        /// Kind of what was looked for.
        kind: &'static str,
        /// Its key.
        key: String,
    },
    /// A revision that was erased before.
    AlreadyErased,
    /// A value that is fixed once the draft is made.
    Fixed(String),
    /// Before now, or more than a year ahead.
    NotAhead,
    /// Others in force still use it.
    StillReferenced(String),
    /// A cursor that another list gave out.
    OtherWalk,
    /// A text in a notation of charts that cannot be read: why and what to write instead, in both languages.
    Notation(Detail),
    /// A file without a byte.
    FileEmpty,
    /// A file of a type that is not taken.
    FileType,
    /// A file whose content is of this type, not of the one that it is said to be of.
    FileDeclared(&'static str),
    /// A file that ends early or contradicts itself.
    FileDamaged,
    /// A file that readers can take for two types.
    FileAmbiguous,
    /// A file with macros, programs or other files in it, or links to what is fetched when it is opened.
    FileActive,
    /// A file of which a part is packed in such a way that nobody can tell what it does.
    FileOpaque,
    /// A file that is encrypted, so that nobody can tell what it does.
    FileEncrypted,
    /// A file that unpacks to more than so many MiB.
    FileUnpacks(u64),
    /// No file with this hash is stored.
    FileUnknown(String),
    /// A cell that is no date.
    CellDate,
    /// A cell that is no amount, rate or word for free.
    CellMoney,
    /// A row without the code of its record.
    CodeMissing,
    /// A column, or a sheet, whose header says nothing that is known.
    HeaderUnknown(String),
    /// A row about the same as an earlier one of its sheet; its number.
    RowDuplicate(u32),
    /// A record whose state allows no change: Chinese and English.
    RecordState(&'static str, &'static str),
    /// A record of which a draft is open.
    DraftOpen,
    /// A record of somebody else.
    OutsideScope,
    /// A table that is larger than what is read.
    TableSize(Detail),
    /// A file in which no table can be read.
    TableUnreadable(Detail),
    /// A password that is easily guessed; Chinese and English.
    WeakPassword(&'static str, &'static str),
    /// No address that messages may be sent to; Chinese and English.
    WebhookAddress(&'static str, &'static str),
    /// Not the password that the account has.
    NotThePassword,
    /// A name that is not to be had, for whatever reason.
    Reserved,
    /// A name that another account has.
    Taken,
    /// Not together with another field.
    NotWith(&'static str),
    /// A grant or an account outside of what the administrator administers.
    OutsideGrant,
    /// One's own grants.
    OwnGrants,
    /// A role that only people may hold, for a service client.
    PersonsOnly,
    /// A chart that breaks docs/DOMAIN.md §6: the rule, and what exactly in Chinese and English.
    Chart(Rule, &'static str, &'static str),
    /// A rule of quality in a case with these figures, as severe as the rule is.
    Rule(Rule, Vec<Detail>),
    /// The same in a case that is less severe than the rule usually is.
    Milder(Rule, Severity, Vec<Detail>),
}

impl From<Rule> for Wrong {
    fn from(rule: Rule) -> Self {
        Self::Rule(rule, Vec::new())
    }
}

impl Wrong {
    /// The stable code of docs/DOMAIN.md §8.
    pub fn code(&self) -> &'static str {
        if let Some(rule) = self.rule() {
            return rule.spec().code;
        }
        match self {
            Self::Required => "required",
            Self::UnknownField => "unknown-field",
            Self::WrongType(_) => "wrong-type",
            Self::TooLong(_) => "too-long",
            Self::TooShort(_) => "too-short",
            Self::TooFew(_) => "too-few",
            Self::TooMany(_) => "too-many",
            Self::NotInCodeList(_) => "not-in-code-list",
            Self::BadFormat(_) => "bad-format",
            Self::OutOfRange(_) => "out-of-range",
            Self::TooLarge => "too-large",
            Self::Empty => "empty",
            Self::UnknownParameter => "unknown-parameter",
            Self::GivenTwice => "given-twice",
            Self::PercentEncoding => "percent-encoding",
            Self::Point | Self::Instant | Self::ChangeOrInstant | Self::NotACursor => "bad-format",
            Self::NotYet(_) => "out-of-range",
            Self::OnlyWith(_) => "only-with",
            Self::TooDeep(_) => "too-deep",
            Self::ControlCharacter => "control-character",
            Self::Duplicate(_) => "duplicate",
            Self::DateOrder(..) => "date-order",
            Self::BadMoney => "bad-money",
            Self::AlreadyErased => "already-erased",
            Self::Fixed(_) => "fixed",
            Self::NotAhead => "out-of-range",
            Self::OtherWalk => "other-walk",
            Self::Notation(_) => "bad-notation",
            Self::FileEmpty => "file-empty",
            Self::FileType => "file-type",
            Self::FileDeclared(_) => "file-type-mismatch",
            Self::FileDamaged => "file-damaged",
            Self::FileAmbiguous => "file-ambiguous",
            Self::FileActive => "file-active",
            Self::FileOpaque => "file-opaque",
            Self::FileEncrypted => "file-encrypted",
            Self::FileUnpacks(_) => "file-unpacks",
            Self::FileUnknown(_) => "file-unknown",
            Self::CellDate => "cell-date",
            Self::CellMoney => "cell-money",
            Self::CodeMissing => "code-missing",
            Self::HeaderUnknown(_) => "header-unknown",
            Self::RowDuplicate(_) => "row-duplicate",
            Self::RecordState(..) => "record-state",
            Self::DraftOpen => "draft-open",
            Self::OutsideScope => "outside-scope",
            Self::TableSize(_) => "table-too-large",
            Self::TableUnreadable(_) => "table-unreadable",
            Self::WeakPassword(..) => "weak-password",
            Self::WebhookAddress(..) => "webhook-address",
            Self::NotThePassword => "not-the-password",
            Self::Reserved => "reserved",
            Self::Taken => "taken",
            Self::NotWith(_) => "not-with",
            Self::OutsideGrant => "outside-own-grant",
            Self::OwnGrants => "own-grants",
            Self::PersonsOnly => "persons-only",
            Self::UsccCheckDigit(_)
            | Self::DivisionUnknown
            | Self::ImplementationCode(_)
            | Self::HandlingCode(_)
            | Self::CatalogueCategory(_)
            | Self::ListCategory
            | Self::MainItem
            | Self::CodeDuplicate
            | Self::OrganisationUnknown(_)
            | Self::ReferenceUnknown { .. }
            | Self::StillReferenced(_)
            | Self::Chart(..)
            | Self::Rule(..)
            | Self::Milder(..) => "",
        }
    }

    /// The rule of quality that is broken, if it is one.
    pub fn rule(&self) -> Option<Rule> {
        match self {
            Self::UsccCheckDigit(_) => Some(Rule::UsccCheckDigit),
            Self::DivisionUnknown => Some(Rule::DivisionUnknown),
            Self::ImplementationCode(_) => Some(Rule::ImplementationCodeComposition),
            Self::HandlingCode(_) => Some(Rule::HandlingCodeComposition),
            Self::CatalogueCategory(_) => Some(Rule::CatalogueCategoryMismatch),
            Self::ListCategory => Some(Rule::ListCategoryMismatch),
            Self::MainItem => Some(Rule::MainItemMismatch),
            Self::CodeDuplicate => Some(Rule::CodeDuplicate),
            Self::OrganisationUnknown(_) => Some(Rule::OrganisationUnknown),
            Self::ReferenceUnknown { .. } => Some(Rule::ReferenceUnknown),
            Self::StillReferenced(_) => Some(Rule::StillReferenced),
            Self::Chart(rule, ..) | Self::Rule(rule, _) | Self::Milder(rule, ..) => Some(*rule),
            Self::Required
            | Self::UnknownField
            | Self::WrongType(_)
            | Self::TooLong(_)
            | Self::TooFew(_)
            | Self::TooMany(_)
            | Self::NotInCodeList(_)
            | Self::BadFormat(_)
            | Self::OutOfRange(_)
            | Self::TooLarge
            | Self::Empty
            | Self::UnknownParameter
            | Self::GivenTwice
            | Self::PercentEncoding
            | Self::Point
            | Self::Instant
            | Self::ChangeOrInstant
            | Self::NotYet(_)
            | Self::OnlyWith(_)
            | Self::NotACursor
            | Self::TooDeep(_)
            | Self::ControlCharacter
            | Self::Duplicate(_)
            | Self::DateOrder(..)
            | Self::BadMoney
            | Self::AlreadyErased
            | Self::Fixed(_)
            | Self::NotAhead
            | Self::OtherWalk
            | Self::Notation(_)
            | Self::FileEmpty
            | Self::FileType
            | Self::FileDeclared(_)
            | Self::FileDamaged
            | Self::FileAmbiguous
            | Self::FileActive
            | Self::FileOpaque
            | Self::FileEncrypted
            | Self::FileUnpacks(_)
            | Self::FileUnknown(_) => None,
            Self::CellDate
            | Self::CellMoney
            | Self::CodeMissing
            | Self::HeaderUnknown(_)
            | Self::RowDuplicate(_)
            | Self::RecordState(..)
            | Self::DraftOpen
            | Self::OutsideScope
            | Self::TableSize(_)
            | Self::TableUnreadable(_) => None,
            Self::TooShort(_)
            | Self::WeakPassword(..)
            | Self::WebhookAddress(..)
            | Self::NotThePassword
            | Self::Reserved
            | Self::Taken
            | Self::NotWith(_)
            | Self::OutsideGrant
            | Self::OwnGrants
            | Self::PersonsOnly => None,
        }
    }

    /// How much it weighs.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Milder(_, severity, _) => *severity,
            other => other.rule().map_or(Severity::Error, |rule| rule.spec().severity),
        }
    }

    /// What helps, in `language`.
    pub fn remedy(&self, language: Language) -> &'static str {
        let say = |chinese, english| language.choose(chinese, english);
        if let Some(rule) = self.rule() {
            return rule.remedy(language);
        }
        match self.code() {
            "required" | "empty" => say("填写该字段", "fill it in"),
            "unknown-field" | "unknown-parameter" => say("删除或者改正名称", "remove it or correct its name"),
            "wrong-type" => say("按字段类型填写", "use the type of the field"),
            "too-long" | "too-many" | "too-deep" => say("精简内容", "shorten it"),
            "too-few" => say("补充内容", "add what is missing"),
            "not-in-code-list" => say("从代码表中选择", "choose from the code list"),
            "bad-format" | "percent-encoding" => say("按示例格式填写", "write it in the form shown"),
            "out-of-range" | "too-large" => say("核对数值", "correct the figure"),
            "control-character" => say("删除控制字符", "remove the control character"),
            "duplicate" | "given-twice" => say("删除重复内容", "remove the repetition"),
            "date-order" => say("核对日期", "correct the dates"),
            "cell-date" => say("写成 2016-12-20", "write it as 2016-12-20"),
            "cell-money" => say(
                "写成“数字+单位”，如 5元/次、300%；不收费的写“免费”",
                "write a figure with its unit, such as 5元/次 or 300%; 免费 where nothing is charged",
            ),
            "code-missing" => say("填写编码", "fill in the code"),
            "header-unknown" => {
                say("改用模板中的表头，或者删除该列", "use a header of the template, or delete the column")
            }
            "row-duplicate" => say("删除重复的行", "delete the second row"),
            "record-state" => say("先恢复该记录，或者删除该行", "reinstate the record first, or delete the row"),
            "draft-open" => say("先办结或者作废该草稿", "finish the open draft first, or give it up"),
            "outside-scope" => say("请由该机构的编辑导入", "let an editor of that organisation import it"),
            "table-too-large" => {
                say("拆分文件或者删除多余的行列", "split the file, or delete what is beyond the table")
            }
            "bad-money" => say("按元填写金额，如 12.50", "write the amount in yuan, such as 12.50"),
            _ => say("按说明改正", "correct it as described"),
        }
    }

    /// One of each that is no rule of quality, for the page that explains their codes; [`Rule::ALL`] are the others.
    pub fn samples() -> Vec<Self> {
        let text = || "…".to_owned();
        vec![
            Self::Required,
            Self::Empty,
            Self::UnknownField,
            Self::UnknownParameter,
            Self::WrongType("integer".into()),
            Self::TooLong(200),
            Self::TooShort(12),
            Self::TooFew(1),
            Self::TooMany(200),
            Self::TooDeep(24),
            Self::NotInCodeList(text()),
            Self::BadFormat("YYYY-MM-DD".into()),
            Self::OutOfRange("1–200".into()),
            Self::TooLarge,
            Self::ControlCharacter,
            Self::PercentEncoding,
            Self::Duplicate(text()),
            Self::GivenTwice,
            Self::OnlyWith("q"),
            Self::OtherWalk,
            Self::Notation(Detail::same("…")),
            Self::FileEmpty,
            Self::FileType,
            Self::FileDeclared("application/pdf"),
            Self::FileDamaged,
            Self::FileAmbiguous,
            Self::FileActive,
            Self::FileOpaque,
            Self::FileEncrypted,
            Self::FileUnpacks(512),
            Self::FileUnknown(text()),
            Self::DateOrder("/valid_from".into(), "/valid_until".into()),
            Self::BadMoney,
            Self::AlreadyErased,
            Self::Fixed(text()),
            Self::CellDate,
            Self::CellMoney,
            Self::CodeMissing,
            Self::HeaderUnknown(text()),
            Self::RowDuplicate(12),
            Self::RecordState("已取消", "cancelled"),
            Self::DraftOpen,
            Self::OutsideScope,
            Self::TableSize(Detail::same("…")),
            Self::TableUnreadable(Detail::same("…")),
            Self::WeakPassword("密码过于常见，容易被猜中", "is a common password and easily guessed"),
            Self::WebhookAddress("必须使用 https", "must use https"),
            Self::NotThePassword,
            Self::Reserved,
            Self::Taken,
            Self::NotWith("division"),
            Self::OutsideGrant,
            Self::OwnGrants,
            Self::PersonsOnly,
        ]
    }

    /// The sentence, in `language`.
    pub fn text(&self, language: Language) -> String {
        let say = |chinese: String, english: String| match language {
            Language::Chinese => chinese,
            Language::English => english,
        };
        match self {
            Self::Required => say("必填".into(), "is required".into()),
            Self::UnknownField => say("没有这个字段或参数".into(), "is not known here".into()),
            Self::WrongType(kind) => say(format!("类型应为 {kind}"), format!("must be of type {kind}")),
            Self::TooLong(most) => {
                say(format!("不得超过 {most} 个字符"), format!("must have at most {most} characters"))
            }
            Self::TooShort(least) => {
                say(format!("不得少于 {least} 个字符"), format!("must have at least {least} characters"))
            }
            Self::TooFew(least) => say(format!("至少 {least} 项"), format!("must have at least {least} entries")),
            Self::TooMany(most) => say(format!("至多 {most} 项"), format!("must have at most {most} entries")),
            Self::NotInCodeList(values) => say(format!("应为其中之一：{values}"), format!("must be one of {values}")),
            Self::BadFormat(form) => say(format!("格式应为 {form}"), format!("must look like {form}")),
            Self::OutOfRange(range) => say(format!("应为 {range}"), format!("must be {range}")),
            Self::TooLarge => say("数值过大，无法精确计算".into(), "is too large to compute with exactly".into()),
            Self::Empty => {
                say("不能为空；不需要时请去掉该参数".into(), "must not be empty; leave the parameter out".into())
            }
            Self::UnknownParameter => say("没有这个参数".into(), "is no parameter of this address".into()),
            Self::GivenTwice => say("只能给出一次".into(), "may be given only once".into()),
            Self::PercentEncoding => say(
                "须为 UTF-8 的百分号编码，如 %E4%BD%8E".into(),
                "must be percent-encoded UTF-8, such as %E4%BD%8E".into(),
            ),
            Self::Point => say(
                "应为“经度,纬度”，经度 −180 至 180，纬度 −90 至 90，如 119.0312,26.2561".into(),
                "must be longitude,latitude (−180 to 180, −90 to 90), such as 119.0312,26.2561".into(),
            ),
            Self::Instant => say(
                "应为带时区的时刻，如 2026-11-23T09:00:00+08:00".into(),
                "must be an instant with its offset, such as 2026-11-23T09:00:00+08:00".into(),
            ),
            Self::ChangeOrInstant => say(
                "应为变更序号（如 340）、日期（如 2017-01-01，北京时间）或带时区的时刻".into(),
                "must be a seq such as 340, a date of China such as 2017-01-01, or an instant".into(),
            ),
            Self::NotYet(current) => say(
                format!("序号大于当前的 {current}；日期请写作 2017-01-01"),
                format!("is greater than the current seq {current}; write dates as 2017-01-01"),
            ),
            Self::OnlyWith(other) => {
                say(format!("只能与 {other} 一起使用"), format!("can only be used together with {other}"))
            }
            Self::NotACursor => {
                say("须原样取自上一页的 next".into(), "must be `next` of the page before, unchanged".into())
            }
            Self::TooDeep(most) => {
                say(format!("嵌套不得超过 {most} 层"), format!("must not be nested deeper than {most}"))
            }
            Self::ControlCharacter => say("含有控制字符".into(), "contains a control character".into()),
            Self::Duplicate(value) => say(format!("重复：{value}"), format!("is given twice: {value}")),
            Self::DateOrder(first, second) => {
                say(format!("{first} 应早于 {second}"), format!("{first} must come before {second}"))
            }
            Self::BadMoney => {
                say("金额应为十进制文本，如 \"12.50\"".into(), "must be a decimal string such as \"12.50\"".into())
            }
            Self::UsccCheckDigit(right) => Rule::UsccCheckDigit.says(language, &[Detail::same(right)]),
            Self::DivisionUnknown => Rule::DivisionUnknown.says(language, &[]),
            Self::ImplementationCode(right) => {
                Rule::ImplementationCodeComposition.says(language, &[Detail::same(right)])
            }
            Self::HandlingCode(right) => Rule::HandlingCodeComposition.says(language, &[Detail::same(right)]),
            Self::CatalogueCategory(category) => {
                Rule::CatalogueCategoryMismatch.says(language, &[Detail::same(category)])
            }
            Self::ListCategory => Rule::ListCategoryMismatch.says(language, &[]),
            Self::MainItem => Rule::MainItemMismatch.says(language, &[]),
            Self::CodeDuplicate => Rule::CodeDuplicate.says(language, &[]),
            Self::OrganisationUnknown(code) => Rule::OrganisationUnknown.says(language, &[Detail::same(code)]),
            Self::ReferenceUnknown { kind, key } => {
                Rule::ReferenceUnknown.says(language, &[Detail::same(kind), Detail::same(key)])
            }
            Self::AlreadyErased => say("该修订已删除".into(), "was erased already".into()),
            Self::Fixed(value) => say(
                format!("起草后不能改变，应为 {value}；如需改变请另行起草"),
                format!("cannot be changed once the draft is made: it is {value}; make another draft instead"),
            ),
            Self::NotAhead => say(
                "应为一年以内的将来时刻，如 2026-12-01T09:00:00+08:00".into(),
                "must be an instant ahead, within a year, such as 2026-12-01T09:00:00+08:00".into(),
            ),
            Self::StillReferenced(by) => Rule::StillReferenced.says(language, &[Detail::same(by)]),
            Self::OtherWalk => say("游标属于另一组查询参数".into(), "belongs to a list with other parameters".into()),
            Self::Notation(Detail { chinese, english }) => say(chinese.clone(), english.clone()),
            Self::FileEmpty => say("文件是空的".into(), "has no content".into()),
            Self::FileType => say(
                "不是可接受的文件：PDF、OFD、DOCX、XLSX、DOC、XLS、ODT、ODS、PNG、JPEG、UTF-8 编码的 TXT 或 CSV".into(),
                "must be PDF, OFD, DOCX, XLSX, DOC, XLS, ODT, ODS, PNG, JPEG, or TXT or CSV in UTF-8".into(),
            ),
            Self::FileDeclared(found) => say(
                format!("文件内容为 {found}，与声明的类型不符"),
                format!("is {found} by its content, not what it is said to be"),
            ),
            Self::FileDamaged => say("文件不完整或已损坏".into(), "is not whole, or damaged".into()),
            Self::FileAmbiguous => say(
                "文件可同时被当作两种类型打开，请重新生成".into(),
                "can be opened as two types at once; make it anew".into(),
            ),
            Self::FileActive => {
                let chinese = "文件含有宏、脚本、程序、嵌入的文件（如图表带的工作簿），或者链接到别处的模板、图片，或网页（http、https）和邮件地址以外的目标；\
                    请去掉后再上传，或者用“打印为 PDF”另存后上传";
                let english = "has macros, scripts, programs or other files in it (such as the workbook of a chart), or links \
                    to a template or picture elsewhere, or to anything but a page (http, https) or a mail address; remove them, or print it to PDF and send that";
                say(chinese.into(), english.into())
            }
            Self::FileOpaque => say(
                "文件有一部分以不常见的方式压缩，无法检查其中有没有脚本；请打开后用“打印为 PDF”另存，再上传".into(),
                "packs a part in a way in which it cannot be examined for scripts; open it, print it to PDF and send that"
                    .into(),
            ),
            Self::FileEncrypted => say(
                "文件已加密，无法检查，请去掉密码后再上传".into(),
                "is encrypted and cannot be examined; save it without a password".into(),
            ),
            Self::FileUnpacks(most) => {
                say(format!("解压后超过 {most} MiB"), format!("unpacks to more than {most} MiB"))
            }
            Self::FileUnknown(hash) => say(
                format!("没有存储文件 {hash}，请先用 POST /v1/files 上传"),
                format!("names a file that is not stored: {hash}; send it to POST /v1/files first"),
            ),
            Self::CellDate => say("不是日期".into(), "is not a date".into()),
            Self::CellMoney => say("看不出金额".into(), "says no amount".into()),
            Self::CodeMissing => say("该行没有编码".into(), "is missing: the row has no code".into()),
            Self::HeaderUnknown(header) => {
                say(format!("不认识表头“{header}”"), format!("is no known header: {header}"))
            }
            Self::RowDuplicate(first) => {
                say(format!("与第 {first} 行是同一记录"), format!("is the record of row {first} again"))
            }
            Self::RecordState(chinese, english) => {
                say(format!("该记录{chinese}，不能变更"), format!("cannot be changed: the record is {english}"))
            }
            Self::DraftOpen => say("该记录已有未办结的草稿".into(), "has an open draft already".into()),
            Self::OutsideScope => say("该记录不在您的编辑范围内".into(), "is not yours to edit".into()),
            Self::TableSize(Detail { chinese, english }) | Self::TableUnreadable(Detail { chinese, english }) => {
                say(chinese.clone(), english.clone())
            }
            Self::WeakPassword(chinese, english) | Self::WebhookAddress(chinese, english) => {
                say((*chinese).into(), (*english).into())
            }
            Self::NotThePassword => say("与现有密码不符".into(), "is not the present password".into()),
            Self::Reserved => say(
                "该名称不可用，请另取，如加上机构的简称".into(),
                "is not to be had: choose another, such as one with the office's name in it".into(),
            ),
            Self::Taken => say("已有同名账号".into(), "is the name of another account".into()),
            Self::NotWith(other) => {
                say(format!("不能与 {other} 同时给出"), format!("cannot be given together with {other}"))
            }
            Self::OutsideGrant => say("超出您的账号管理范围".into(), "lies outside of what you may administer".into()),
            Self::OwnGrants => say(
                "不得修改本人的授权，须由另一管理员办理".into(),
                "are your own: only another administrator may change them".into(),
            ),
            Self::PersonsOnly => say(
                "审查、公布和账号管理的授权只能给予个人，系统客户端可以持有 integration、editor 或者 auditor".into(),
                "is for people alone; a service client may be integration, editor or auditor".into(),
            ),
            Self::Chart(_, chinese, english) => language.choose(chinese, english).to_owned(),
            Self::Rule(rule, figures) | Self::Milder(rule, _, figures) => rule.says(language, figures),
        }
    }
}
