//! The documents of drafts as they are answered.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::bulk_shapes::DraftResult;
use crate::{
    problem::ProblemDocument,
    register::{
        changes::{Document, Seq},
        compare::Difference,
        quality::Finding,
    },
    values::code_lists::{Action, DraftState, PublicationChannel, Review},
};

/// 草稿摘要: a row of the list of drafts.
#[derive(Serialize, ToSchema)]
pub struct DraftRow {
    /// 草稿标识: UUID, version 7.
    #[schema(example = "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d")]
    id: String,
    /// 记录类别
    #[schema(example = "item")]
    kind: String,
    /// 调整类型
    action: Action,
    /// 编码
    #[schema(example = "11350121003619116B5000511001000")]
    key: Option<String>,
    /// 名称: of the record, also where the draft proposes no text; the one that the draft gives it, where it gives one.
    #[schema(example = "老年人优待证办理")]
    name: Option<String>,
    /// 草稿状态
    state: DraftState,
    /// 草稿版本: grows with every change; the entity tag.
    #[schema(example = 3)]
    version: i64,
    /// 起草依据的修订号
    #[schema(example = 2)]
    base_revision: Option<i64>,
    /// 所属机构
    organisation: Option<String>,
    /// 所属行政区划
    division: Option<String>,
    /// 起草人: the name of the account.
    #[schema(example = "editor")]
    author: String,
    /// 提交人
    submitter: Option<String>,
    /// 审查意见: the approvals of the present text.
    approvals: Vec<ApprovalDocument>,
    /// 定时公布时间
    effective_at: Option<String>,
    /// 定时公布批次
    batch: Option<String>,
    /// 导入标识: of the import that made it.
    import: Option<String>,
    /// 公布时的变更序号
    publication: Option<Seq>,
    /// 起草时间
    created_at: String,
    /// 最近修改时间
    updated_at: String,
}

/// 草稿: a proposed revision of one record.
#[derive(Serialize, ToSchema)]
#[schema(as = Draft)]
pub struct DraftDocument {
    #[serde(flatten)]
    row: DraftRow,
    /// 记录内容: what is proposed; gone once the draft is published or given up.
    #[schema(value_type = Option<Value>)]
    body: Option<Value>,
    /// 承接事项
    successor: Option<String>,
    /// 待删除的修订号
    revision: Option<i64>,
    /// 调整原因: of a draft that was given up, gone once a text of the record was erased; so is its document.
    reason: Option<String>,
    /// 调整依据文件
    document: Option<Document>,
    /// 公开渠道
    channels: Vec<PublicationChannel>,
    /// 办理意见: what was said at each step, and without one.
    comments: Vec<CommentDocument>,
    /// 定时公布未成的原因: a problem document.
    #[schema(value_type = Option<ProblemDocument>)]
    alert: Option<Value>,
    /// 链接
    #[schema(value_type = Map<String, String>)]
    links: Value,
    /// 公布后的变更序号: in the answer to a publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<Seq>,
    /// 已公布的记录: in the answer to a publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<Vec<PublishedRecord>>,
    /// 复制来源: in the answer to a draft that was made `from` a published text.
    #[serde(skip_serializing_if = "Option::is_none")]
    copied: Option<CopiedDocument>,
}

/// 复制来源
#[derive(Serialize, ToSchema)]
#[schema(as = CopiedText)]
pub struct CopiedDocument {
    /// 编码: of the record whose text it was.
    key: String,
    /// 修订号
    #[schema(example = 1)]
    revision: i64,
    /// 已去掉的编码: JSON pointers into `body`. A new record has a code of its own.
    #[schema(example = json!(["/code", "/implementation_code"]))]
    removed: Vec<String>,
    /// 已换成现编码: JSON pointers into `body`, where the record had another code then.
    replaced: Vec<String>,
}

/// 一项审查
#[derive(Serialize, ToSchema)]
#[schema(as = Approval)]
pub struct ApprovalDocument {
    /// 审查类别
    kind: Review,
    /// 审查人
    #[schema(example = "reviewer-1")]
    by: String,
    /// 时间
    at: String,
}

/// 一条意见
#[derive(Serialize, ToSchema)]
#[schema(as = DraftComment)]
pub struct CommentDocument {
    /// 何人
    by: String,
    /// 时间
    at: String,
    /// 步骤: `comment` where it was said without one.
    #[schema(example = "return")]
    step: String,
    /// 内容: empty once a text of the record was erased, which it may have quoted.
    text: String,
}

/// 已发表的意见: not the whole draft, whose text may be long and is the same.
#[derive(Serialize, ToSchema)]
#[schema(as = CommentMade)]
pub struct CommentMade {
    /// 草稿标识
    #[schema(example = "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d")]
    id: String,
    /// 草稿状态
    state: DraftState,
    /// 草稿版本: of the draft, which has another one now; the entity tag.
    #[schema(example = 4)]
    version: i64,
    /// 意见
    comment: CommentDocument,
}

/// 草稿一页
#[derive(Serialize, ToSchema)]
pub struct DraftPage {
    /// 草稿: without body, comments and links.
    items: Vec<DraftRow>,
    /// 下一页游标
    next: Option<String>,
    /// 总数
    total: usize,
    /// 变更序号: of the register.
    seq: Seq,
}

/// 检查结果
#[derive(Serialize, ToSchema)]
pub struct DraftCheck {
    /// 能否提交: whether nothing of severity `error` is found.
    submittable: bool,
    /// 错误数
    errors: usize,
    /// 草稿版本: that was checked.
    version: i64,
    /// 发现的问题
    findings: Vec<Finding>,
    /// 受影响的记录: others that would break rules which they keep now.
    affects: Vec<AffectedRecord>,
}

/// 受影响的记录
#[derive(Serialize, ToSchema)]
pub struct AffectedRecord {
    /// 记录类别
    kind: String,
    /// 编码
    key: String,
    /// 名称
    name: String,
    /// 将出现的问题
    findings: Vec<Finding>,
}

/// 与现行文本的差异
#[derive(Serialize, ToSchema)]
pub struct DraftComparison {
    /// 草稿标识
    draft: String,
    /// 草稿版本
    version: i64,
    /// 起草依据的修订号
    base_revision: Option<i64>,
    /// 现行修订号: another than the base means that somebody has published meanwhile.
    current_revision: Option<i64>,
    /// 差异: the first 1,000, or 256 kB of them.
    differences: Vec<Difference>,
    /// 是否还有未列出的差异
    more: bool,
}

/// 公布结果
#[derive(Serialize, ToSchema)]
pub struct PublicationResult {
    /// 变更序号: the last of the publication.
    seq: Seq,
    /// 已公布的记录
    records: Vec<PublishedRecord>,
    /// 逐份结果
    results: Vec<DraftResult>,
}

/// 已公布的记录
#[derive(Serialize, ToSchema)]
pub struct PublishedRecord {
    /// 变更序号
    seq: Seq,
    /// 记录类别
    kind: String,
    /// 编码
    key: String,
    /// 修订号
    revision: i64,
    /// 调整类型
    action: Action,
    /// 地址
    url: String,
}

/// 划转结果
#[derive(Serialize, ToSchema)]
pub struct TransferResult {
    /// 划出机构
    from: String,
    /// 划入机构
    to: String,
    /// 试运行
    dry_run: bool,
    /// 记录数
    total: usize,
    /// 不能划转的记录数
    blocked: usize,
    /// 记录
    records: Vec<TransferredRecord>,
}

/// 划转的记录
#[derive(Serialize, ToSchema)]
pub struct TransferredRecord {
    /// 记录类别
    kind: String,
    /// 编码
    key: String,
    /// 名称
    name: String,
    /// 调整类型: `renumber` where the code changes with the organisation.
    action: Action,
    /// 新编码
    new_key: Option<String>,
    /// 改变的字段
    pointers: Vec<String>,
    /// 草稿标识: absent in a dry run.
    draft: Option<String>,
    /// 不能划转的原因: a problem code.
    problem: Option<String>,
}
