//! The lists as offices print them: the customary columns of 权力清单, 责任清单 and 公共服务事项清单. Exports write them, and imports
//! compare cells with them: what says just what is printed of the register says nothing new.

use chrono::NaiveDate;

use crate::{
    model::{
        instruments::Basis,
        items::{Item, Responsibility},
    },
    register::catalog::{Entry, Snapshot},
    values::{
        Phone,
        code_lists::{BasisPurpose, Charge, HandlingType, List},
        local_time,
    },
};

/// A list as it is printed.
pub struct PrintedList {
    /// The name of its sheet, and its title.
    pub name: &'static str,
    /// Groups of columns: name and how many.
    pub groups: &'static [(&'static str, u16)],
    /// Header, width in characters and content of each column.
    pub columns: &'static [(&'static str, f64, Shows)],
    /// Whether it shows an item.
    pub shows: fn(&Item) -> bool,
}

/// What a column of a printed list shows of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The place of the item in the list.
    Ordinal,
    /// Its code.
    Code,
    /// Its name.
    Name,
    /// Its type.
    Category,
    /// The bases that set it, by title and article.
    Bases,
    /// The name of its organisation.
    OrganisationName,
    /// The code of its organisation.
    Organisation,
    /// Whom it serves.
    Audience,
    /// The legal limit.
    LegalLimit,
    /// The promised limit, or that it is done at once.
    Promise,
    /// That it is free, or the names of its fees.
    Charge,
    /// The day on which its newest revision became public.
    PublishedOn,
    /// How to ask, of every way the value alone.
    Consultation,
    /// How to complain, of every way the value alone.
    Supervision,
    /// The duties.
    Responsibilities,
    /// The cases of accountability.
    Accountability,
}

const GROUPS: &[(&str, u16)] = &[("基本信息", 5), ("实施主体", 2), ("办理要求", 4), ("公开信息", 2)];
const COLUMNS: &[(&str, f64, Shows)] = &[
    ("序号", 6.0, Shows::Ordinal),
    ("事项编码", 36.0, Shows::Code),
    ("事项名称", 30.0, Shows::Name),
    ("事项类型", 12.0, Shows::Category),
    ("设定依据", 48.0, Shows::Bases),
    ("名称", 24.0, Shows::OrganisationName),
    ("代码", 21.0, Shows::Organisation),
    ("服务对象", 14.0, Shows::Audience),
    ("法定时限", 12.0, Shows::LegalLimit),
    ("承诺时限", 12.0, Shows::Promise),
    ("收费", 18.0, Shows::Charge),
    ("公布日期", 12.0, Shows::PublishedOn),
    ("咨询电话", 16.0, Shows::Consultation),
];

/// The three lists.
pub const LISTS: [PrintedList; 3] = [
    PrintedList { name: "权力清单", groups: GROUPS, columns: COLUMNS, shows: |item| item.list == List::Power },
    PrintedList {
        name: "责任清单",
        groups: &[("基本信息", 3), ("责任", 2), ("监督", 1)],
        columns: &[
            ("序号", 6.0, Shows::Ordinal),
            ("事项编码", 36.0, Shows::Code),
            ("事项名称", 30.0, Shows::Name),
            ("责任事项", 80.0, Shows::Responsibilities),
            ("追责情形", 60.0, Shows::Accountability),
            ("监督电话", 16.0, Shows::Supervision),
        ],
        shows: Item::is_on_responsibility_list,
    },
    PrintedList {
        name: "公共服务事项清单",
        groups: GROUPS,
        columns: COLUMNS,
        shows: |item| item.list == List::Service,
    },
];

/// What stands for no limit.
const NONE: &str = "—";

impl Shows {
    /// The sign between the parts of a cell.
    pub fn between(self) -> &'static str {
        match self {
            Self::Bases | Self::Charge => "；",
            Self::Responsibilities | Self::Accountability => "\n",
            _ => "、",
        }
    }
}

/// An item, as the lists print it.
pub struct PrintedItem<'a> {
    /// The register, which knows the names of other records.
    snapshot: &'a Snapshot,
    /// Its entry; none when the register does not have it yet.
    entry: Option<&'a Entry>,
    /// Its body.
    item: Item,
}

impl<'a> PrintedItem<'a> {
    /// An item with this body.
    pub fn new(snapshot: &'a Snapshot, entry: Option<&'a Entry>, item: Item) -> Self {
        Self { snapshot, entry, item }
    }

    /// Whether a list shows it.
    pub fn is_on(&self, list: &PrintedList) -> bool {
        (list.shows)(&self.item)
    }

    /// Writes a cell; that of its place in the list is empty.
    pub fn cell(&self, what: Shows) -> String {
        self.parts(what).join(what.between())
    }

    /// Writes the parts of which a cell is made: of a list each element.
    pub fn parts(&self, what: Shows) -> Vec<String> {
        let item = &self.item;
        let one = |text: String| vec![text];
        let limit = |limit: Option<String>| vec![limit.unwrap_or_else(|| NONE.to_owned())];
        match what {
            Shows::Ordinal => Vec::new(),
            Shows::Code => one(item.code.to_string()),
            Shows::Name => one(item.name.clone()),
            Shows::Category => one(item.category.label().to_owned()),
            Shows::Bases => self.bases().map(|basis| self.citation(basis)).collect(),
            Shows::OrganisationName => one(self.name_of("organisation", item.organisation.as_str()).to_owned()),
            Shows::Organisation => one(item.organisation.to_string()),
            Shows::Audience => item.audience.iter().map(|audience| audience.label().to_owned()).collect(),
            Shows::LegalLimit => limit(item.legal_limit.map(|limit| limit.chinese())),
            Shows::Promise if item.handling_type == Some(HandlingType::Immediate) => one("当场办结".to_owned()),
            Shows::Promise => limit(item.promised_limit.map(|limit| limit.chinese())),
            Shows::Charge if item.charge == Charge::Free => one("免费".to_owned()),
            Shows::Charge => item.fees.iter().map(|fee| self.name_of("fee", fee.as_str()).to_owned()).collect(),
            Shows::PublishedOn => self.published_on().last().map(|day| day.to_string()).into_iter().collect(),
            Shows::Consultation => values(&item.consultation),
            Shows::Supervision => values(&item.supervision),
            Shows::Responsibilities => item.responsibilities.iter().map(duty).collect(),
            Shows::Accountability => {
                item.accountability.iter().map(|case| format!("{}.{}", case.seq, case.text)).collect()
            }
        }
    }

    /// The days on which its revisions became public, oldest first.
    pub fn published_on(&self) -> impl Iterator<Item = NaiveDate> {
        let revisions = self.entry.into_iter().flat_map(|entry| entry.revisions.iter());
        revisions.map(|revision| local_time(revision.change.published_at).date())
    }

    fn bases(&self) -> impl Iterator<Item = &Basis> {
        self.item.legal_bases.iter().filter(|basis| basis.purpose == BasisPurpose::Setting)
    }

    fn citation(&self, basis: &Basis) -> String {
        let title = self.name_of("legal_instrument", basis.instrument.as_str());
        format!("《{title}》{}", basis.article.as_ref().map(|article| article.chinese()).unwrap_or_default())
    }

    /// The name or title of another record; its key where it is not known.
    fn name_of<'b>(&'b self, kind: &str, key: &'b str) -> &'b str {
        match self.snapshot.get(kind, key) {
            Some(entry) if !entry.indexed.title.is_empty() => &entry.indexed.title,
            _ => key,
        }
    }
}

/// Telephone numbers, windows and addresses, without what they are.
fn values(contacts: &[Phone]) -> Vec<String> {
    contacts.iter().map(|contact| contact.value.clone()).collect()
}

fn duty(duty: &Responsibility) -> String {
    format!("{}.{}责任：{}", duty.seq, duty.stage.label(), duty.text)
}
