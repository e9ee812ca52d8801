//! The lists as offices print them: the customary columns of 权力清单, 责任清单 and 公共服务事项清单.

use super::extract::Extract;
use crate::{
    model::items::Item,
    register::catalog::Entry,
    values::{
        Phone,
        code_lists::{BasisPurpose, Charge, HandlingType, List},
        local_time,
    },
};

/// A list as it is printed.
pub struct Printed {
    /// The name of its sheet, and its title.
    pub name: &'static str,
    /// Groups of columns: name and how many.
    pub groups: &'static [(&'static str, u16)],
    /// Header and width of each column, in characters.
    pub columns: &'static [(&'static str, f64)],
    /// Whether it shows an item.
    pub shows: fn(&Item) -> bool,
    /// The cells of an item after its number in the list.
    pub cells: fn(&Extract, &Entry, &Item) -> Vec<String>,
}

const GROUPS: &[(&str, u16)] = &[("基本信息", 5), ("实施主体", 2), ("办理要求", 4), ("公开信息", 2)];
const COLUMNS: &[(&str, f64)] = &[
    ("序号", 6.0),
    ("事项编码", 36.0),
    ("事项名称", 30.0),
    ("事项类型", 12.0),
    ("设定依据", 48.0),
    ("名称", 24.0),
    ("代码", 21.0),
    ("服务对象", 14.0),
    ("法定时限", 12.0),
    ("承诺时限", 12.0),
    ("收费", 18.0),
    ("公布日期", 12.0),
    ("咨询电话", 16.0),
];

/// The three lists.
pub const LISTS: [Printed; 3] = [
    Printed {
        name: "权力清单",
        groups: GROUPS,
        columns: COLUMNS,
        shows: |item| item.list == List::Power,
        cells: listed,
    },
    Printed {
        name: "责任清单",
        groups: &[("基本信息", 3), ("责任", 2), ("监督", 1)],
        columns: &[
            ("序号", 6.0),
            ("事项编码", 36.0),
            ("事项名称", 30.0),
            ("责任事项", 80.0),
            ("追责情形", 60.0),
            ("监督电话", 16.0),
        ],
        shows: Item::is_on_responsibility_list,
        cells: responsibilities,
    },
    Printed {
        name: "公共服务事项清单",
        groups: GROUPS,
        columns: COLUMNS,
        shows: |item| item.list == List::Service,
        cells: listed,
    },
];

/// Joins phone numbers and addresses of mail to one line.
fn contacts(phones: &[Phone]) -> String {
    phones.iter().map(|phone| phone.value.as_str()).collect::<Vec<_>>().join("、")
}

fn listed(extract: &Extract, entry: &Entry, item: &Item) -> Vec<String> {
    let setting = item.legal_bases.iter().filter(|basis| basis.purpose == BasisPurpose::Setting);
    let bases = setting.map(|basis| {
        let title = extract.name_of("legal_instrument", basis.instrument.as_str());
        format!("《{title}》{}", basis.article.as_ref().map(|article| article.chinese()).unwrap_or_default())
    });
    let organisation = item.organisation.to_string();
    let audience: Vec<_> = item.audience.iter().map(|audience| audience.label()).collect();
    let promised = match (item.handling_type, item.promised_limit) {
        (Some(HandlingType::Immediate), _) => "当场办结".to_owned(),
        (_, Some(limit)) => limit.chinese(),
        (_, None) => "—".to_owned(),
    };
    let fees: Vec<_> = item.fees.iter().map(|fee| extract.name_of("fee", fee.as_str())).collect();
    let published = entry.current().map(|revision| local_time(revision.change.published_at).date().to_string());
    vec![
        item.code.to_string(),
        item.name.clone(),
        item.category.label().to_owned(),
        bases.collect::<Vec<_>>().join("；"),
        extract.name_of("organisation", &organisation).to_owned(),
        organisation.clone(),
        audience.join("、"),
        item.legal_limit.map_or_else(|| "—".to_owned(), |limit| limit.chinese()),
        promised,
        if item.charge == Charge::Free { "免费".to_owned() } else { fees.join("；") },
        published.unwrap_or_default(),
        contacts(&item.consultation),
    ]
}

fn responsibilities(_: &Extract, _: &Entry, item: &Item) -> Vec<String> {
    let duties =
        item.responsibilities.iter().map(|duty| format!("{}.{}责任：{}", duty.seq, duty.stage.label(), duty.text));
    let cases = item.accountability.iter().map(|case| format!("{}.{}", case.seq, case.text));
    vec![
        item.code.to_string(),
        item.name.clone(),
        duties.collect::<Vec<_>>().join("\n"),
        cases.collect::<Vec<_>>().join("\n"),
        contacts(&item.supervision),
    ]
}
