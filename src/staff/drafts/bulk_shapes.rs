//! The documents that answer requests about many drafts.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    problem::ProblemDocument,
    values::code_lists::{Action, DraftState, Review},
};

/// 批量办理结果
#[derive(Serialize, ToSchema)]
pub struct DraftResults {
    /// 草稿数
    #[schema(example = 200)]
    total: usize,
    /// 已办理数
    #[schema(example = 198)]
    done: usize,
    /// 未办理数
    #[schema(example = 2)]
    refused: usize,
    /// 逐份结果: in the order of the request; of an import, that in which its drafts were made.
    results: Vec<DraftResult>,
}

/// 一份草稿的结果: what it is now, or why nothing was done.
#[derive(Serialize, ToSchema)]
pub struct DraftResult {
    /// 草稿标识
    #[schema(example = "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d")]
    id: String,
    /// HTTP 状态码: as if the step had been taken of this draft alone.
    #[schema(example = 200)]
    status: u16,
    /// 记录类别
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// 调整类型
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Action>,
    /// 编码
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// 名称: of the record, where nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// 草稿状态: after the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<DraftState>,
    /// 草稿版本: after the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// 审查类别: of an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<Review>,
    /// 未办理的原因: a problem document.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
}
