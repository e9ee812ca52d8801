//! A legal instrument: its fields, and how one is cited.

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
    /// 制定机关: absent while nobody has said it (`record-incomplete`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "全国人民代表大会常务委员会")]
    pub issuer: Option<String>,
    /// 效力级别
    pub level: InstrumentLevel,
    /// 公布日期
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<NaiveDate>,
    /// 施行日期: absent while nobody has said it (`record-incomplete`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<NaiveDate>,
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
    #[schema(format = "uri-reference")]
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

impl Article {
    /// As it is cited: 第五十五条第一款第（二）项.
    pub fn chinese(&self) -> String {
        let mut text = format!("第{}条", numeral(self.number));
        if let Some(suffix) = self.suffix {
            text.push_str(&format!("之{}", numeral(suffix)));
        }
        if let Some(paragraph) = self.paragraph {
            text.push_str(&format!("第{}款", numeral(paragraph)));
        }
        if let Some(item) = self.item {
            text.push_str(&format!("第（{}）项", numeral(item)));
        }
        if let Some(subitem) = self.subitem {
            text.push_str(&format!("第{subitem}目"));
        }
        text
    }
}

/// A number up to 9 999 in Chinese: 一百零八.
fn numeral(number: u32) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    const PLACES: [(u32, &str); 4] = [(1000, "千"), (100, "百"), (10, "十"), (1, "")];
    let (mut text, mut skipped) = (String::new(), false);
    for (place, name) in PLACES {
        match (number / place % 10) as usize {
            0 => skipped = true,
            digit => {
                if skipped && !text.is_empty() {
                    text.push_str(DIGITS[0]);
                }
                skipped = false;
                let ten = place == 10 && digit == 1 && text.is_empty();
                text.push_str(if ten { "" } else { DIGITS[digit] });
                text.push_str(name);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_cited_as_laws_are() {
        let written = [1, 10, 12, 20, 55, 100, 108, 110, 111, 1005, 1010, 1259].map(numeral);
        let expected = [
            "一",
            "十",
            "十二",
            "二十",
            "五十五",
            "一百",
            "一百零八",
            "一百一十",
            "一百一十一",
            "一千零五",
            "一千零一十",
            "一千二百五十九",
        ];
        assert_eq!(written, expected);
        let article = Article { number: 17, suffix: Some(1), paragraph: Some(2), item: Some(3), subitem: None };
        assert_eq!(article.chinese(), "第十七条之一第二款第（三）项");
    }
}
