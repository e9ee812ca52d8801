//! The names of the units in which fees are usually counted.

use crate::problem::Language;

/// Unit, Chinese name, English name.
const UNITS: [(&str, &str, &str); 24] = [
    ("yuan", "元", "yuan"),
    ("yuan_year", "元/年", "yuan a year"),
    ("page", "页", "pages"),
    ("copy", "份", "copies"),
    ("card", "张", "cards"),
    ("time", "次", "times"),
    ("case", "件", "cases"),
    ("child", "个子女", "children"),
    ("person", "人", "persons"),
    ("person_year", "人·年", "person-years"),
    ("household", "户", "households"),
    ("year", "年", "years"),
    ("month", "个月", "months"),
    ("day", "天", "days"),
    ("hour", "小时", "hours"),
    ("m", "米", "m"),
    ("km", "公里", "km"),
    ("m2", "平方米", "m²"),
    ("m3", "立方米", "m³"),
    ("mu", "亩", "mu"),
    ("kg", "公斤", "kg"),
    ("t", "吨", "t"),
    ("kwh", "千瓦时", "kWh"),
    ("vehicle", "辆", "vehicles"),
];

/// Returns the name of a unit; one that is not among the usual ones is called as it is written.
pub fn unit_name(unit: &str, language: Language) -> &str {
    let known = UNITS.iter().find(|(value, ..)| *value == unit);
    known.map_or(unit, |(_, chinese, english)| language.choose(chinese, english))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_called_by_name_or_as_they_are_written() {
        assert_eq!(unit_name("m3", Language::Chinese), "立方米");
        assert_eq!(unit_name("m3", Language::English), "m³");
        assert_eq!(unit_name("元/次", Language::English), "元/次");
    }
}
