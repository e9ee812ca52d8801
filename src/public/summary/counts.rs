//! Use case: anyone reads how many records the register holds.

use serde::Serialize;
use utoipa::ToSchema;

use super::year::YearFigures;
use crate::{
    public::reading::{FacetCount, KindCount, counts, kind_counts},
    register::{
        catalog::{STATUS, Snapshot, instant},
        changes::Seq,
    },
};

/// 登记簿概况: counts of the register as it stands.
#[derive(Serialize, ToSchema)]
pub struct Summary {
    /// 变更序号: the last change that is counted.
    #[schema(example = 378)]
    pub seq: Seq,
    /// 最近发布时间
    #[schema(example = "2025-10-01T01:00:00Z")]
    pub published_at: Option<String>,
    /// 发布批次数
    #[schema(example = 28)]
    pub publications: usize,
    /// 事项
    pub items: ItemCounts,
    /// 各类记录
    pub records: Vec<KindCount>,
    /// 年度公开数据: with `year`; the rest is then counted at the end of that year.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disclosure: Option<YearFigures>,
}

/// 事项统计: of the items in force or suspended; `status` counts all.
#[derive(Serialize, ToSchema)]
pub struct ItemCounts {
    /// 总数
    #[schema(example = 187)]
    pub total: u64,
    /// 按清单: a power with its responsibilities counts in the power list and in the responsibility list.
    pub list: Vec<FacetCount>,
    /// 按事项类型
    pub category: Vec<FacetCount>,
    /// 按实施主体
    pub organisation: Vec<FacetCount>,
    /// 按状态
    pub status: Vec<FacetCount>,
    /// 按服务对象
    pub audience: Vec<FacetCount>,
    /// 按是否收费
    pub charge: Vec<FacetCount>,
    /// 按依申请/依职权
    pub initiation: Vec<FacetCount>,
    /// 按主题分类
    pub theme: Vec<FacetCount>,
}

/// The counts of the register as `snapshot` shows it.
pub fn summary(snapshot: &Snapshot) -> Option<Summary> {
    let shelf = snapshot.shelf("item")?;
    let listed = shelf.listed();
    let by = |name| counts(snapshot, shelf, &listed, name);
    let mut lists = by("list");
    lists.extend(by("responsibility_list").into_iter().map(|count| FacetCount { label: "责任清单".into(), ..count }));
    Some(Summary {
        seq: snapshot.seq(),
        published_at: (snapshot.seq() > 0).then(|| instant(snapshot.at())),
        publications: snapshot.publications(),
        items: ItemCounts {
            total: listed.len(),
            list: lists,
            category: by("category"),
            organisation: by("organisation"),
            status: counts(snapshot, shelf, &shelf.entries().map(|entry| entry.id).collect(), STATUS),
            audience: by("audience"),
            charge: by("charge"),
            initiation: by("initiation"),
            theme: by("theme"),
        },
        records: kind_counts(snapshot),
        disclosure: None,
    })
}
