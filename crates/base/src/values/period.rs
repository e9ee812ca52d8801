//! Time limits.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{code::fold, code_lists::DurationUnit};
use crate::problem::{Detail, Wrong};

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
    /// Its length in 1/56 of a working day, in which all units are whole (docs/DOMAIN.md §6).
    pub fn units(self) -> u64 {
        let each = match self.unit {
            DurationUnit::WorkingDay => 56,
            DurationUnit::CalendarDay => 40,
            DurationUnit::Hour => 7,
            DurationUnit::Month => 1200,
        };
        u64::from(self.value) * each
    }

    /// The period in Chinese words: `20个工作日`.
    pub fn chinese(self) -> String {
        let unit = match self.unit {
            DurationUnit::WorkingDay => "个工作日",
            DurationUnit::CalendarDay => "日",
            DurationUnit::Hour => "小时",
            DurationUnit::Month => "个月",
        };
        format!("{}{unit}", self.value)
    }

    /// Reads what [`Period::chinese`] writes, and the usual variants of it: `20工作日`, `7天`.
    pub fn parse_chinese(text: &str) -> Result<Self, Wrong> {
        let text: String = fold(text).chars().filter(|c| !c.is_whitespace()).collect();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = match unit.strip_prefix('个').unwrap_or(unit) {
            "工作日" => Some(DurationUnit::WorkingDay),
            "日" | "天" | "自然日" => Some(DurationUnit::CalendarDay),
            "小时" => Some(DurationUnit::Hour),
            "月" => Some(DurationUnit::Month),
            _ => None,
        };
        let value = number.parse().ok().filter(|value| *value <= 9999);
        let (value, unit) =
            value.zip(unit).ok_or_else(|| Wrong::BadFormat("20个工作日 / 7日 / 2小时 / 3个月".into()))?;
        Ok(Self { value, unit })
    }

    /// The period in English words: `20 working days`.
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
    pub fn in_both_languages(self) -> Detail {
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

    #[test]
    fn a_written_period_is_read_back() {
        for unit in DurationUnit::ALL {
            let period = Period { value: 20, unit: *unit };
            assert_eq!(Period::parse_chinese(&period.chinese()), Ok(period));
        }
        assert_eq!(Period::parse_chinese(" ７ 天"), Ok(Period { value: 7, unit: Unit::CalendarDay }));
        for wrong in ["", "20", "日", "20年", "1.5个月", "100000日", "当场"] {
            assert!(Period::parse_chinese(wrong).is_err(), "{wrong}");
        }
    }
}
