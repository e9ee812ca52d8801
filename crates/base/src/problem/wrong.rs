//! The mistakes that a field or parameter can have, one table: code, sentence and remedy in both languages, and a sample.

use std::collections::BTreeSet;

use super::{
    language::{Detail, Language},
    rules::{Rule, Severity, kind_in_words},
    told::{JsonType, Told},
};

/// The remedy of a mistake whose sentence says it already.
const AS_DESCRIBED: [&str; 2] = ["按说明改正", "correct it as described"];

/// The remedy of a value of another form, where the sentence shows an example.
const LIKE_THE_EXAMPLE: [&str; 2] = ["按示例格式填写", "write it in the form shown"];

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

/// The sentence of a row in one language: two texts in which the fields of the mistake stand by name, or the field that is one. The
/// fields are told in that language.
macro_rules! sentence {
    ($language:ident [$chinese:literal, $english:literal]) => {
        match $language {
            Language::Chinese => format!($chinese),
            Language::English => format!($english),
        }
    };
    ($language:ident $detail:ident) => {
        $detail.to_owned()
    };
}

/// Rows of `fields`: doc comment, name, fields with those of the sample, code, sentence, remedy. Rows of `rules`: doc comment,
/// name, fields, the rule of quality, and the figures that its sentence takes.
macro_rules! mistakes {
    (
        fields { $($(#[doc = $doc:literal])+ $name:ident $(($($field:ident: $type:ty = $sample:expr),+))? $code:literal $sentence:tt $remedy:expr;)+ }
        rules { $(
            $(#[doc = $rule_doc:literal])+ $variant:ident $(($given:ident: $given_type:ty))?
                $({ $($(#[doc = $member_doc:literal])+ $member:ident: $member_type:ty),+ })? $rule:ident [$($figure:expr),*];
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
                    $(Self::$name $(($($field),+))? => {
                        $($(let $field = $field.told(); let $field = $field.text(language);)+)?
                        sentence!(language $sentence)
                    })+
                    $(Self::$variant $(($given))? $({ $($member),+ })? => Rule::$rule.says(language, &[$($figure.told()),*]),)+
                    Self::Chart(_, chinese, english) => language.choose(chinese, english).to_owned(),
                    Self::Rule(rule, figures) | Self::Milder(rule, _, figures) => rule.says(language, figures),
                }
            }

            /// One mistake of each row that is no rule of quality.
            fn of_each_row() -> Vec<Self> {
                vec![$(Self::$name $(($($sample),+))?),+]
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
        /// Absent where an import changes records; such as this.
        RequiredLike(example: String = "年度清单核对".into()) "required"
            ["必填：导入将修改已登记的记录；例如 {example}", "is required, since the import changes records of the register; such as {example}"]
            ["填写该字段", "fill it in"];
        /// A parameter without a value.
        Empty "empty"
            ["不能为空；不需要时请去掉该参数", "must not be empty; leave the parameter out"]
            ["填写该字段", "fill it in"];
        /// No such field.
        UnknownField "unknown-field"
            ["没有这个字段或参数", "is not known here"]
            ["删除或者改正名称", "remove it or correct its name"];
        /// No such field, but one of nearly that name: the one that may be meant.
        Misnamed(near: String = "promised_limit".into()) "unknown-field"
            ["没有这个字段；您要写的可能是 {near}", "is not known here; perhaps {near} is meant"]
            ["删除或者改正名称", "remove it or correct its name"];
        /// Members that the record has and a text that is to take its place does not name.
        LeftOut(names: Detail = Detail::new("承诺办结时限、常见问题", "promised_limit, faqs")) "left-out"
            ["登记簿中有而没有写：{names}；不写不等于去掉", "lacks what the register has: {names}; leaving it out does not remove it"]
            ["照抄现有的内容；要去掉写 null（清单写 []）；只改几项的，起草时不写 body，再用 PATCH 写要改的",
             "repeat what is there; write null (of a list []) to remove it; to change a few fields, draft without `body` and PATCH those"];
        /// No such parameter.
        UnknownParameter "unknown-parameter"
            ["没有这个参数", "is no parameter of this address"]
            ["删除或者改正名称", "remove it or correct its name"];
        /// Not of this JSON type.
        WrongType(kind: JsonType = "integer".into()) "wrong-type"
            ["应为{kind}", "{kind}"]
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
        /// Not like this example.
        BadFormat(example: String = "2026-12-01".into()) "bad-format"
            ["格式应如 {example}", "must look like {example}"]
            LIKE_THE_EXAMPLE;
        /// Not a unified social credit code.
        UsccForm "bad-format"
            ["应为18位统一社会信用代码（数字和大写字母，不用 I、O、S、V、Z），例如 11350121003619116B", "must be a unified social credit code of 18 digits and capital letters (never I, O, S, V or Z), such as 11350121003619116B"]
            LIKE_THE_EXAMPLE;
        /// Not a catalogue code.
        CatalogueCodeForm "bad-format"
            ["应为12位数字的基本编码，例如 000511001000", "must be a catalogue code of 12 digits, such as 000511001000"]
            LIKE_THE_EXAMPLE;
        /// Not an implementation code.
        ImplementationCodeForm "bad-format"
            ["应为31位实施编码（18位统一社会信用代码、1位行使层级、12位基本编码），例如 11350121003619116B5000511001000", "must be an implementation code of 31 characters (credit code 18, level 1, catalogue code 12), such as 11350121003619116B5000511001000"]
            LIKE_THE_EXAMPLE;
        /// Not a handling code.
        HandlingCodeForm "bad-format"
            ["应为33位业务办理项编码（31位实施编码、2位顺序号），例如 12350121488101998J535201400100101", "must be a handling code of 33 characters (implementation code 31, serial number 2), such as 12350121488101998J535201400100101"]
            LIKE_THE_EXAMPLE;
        /// Not a code of a division.
        DivisionForm "bad-format"
            ["应为6位、9位或者12位数字的行政区划代码，例如 350121202", "must be a division code of 6, 9 or 12 digits, such as 350121202"]
            LIKE_THE_EXAMPLE;
        /// Not a key of a record that has no national code.
        KeyForm "bad-format"
            ["应为3至64个小写字母、数字或者连字符，例如 yangli-hall", "must be 3 to 64 small letters, digits or hyphens, such as yangli-hall"]
            LIKE_THE_EXAMPLE;
        /// Not an identifier, such as of a fee's parameter.
        IdentifierForm "bad-format"
            ["应为1至32个小写字母或者下划线，例如 annual_volume", "must be 1 to 32 small letters or underscores, such as annual_volume"]
            LIKE_THE_EXAMPLE;
        /// Not a name of an account.
        UsernameForm "bad-format"
            ["应为2至64个小写字母、数字或者汉字，中间可用“.”“_”“-”“@”，例如 lin.fang", "must be 2 to 64 small letters, digits or Chinese characters, with . _ - or @ inside, such as lin.fang"]
            LIKE_THE_EXAMPLE;
        /// Not a postcode.
        PostcodeForm "bad-format"
            ["应为6位数字的邮政编码，例如 350100", "must be a postcode of 6 digits, such as 350100"]
            LIKE_THE_EXAMPLE;
        /// Not a date.
        DateForm "bad-format"
            ["应为日期，例如 2026-12-01", "must be a date, such as 2026-12-01"]
            LIKE_THE_EXAMPLE;
        /// Not a year.
        YearForm "bad-format"
            ["应为4位数字的年份，例如 2026", "must be a year of 4 digits, such as 2026"]
            LIKE_THE_EXAMPLE;
        /// Not a time of day.
        TimeForm "bad-format"
            ["应为24小时制的时刻，例如 09:00", "must be a time of day, of 24 hours, such as 09:00"]
            LIKE_THE_EXAMPLE;
        /// Not a day of every year.
        MonthDayForm "bad-format"
            ["应为月和日，例如 06-30", "must be a month and a day, such as 06-30"]
            LIKE_THE_EXAMPLE;
        /// Not an address on the web.
        UrlForm "bad-format"
            ["应为以 https:// 开头的网址，例如 https://zwfw.fujian.gov.cn/", "must be an address that begins with https://, such as https://zwfw.fujian.gov.cn/"]
            LIKE_THE_EXAMPLE;
        /// Not a language tag.
        LanguageForm "bad-format"
            ["应为语言标签（BCP 47），例如 en", "must be a language tag of BCP 47, such as en"]
            LIKE_THE_EXAMPLE;
        /// Not a figure; such as this one.
        FigureForm(example: String = "12.5".into()) "bad-format"
            ["应为数字，例如 {example}", "must be a figure, such as {example}"]
            LIKE_THE_EXAMPLE;
        /// A cell that should be JSON, and is not.
        CellJson "bad-format"
            ["应为 JSON 文本，例如 [{{\"seq\": 1}}]；请照模板的示例填写", "must be JSON, such as [{{\"seq\": 1}}]; the template has an example"]
            LIKE_THE_EXAMPLE;
        /// A cell with an error of the spreadsheet.
        CellFault "bad-format"
            ["是表格软件的错误值（如 #REF!），看不出内容", "is an error of the spreadsheet, such as #REF!, and says nothing"]
            ["改正公式，或者直接填写内容", "mend the formula, or write the value itself"];
        /// Not a secret of a webhook.
        SecretForm "bad-format"
            ["应为 whsec_ 后接24至64字节的 Base64；不填写则由系统生成", "must be whsec_ and the Base64 of 24 to 64 bytes; without it one is made"]
            AS_DESCRIBED;
        /// Not a longitude and a latitude.
        Point "bad-format"
            ["应为“经度,纬度”，经度 −180 至 180，纬度 −90 至 90，如 119.0312,26.2561", "must be longitude,latitude (−180 to 180, −90 to 90), such as 119.0312,26.2561"]
            LIKE_THE_EXAMPLE;
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
            LIKE_THE_EXAMPLE;
        /// Neither a change nor an instant.
        ChangeOrInstant "bad-format"
            ["应为变更序号（如 340）、日期（如 2017-01-01，北京时间）或带时区的时刻", "must be a seq such as 340, a date of China such as 2017-01-01, or an instant"]
            LIKE_THE_EXAMPLE;
        /// Not a cursor at all.
        NotACursor "bad-format"
            ["须原样取自上一页的 next", "must be `next` of the page before, unchanged"]
            LIKE_THE_EXAMPLE;
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
            LIKE_THE_EXAMPLE;
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
        /// A printed list and a sheet of data that differ from the register and from each other: what stands here, the other place, what
        /// stands there.
        SheetsContradict(own: String = "5个工作日".into(), place: String = "事项!K5".into(), other: String = "4个工作日".into())
            "sheets-contradict"
            ["此处是“{own}”，{place} 是“{other}”，两处都与登记簿不同", "says “{own}” and {place} says “{other}”, and both differ from the register"]
            ["改成一致，或者只在一处修改", "make both say the same, or change one of them alone"];
        /// A list that is shorter than the register's, on a sheet of which rows could not be told to whom they belong.
        ListUnclear "list-unclear"
            ["比登记的少，而该表有看不出属于哪条记录的行", "has fewer rows than the register, and rows of the sheet belong to no record that is known"]
            ["先改正该表中被退回的行", "mend the refused rows of the sheet first"];
        /// A row that goes with another one, which makes no record.
        OwnRowMissing "own-row-missing"
            ["该记录在主表（写明类型、依据或者实施主体的表）中的行被退回，或者没有；不凭本行新增记录", "goes with a row of the sheet that describes the record, which was refused or is not there: no record is made of this row alone"]
            ["先改正或者补上主表中的那一行", "mend or add that row first"];
        /// A name that several records may have: the name, their codes and names.
        NameAmbiguous(name: String = "服务中心".into(), records: String = "hall-a 甲服务中心; hall-b 乙服务中心".into()) "name-ambiguous"
            ["“{name}”可能是几条记录：{records}", "“{name}” may be any of several records: {records}"]
            ["写全称，或者填写其中一条的编码", "write the whole name, or the code of one of them"];
        /// What a spreadsheet left of a code, where it may be that of several records: their codes and names.
        DigitsAmbiguous(records: String = "0012 甲; 012 乙".into()) "name-ambiguous"
            ["表格软件去掉了编码的一部分数字，剩下的数字对应几条记录：{records}", "has lost digits in a spreadsheet, and what is left is that of several records: {records}"]
            ["把该列设为“文本”格式，填写完整的编码", "format the column as text and write the whole code"];
        /// A cell with bases of which a place is not understood: the place.
        BasisUnclear(place: String = "有关规定".into()) "basis-unclear"
            ["从“{place}”起看不出是哪部法律的哪一条", "cannot be read from “{place}” on: no instrument and article is told there"]
            ["写成“1.《名称》第×条第×款：条文”，每部法律另起一行", "write 1.《title》第×条第×款：text, each instrument on a line of its own"];
        /// Bases of duties that are neither one nor as many as the duties: both numbers.
        BasesUncounted(bases: usize = 2, duties: usize = 5) "basis-unclear"
            ["有 {bases} 条依据，对应的内容有 {duties} 条，看不出哪条依据属于哪一条", "has {bases} bases for {duties} entries: nobody can tell which belongs to which"]
            ["编号逐条对应，或者只写一条适用于全部的依据", "number them one for each entry, or write one that holds for all"];
        /// Several sub-items in one row.
        SubItems "sub-item-unclear"
            ["一行写了几个子项", "names several sub-items in one row"]
            ["每个子项各占一行，填写它自己的编码", "give each sub-item a row with its own code"];
        /// A column for which the register has no field; fields in which its content may stand.
        HeaderWithoutField(header: String = "备注".into(), nearest: String = "时限说明、事项简述".into()) "header-unknown"
            ["登记簿没有“{header}”这一栏，该列没有读取；内容可以写进：{nearest}", "is no field of the register: {header}; the column was not read. What it says may stand in {nearest}"]
            ["把内容写进这些栏目，用参数 columns 指明它是哪个字段，或者删除该列", "write it there, say its field with the parameter columns, or delete the column"];
        /// A second column of the same meaning; the place of the first.
        HeaderAgain(header: String = "法律依据".into(), first: String = "E3".into()) "header-unknown"
            ["“{header}”与 {first} 的表头是同一栏，该列没有读取", "{header} means the same as the header in {first}; the column was not read"]
            ["合并成一列，或者用参数 columns 指明它是哪个字段", "put both into one column, or say its field with the parameter columns"];
        /// A cell that points elsewhere instead of saying something.
        CellElsewhere "cell-elsewhere"
            ["没有写出内容，只指向别处", "says nothing itself and points elsewhere"]
            ["把内容写进该单元格；不改动的，删除该列或者该行", "write what is meant into the cell; where nothing changes, delete the column or the row"];
        /// A record whose state allows no change: its key, then Chinese and English.
        RecordState(key: String = "11350121003619116B5000105001000".into(), chinese: &'static str = "取消", english: &'static str = "cancelled") "record-state"
            ["登记簿中 {key} 的状态是“{chinese}”，不能变更", "cannot be changed: the record {key} is {english}"]
            ["先用 action=reinstate 起草恢复该记录并公布，再导入；或者删除该行", "bring the record back with action=reinstate first, or delete the row"];
        /// The code of a record that was cancelled or merged: Chinese and English.
        CodeRetired(chinese: &'static str = "取消", english: &'static str = "cancelled") "code-retired"
            ["该编码属于已{chinese}的记录，不能另给新的记录；如需恢复该记录，请用 action=reinstate 起草，key 写该编码", "is the code of a record that was {english}, and never another one's; to bring that record back, draft action=reinstate with this code as key"]
            AS_DESCRIBED;
        /// A code that a record had until it was renumbered: its present one.
        CodeRenumbered(present: String = "…".into()) "code-renumbered"
            ["该编码曾属于现编码为 {present} 的记录，不能另给新的记录；要修改该记录，请用 action=amend 起草，key 写现编码；要新增，请换一个编码", "was the code of the record that is {present} now, and is never another one's; to change that record, draft action=amend with its present code as key; for a new one, take another code"]
            AS_DESCRIBED;
        /// A record of which a draft is open: its id behind a space, or nothing where that may not be known.
        DraftOpen(which: String = " 019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d".into()) "draft-open"
            ["该记录已有未办结的草稿{which}", "has an open draft already{which}"]
            ["先办结或者作废该草稿", "finish the open draft first, or give it up"];
        /// A record outside of what the caller may edit: whose it is.
        OutsideScope(owner: Detail = Detail::new("洋里乡人民政府（11350121003619116B）", "洋里乡人民政府 (11350121003619116B)")) "outside-scope"
            ["该记录属于{owner}，不在您的编辑范围内", "belongs to {owner} and is not yours to edit"]
            ["请由该机构的编辑导入，或者请账号管理员授予该范围", "let an editor of that organisation import it, or ask an administrator of accounts for its scope"];
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
            ["超出您的账号管理范围，请由管理范围包括它的账号管理员办理", "lies outside of what you may administer: an administrator whose scope has it can do this"]
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
        } ReferenceUnknown [kind_in_words(kind), key];
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
    /// One mistake of each code that is no rule of quality, in the order of this table, for the page that explains the codes;
    /// [`Rule::ALL`] are the others.
    pub fn samples() -> Vec<Self> {
        let mut samples = Self::of_each_row();
        let mut codes = BTreeSet::new();
        samples.retain(|sample| codes.insert(sample.code()));
        samples
    }

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
    use crate::problem::Code;

    #[test]
    fn every_sample_has_a_code_of_its_own_beside_those_of_the_rules() {
        let samples = Wrong::samples();
        let codes: BTreeSet<_> = samples.iter().map(Wrong::code).collect();
        assert_eq!(codes.len(), samples.len());
        assert!(codes.iter().all(|code| Rule::of(code).is_none()));
    }

    /// Whether a text has English words one after another, which are no name, path or example.
    fn has_english(text: &str) -> bool {
        let is_word = |word: &str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let parts = text.split(|c: char| c != ' ' && !c.is_ascii_alphanumeric() && c != '_' && c != '-');
        parts.map(|part| part.split(' ').filter(|word| is_word(word)).count()).any(|words| words > 1)
    }

    /// Whether a text has more Chinese than a name or an example: a clause, or its punctuation.
    fn has_chinese(text: &str) -> bool {
        let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        let longest = text.split(|c: char| !is_han(c)).map(|run| run.chars().count()).max().unwrap_or(0);
        longest > 8 || text.contains(['，', '。', '；'])
    }

    /// Fails where a text is not in its language alone.
    fn assert_apart(chinese: &str, english: &str, row: &str) {
        assert!(!chinese.is_empty() && !has_english(chinese), "{row}: {chinese}");
        assert!(!english.is_empty() && !has_chinese(english), "{row}: {english}");
        assert!(!chinese.contains(" × [") && !english.contains(" × ["), "{row}: a form is told in words");
        assert!(english.is_ascii() || english != chinese, "{row}: {english} is told twice");
    }

    #[test]
    fn each_language_stands_by_itself_in_every_row_of_the_tables() {
        // A row whose whole sentence is its field has none of its own here.
        let rows = Wrong::of_each_row().into_iter().filter(|wrong| wrong.text(Language::Chinese) != "…");
        for wrong in rows.clone() {
            let say = |language| (wrong.text(language), wrong.remedy(language));
            let ((chinese, remedy), (english, remedy_english)) = (say(Language::Chinese), say(Language::English));
            assert_apart(&chinese, &english, wrong.code());
            assert_apart(remedy, remedy_english, wrong.code());
        }
        assert!(rows.count() > 60, "every row is looked at");
        for rule in Rule::ALL {
            let say = |language| (rule.says(language, &[]), rule.remedy(language));
            let ((chinese, remedy), (english, remedy_english)) = (say(Language::Chinese), say(Language::English));
            assert_apart(&chinese, &english, rule.spec().code);
            assert_apart(remedy, remedy_english, rule.spec().code);
        }
        for code in Code::ALL {
            let spec = code.spec();
            assert_apart(spec.chinese, spec.english, spec.code);
            assert_apart(spec.remedy_chinese, spec.remedy_english, spec.code);
        }
    }

    #[test]
    fn a_type_and_a_kind_are_told_in_words() {
        let wrong = Wrong::WrongType("integer".into());
        assert_eq!(wrong.text(Language::Chinese), "应为整数，例如 3");
        assert_eq!(wrong.text(Language::English), "must be an integer, such as 3");
        let unknown = Wrong::ReferenceUnknown { kind: "legal_instrument", key: "law-x".into() };
        assert_eq!(unknown.text(Language::Chinese), "引用的记录不存在：法律法规文件 law-x");
        assert_eq!(unknown.text(Language::English), "there is no legal instrument law-x");
    }

    #[test]
    fn a_sentence_shows_the_fields_of_the_mistake_in_either_language() {
        let wrong = Wrong::RecordState("place-a".into(), "取消", "cancelled");
        assert_eq!(wrong.text(Language::Chinese), "登记簿中 place-a 的状态是“取消”，不能变更");
        assert_eq!(wrong.text(Language::English), "cannot be changed: the record place-a is cancelled");
        let wrong = Wrong::TableSize(Detail::new("表", "a table"));
        assert_eq!((wrong.text(Language::Chinese), wrong.text(Language::English)), ("表".into(), "a table".into()));
        let unknown = Wrong::ReferenceUnknown { kind: "place", key: "x".into() };
        assert_eq!(unknown.text(Language::English), "there is no place x");
        assert_eq!((unknown.code(), unknown.rule()), ("reference-unknown", Some(Rule::ReferenceUnknown)));
    }
}
