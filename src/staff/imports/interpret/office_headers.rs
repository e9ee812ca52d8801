//! Headers that offices use for the columns of items, and what a column may mean.

/// The kind whose sheets offices make by themselves, and whose codes say something of the record.
pub const ITEM: &str = "item";

/// The meaning of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A column of the book.
    Own(usize),
    /// The name of the organisation: stands in for its code where that is absent.
    OrganisationName,
    /// Charged or free, as an amount or a word.
    Charge,
    /// The promised limit, or that it is done at once.
    Promise,
    /// Legal bases, cited with article.
    Bases,
    /// Telephone numbers of this field.
    Phones(&'static str),
    /// Duties: `1.受理责任：…`
    Responsibilities,
    /// Cases of accountability, numbered.
    Accountability,
    /// The bases of the elements of this field, numbered like them.
    DutyBases(&'static str),
    /// The level that exercises a power, or which level does what.
    Level,
    /// The name of the sub-item: the name beside it is that of its main item.
    SubItem,
}

/// The meaning of a header that offices use.
#[derive(Clone, Copy)]
pub enum OfficeColumn {
    /// Nothing: the number of a row.
    Nothing,
    /// The code of the item.
    Code,
    /// A field of an item.
    Field(&'static str),
    /// A meaning that takes more than one cell of our own.
    Special(Meaning),
    /// No field: the fields in which its content may stand.
    Homeless(&'static str),
}

/// Headers that offices use for items (docs/DOMAIN.md §2.1), written without spaces: the group above the header where it needs
/// one, the header, its meaning.
const OFFICE: &[(&str, &str, OfficeColumn)] = &[
    ("", "序号", OfficeColumn::Nothing),
    ("", "事项编码", OfficeColumn::Code),
    ("", "编码", OfficeColumn::Code),
    ("", "权责事项编码", OfficeColumn::Code),
    ("", "权力事项编码", OfficeColumn::Code),
    ("", "权力编码", OfficeColumn::Code),
    ("", "职权编码", OfficeColumn::Code),
    ("", "项目编码", OfficeColumn::Code),
    ("", "实施清单编码", OfficeColumn::Code),
    ("", "事项名称", OfficeColumn::Field("name")),
    ("", "权力名称", OfficeColumn::Field("name")),
    ("", "职权名称", OfficeColumn::Field("name")),
    ("", "项目名称", OfficeColumn::Field("name")),
    ("", "权责事项名称", OfficeColumn::Field("name")),
    ("", "权力事项名称", OfficeColumn::Field("name")),
    ("", "权责名称", OfficeColumn::Field("name")),
    ("", "行政职权名称", OfficeColumn::Field("name")),
    ("", "事项类型", OfficeColumn::Field("category")),
    ("", "事项类别", OfficeColumn::Field("category")),
    ("", "权力类型", OfficeColumn::Field("category")),
    ("", "权力类别", OfficeColumn::Field("category")),
    ("", "职权类别", OfficeColumn::Field("category")),
    ("", "设定依据", OfficeColumn::Special(Meaning::Bases)),
    ("", "实施依据", OfficeColumn::Special(Meaning::Bases)),
    ("", "法律依据", OfficeColumn::Special(Meaning::Bases)),
    ("", "依据", OfficeColumn::Special(Meaning::Bases)),
    ("实施主体", "名称", OfficeColumn::Special(Meaning::OrganisationName)),
    ("实施主体", "代码", OfficeColumn::Field("organisation")),
    ("实施主体", "编码", OfficeColumn::Field("organisation")),
    ("", "实施主体名称", OfficeColumn::Special(Meaning::OrganisationName)),
    ("", "实施机关", OfficeColumn::Special(Meaning::OrganisationName)),
    ("", "行使主体", OfficeColumn::Special(Meaning::OrganisationName)),
    ("", "行使主体名称", OfficeColumn::Special(Meaning::OrganisationName)),
    ("", "责任主体", OfficeColumn::Special(Meaning::OrganisationName)),
    ("", "实施主体代码", OfficeColumn::Field("organisation")),
    ("", "统一社会信用代码", OfficeColumn::Field("organisation")),
    ("", "承办机构", OfficeColumn::Field("handling_office")),
    ("", "承办科室", OfficeColumn::Field("handling_office")),
    ("", "办理机构", OfficeColumn::Field("handling_office")),
    ("", "责任科室", OfficeColumn::Field("handling_office")),
    ("", "服务对象", OfficeColumn::Field("audience")),
    ("", "法定时限", OfficeColumn::Field("legal_limit")),
    ("", "法定期限", OfficeColumn::Field("legal_limit")),
    ("时限", "法定", OfficeColumn::Field("legal_limit")),
    ("", "承诺时限", OfficeColumn::Special(Meaning::Promise)),
    ("", "承诺期限", OfficeColumn::Special(Meaning::Promise)),
    ("", "承诺办结时限", OfficeColumn::Special(Meaning::Promise)),
    ("时限", "承诺", OfficeColumn::Special(Meaning::Promise)),
    ("", "收费", OfficeColumn::Special(Meaning::Charge)),
    ("", "是否收费", OfficeColumn::Special(Meaning::Charge)),
    ("", "收费情况", OfficeColumn::Special(Meaning::Charge)),
    ("", "公布日期", OfficeColumn::Field("effective_from")),
    ("", "实施日期", OfficeColumn::Field("effective_from")),
    ("", "咨询电话", OfficeColumn::Special(Meaning::Phones("consultation"))),
    ("", "监督电话", OfficeColumn::Special(Meaning::Phones("supervision"))),
    ("", "投诉电话", OfficeColumn::Special(Meaning::Phones("supervision"))),
    ("", "监督投诉电话", OfficeColumn::Special(Meaning::Phones("supervision"))),
    ("", "责任事项", OfficeColumn::Special(Meaning::Responsibilities)),
    ("", "责任事项内容", OfficeColumn::Special(Meaning::Responsibilities)),
    ("", "追责情形内容", OfficeColumn::Special(Meaning::Accountability)),
    ("", "追责情形", OfficeColumn::Special(Meaning::Accountability)),
    ("", "责任事项依据", OfficeColumn::Special(Meaning::DutyBases("responsibilities"))),
    ("", "责任依据", OfficeColumn::Special(Meaning::DutyBases("responsibilities"))),
    ("责任事项", "依据", OfficeColumn::Special(Meaning::DutyBases("responsibilities"))),
    ("追责情形", "依据", OfficeColumn::Special(Meaning::DutyBases("accountability"))),
    ("", "追责依据", OfficeColumn::Special(Meaning::DutyBases("accountability"))),
    ("", "追责情形依据", OfficeColumn::Special(Meaning::DutyBases("accountability"))),
    ("", "问责依据", OfficeColumn::Special(Meaning::DutyBases("accountability"))),
    ("", "实施层级及权限", OfficeColumn::Special(Meaning::Level)),
    ("", "行使层级及权限", OfficeColumn::Special(Meaning::Level)),
    ("", "实施层级和权限", OfficeColumn::Special(Meaning::Level)),
    ("", "层级及权限", OfficeColumn::Special(Meaning::Level)),
    ("", "实施层级", OfficeColumn::Special(Meaning::Level)),
    ("", "子项", OfficeColumn::Special(Meaning::SubItem)),
    ("", "子项名称", OfficeColumn::Special(Meaning::SubItem)),
    ("", "事项子项", OfficeColumn::Special(Meaning::SubItem)),
    ("", "权力子项", OfficeColumn::Special(Meaning::SubItem)),
    ("", "备注", OfficeColumn::Homeless("时限说明、事项简述、行使内容")),
    ("", "说明", OfficeColumn::Homeless("时限说明、事项简述、行使内容")),
    ("", "追责对象范围", OfficeColumn::Homeless("追责情形、责任事项")),
    ("", "追责对象", OfficeColumn::Homeless("追责情形、责任事项")),
    ("", "责任人", OfficeColumn::Homeless("责任事项、承办机构")),
];

impl Meaning {
    /// The field of an item that such a column is about.
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::Own(_) => None,
            Self::OrganisationName => Some("organisation"),
            Self::Charge => Some("charge"),
            Self::Promise => Some("promised_limit"),
            Self::Bases => Some("legal_bases"),
            Self::Phones(field) => Some(field),
            Self::Responsibilities => Some("responsibilities"),
            Self::Accountability => Some("accountability"),
            Self::DutyBases(field) => Some(field),
            Self::Level => Some("exercise_level"),
            Self::SubItem => Some("name"),
        }
    }

    /// Whether such a column says all of its field, so that our own exports may write it there as it is.
    pub fn is_whole_field(self) -> bool {
        !matches!(self, Self::OrganisationName | Self::DutyBases(_) | Self::Level | Self::SubItem)
    }
}

/// The way in which offices write a field, where it takes more than one cell of our own.
pub fn special_of(field: &str) -> Option<Meaning> {
    let mut specials = OFFICE.iter().filter_map(|(.., column)| match column {
        OfficeColumn::Special(meaning) if meaning.is_whole_field() => Some(*meaning),
        _ => None,
    });
    specials.find(|meaning| meaning.field() == Some(field))
}

/// The headers that offices use.
pub fn office_headers() -> impl Iterator<Item = &'static str> {
    let read =
        OFFICE.iter().filter(|(group, _, column)| group.is_empty() && !matches!(column, OfficeColumn::Homeless(_)));
    read.map(|(_, header, _)| *header)
}

/// The meaning of a header below a group. A row that names the group is surer than one that does not.
pub fn office_column(header: &str, group: &str) -> Option<OfficeColumn> {
    let named = OFFICE.iter().filter(|(_, name, _)| *name == header);
    let fitting = named.filter(|(above, ..)| above.is_empty() || *above == group);
    fitting.max_by_key(|(above, ..)| above.len()).map(|(.., column)| *column)
}
