//! Findings of the rules of quality at the end of a year.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    problem::Language,
    register::quality::{
        Mean, Survey,
        survey::{RuleCount, rule_counts},
    },
};

/// 质量: what the rules of this version of the software find in the records in force or suspended at the end of the year,
/// judged on its last day. That of a year which has not ended is judged on that day, too.
#[derive(Serialize, ToSchema)]
pub struct QualityFigures {
    /// 检查日期
    #[schema(example = "2017-12-31")]
    pub today: NaiveDate,
    /// 质量评分: the mean over the items in force, with one decimal; null without any.
    #[schema(example = 98.4)]
    pub score: Option<f64>,
    /// 事项数: items in force.
    #[schema(example = 187)]
    pub scored: u64,
    /// 按规则: findings in records of all kinds, the most frequent first; the remedy is in Chinese.
    pub rules: Vec<RuleCount>,
}

impl QualityFigures {
    /// Those of a survey.
    pub fn of(survey: &Survey) -> Self {
        let mut mean = Mean::default();
        survey.records.iter().filter_map(|record| record.score()).for_each(|score| mean.add(score));
        let found: Vec<_> =
            survey.records.iter().flat_map(|record| record.found.iter().map(move |found| (record, found))).collect();
        Self {
            today: survey.today,
            score: mean.value(),
            scored: mean.count(),
            rules: rule_counts(&found, Language::Chinese),
        }
    }
}
