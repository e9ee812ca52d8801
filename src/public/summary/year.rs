//! Use case: the figures of a year for the disclosure report of an office (政府信息公开工作年度报告), counted from the log alone.
//!
//! A year is that of China. Every figure can be had again at any later time with the same `year`, or with `as_of` the change
//! until which it was counted, and by anybody from `/v1/changes`.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    decisions::{ActionFigures, decisions},
    findings::QualityFigures,
    handling::{self, HandlingFigures},
    newly::NewlyFigures,
    published::{Figures, published},
    rounds::{RoundFigures, rounds},
    services::ServiceFigures,
};
use crate::{
    model::{
        fees,
        items::{self, Item},
    },
    problem::Problem,
    public::reading::{FacetCount, counts},
    register::{catalog::Snapshot, changes::Seq, quality::Survey},
    web::query::date,
};

/// 年度公开数据: what was published in a year, and in all by its end, and how things stood then. What the register does not
/// record is not told: requests for information, consultations and corrections that readers asked for (否则不填).
#[derive(Serialize, ToSchema)]
pub struct YearFigures {
    /// 年度: of China, from the first instant of 1 January to the last of 31 December.
    #[schema(example = 2017)]
    pub year: i32,
    /// 统计截止变更序号: the last change of the year, or the last that is known while it has not ended.
    #[schema(example = 343)]
    pub until: Seq,
    /// 本年度主动公开: numbers of lines of the log.
    pub in_year: Figures,
    /// 历年累计主动公开: from the beginning of the register to the end of the year.
    pub ever: Figures,
    /// 本年度调整及依据文件: each way in which something was changed in the year.
    pub actions: Vec<ActionFigures>,
    /// 本年度新增流程图、办事指南、网上办理的事项数
    pub newly: NewlyFigures,
    /// 年末办理情况
    pub handling: HandlingFigures,
    /// 年末收费项目: in force or suspended, by kind (收费性质).
    pub fees: Vec<FacetCount>,
    /// 年末中介服务
    pub intermediary_services: ServiceFigures,
    /// 本年度清理情况: rounds that were first published in the year.
    pub clean_ups: Vec<RoundFigures>,
    /// 年末质量
    pub quality: QualityFigures,
}

/// The first instant of a year in China.
pub fn beginning_of(year: i32) -> DateTime<Utc> {
    date(&format!("{year:04}-01-01")).unwrap_or(DateTime::UNIX_EPOCH)
}

/// The last day of a year.
pub fn last_day_of(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or_default()
}

/// The figures of a year; `register` is the one at its end, `survey` what the rules find in it on its last day.
pub fn figures(register: &Snapshot, survey: &Survey, year: i32) -> Result<YearFigures, Problem> {
    let before = register.seq_before(beginning_of(year)).min(register.seq());
    let [in_year, ever] = published(register, before);
    let (mut newly, mut services) = (NewlyFigures::default(), ServiceFigures::default());
    let mut handling = handling::Tally::default();
    let items = register.shelf(items::KIND.name).into_iter().flat_map(|shelf| shelf.entries());
    for entry in items.filter(|entry| entry.is_listed()) {
        let Some(body) = entry.body()? else { continue };
        let item: Item = serde_json::from_str(&body)?;
        newly.count(entry, &item, before)?;
        handling.count(&item);
        services.count(&item);
    }
    Ok(YearFigures {
        year,
        until: register.seq(),
        in_year,
        ever,
        actions: decisions(register, before),
        newly,
        handling: handling.figures(),
        fees: fees_by_kind(register),
        intermediary_services: services,
        clean_ups: rounds(register, before)?,
        quality: QualityFigures::of(survey),
    })
}

fn fees_by_kind(register: &Snapshot) -> Vec<FacetCount> {
    let shelf = register.shelf(fees::KIND.name);
    shelf.map(|shelf| counts(register, shelf, &shelf.listed(), "kind")).unwrap_or_default()
}
