//! Time limits.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::code_lists::DurationUnit;
use crate::problem::Detail;

/// The unit of a period.
pub type Unit = DurationUnit;

/// 时限: a length of time, such as 20 working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Duration)]
pub struct Period {
    /// 数值
    #[schema(minimum = 0, maximum = 9999, example = 20)]
    pub value: u32,
    /// 单位
    #[schema(example = "working_day")]
    pub unit: DurationUnit,
}

impl Period {
    /// Its length in 1/56 of a working day, in which all units are whole (DOMAIN.md §6).
    pub fn units(self) -> u64 {
        let each = match self.unit {
            DurationUnit::WorkingDay => 56,
            DurationUnit::CalendarDay => 40,
            DurationUnit::Hour => 7,
            DurationUnit::Month => 1200,
        };
        u64::from(self.value) * each
    }

    /// As one reads it in Chinese: `20个工作日`.
    pub fn chinese(self) -> String {
        let unit = match self.unit {
            DurationUnit::WorkingDay => "个工作日",
            DurationUnit::CalendarDay => "日",
            DurationUnit::Hour => "小时",
            DurationUnit::Month => "个月",
        };
        format!("{}{unit}", self.value)
    }

    /// As one reads it in English: `20 working days`.
    pub fn english(self) -> String {
        let unit = match self.unit {
            DurationUnit::WorkingDay => "working day",
            DurationUnit::CalendarDay => "day",
            DurationUnit::Hour => "hour",
            DurationUnit::Month => "month",
        };
        format!("{} {unit}{}", self.value, if self.value == 1 { "" } else { "s" })
    }

    /// Its length in both languages.
    pub fn told(self) -> Detail {
        Detail::new(self.chinese(), self.english())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_units_compare_as_integers() {
        let units = |value, unit| Period { value, unit }.units();
        assert_eq!(units(1, Unit::WorkingDay), units(8, Unit::Hour));
        assert_eq!(units(7, Unit::CalendarDay), units(5, Unit::WorkingDay));
        assert_eq!(units(1, Unit::Month), units(30, Unit::CalendarDay));
    }
}
