//! The duties of the organisation that holds an item: remedies, responsibilities, accountability, oversight, the chart.

use std::collections::BTreeSet;

use super::{handling::on_application, model::Item};
use crate::{
    charts::{self, Chart},
    model::checks::Case,
    problem::{Detail, FieldError, Rule, Severity, Wrong},
    values::{
        Period, Unit,
        code_lists::{Category, List, NodeKind, Outcome, Stage},
    },
};

type Findings = Vec<FieldError>;

fn of_power(case: &Case<'_, Item>, missing: bool, pointer: &str, rule: Rule) -> Findings {
    let broken = case.record.list == List::Power && missing;
    broken.then(|| FieldError::broken(pointer, rule, [])).into_iter().collect()
}

/// A power tells how to appeal.
pub(super) fn remedies(case: &Case<'_, Item>) -> Findings {
    let told =
        case.record.remedies.as_ref().is_some_and(|told| told.reconsideration.is_some() || told.litigation.is_some());
    of_power(case, !told, "/remedies", Rule::RemedyMissing)
}

/// The time for an appeal is the law's (行政复议法 第二十条, 行政诉讼法 第四十六条).
pub(super) fn remedy_limits(case: &Case<'_, Item>) -> Findings {
    let Some(remedies) = case.record.remedies.as_ref().filter(|remedies| remedies.note.is_none()) else {
        return Vec::new();
    };
    let sixty_days = Period { value: 60, unit: Unit::CalendarDay };
    let six_months = Period { value: 6, unit: Unit::Month };
    let limits = [
        ("reconsideration", remedies.reconsideration.as_ref().map(|way| way.limit), sixty_days),
        ("litigation", remedies.litigation.as_ref().map(|way| way.limit), six_months),
    ];
    let short = limits.into_iter().filter_map(|(name, limit, least)| {
        limit.filter(|limit| limit.units() < least.units()).map(|limit| (name, limit))
    });
    short
        .map(|(name, limit)| {
            FieldError::broken(format!("/remedies/{name}/limit"), Rule::RemedyLimitShort, [limit.in_both_languages()])
        })
        .collect()
}

/// A power has responsibilities.
pub(super) fn responsibilities(case: &Case<'_, Item>) -> Findings {
    of_power(case, case.record.responsibilities.is_empty(), "/responsibilities", Rule::ResponsibilityMissing)
}

/// The responsibilities of a power are those of all its stages.
pub(super) fn stages(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    if item.responsibilities.is_empty() {
        return Vec::new();
    }
    let there: BTreeSet<_> = item.responsibilities.iter().map(|duty| duty.stage).collect();
    let missing: Vec<_> = expected_stages(item).iter().filter(|stage| !there.contains(stage)).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let chinese = missing.iter().map(|stage| stage.label()).collect::<Vec<_>>().join("、");
    let english = missing.iter().map(|stage| stage.value()).collect::<Vec<_>>().join(", ");
    let told = Detail::new(chinese, english);
    vec![FieldError::broken("/responsibilities", Rule::ResponsibilityStageMissing, [told.clone(), told])]
}

fn expected_stages(item: &Item) -> &'static [Stage] {
    use Stage::{
        Acceptance, AfterSupervision, Check, Decision, Delivery, Disposal, Execution, Filing, Hearing, Investigation,
        Review,
    };
    match item.category {
        Category::AdministrativeLicence
        | Category::AdministrativeConfirmation
        | Category::AdministrativeBenefit
        | Category::OtherPower
            if on_application(item) =>
        {
            &[Acceptance, Review, Decision, Delivery, AfterSupervision]
        }
        Category::AdministrativePenalty => &[Filing, Investigation, Hearing, Decision, Delivery, Execution],
        Category::AdministrativeInspection => &[Check, Disposal],
        Category::AdministrativeCompulsion => &[Investigation, Decision, Execution],
        Category::AdministrativeLicence
        | Category::AdministrativeConfirmation
        | Category::AdministrativeBenefit
        | Category::OtherPower
        | Category::AdministrativeLevy
        | Category::AdministrativeReward
        | Category::AdministrativeAdjudication
        | Category::PublicService => &[],
    }
}

/// A power says for what its officers answer.
pub(super) fn accountability(case: &Case<'_, Item>) -> Findings {
    of_power(case, case.record.accountability.is_empty(), "/accountability", Rule::AccountabilityMissing)
}

/// A power is overseen.
pub(super) fn oversight(case: &Case<'_, Item>) -> Findings {
    of_power(case, case.record.oversight.is_empty(), "/oversight", Rule::OversightMissing)
}

/// A power has a chart, and a service better has one.
pub(super) fn chart_missing(case: &Case<'_, Item>) -> Findings {
    let wrong = match (&case.record.chart, case.record.list) {
        (Some(_), _) => return Vec::new(),
        (None, List::Power) => Wrong::from(Rule::ChartMissing),
        (None, List::Service) => Wrong::Milder(Rule::ChartMissing, Severity::Warning, Vec::new()),
    };
    vec![FieldError::at("/chart", wrong)]
}

/// The chart is well formed (docs/DOMAIN.md §6).
pub(super) fn chart_form(case: &Case<'_, Item>) -> Findings {
    case.record.chart.iter().flat_map(charts::check).collect()
}

/// The chart names materials that there are.
pub(super) fn chart_materials(case: &Case<'_, Item>) -> Findings {
    let materials: Vec<_> = case.record.materials.iter().map(|material| material.seq).collect();
    case.record.chart.iter().flat_map(|chart| charts::check_materials(chart, &materials)).collect()
}

/// The critical path keeps the promise.
pub(super) fn chart_promise(case: &Case<'_, Item>) -> Findings {
    let Some((chart, promised)) = whole_chart(case).zip(case.record.promised_limit) else { return Vec::new() };
    let critical = charts::analyse(chart).critical;
    let over = critical > promised.units();
    over.then(|| FieldError::broken("/chart/nodes", Rule::ChartOverPromise, compared(critical, promised)))
        .into_iter()
        .collect()
}

/// Even with all rework the law is kept.
pub(super) fn chart_worst_case(case: &Case<'_, Item>) -> Findings {
    let Some((chart, legal)) = whole_chart(case).zip(case.record.legal_limit) else { return Vec::new() };
    let worst = charts::analyse(chart).worst_case;
    let over = worst > legal.units();
    let found = over.then(|| FieldError::broken("/chart/nodes", Rule::ChartWorstCaseOverLegal, compared(worst, legal)));
    found.into_iter().collect()
}

/// The chart, when its ways can be followed: a graph with broken references or a cycle is not examined further.
fn whole_chart<'a>(case: &'a Case<'_, Item>) -> Option<&'a Chart> {
    case.record.chart.as_ref().filter(|chart| charts::is_graph(chart))
}

/// A length in 1/56 of a working day and a limit, told in Chinese and then in English.
fn compared(units: u64, limit: Period) -> [Detail; 4] {
    let days = |units: u64| match units % 56 {
        0 => (units / 56).to_string(),
        rest => format!("{}.{:02}", units / 56, rest * 100 / 56),
    };
    let told = Detail::new(format!("{}个工作日", days(units)), format!("{} working days", days(units)));
    [told.clone(), limit.in_both_languages(), told, limit.in_both_languages()]
}

/// An application can be refused.
pub(super) fn refusal(case: &Case<'_, Item>) -> Findings {
    let Some(chart) = case.record.chart.as_ref().filter(|_| on_application(case.record)) else { return Vec::new() };
    let refuses = |outcome: Option<Outcome>| matches!(outcome, Some(Outcome::Refused | Outcome::NotAccepted));
    let none = !chart.nodes.iter().any(|node| refuses(node.outcome));
    none.then(|| FieldError::broken("/chart/nodes", Rule::ChartNoRefusal, [])).into_iter().collect()
}

/// A step says what is done in it.
pub(super) fn steps(case: &Case<'_, Item>) -> Findings {
    let nodes = case.record.chart.iter().flat_map(|chart| chart.nodes.iter().enumerate());
    let bare =
        nodes.filter(|(_, node)| node.kind == NodeKind::Task && node.note.is_none() && names_a_stage(&node.name));
    bare.map(|(at, _)| FieldError::broken(format!("/chart/nodes/{at}/name"), Rule::StepsNotDescribed, [])).collect()
}

fn names_a_stage(name: &str) -> bool {
    let rest = ["受理", "审查", "决定"].iter().fold(name.to_owned(), |rest, stage| rest.replace(stage, ""));
    rest.chars().all(|c| matches!(c, '和' | '与' | '并' | '、' | '及' | ' ' | '/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_names_only_its_stage_says_nothing() {
        assert!(names_a_stage("受理") && names_a_stage("审查、决定"));
        assert!(!names_a_stage("审查申请材料") && !names_a_stage("作出决定"));
    }

    #[test]
    fn lengths_are_told_in_working_days() {
        let limit = Period { value: 5, unit: Unit::WorkingDay };
        assert_eq!(compared(392, limit)[0].chinese, "7个工作日");
        assert_eq!(compared(84, limit)[2].english, "1.50 working days");
    }
}
