//! The rehearsal of the national check of service platforms (docs/DOMAIN.md §10): our rules in its groups.

use serde::Serialize;
use utoipa::ToSchema;

use super::report::{ItemName, Survey, Surveyed};

/// A group: its name, its Chinese term, its rules. A rule that ends in `-*` stands for all that begin so.
type Group = (&'static str, &'static str, &'static [&'static str]);

/// The groups, as the check of 2017 made them.
const GROUPS: [Group; 7] = [
    ("forms", "空白表格", &["material-form-missing"]),
    (
        "completeness",
        "要素完整",
        &["required", "place-*", "consultation-missing", "supervision-missing", "hours-invalid"],
    ),
    ("time_fee_contact", "时限、收费、电话", &["promise-missing", "legal-limit-missing", "fee-*", "phone-format"]),
    ("procedure", "办理流程", &["chart-*", "steps-not-described"]),
    ("materials", "申请材料", &["material-vague", "material-duplicate", "material-source-missing"]),
    ("basis", "设定依据", &["basis-*"]),
    ("channels", "网上办理", &["online-url-missing", "visits-*"]),
];

/// How many of the worst are named.
const WORST: usize = 10;

/// 检查项目: one group of the rehearsal.
#[derive(Serialize, ToSchema)]
pub struct InspectionGroup {
    /// 项目
    #[schema(example = "materials")]
    pub group: &'static str,
    /// 中文名称
    #[schema(example = "申请材料")]
    pub label: &'static str,
    /// 规则: that belong to the group; `-*` stands for all that begin so.
    #[schema(example = json!(["material-vague"]))]
    pub rules: &'static [&'static str],
    /// 检查事项数: items in force.
    #[schema(example = 187)]
    pub checked: u64,
    /// 不合格事项数: themselves, or a place or a fee that they name.
    #[schema(example = 2)]
    pub failing: u64,
    /// 不合格比例: of the items checked, 0 to 1.
    #[schema(example = 0.0107)]
    pub share: f64,
    /// 问题最多的事项: ten at most.
    pub worst: Vec<InspectedItem>,
}

/// 被检查事项
#[derive(Serialize, ToSchema)]
pub struct InspectedItem {
    /// 事项
    #[serde(flatten)]
    pub item: ItemName,
    /// 发现数
    #[schema(example = 2)]
    pub findings: u64,
}

/// The rehearsal over the items in force among `chosen`. What is wrong with a place or a fee is wrong with every item that
/// names it.
pub fn inspection(survey: &Survey, chosen: &[&Surveyed]) -> Vec<InspectionGroup> {
    let items: Vec<_> = chosen.iter().filter(|record| record.score().is_some()).collect();
    GROUPS.iter().map(|group| inspected(survey, &items, group)).collect()
}

fn inspected(survey: &Survey, items: &[&&Surveyed], (group, label, rules): &Group) -> InspectionGroup {
    let failing_by =
        |record: &Surveyed| record.found.iter().filter(|found| belongs(found.wrong.code(), rules)).count() as u64;
    let others = survey.records.iter().filter(|record| matches!(record.kind.name, "place" | "fee"));
    let others: std::collections::HashMap<_, _> = others
        .map(|record| ((record.kind.name, &*record.entry.key), failing_by(record)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let of_others = |record: &Surveyed| -> u64 {
        let named = record.entry.indexed.references.iter();
        let keys = named.flat_map(|reference| reference.kinds.iter().map(|kind| (*kind, reference.key.as_str())));
        keys.filter_map(|key| others.get(&key)).sum()
    };
    let counted = items.iter().map(|record| (**record, failing_by(record) + of_others(record)));
    let mut failing: Vec<_> = counted.filter(|(_, count)| *count > 0).collect();
    failing.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.entry.key.cmp(&b.entry.key)));
    let worst = failing.iter().take(WORST);
    InspectionGroup {
        group,
        label,
        rules,
        checked: items.len() as u64,
        failing: failing.len() as u64,
        share: share(failing.len(), items.len()),
        worst: worst
            .map(|(record, findings)| InspectedItem { item: ItemName::of(record), findings: *findings })
            .collect(),
    }
}

/// A part of a whole with four decimals.
fn share(part: usize, whole: usize) -> f64 {
    let whole = whole.max(1);
    ((part * 20_000 + whole) / (2 * whole)) as f64 / 10_000.0
}

fn belongs(code: &str, rules: &[&str]) -> bool {
    rules.iter().any(|rule| match rule.strip_suffix('*') {
        Some(beginning) => code.starts_with(beginning),
        None => *rule == code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Rule;

    #[test]
    fn every_group_is_made_of_rules_that_there_are() {
        for (group, _, rules) in GROUPS {
            for rule in rules.iter().filter(|rule| **rule != "required") {
                assert!(Rule::ALL.iter().any(|known| belongs(known.spec().code, &[rule])), "{rule} of {group}");
            }
        }
        assert!((share(1, 3) - 0.3333).abs() < 1e-9 && share(0, 0) == 0.0);
    }
}
