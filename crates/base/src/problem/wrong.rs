//! The mistakes that a field or parameter can have, one table: code, sentence and remedy in both languages, and a sample.

use std::collections::BTreeSet;

use super::{
    language::{Detail, Language},
    rules::{Rule, Severity},
};

/// The remedy of a mistake whose sentence says it already.
const AS_DESCRIBED: [&str; 2] = ["按说明改正", "correct it as described"];

/// The stable code of a mistake and what its row says beside the sentence.
struct Spec {
    code: &'static str,
    /// The remedy, in Chinese and English.
    remedy: [&'static str; 2],
    /// The rule of quality that is broken, if it is one.
    rule: Option<Rule>,
}

impl Spec {
    fn of_rule(rule: Rule) -> Self {
        let spec = rule.spec();
        Self { code: spec.code, remedy: spec.remedy, rule: Some(rule) }
    }
}

/// The sentence of a row in one language: two texts in which the fields of the mistake stand by name, or the field that is one.
macro_rules! sentence {
    ($language:ident [$chinese:literal, $english:literal]) => {
        match $language {
            Language::Chinese => format!($chinese),
            Language::English => format!($english),
        }
    };
    ($language:ident $detail:ident) => {
        $detail.text($language).to_owned()
    };
}

/// Rows of `fields`: doc comment, name, fields with those of the sample, code, sentence, remedy. Rows of `rules`: doc comment,
/// name, fields, the rule of quality, and the figures that its sentence takes.
macro_rules! mistakes {
    (
        fields { $($(#[doc = $doc:literal])+ $name:ident $(($($field:ident: $type:ty = $sample:expr),+))? $code:literal $sentence:tt $remedy:expr;)+ }
        rules { $(
            $(#[doc = $rule_doc:literal])+ $variant:ident $(($given:ident: $given_type:ty))?
                $({ $($(#[doc = $member_doc:literal])+ $member:ident: $member_type:ty),+ })? $rule:ident [$($figure:ident),*];
        )+ }
    ) => {
        /// How a field can be wrong (docs/DOMAIN.md §8). A new kind of mistake is a new row.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Wrong {
            $($(#[doc = $doc])+ $name $(($($type),+))?,)+
            $($(#[doc = $rule_doc])+ $variant $(($given_type))? $({ $($(#[doc = $member_doc])+ $member: $member_type),+ })?,)+
            /// A chart that breaks docs/DOMAIN.md §6: the rule, and what exactly in Chinese and English.
            Chart(Rule, &'static str, &'static str),
            /// A rule of quality in a case with these figures, as severe as the rule is.
            Rule(Rule, Vec<Detail>),
            /// A rule of quality in a case with these figures that is less severe than the rule usually is.
            Milder(Rule, Severity, Vec<Detail>),
        }

        impl Wrong {
            fn spec(&self) -> Spec {
                match self {
                    $(Self::$name { .. } => Spec { code: $code, remedy: $remedy, rule: None },)+
                    $(Self::$variant { .. } => Spec::of_rule(Rule::$rule),)+
                    Self::Chart(rule, ..) | Self::Rule(rule, _) | Self::Milder(rule, ..) => Spec::of_rule(*rule),
                }
            }

            /// The sentence, in `language`.
            pub fn text(&self, language: Language) -> String {
                match self {
                    $(Self::$name $(($($field),+))? => sentence!(language $sentence),)+
                    $(Self::$variant $(($given))? $({ $($member),+ })? => Rule::$rule.says(language, &[$(Detail::same($figure)),*]),)+
                    Self::Chart(_, chinese, english) => language.choose(chinese, english).to_owned(),
                    Self::Rule(rule, figures) | Self::Milder(rule, _, figures) => rule.says(language, figures),
                }
            }

            /// One mistake of each code that is no rule of quality, in the order of this table, for the page that explains the
            /// codes; [`Rule::ALL`] are the others.
            pub fn samples() -> Vec<Self> {
                let mut samples = vec![$(Self::$name $(($($sample),+))?),+];
                let mut codes = BTreeSet::new();
                samples.retain(|sample| codes.insert(sample.code()));
                samples
            }
        }
    };
}

mistakes! {
    fields {
        /// Absent or empty.
        Required "required"
            ["必填", "is required"]
            ["填写该字段", "fill it in"];
        /// A parameter without a value.
        Empty "empty"
            ["不能为空；不需要时请去掉该参数", "must not be empty; leave the parameter out"]
            ["填写该字段", "fill it in"];
        /// No such field.
        UnknownField "unknown-field"
            ["没有这个字段或参数", "is not known here"]
            ["删除或者改正名称", "remove it or correct its name"];
        /// No such parameter.
        UnknownParameter "unknown-parameter"
            ["没有这个参数", "is no parameter of this address"]
            ["删除或者改正名称", "remove it or correct its name"];
        /// Not of this JSON type.
        WrongType(kind: String = "integer".into()) "wrong-type"
            ["类型应为 {kind}", "must be of type {kind}"]
            ["按字段类型填写", "use the type of the field"];
        /// More characters than this.
        TooLong(most: u64 = 200) "too-long"
            ["不得超过 {most} 个字符", "must have at most {most} characters"]
            ["精简内容", "shorten it"];
        /// Fewer characters than this.
        TooShort(least: u64 = 12) "too-short"
            ["不得少于 {least} 个字符", "must have at least {least} characters"]
            AS_DESCRIBED;
        /// Fewer elements than this.
        TooFew(least: u64 = 1) "too-few"
            ["至少 {least} 项", "must have at least {least} entries"]
            ["补充内容", "add what is missing"];
        /// More elements than this.
        TooMany(most: u64 = 200) "too-many"
            ["至多 {most} 项", "must have at most {most} entries"]
            ["精简内容", "shorten it"];
        /// Nested deeper than this.
        TooDeep(most: usize = 24) "too-deep"
            ["嵌套不得超过 {most} 层", "must not be nested deeper than {most}"]
            ["精简内容", "shorten it"];
        /// Not one of these values.
        NotInCodeList(values: String = "…".into()) "not-in-code-list"
            ["应为其中之一：{values}", "must be one of {values}"]
            ["从代码表中选择", "choose from the code list"];
        /// Not of this form.
        BadFormat(form: String = "YYYY-MM-DD".into()) "bad-format"
            ["格式应为 {form}", "must look like {form}"]
            ["按示例格式填写", "write it in the form shown"];
        /// Not a longitude and a latitude.
        Point "bad-format"
            ["应为“经度,纬度”，经度 −180 至 180，纬度 −90 至 90，如 119.0312,26.2561", "must be longitude,latitude (−180 to 180, −90 to 90), such as 119.0312,26.2561"]
            ["按示例格式填写", "write it in the form shown"];
        /// Not a longitude in degrees.
        Longitude "bad-coordinate"
            ["应为经度，以度为单位的十进制数，−180 至 180，如 119.0301", "must be a longitude in degrees with decimals, −180 to 180, such as 119.0301"]
            ["查地图上的经度，填写如 119.0301 或 119°1′48″", "look the longitude up on a map and write it as 119.0301 or 119°1′48″"];
        /// Not a latitude in degrees.
        Latitude "bad-coordinate"
            ["应为纬度，以度为单位的十进制数，−90 至 90，如 26.2570", "must be a latitude in degrees with decimals, −90 to 90, such as 26.2570"]
            ["查地图上的纬度，填写如 26.2570 或 26°15′25″", "look the latitude up on a map and write it as 26.2570 or 26°15′25″"];
        /// Not an instant with its offset.
        Instant "bad-format"
            ["应为带时区的时刻，如 2026-11-23T09:00:00+08:00", "must be an instant with its offset, such as 2026-11-23T09:00:00+08:00"]
            ["按示例格式填写", "write it in the form shown"];
        /// Neither a change nor an instant.
        ChangeOrInstant "bad-format"
            ["应为变更序号（如 340）、日期（如 2017-01-01，北京时间）或带时区的时刻", "must be a seq such as 340, a date of China such as 2017-01-01, or an instant"]
            ["按示例格式填写", "write it in the form shown"];
        /// Not a cursor at all.
        NotACursor "bad-format"
            ["须原样取自上一页的 next", "must be `next` of the page before, unchanged"]
            ["按示例格式填写", "write it in the form shown"];
        /// Not between these figures.
        OutOfRange(range: String = "1–200".into()) "out-of-range"
            ["应为 {range}", "must be {range}"]
            ["核对数值", "correct the figure"];
        /// No change has this number yet.
        NotYet(current: i64 = 383) "out-of-range"
            ["序号大于当前的 {current}；日期请写作 2017-01-01", "is greater than the current seq {current}; write dates as 2017-01-01"]
            ["核对数值", "correct the figure"];
        /// Before now, or more than a year ahead.
        NotAhead "out-of-range"
            ["应为一年以内的将来时刻，如 2026-12-01T09:00:00+08:00", "must be an instant ahead, within a year, such as 2026-12-01T09:00:00+08:00"]
            ["核对数值", "correct the figure"];
        /// A figure with which nothing can be computed exactly.
        TooLarge "too-large"
            ["数值过大，无法精确计算", "is too large to compute with exactly"]
            ["核对数值", "correct the figure"];
        /// A control character inside.
        ControlCharacter "control-character"
            ["含有控制字符", "contains a control character"]
            ["删除控制字符", "remove the control character"];
        /// Not percent-encoded UTF-8.
        PercentEncoding "percent-encoding"
            ["须为 UTF-8 的百分号编码，如 %E4%BD%8E", "must be percent-encoded UTF-8, such as %E4%BD%8E"]
            ["按示例格式填写", "write it in the form shown"];
        /// One value given twice.
        Duplicate(value: String = "…".into()) "duplicate"
            ["重复：{value}", "is given twice: {value}"]
            ["删除重复内容", "remove the repetition"];
        /// A parameter that stands once was given several times.
        GivenTwice "given-twice"
            ["只能给出一次", "may be given only once"]
            ["删除重复内容", "remove the repetition"];
        /// Makes sense only together with another parameter.
        OnlyWith(other: &'static str = "q") "only-with"
            ["只能与 {other} 一起使用", "can only be used together with {other}"]
            AS_DESCRIBED;
        /// A cursor that another list gave out.
        OtherWalk "other-walk"
            ["游标属于另一组查询参数", "belongs to a list with other parameters"]
            AS_DESCRIBED;
        /// A text in a notation of charts that cannot be read: why and what to write instead, in both languages.
        Notation(detail: Detail = Detail::same("…")) "bad-notation"
            detail
            AS_DESCRIBED;
        /// A file without a byte.
        FileEmpty "file-empty"
            ["文件是空的", "has no content"]
            AS_DESCRIBED;
        /// A file of a type that is not taken.
        FileType "file-type"
            ["不是可接受的文件：PDF、OFD、DOCX、XLSX、DOC、XLS、ODT、ODS、PNG、JPEG、UTF-8 编码的 TXT 或 CSV", "must be PDF, OFD, DOCX, XLSX, DOC, XLS, ODT, ODS, PNG, JPEG, or TXT or CSV in UTF-8"]
            AS_DESCRIBED;
        /// A file whose content is of this type, not of the one that it is said to be of.
        FileDeclared(found: &'static str = "application/pdf") "file-type-mismatch"
            ["文件内容为 {found}，与声明的类型不符", "is {found} by its content, not what it is said to be"]
            AS_DESCRIBED;
        /// A file that ends early or contradicts itself.
        FileDamaged "file-damaged"
            ["文件不完整或已损坏", "is not whole, or damaged"]
            AS_DESCRIBED;
        /// A file that readers can take for two types.
        FileAmbiguous "file-ambiguous"
            ["文件可同时被当作两种类型打开，请重新生成", "can be opened as two types at once; make it anew"]
            AS_DESCRIBED;
        /// A file with macros, programs or other files in it, or links to what is fetched when it is opened.
        FileActive "file-active"
            ["文件含有宏、脚本、程序、嵌入的文件（如图表带的工作簿），或者链接到别处的模板、图片，或网页（http、https）和邮件地址以外的目标；请去掉后再上传，或者用“打印为 PDF”另存后上传", "has macros, scripts, programs or other files in it (such as the workbook of a chart), or links to a template or picture elsewhere, or to anything but a page (http, https) or a mail address; remove them, or print it to PDF and send that"]
            AS_DESCRIBED;
        /// A file of which a part is packed in such a way that nobody can tell what it does.
        FileOpaque "file-opaque"
            ["文件有一部分以不常见的方式压缩，无法检查其中有没有脚本；请打开后用“打印为 PDF”另存，再上传", "packs a part in a way in which it cannot be examined for scripts; open it, print it to PDF and send that"]
            AS_DESCRIBED;
        /// A file that is encrypted, so that nobody can tell what it does.
        FileEncrypted "file-encrypted"
            ["文件已加密，无法检查，请去掉密码后再上传", "is encrypted and cannot be examined; save it without a password"]
            AS_DESCRIBED;
        /// A file that unpacks to more than so many MiB.
        FileUnpacks(most: u64 = 512) "file-unpacks"
            ["解压后超过 {most} MiB", "unpacks to more than {most} MiB"]
            AS_DESCRIBED;
        /// No file with this hash is stored.
        FileUnknown(hash: String = "…".into()) "file-unknown"
            ["没有存储文件 {hash}，请先用 POST /v1/files 上传", "names a file that is not stored: {hash}; send it to POST /v1/files first"]
            AS_DESCRIBED;
        /// The first must come before the second.
        DateOrder(first: String = "/valid_from".into(), second: String = "/valid_until".into()) "date-order"
            ["{first} 应早于 {second}", "{first} must come before {second}"]
            ["核对日期", "correct the dates"];
        /// Not a decimal of at most so many places.
        BadMoney "bad-money"
            ["金额应为十进制文本，如 \"12.50\"", "must be a decimal string such as \"12.50\""]
            ["按元填写金额，如 12.50", "write the amount in yuan, such as 12.50"];
        /// A revision that was erased before.
        AlreadyErased "already-erased"
            ["该修订已删除", "was erased already"]
            AS_DESCRIBED;
        /// A value that is fixed once the draft is made.
        Fixed(value: String = "…".into()) "fixed"
            ["起草后不能改变，应为 {value}；如需改变请另行起草", "cannot be changed once the draft is made: it is {value}; make another draft instead"]
            AS_DESCRIBED;
        /// A cell that is no date.
        CellDate "cell-date"
            ["不是日期", "is not a date"]
            ["写成 2016-12-20", "write it as 2016-12-20"];
        /// A cell that is no amount, rate or word for free.
        CellMoney "cell-money"
            ["看不出金额", "says no amount"]
            ["写成“数字+单位”，如 5元/次、300%；不收费的写“免费”", "write a figure with its unit, such as 5元/次 or 300%; 免费 where nothing is charged"];
        /// A formula whose result is not in the file.
        FormulaWithoutResult "formula-without-result"
            ["是公式，文件里没有保存它的计算结果", "is a formula whose result is not saved in the file"]
            ["用 Excel 或 WPS 打开该文件，保存后再导入；或者把公式改成它的值", "open the file in Excel or WPS, save it and send it again; or write the value instead of the formula"];
        /// A number of which a spreadsheet kept the first digits alone.
        DigitsLost "bad-format"
            ["数字过长，表格软件已丢失后面的数字", "is a number that is too long: a spreadsheet has lost its last digits"]
            ["把该列设为“文本”格式，从原来的文件重新填写", "format the column as text and fill it in again from where it came from"];
        /// A row without the code of its record.
        CodeMissing "code-missing"
            ["该行没有编码", "is missing: the row has no code"]
            ["填写编码", "fill in the code"];
        /// A column, or a sheet, whose header says nothing that is known.
        HeaderUnknown(header: String = "…".into(), nearest: String = "事项名称".into()) "header-unknown"
            ["不认识表头“{header}”，该列没有读取；最接近的表头：{nearest}", "is no known header: {header}; the column was not read. The nearest are {nearest}"]
            ["改用模板中的表头，用参数 columns 指明它是哪个字段，或者删除该列", "use a header of the template, say its field with the parameter columns, or delete the column"];
        /// A row about the same as an earlier one of its sheet; its number.
        RowDuplicate(first: u32 = 12) "row-duplicate"
            ["与第 {first} 行是同一记录", "is the record of row {first} again"]
            ["删除重复的行", "delete the second row"];
        /// A further row of a record that says something else than its first row, where there is room for one value; the number of that.
        RowsContradict(first: u32 = 12) "rows-contradict"
            ["与同一记录的第 {first} 行不一致", "says something else than row {first} of the same record"]
            ["只保留一个值；另一事项请填写其编码", "leave one value, or fill in the code where it is another record"];
        /// A list that is shorter than the register's, on a sheet of which rows could not be told to whom they belong.
        ListUnclear "list-unclear"
            ["比登记的少，而该表有看不出属于哪条记录的行", "has fewer rows than the register, and rows of the sheet belong to no record that is known"]
            ["先改正该表中被退回的行", "mend the refused rows of the sheet first"];
        /// A cell that points elsewhere instead of saying something.
        CellElsewhere "cell-elsewhere"
            ["没有写出内容，只指向别处", "says nothing itself and points elsewhere"]
            ["把内容写进该单元格；不改动的，删除该列或者该行", "write what is meant into the cell; where nothing changes, delete the column or the row"];
        /// A record whose state allows no change: Chinese and English.
        RecordState(chinese: &'static str = "已取消", english: &'static str = "cancelled") "record-state"
            ["该记录{chinese}，不能变更", "cannot be changed: the record is {english}"]
            ["先用 action=reinstate 起草恢复该记录，或者删除该行", "bring the record back with action=reinstate first, or delete the row"];
        /// The code of a record that was cancelled or merged: Chinese and English.
        CodeRetired(chinese: &'static str = "取消", english: &'static str = "cancelled") "code-retired"
            ["该编码属于已{chinese}的记录，不能另给新的记录；如需恢复该记录，请用 action=reinstate 起草，key 写该编码", "is the code of a record that was {english}, and never another one's; to bring that record back, draft action=reinstate with this code as key"]
            AS_DESCRIBED;
        /// A code that a record had until it was renumbered: its present one.
        CodeRenumbered(present: String = "…".into()) "code-renumbered"
            ["该编码曾属于现编码为 {present} 的记录，不能另给新的记录；要修改该记录，请用 action=amend 起草，key 写现编码；要新增，请换一个编码", "was the code of the record that is {present} now, and is never another one's; to change that record, draft action=amend with its present code as key; for a new one, take another code"]
            AS_DESCRIBED;
        /// A record of which a draft is open.
        DraftOpen "draft-open"
            ["该记录已有未办结的草稿", "has an open draft already"]
            ["先办结或者作废该草稿", "finish the open draft first, or give it up"];
        /// A record outside of what the caller may edit.
        OutsideScope "outside-scope"
            ["该记录不在您的编辑范围内", "is not yours to edit"]
            ["请由该机构的编辑导入", "let an editor of that organisation import it"];
        /// A table that is larger than what is read.
        TableSize(detail: Detail = Detail::same("…")) "table-too-large"
            detail
            ["拆分文件或者删除多余的行列", "split the file, or delete what is beyond the table"];
        /// A file in which no table can be read.
        TableUnreadable(detail: Detail = Detail::same("…")) "table-unreadable"
            detail
            AS_DESCRIBED;
        /// A password that is easily guessed; Chinese and English.
        WeakPassword(chinese: &'static str = "密码过于常见，容易被猜中", english: &'static str = "is a common password and easily guessed") "weak-password"
            ["{chinese}", "{english}"]
            AS_DESCRIBED;
        /// No address that messages may be sent to; Chinese and English.
        WebhookAddress(chinese: &'static str = "必须使用 https", english: &'static str = "must use https") "webhook-address"
            ["{chinese}", "{english}"]
            AS_DESCRIBED;
        /// Not the password that the account has.
        NotThePassword "not-the-password"
            ["与现有密码不符", "is not the present password"]
            AS_DESCRIBED;
        /// A name that is refused, for any reason.
        Reserved "reserved"
            ["该名称不可用，请另取，如加上机构的简称", "is not to be had: choose another, such as one with the office's name in it"]
            AS_DESCRIBED;
        /// A name that another account has.
        Taken "taken"
            ["已有同名账号", "is the name of another account"]
            AS_DESCRIBED;
        /// Not together with another field.
        NotWith(other: &'static str = "division") "not-with"
            ["不能与 {other} 同时给出", "cannot be given together with {other}"]
            AS_DESCRIBED;
        /// A grant or an account outside of what the administrator administers.
        OutsideGrant "outside-own-grant"
            ["超出您的账号管理范围", "lies outside of what you may administer"]
            AS_DESCRIBED;
        /// One's own grants.
        OwnGrants "own-grants"
            ["不得修改本人的授权，须由另一管理员办理", "are your own: only another administrator may change them"]
            AS_DESCRIBED;
        /// A role that only people may hold, for a service client.
        PersonsOnly "persons-only"
            ["审查、公布和账号管理的授权只能给予个人，系统客户端可以持有 integration、editor 或者 auditor", "is for people alone; a service client may be integration, editor or auditor"]
            AS_DESCRIBED;
    }
    rules {
        /// The check character should be another.
        UsccCheckDigit(right: char) UsccCheckDigit [right];
        /// Not a code of GB/T 2260 or GB/T 10114.
        DivisionUnknown DivisionUnknown [];
        /// The implementation code should be composed thus.
        ImplementationCode(right: String) ImplementationCodeComposition [right];
        /// The handling code should begin thus and end with 01–99.
        HandlingCode(right: String) HandlingCodeComposition [right];
        /// Digits 3–4 of the catalogue code say this category.
        CatalogueCategory(category: String) CatalogueCategoryMismatch [category];
        /// The list and the category contradict each other.
        ListCategory ListCategoryMismatch [];
        /// The main item is not the one of the catalogue code.
        MainItem MainItemMismatch [];
        /// The key exists already.
        CodeDuplicate CodeDuplicate [];
        /// No such organisation.
        OrganisationUnknown(code: String) OrganisationUnknown [code];
        /// No such record.
        ReferenceUnknown {
            /// Kind of the record that was looked for.
            kind: &'static str,
            /// Its key.
            key: String
        } ReferenceUnknown [kind, key];
        /// Others in force still use it.
        StillReferenced(by: String) StillReferenced [by];
    }
}

impl From<Rule> for Wrong {
    fn from(rule: Rule) -> Self {
        Self::Rule(rule, Vec::new())
    }
}

impl Wrong {
    /// The stable code of docs/DOMAIN.md §8.
    pub fn code(&self) -> &'static str {
        self.spec().code
    }

    /// The rule of quality that is broken, if it is one.
    pub fn rule(&self) -> Option<Rule> {
        self.spec().rule
    }

    /// The remedy, in `language`.
    pub fn remedy(&self, language: Language) -> &'static str {
        let [chinese, english] = self.spec().remedy;
        language.choose(chinese, english)
    }

    /// The severity of the broken rule, unless the case is milder; an error where no rule of quality is broken.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Milder(_, severity, _) => *severity,
            other => other.rule().map_or(Severity::Error, |rule| rule.spec().severity),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_has_a_code_of_its_own_beside_those_of_the_rules() {
        let samples = Wrong::samples();
        let codes: BTreeSet<_> = samples.iter().map(Wrong::code).collect();
        assert_eq!(codes.len(), samples.len());
        assert!(codes.iter().all(|code| Rule::of(code).is_none()));
    }

    #[test]
    fn a_sentence_shows_the_fields_of_the_mistake_in_either_language() {
        let wrong = Wrong::RecordState("已取消", "cancelled");
        assert_eq!(wrong.text(Language::Chinese), "该记录已取消，不能变更");
        assert_eq!(wrong.text(Language::English), "cannot be changed: the record is cancelled");
        let wrong = Wrong::TableSize(Detail::new("表", "a table"));
        assert_eq!((wrong.text(Language::Chinese), wrong.text(Language::English)), ("表".into(), "a table".into()));
        let unknown = Wrong::ReferenceUnknown { kind: "place", key: "x".into() };
        assert_eq!(unknown.text(Language::English), "there is no place x");
        assert_eq!((unknown.code(), unknown.rule()), ("reference-unknown", Some(Rule::ReferenceUnknown)));
    }
}
