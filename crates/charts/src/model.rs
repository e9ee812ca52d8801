//! The workflow chart of an item (docs/DOMAIN.md §2.2).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use qingdan_base::values::{
    Period, Uscc,
    code_lists::{Clock, LaneKind, NodeKind, Outcome, SpecialProcedureKind, Stage},
};

/// 办事流程图: the workflow of an item as a graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// 图名
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "最低生活保障对象审核流程图")]
    pub title: Option<String>,
    /// 泳道: who acts, one lane each.
    #[schema(min_items = 1, max_items = 20)]
    pub lanes: Vec<Lane>,
    /// 节点
    #[schema(min_items = 2, max_items = 80)]
    pub nodes: Vec<Node>,
    /// 连线
    #[schema(max_items = 200)]
    pub edges: Vec<Edge>,
}

/// 泳道
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChartLane)]
pub struct Lane {
    /// 标识
    #[schema(max_length = 64, example = "window")]
    pub id: String,
    /// 名称
    #[schema(max_length = 100, example = "便民服务中心窗口")]
    pub name: String,
    /// 类别
    pub kind: LaneKind,
    /// 机构
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Uscc>,
}

/// 节点
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChartNode)]
pub struct Node {
    /// 标识
    #[schema(max_length = 64, example = "accept")]
    pub id: String,
    /// 类别
    pub kind: NodeKind,
    /// 名称
    #[schema(max_length = 60, example = "材料是否齐全")]
    pub name: String,
    /// 所在泳道
    #[schema(max_length = 64, example = "window")]
    pub lane: String,
    /// 环节
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// 时限
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Period>,
    /// 计时
    pub clock: Clock,
    /// 特殊环节: why its time does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<SpecialProcedureKind>,
    /// 提交材料: their `seq`.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub materials_in: Vec<u32>,
    /// 出具文书
    #[serde(default)]
    #[schema(max_items = 20)]
    pub documents_out: Vec<String>,
    /// 结局: on an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// 说明
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// 连线
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChartEdge)]
pub struct Edge {
    /// 起点
    #[schema(max_length = 64)]
    pub from: String,
    /// 终点
    #[schema(max_length = 64)]
    pub to: String,
    /// 条件
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 60, example = "齐全，予以受理")]
    pub label: Option<String>,
    /// 默认分支
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
    /// 补正: goes back for another round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rework: Option<Rework>,
}

/// 补正
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChartRework)]
pub struct Rework {
    /// 最多次数: 1 to 3.
    #[schema(minimum = 0, maximum = 99, example = 1)]
    pub max_rounds: u32,
}
