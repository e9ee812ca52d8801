//! An organisation: its fields.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::values::{
    DecimalText, Division, Hours, Phone, Uscc,
    code_lists::{ExerciseLevel, OrganisationKind, OrganisationNature},
};

/// 机构: an organisation that holds items, runs a place or is named by them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// 统一社会信用代码: the key.
    pub code: Uscc,
    /// 机构名称
    #[schema(max_length = 100, example = "闽侯县洋里乡人民政府")]
    pub name: String,
    /// 简称
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "洋里乡政府")]
    pub short_name: Option<String>,
    /// 行政区划
    pub division: Division,
    /// 行使层级
    pub level: ExerciseLevel,
    /// 机构性质
    pub nature: OrganisationNature,
    /// 机构类别
    pub kind: OrganisationKind,
    /// 上级机构
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Uscc>,
    /// 地址: absent while nobody has said it (`record-incomplete`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub address: Option<String>,
    /// 邮政编码
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "postcode", pattern = "^[0-9]{6}$", example = "350100")]
    pub postcode: Option<String>,
    /// 经度 (CGCS2000)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "longitude", pattern = "^-?[0-9]{1,3}(\\.[0-9]{1,6})?$", example = "119.0301")]
    pub longitude: Option<DecimalText>,
    /// 纬度 (CGCS2000)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "latitude", pattern = "^-?[0-9]{1,3}(\\.[0-9]{1,6})?$", example = "26.2570")]
    pub latitude: Option<DecimalText>,
    /// 联系方式: empty while nobody has said it (`record-incomplete`).
    #[serde(default)]
    #[schema(max_items = 20)]
    pub phones: Vec<Phone>,
    /// 办公时间
    #[serde(default)]
    #[schema(max_items = 50)]
    pub hours: Vec<Hours>,
    /// 网站
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri-reference")]
    pub website: Option<String>,
    /// 主要职责
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duties: Option<String>,
    /// 起始日期
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<NaiveDate>,
    /// 终止日期
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<NaiveDate>,
}
