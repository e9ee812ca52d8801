//! A clean-up round: its fields.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::values::{ItemCode, Key, Uscc, code_lists::CleanUpAction};

/// 清理结果: a decision that retains, cancels, delegates, merges or adjusts items (行政审批事项清理).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CleanUp {
    /// 清理编码: the key.
    #[schema(example = "clean-up-2018")]
    pub code: Key,
    /// 名称
    #[schema(max_length = 200, example = "2018年度行政审批事项清理结果")]
    pub title: String,
    /// 文号
    #[schema(max_length = 60, example = "洋政〔2018〕12号")]
    pub document_number: String,
    /// 决定机关
    #[schema(max_length = 100)]
    pub decided_by: String,
    /// 决定日期
    pub decided: NaiveDate,
    /// 清理事项
    #[schema(min_items = 1, max_items = 2000)]
    pub entries: Vec<CleanUpEntry>,
}

/// 清理事项: what was decided of one item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CleanUpEntry {
    /// 序号
    #[schema(minimum = 1)]
    pub seq: u32,
    /// 事项
    pub item: ItemCode,
    /// 清理结果
    pub action: CleanUpAction,
    /// 并入事项: required for merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<ItemCode>,
    /// 承接机构: required for delegated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_organisation: Option<Uscc>,
    /// 说明
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}
