//! The records that a fee names, and the rules it keeps.

use std::{collections::BTreeSet, sync::LazyLock};

use rust_decimal::Decimal;

use super::model::{Condition, Fee, FeeRule, Tier};
use crate::{
    fields::Shape,
    model::{
        checks::{Case, Check, Checked, date_passed},
        instruments::{self, cited},
        kinds::{Reference, Slot, date_order},
    },
    problem::{Detail, FieldError, Rule},
    values::{
        DecimalText,
        code_lists::{FeeKind, FeeRuleKind, FundManagement, Pricing, ReductionKind, TierMode},
    },
};

/// The schema of a fee.
pub(super) static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Fee>);

type Findings = Vec<FieldError>;

/// The checks of fees.
pub(super) const CHECKED: Checked<Fee> = Checked {
    kind: "fee",
    shape: &SHAPE,
    checks: &[
        Check { looks_at: &["legal_bases/*", "pricing"], find: basis },
        Check {
            looks_at: &["legal_bases/*/instrument"],
            find: |case| instruments::repealed(case, &case.record.legal_bases),
        },
        Check {
            looks_at: &["legal_bases/*/instrument", "valid_from"],
            // A levy may run from the beginning of a year in which its basis came later.
            find: |case| {
                let from = case.record.valid_from.max(case.today);
                instruments::not_yet_effective(case, &case.record.legal_bases, from)
            },
        },
        Check { looks_at: &["legal_bases/*/text"], find: |case| instruments::short_texts(&case.record.legal_bases) },
        Check { looks_at: &["kind", "fund_management"], find: fund_management },
        Check { looks_at: &["rules/*/tiers", "rules/*/quantity", "parameters"], find: tiers },
        Check { looks_at: &["rules/*"], find: negative_in_rules },
        Check { looks_at: &["reductions/*/value"], find: negative_reductions },
        Check { looks_at: &["rules/*/step"], find: steps },
        Check { looks_at: &["rules/*/min", "rules/*/max"], find: limits },
        Check { looks_at: &["parameters/*/min", "parameters/*/max"], find: parameter_limits },
        Check { looks_at: &["rules/*/quantity", "rules/*/condition", "parameters/*/name"], find: rule_parameters },
        Check { looks_at: &["reductions/*/condition", "parameters/*/name"], find: reduction_parameters },
        Check { looks_at: &["rules/*"], find: incomplete_rules },
        Check { looks_at: &["reductions/*/kind", "reductions/*/value"], find: incomplete_reductions },
        Check { looks_at: &["rules/*/kind", "rules/*/range", "pricing"], find: ranges },
        Check { looks_at: &["rules"], find: unreachable_rules },
        Check {
            looks_at: &["valid_from", "valid_until"],
            find: |case| {
                let (from, until) = (case.record.valid_from, case.record.valid_until);
                date_order("/valid_from", Some(from), "/valid_until", until).into_iter().collect()
            },
        },
        Check {
            looks_at: &["valid_until", "code"],
            find: |case| date_passed(case, "/valid_until", case.record.valid_until),
        },
    ],
    key: |record| record.code.as_str(),
    references,
};

/// Every record that a fee names.
pub(super) fn references(record: &Fee) -> Vec<Reference> {
    let charges =
        Reference::new("/organisation", &["organisation", "intermediary"], &record.organisation, Slot::Organisation);
    std::iter::once(charges).chain(cited(&record.legal_bases)).collect()
}

/// A fee that the market does not price rests on something.
fn basis(case: &Case<'_, Fee>) -> Findings {
    let missing = case.record.pricing != Pricing::Market && case.record.legal_bases.is_empty();
    missing.then(|| FieldError::broken("/legal_bases", Rule::FeeWithoutBasis, [])).into_iter().collect()
}

/// A fee of the state goes to the treasury.
fn fund_management(case: &Case<'_, Fee>) -> Findings {
    let of_the_state = matches!(case.record.kind, FeeKind::AdministrativeFee | FeeKind::GovernmentFund);
    let kept = of_the_state && case.record.fund_management == FundManagement::OwnAccount;
    kept.then(|| FieldError::broken("/fund_management", Rule::FeeFundManagement, [])).into_iter().collect()
}

/// The tiers of a rule follow one another without gap or overlap.
fn tiers(case: &Case<'_, Fee>) -> Findings {
    let tiered = case.record.rules.iter().enumerate().filter_map(|(at, rule)| Some((at, rule, rule.tiers.as_ref()?)));
    tiered.flat_map(|(at, rule, tiers)| tiers_of(case.record, rule, &format!("/rules/{at}/tiers"), tiers)).collect()
}

fn tiers_of(fee: &Fee, rule: &FeeRule, pointer: &str, tiers: &[Tier]) -> Findings {
    let broken = |at: usize, member: &str, rule: Rule, figure: &DecimalText| {
        FieldError::broken(format!("{pointer}/{at}/{member}"), rule, [Detail::same(figure)])
    };
    let mut found = Vec::new();
    for (at, tier) in tiers.iter().enumerate() {
        if let Some(to) = tier.to.as_ref().filter(|to| tier.from.value() >= to.value()) {
            found.push(broken(at, "to", Rule::FeeTierOverlap, to));
        }
        let Some(next) = tiers.get(at + 1) else { continue };
        match &tier.to {
            None => found.push(broken(at, "to", Rule::FeeTierOverlap, &next.from)),
            Some(to) if next.from.value() > to.value() => {
                found.push(broken(at + 1, "from", Rule::FeeTierGap, &next.from));
            }
            Some(to) if next.from.value() < to.value() => {
                found.push(broken(at + 1, "from", Rule::FeeTierOverlap, &next.from));
            }
            Some(_) => {}
        }
    }
    if let Some((at, to)) = tiers.iter().enumerate().next_back().and_then(|(at, last)| Some((at, last.to.as_ref()?))) {
        let quantity = fee.parameters.iter().find(|parameter| Some(&parameter.name) == rule.quantity.as_ref());
        let most = quantity.and_then(|parameter| parameter.max.as_ref());
        if most.is_none_or(|most| most.value() > to.value()) {
            found.push(broken(at, "to", Rule::FeeTierGap, to));
        }
    }
    found
}

/// Nothing in a rule is below zero: a fee never pays out.
fn negative_in_rules(case: &Case<'_, Fee>) -> Findings {
    let rules = case.record.rules.iter().enumerate();
    rules.flat_map(|(at, rule)| negative(&format!("/rules/{at}"), figures(rule))).collect()
}

/// Every figure of a rule but its step, with its place in the rule.
fn figures(rule: &FeeRule) -> Vec<(String, &DecimalText)> {
    let range = rule.range.as_ref();
    let own = [
        ("amount", rule.amount.as_ref()),
        ("included", rule.included.as_ref()),
        ("rate", rule.rate.as_ref()),
        ("min", rule.min.as_ref()),
        ("max", rule.max.as_ref()),
        ("range/down_percent", range.map(|range| &range.down_percent)),
        ("range/up_percent", range.map(|range| &range.up_percent)),
    ];
    let mut figures: Vec<_> = own.into_iter().filter_map(|(name, figure)| Some((name.to_owned(), figure?))).collect();
    for (at, tier) in rule.tiers.iter().flatten().enumerate() {
        let of_tier = [
            ("from", Some(&tier.from)),
            ("to", tier.to.as_ref()),
            ("rate", tier.rate.as_ref()),
            ("amount", tier.amount.as_ref()),
        ];
        figures.extend(of_tier.into_iter().filter_map(|(name, figure)| Some((format!("tiers/{at}/{name}"), figure?))));
    }
    figures
}

/// A reduction takes off and never puts on.
fn negative_reductions(case: &Case<'_, Fee>) -> Findings {
    let values = case.record.reductions.iter().enumerate();
    let values = values.filter_map(|(at, reduction)| Some((format!("{at}/value"), reduction.value.as_ref()?)));
    negative("/reductions", values)
}

fn negative<'a>(pointer: &str, figures: impl IntoIterator<Item = (String, &'a DecimalText)>) -> Findings {
    let below = figures.into_iter().filter(|(_, figure)| figure.value() < Decimal::ZERO);
    let broken = |(place, figure): (String, &DecimalText)| {
        FieldError::broken(format!("{pointer}/{place}"), Rule::FeeAmountNegative, [Detail::same(figure)])
    };
    below.map(broken).collect()
}

/// A step is greater than nothing: by nothing or backwards counting would never end.
fn steps(case: &Case<'_, Fee>) -> Findings {
    let steps = case.record.rules.iter().enumerate().filter_map(|(at, rule)| Some((at, rule.step.as_ref()?)));
    let still = steps.filter(|(_, step)| step.value() <= Decimal::ZERO);
    let broken = |(at, step): (usize, &DecimalText)| {
        FieldError::broken(format!("/rules/{at}/step"), Rule::FeeStepNotPositive, [Detail::same(step)])
    };
    still.map(broken).collect()
}

/// The least is at most the most.
fn limits(case: &Case<'_, Fee>) -> Findings {
    let rules = case.record.rules.iter().enumerate();
    rules.filter_map(|(at, rule)| above(format!("/rules/{at}/min"), rule.min.as_ref(), rule.max.as_ref())).collect()
}

fn parameter_limits(case: &Case<'_, Fee>) -> Findings {
    let parameters = case.record.parameters.iter().enumerate();
    let found = parameters
        .filter_map(|(at, given)| above(format!("/parameters/{at}/min"), given.min.as_ref(), given.max.as_ref()));
    found.collect()
}

fn above(pointer: String, min: Option<&DecimalText>, max: Option<&DecimalText>) -> Option<FieldError> {
    let (min, max) = min.zip(max).filter(|(min, max)| min.value() > max.value())?;
    Some(FieldError::broken(pointer, Rule::FeeMinAboveMax, [Detail::same(min), Detail::same(max)]))
}

/// Every parameter that a rule reads is declared.
fn rule_parameters(case: &Case<'_, Fee>) -> Findings {
    let declared = declared(case.record);
    let mut found = Vec::new();
    for (at, rule) in case.record.rules.iter().enumerate() {
        if let Some(quantity) = rule.quantity.as_ref().filter(|name| !declared.contains(name.as_str())) {
            found.push(undeclared(format!("/rules/{at}/quantity"), quantity));
        }
        if let Some(condition) = &rule.condition {
            undeclared_in(condition, &declared, format!("/rules/{at}/condition"), &mut found);
        }
    }
    found
}

fn reduction_parameters(case: &Case<'_, Fee>) -> Findings {
    let declared = declared(case.record);
    let mut found = Vec::new();
    for (at, reduction) in case.record.reductions.iter().enumerate() {
        if let Some(condition) = &reduction.condition {
            undeclared_in(condition, &declared, format!("/reductions/{at}/condition"), &mut found);
        }
    }
    found
}

fn declared(fee: &Fee) -> BTreeSet<&str> {
    fee.parameters.iter().map(|parameter| parameter.name.as_str()).collect()
}

fn undeclared(pointer: String, name: &str) -> FieldError {
    FieldError::broken(pointer, Rule::FeeParameterUnknown, [Detail::same(name)])
}

fn undeclared_in(condition: &Condition, declared: &BTreeSet<&str>, pointer: String, found: &mut Findings) {
    let several = |name: &str, conditions: &[Condition], found: &mut Findings| {
        for (at, inner) in conditions.iter().enumerate() {
            undeclared_in(inner, declared, format!("{pointer}/{name}/{at}"), found);
        }
    };
    match condition {
        Condition::Comparison(comparison) if !declared.contains(comparison.parameter.as_str()) => {
            found.push(undeclared(format!("{pointer}/parameter"), &comparison.parameter));
        }
        Condition::Comparison(_) => {}
        Condition::All(all) => several("all", &all.all, found),
        Condition::Any(any) => several("any", &any.any, found),
        Condition::Not(not) => undeclared_in(&not.not, declared, format!("{pointer}/not"), found),
    }
}

/// A rule has what its kind needs.
fn incomplete_rules(case: &Case<'_, Fee>) -> Findings {
    let mut found = Vec::new();
    for (at, rule) in case.record.rules.iter().enumerate() {
        let missing = missing_of(rule).into_iter().map(|member| format!("/rules/{at}/{member}"));
        found.extend(missing.map(|pointer| FieldError::broken(pointer, Rule::FeeRuleIncomplete, [])));
    }
    found
}

fn missing_of(rule: &FeeRule) -> Vec<String> {
    let (amount, rate) = (("amount", rule.amount.is_some()), ("rate", rule.rate.is_some()));
    let quantity = ("quantity", rule.quantity.is_some());
    let tiers = ("tiers", rule.tiers.as_ref().is_some_and(|tiers| !tiers.is_empty()));
    let needed = match rule.kind {
        FeeRuleKind::Free => vec![],
        FeeRuleKind::Fixed => vec![amount],
        FeeRuleKind::PerUnit => vec![quantity, amount],
        FeeRuleKind::Percentage => vec![quantity, rate],
        FeeRuleKind::Tiered => vec![quantity, ("tier_mode", rule.tier_mode.is_some()), tiers],
    };
    let mut missing: Vec<_> = needed.into_iter().filter(|(_, there)| !there).map(|(name, _)| name.to_owned()).collect();
    if rule.kind == FeeRuleKind::Tiered {
        let tiers = rule.tiers.iter().flatten().enumerate();
        let bare = tiers.filter(|(_, tier)| match rule.tier_mode {
            Some(TierMode::Graduated) => tier.rate.is_none(),
            Some(TierMode::Slab) | None => tier.rate.is_none() && tier.amount.is_none(),
        });
        missing.extend(bare.map(|(at, _)| format!("tiers/{at}/rate")));
    }
    missing
}

fn incomplete_reductions(case: &Case<'_, Fee>) -> Findings {
    let bare = case.record.reductions.iter().enumerate().filter(|(_, reduction)| match reduction.kind {
        ReductionKind::Exempt => false,
        ReductionKind::Percent | ReductionKind::Amount => reduction.value.is_none(),
    });
    bare.map(|(at, _)| FieldError::broken(format!("/reductions/{at}/value"), Rule::FeeRuleIncomplete, [])).collect()
}

/// A guided price says by how much it may differ.
fn ranges(case: &Case<'_, Fee>) -> Findings {
    if case.record.pricing != Pricing::GovernmentGuided {
        return Vec::new();
    }
    let rules = case.record.rules.iter().enumerate();
    let bare = rules.filter(|(_, rule)| rule.kind != FeeRuleKind::Free && rule.range.is_none());
    bare.map(|(at, _)| FieldError::broken(format!("/rules/{at}/range"), Rule::FeeGuidedWithoutRange, [])).collect()
}

/// Behind a rule that always applies and ends the reading nothing is read.
fn unreachable_rules(case: &Case<'_, Fee>) -> Findings {
    let rules = &case.record.rules;
    let Some(last) = rules.iter().position(|rule| rule.exclusive && rule.condition.is_none()) else {
        return Vec::new();
    };
    let behind = last + 1..rules.len();
    behind
        .map(|at| {
            FieldError::broken(format!("/rules/{at}"), Rule::FeeUnreachableRule, [Detail::same(&rules[last].name)])
        })
        .collect()
}
