//! A fee: its fields, and the rules by which it is charged.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    model::instruments::Basis,
    values::{
        DecimalText, Key, Uscc,
        code_lists::{Audience, FeeKind, FeeRuleKind, FundManagement, ParameterType, Pricing, ReductionKind, TierMode},
    },
};

/// 收费项目: one entry of the fee list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// 收费编码: the key.
    #[schema(example = "fee-rural-water")]
    pub code: Key,
    /// 收费项目
    #[schema(max_length = 200, example = "农村集中供水水费")]
    pub name: String,
    /// 收费性质
    pub kind: FeeKind,
    /// 定价方式
    pub pricing: Pricing,
    /// 收费主体: an organisation or an intermediary of the register.
    pub organisation: Uscc,
    /// 资金管理方式
    pub fund_management: FundManagement,
    /// 收费依据
    #[serde(default)]
    #[schema(max_items = 50)]
    pub legal_bases: Vec<Basis>,
    /// 计费参数
    #[serde(default)]
    #[schema(max_items = 50)]
    pub parameters: Vec<Parameter>,
    /// 收费标准
    #[schema(min_items = 1, max_items = 100)]
    pub rules: Vec<FeeRule>,
    /// 减免
    #[serde(default)]
    #[schema(max_items = 50)]
    pub reductions: Vec<Reduction>,
    /// 缴费对象
    #[schema(min_items = 1, max_items = 7)]
    pub payer: Vec<Audience>,
    /// 执行期限起
    pub valid_from: NaiveDate,
    /// 执行期限止
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<NaiveDate>,
    /// 说明
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// 计费参数: a figure that a fee depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FeeParameter)]
pub struct Parameter {
    /// 参数名
    #[schema(max_length = 32, format = "identifier", pattern = "^[a-z_]{1,32}$", example = "pages")]
    pub name: String,
    /// 类型
    #[serde(rename = "type")]
    pub r#type: ParameterType,
    /// 中文名称
    #[schema(max_length = 100, example = "页数（A4）")]
    pub label: String,
    /// 单位
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50, example = "page")]
    pub unit: Option<String>,
    /// 选项
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub values: Option<Vec<ParameterValue>>,
    /// 最小值
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<DecimalText>,
    /// 最大值
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<DecimalText>,
}

/// 选项
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FeeParameterValue)]
pub struct ParameterValue {
    /// 值
    #[schema(max_length = 64)]
    pub value: String,
    /// 中文名称
    #[schema(max_length = 100)]
    pub label: String,
}

/// 收费标准: one rule; the rules are read in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeRule {
    /// 标识
    #[schema(max_length = 64, example = "by_page")]
    pub id: String,
    /// 名称
    #[schema(max_length = 200, example = "按量计收")]
    pub name: String,
    /// 计费方式
    pub kind: FeeRuleKind,
    /// 计费单位
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50, example = "page")]
    pub unit: Option<String>,
    /// 金额（元）
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<DecimalText>,
    /// 数量参数
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32, format = "identifier", pattern = "^[a-z_]{1,32}$")]
    pub quantity: Option<String>,
    /// 包含数量
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub included: Option<DecimalText>,
    /// 计费步长
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<DecimalText>,
    /// 比例（%）
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<DecimalText>,
    /// 分档方式
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_mode: Option<TierMode>,
    /// 档次
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 50)]
    pub tiers: Option<Vec<Tier>>,
    /// 最低收费
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<DecimalText>,
    /// 最高收费
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<DecimalText>,
    /// 浮动幅度
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<PriceRange>,
    /// 适用条件
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// 是否排他: the first that applies ends the reading.
    pub exclusive: bool,
}

/// 档次: (from, to], the first one includes its `from`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// 起（不含）
    pub from: DecimalText,
    /// 止（含）: null for the last.
    #[serde(default)]
    pub to: Option<DecimalText>,
    /// 单价
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<DecimalText>,
    /// 金额（元）
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<DecimalText>,
}

/// 浮动幅度
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceRange {
    /// 下浮（%）
    pub down_percent: DecimalText,
    /// 上浮（%）
    pub up_percent: DecimalText,
}

/// 减免
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FeeReduction)]
pub struct Reduction {
    /// 标识
    #[schema(max_length = 64)]
    pub id: String,
    /// 名称
    #[schema(max_length = 200, example = "低保、特困对象免收")]
    pub name: String,
    /// 减免方式
    pub kind: ReductionKind,
    /// 数值
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<DecimalText>,
    /// 适用条件
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// 依据
    #[schema(max_length = 300)]
    pub basis: String,
    /// 优先级
    #[schema(minimum = 0, maximum = 999)]
    pub priority: u32,
    /// 可叠加
    pub stackable: bool,
}

/// 适用条件: a comparison, or several joined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = FeeCondition)]
pub enum Condition {
    /// 比较
    Comparison(Comparison),
    /// 全部满足
    All(All),
    /// 任一满足
    Any(Any),
    /// 不满足
    Not(Not),
}

/// 比较: a parameter held against a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FeeComparison)]
pub struct Comparison {
    /// 参数名
    #[schema(max_length = 32, format = "identifier", pattern = "^[a-z_]{1,32}$")]
    pub parameter: String,
    /// 运算
    pub op: Operator,
    /// 值
    #[schema(value_type = Value)]
    pub value: Value,
}

/// 全部满足
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FeeConditionAll, no_recursion)]
pub struct All {
    /// 条件
    #[schema(max_items = 20)]
    pub all: Vec<Condition>,
}

/// 任一满足
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FeeConditionAny, no_recursion)]
pub struct Any {
    /// 条件
    #[schema(max_items = 20)]
    pub any: Vec<Condition>,
}

/// 不满足
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FeeConditionNot, no_recursion)]
pub struct Not {
    /// 条件
    pub not: Box<Condition>,
}

/// 运算: eq = · ne ≠ · lt < · le ≤ · gt > · ge ≥ · in 属于.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FeeOperator)]
pub enum Operator {
    /// 等于
    Eq,
    /// 不等于
    Ne,
    /// 小于
    Lt,
    /// 小于等于
    Le,
    /// 大于
    Gt,
    /// 大于等于
    Ge,
    /// 属于
    In,
}
