//! Publications of a year and in all: numbers of lines of the log, told apart by what the lines themselves say.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    public::reading::FacetCount,
    register::{
        catalog::Snapshot,
        changes::{Change, Seq},
    },
    values::code_lists::{Action, Code, List, PublicationChannel},
};

/// 公开数量
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Figures {
    /// 公布批次: publications.
    #[schema(example = 1)]
    pub publications: u64,
    /// 主动公开信息数: revisions that were published, of all kinds of records; an erasure is none.
    #[schema(example = 340)]
    pub published: u64,
    /// 新公布: records published for the first time.
    #[schema(example = 339)]
    pub created: u64,
    /// 调整: revisions that changed what was published before and left it standing: amended, delegated, renumbered, suspended,
    /// reinstated.
    #[schema(example = 1)]
    pub adjusted: u64,
    /// 取消: records that were cancelled, or merged into others.
    #[schema(example = 0)]
    pub cancelled: u64,
    /// 删除: revisions erased after a failure of confidentiality; not among those published.
    #[schema(example = 0)]
    pub erased: u64,
    /// 按调整类型: the published revisions by what they did.
    pub action: Vec<FacetCount>,
    /// 按记录类别
    pub kind: Vec<FacetCount>,
    /// 按清单: revisions of items by the list on which they were then; a power is on the power list and on the responsibility
    /// list. A revision that was erased since is on none, for nobody can tell any more.
    pub list: Vec<FacetCount>,
    /// 按公开渠道: each revision under every channel by which it was made public.
    pub channel: Vec<FacetCount>,
}

/// Counts the publications until the state `register`: those after change `before`, then all.
pub fn published(register: &Snapshot, before: Seq) -> [Figures; 2] {
    let (mut ever, mut in_year) = (Counts::default(), Counts::default());
    for seq in 1..=register.seq() {
        let Some((kind, _, change)) = register.change(seq) else { continue };
        let lists = register.scopes(seq).next().flatten().map(|scope| scope.lists.as_slice()).unwrap_or_default();
        ever.count(kind.name, change, lists);
        if seq > before {
            in_year.count(kind.name, change, lists);
        }
    }
    [in_year, ever].map(|counts| counts.figures(register))
}

#[derive(Default)]
struct Counts {
    figures: Figures,
    action: BTreeMap<&'static str, u64>,
    kind: BTreeMap<&'static str, u64>,
    list: BTreeMap<String, u64>,
    channel: BTreeMap<&'static str, u64>,
}

impl Counts {
    fn count(&mut self, kind: &'static str, change: &Change, lists: &[String]) {
        self.figures.publications += u64::from(change.seq == change.publication);
        match change.action {
            Action::Erase => {
                self.figures.erased += 1;
                return;
            }
            Action::Create => self.figures.created += 1,
            Action::Amend | Action::Delegate | Action::Renumber | Action::Suspend | Action::Reinstate => {
                self.figures.adjusted += 1;
            }
            Action::Cancel | Action::Merge => self.figures.cancelled += 1,
        }
        self.figures.published += 1;
        *self.action.entry(change.action.value()).or_default() += 1;
        *self.kind.entry(kind).or_default() += 1;
        for list in lists {
            *self.list.entry(list.clone()).or_default() += 1;
        }
        for channel in &change.channels {
            *self.channel.entry(channel.value()).or_default() += 1;
        }
    }

    fn figures(self, register: &Snapshot) -> Figures {
        let codes = |codes: &'static [Code], counted: &BTreeMap<&'static str, u64>| {
            let row = |code: &Code| row(code.value, code.label, counted.get(code.value).copied());
            codes.iter().filter_map(row).collect::<Vec<_>>()
        };
        let list = |value: &str| self.list.get(value).copied();
        let mut lists: Vec<_> =
            List::LIST.codes.iter().filter_map(|code| row(code.value, code.label, list(code.value))).collect();
        lists.extend(row("responsibility", "责任清单", list("responsibility")));
        Figures {
            action: codes(Action::LIST.codes, &self.action),
            kind: register
                .kinds()
                .filter_map(|kind| row(kind.name, kind.chinese, self.kind.get(kind.name).copied()))
                .collect(),
            list: lists,
            channel: codes(PublicationChannel::LIST.codes, &self.channel),
            ..self.figures
        }
    }
}

fn row(value: &str, label: &str, count: Option<u64>) -> Option<FacetCount> {
    count.map(|count| FacetCount { value: value.into(), label: label.into(), count })
}
