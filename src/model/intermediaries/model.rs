//! An intermediary: its fields.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::values::{
    Division, Key, Period, Phone, Uscc,
    code_lists::{IntermediaryNature, Pricing},
};

/// 中介机构: a third party whose paid service an approval needs; which items use it is derived, never stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Intermediary {
    /// 统一社会信用代码: the key.
    #[schema(example = "91350100MA3450011C")]
    pub code: Uscc,
    /// 机构名称
    #[schema(max_length = 200, example = "福州示例测绘技术有限公司")]
    pub name: String,
    /// 机构性质
    pub nature: IntermediaryNature,
    /// 地址
    #[schema(max_length = 200)]
    pub address: String,
    /// 行政区划
    #[schema(example = "350100")]
    pub division: Division,
    /// 联系方式
    #[schema(min_items = 1, max_items = 20)]
    pub phones: Vec<Phone>,
    /// 隶属行政机关: an authority it is affiliated with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_organisation: Option<Uscc>,
    /// 资质
    #[serde(default)]
    #[schema(max_items = 50)]
    pub qualifications: Vec<Qualification>,
    /// 中介服务
    #[schema(min_items = 1, max_items = 50)]
    pub services: Vec<IntermediaryService>,
    /// 起始日期
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<NaiveDate>,
    /// 终止日期
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<NaiveDate>,
}

/// 资质
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Qualification {
    /// 资质名称
    #[schema(max_length = 200, example = "测绘资质证书")]
    pub name: String,
    /// 证书编号
    #[schema(max_length = 100)]
    pub number: String,
    /// 等级
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50, example = "丁级")]
    pub grade: Option<String>,
    /// 发证机关
    #[schema(max_length = 100)]
    pub issuer: String,
    /// 有效期起
    pub valid_from: NaiveDate,
    /// 有效期止
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<NaiveDate>,
}

/// 中介服务项目: one service that an intermediary offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntermediaryService {
    /// 标识
    #[schema(max_length = 64, example = "survey")]
    pub id: String,
    /// 服务名称
    #[schema(max_length = 200, example = "宅基地权属勘测")]
    pub name: String,
    /// 是否需要资质
    pub qualification_required: bool,
    /// 定价方式
    pub pricing: Pricing,
    /// 收费项目: where the price is set or guided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Key>,
    /// 价格说明
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub price_text: Option<String>,
    /// 服务时限
    pub limit: Period,
    /// 依据
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub basis: Option<String>,
}
