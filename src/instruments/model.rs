//! What a legal instrument is, and how one is cited.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::values::{
    Key,
    code_lists::{BasisPurpose, InstrumentLevel, TextKind},
};

/// 法律法规文件: a law, regulation, rule or document on which items and fees rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalInstrument {
    /// 文件编码: the key.
    #[schema(example = "lex-xzxk")]
    pub code: Key,
    /// 文件名称: without 《》.
    #[schema(max_length = 200, example = "中华人民共和国行政许可法")]
    pub title: String,
    /// 文号
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 60, example = "国发〔2014〕8号")]
    pub document_number: Option<String>,
    /// 制定机关
    #[schema(max_length = 100, example = "全国人民代表大会常务委员会")]
    pub issuer: String,
    /// 效力级别
    pub level: InstrumentLevel,
    /// 公布日期
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<NaiveDate>,
    /// 施行日期
    pub effective: NaiveDate,
    /// 修正日期
    #[serde(default)]
    #[schema(max_items = 50)]
    pub amended: Vec<NaiveDate>,
    /// 废止日期
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repealed: Option<NaiveDate>,
    /// 取代文件: what took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<Key>,
    /// 网址
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    pub url: Option<String>,
}

/// 依据: a legal instrument cited with article and text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Basis)]
pub struct Basis {
    /// 序号
    #[schema(minimum = 1, example = 1)]
    pub seq: u32,
    /// 法律法规文件
    #[schema(example = "lex-shjz")]
    pub instrument: Key,
    /// 条款
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<Article>,
    /// 条文
    #[serde(default)]
    #[schema(min_length = 0, max_length = 4000)]
    pub text: String,
    /// 条文形式
    pub text_kind: TextKind,
    /// 用途
    pub purpose: BasisPurpose,
}

/// 条款: a place in an instrument, such as article 11, paragraph 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// 条
    #[schema(minimum = 1, maximum = 9999, example = 11)]
    pub number: u32,
    /// 之几
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 99)]
    pub suffix: Option<u32>,
    /// 款
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 99)]
    pub paragraph: Option<u32>,
    /// 项
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 99)]
    pub item: Option<u32>,
    /// 目
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 99)]
    pub subitem: Option<u32>,
}
