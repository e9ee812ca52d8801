//! A place: its fields.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::values::{Closure, DecimalText, Division, Hours, Key, Phone, Uscc};

/// 办事场所: where items are handled; which ones is derived from the items, never stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// 场所编码: the key.
    pub code: Key,
    /// 场所名称
    #[schema(max_length = 100, example = "洋里乡便民服务中心")]
    pub name: String,
    /// 管理机构: who runs it.
    pub organisation: Uscc,
    /// 行政区划
    pub division: Division,
    /// 地址
    #[schema(max_length = 200)]
    pub address: String,
    /// 经度 (CGCS2000)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "longitude", pattern = "^-?[0-9]{1,3}(\\.[0-9]{1,6})?$", example = "119.0301")]
    pub longitude: Option<DecimalText>,
    /// 纬度 (CGCS2000)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "latitude", pattern = "^-?[0-9]{1,3}(\\.[0-9]{1,6})?$", example = "26.2570")]
    pub latitude: Option<DecimalText>,
    /// 联系方式
    #[schema(min_items = 1, max_items = 20)]
    pub phones: Vec<Phone>,
    /// 办公时间
    #[serde(default)]
    #[schema(max_items = 50)]
    pub hours: Vec<Hours>,
    /// 停办时间
    #[serde(default)]
    #[schema(max_items = 200)]
    pub closures: Vec<Closure>,
    /// 设施
    #[serde(default)]
    #[schema(max_items = 50, example = json!(["无障碍通道", "母婴室"]))]
    pub facilities: Vec<String>,
    /// 启用日期
    pub valid_from: NaiveDate,
    /// 停用日期
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<NaiveDate>,
}
