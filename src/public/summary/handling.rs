//! How items on application are handled: at once, online, with how many visits, papers and days.

use serde::Serialize;
use utoipa::ToSchema;

use super::ratio::{Share, ratio};
use crate::{
    model::items::Item,
    values::code_lists::{HandlingType, Initiation, OnlineDepth},
};

/// Parts of a working day in which all periods are whole (docs/DOMAIN.md §6).
const DAY: u64 = 56;

/// 办理情况: of the items on application (依申请) in force or suspended at the end of the year.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct HandlingFigures {
    /// 依申请事项数: of which the shares are parts.
    #[schema(example = 126)]
    pub items: u64,
    /// 即办件: `handling_type` is `immediate`.
    pub immediate: Share,
    /// 全程网办率: `online.depth` is `full_process`.
    pub online_in_full: Share,
    /// 最多跑一次率: `visits` is 0 or 1.
    pub at_most_one_visit: Share,
    /// 申请材料总数
    #[schema(example = 480)]
    pub materials: u64,
    /// 平均申请材料数: with two decimals, half up; null of none.
    #[schema(example = 3.81)]
    pub mean_materials: Option<f64>,
    /// 办结时限
    pub limits: LimitFigures,
}

/// 办结时限: of the items on application that have a legal and a promised limit.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct LimitFigures {
    /// 有法定时限和承诺时限的事项数
    #[schema(example = 80)]
    pub items: u64,
    /// 法定时限合计: in 1/56 of a working day: a working day is 56, a calendar day 40, an hour 7, a month 1200.
    #[schema(example = 89600)]
    pub legal_units: u64,
    /// 承诺时限合计: in 1/56 of a working day.
    #[schema(example = 44800)]
    pub promised_units: u64,
    /// 平均法定时限: in working days with two decimals, half up; null of none.
    #[schema(example = 20.0)]
    pub mean_legal_days: Option<f64>,
    /// 平均承诺时限: in working days with two decimals, half up; null of none.
    #[schema(example = 10.0)]
    pub mean_promised_days: Option<f64>,
    /// 时限压缩率: 1 − promised/legal, of the sums, with four decimals, half up; null without any legal time.
    #[schema(example = 0.5)]
    pub compression: Option<f64>,
}

/// The sums from which the figures are made.
#[derive(Default)]
pub struct Tally {
    items: u64,
    immediate: u64,
    online_in_full: u64,
    at_most_one_visit: u64,
    materials: u64,
    limited: u64,
    legal: u64,
    promised: u64,
}

impl Tally {
    /// Takes an item in force or suspended.
    pub fn count(&mut self, item: &Item) {
        if item.initiation != Initiation::Application {
            return;
        }
        self.items += 1;
        self.immediate += u64::from(item.handling_type == Some(HandlingType::Immediate));
        self.online_in_full += u64::from(item.online.depth == OnlineDepth::FullProcess);
        self.at_most_one_visit += u64::from(item.visits <= 1);
        self.materials += item.materials.len() as u64;
        if let Some((legal, promised)) = item.legal_limit.zip(item.promised_limit) {
            self.limited += 1;
            self.legal += legal.units();
            self.promised += promised.units();
        }
    }

    /// The figures.
    pub fn figures(&self) -> HandlingFigures {
        let share = |count| Share::of(count, self.items);
        HandlingFigures {
            items: self.items,
            immediate: share(self.immediate),
            online_in_full: share(self.online_in_full),
            at_most_one_visit: share(self.at_most_one_visit),
            materials: self.materials,
            mean_materials: ratio(i128::from(self.materials), self.items, 100),
            limits: self.limits(),
        }
    }

    fn limits(&self) -> LimitFigures {
        let (legal, promised) = (i128::from(self.legal), i128::from(self.promised));
        // Hundredths of a working day, of which a whole one has 56 parts.
        let mean = |units: i128| ratio(units, self.limited.saturating_mul(DAY), 100);
        LimitFigures {
            items: self.limited,
            legal_units: self.legal,
            promised_units: self.promised,
            mean_legal_days: mean(legal),
            mean_promised_days: mean(promised),
            compression: ratio(legal - promised, self.legal, 10_000),
        }
    }
}
