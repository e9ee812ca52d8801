//! The rules of a fee in words.

use std::borrow::Cow;

use serde_json::Value;

use super::view::View;
use crate::{
    fees::{Comparison, Condition, Fee, FeeRule, Operator, Parameter, Reduction, Tier},
    problem::Language,
    values::{
        DecimalText,
        code_lists::{FeeRuleKind, ReductionKind, TierMode},
    },
};

/// What a rule charges: `2.00 元/次`, `每满 12 月 60.00 元`, the tiers of a tiered one line by line.
pub fn rule(view: &View, fee: &Fee, rule: &FeeRule) -> Vec<String> {
    let mut lines = match rule.kind {
        FeeRuleKind::Free => vec![view.term(rule.kind.code()).into_owned()],
        FeeRuleKind::Fixed => vec![per(view, rule.amount.as_ref(), rule.unit.as_deref())],
        FeeRuleKind::PerUnit => vec![per_unit(view, fee, rule)],
        FeeRuleKind::Percentage => vec![percentage(view, fee, rule)],
        FeeRuleKind::Tiered => tiered(view, fee, rule),
    };
    let yuan = |amount: &DecimalText| yuan(view.language, amount);
    lines.extend(rule.min.as_ref().map(|least| format!("{} {}", view.say("最低", "at least"), yuan(least))));
    lines.extend(rule.max.as_ref().map(|most| format!("{} {}", view.say("最高", "at most"), yuan(most))));
    if let Some(range) = &rule.range {
        let percent = |word: &str, figure: &DecimalText| {
            (!figure.value().is_zero()).then(|| format!("{word} {figure}{}", view.say("%", " %")))
        };
        lines.extend(percent(view.say("可上浮", "may be higher by up to"), &range.up_percent));
        lines.extend(percent(view.say("可下浮", "may be lower by up to"), &range.down_percent));
    }
    lines
}

/// How a reduction lowers a fee.
pub fn reduction(view: &View, reduction: &Reduction) -> String {
    let value = reduction.value.as_ref().map(DecimalText::as_str).unwrap_or("0");
    match (reduction.kind, view.language) {
        (ReductionKind::Exempt, _) => view.term(reduction.kind.code()).into_owned(),
        (ReductionKind::Percent, Language::Chinese) => format!("减收 {value}%"),
        (ReductionKind::Percent, Language::English) => format!("{value} % less"),
        (ReductionKind::Amount, Language::Chinese) => format!("减收 {value} 元"),
        (ReductionKind::Amount, Language::English) => format!("{value} yuan less"),
    }
}

/// When a rule or a reduction applies. The names of figures are those of the register.
pub fn condition(view: &View, fee: &Fee, condition: &Condition) -> String {
    let join = |parts: &[Condition], word: &str| {
        let parts: Vec<_> = parts.iter().map(|part| self::condition(view, fee, part)).collect();
        parts.join(word)
    };
    match condition {
        Condition::Comparison(comparison) => self::comparison(view, fee, comparison),
        Condition::All(all) => join(&all.all, view.say("，并且", " and ")),
        Condition::Any(any) => join(&any.any, view.say("，或者", " or ")),
        Condition::Not(not) => {
            format!("{}（{}）", view.say("不满足", "not "), self::condition(view, fee, &not.not))
        }
    }
}

fn comparison(view: &View, fee: &Fee, comparison: &Comparison) -> String {
    let parameter = fee.parameters.iter().find(|parameter| parameter.name == comparison.parameter);
    let label = parameter.map_or(comparison.parameter.as_str(), |parameter| parameter.label.as_str());
    let sign = match comparison.op {
        Operator::Eq => "=",
        Operator::Ne => "≠",
        Operator::Lt => "<",
        Operator::Le => "≤",
        Operator::Gt => ">",
        Operator::Ge => "≥",
        Operator::In => view.say("属于", "in"),
    };
    match &comparison.value {
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(|value| self::value(view, parameter, value)).collect();
            format!("{label} {sign} {}", values.join(view.say("、", ", ")))
        }
        value => format!("{label} {sign} {}", self::value(view, parameter, value)),
    }
}

fn value(view: &View, parameter: Option<&Parameter>, value: &Value) -> String {
    match value {
        Value::Bool(true) => view.say("是", "yes").into(),
        Value::Bool(false) => view.say("否", "no").into(),
        Value::String(text) => {
            let listed = parameter.and_then(|parameter| parameter.values.as_ref());
            let known = listed.and_then(|values| values.iter().find(|listed| listed.value == *text));
            known.map_or_else(|| text.clone(), |known| known.label.clone())
        }
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn yuan(language: Language, amount: &DecimalText) -> String {
    format!("{amount}{}", language.choose(" 元", " yuan"))
}

/// An amount for each unit.
fn per(view: &View, amount: Option<&DecimalText>, unit: Option<&str>) -> String {
    let amount = amount.map(|amount| yuan(view.language, amount)).unwrap_or_default();
    match unit {
        Some(unit) => format!("{amount}{}{}", view.say("/", " per "), self::unit(view.language, unit)),
        None => amount,
    }
}

fn per_unit(view: &View, fee: &Fee, rule: &FeeRule) -> String {
    let counted = quantity_unit(view, fee, rule);
    let amount = rule.amount.as_ref().map(|amount| yuan(view.language, amount)).unwrap_or_default();
    let mut text = match (&rule.step, view.language) {
        (Some(step), Language::Chinese) => {
            format!("每 {step} {counted} {amount}，不足 {step} {counted}按 {step} {counted}计")
        }
        (Some(step), Language::English) => format!("{amount} for every {step} {counted} begun"),
        (None, _) => per(view, rule.amount.as_ref(), rule.unit.as_deref()),
    };
    if let Some(included) = &rule.included {
        text.push_str(&match view.language {
            Language::Chinese => format!("，超过 {included} {counted}的部分"),
            Language::English => format!(" beyond the first {included} {counted}"),
        });
    }
    text
}

fn percentage(view: &View, fee: &Fee, rule: &FeeRule) -> String {
    let of = quantity(fee, rule).map_or("", |parameter| parameter.label.as_str());
    let rate = rule.rate.as_ref().map(DecimalText::as_str).unwrap_or("0");
    match view.language {
        Language::Chinese => format!("{of}的 {rate}%"),
        Language::English => format!("{rate} % of {of}"),
    }
}

/// The tiers, each with its bounds: above `from` up to and including `to`.
fn tiered(view: &View, fee: &Fee, rule: &FeeRule) -> Vec<String> {
    let counted = quantity_unit(view, fee, rule);
    let mode = rule.tier_mode.map(|mode| match mode {
        TierMode::Slab => view.say("全部数量按所在档次计", "the whole quantity at its tier"),
        TierMode::Graduated => view.say("各档数量分别按本档计", "each part at its own tier"),
    });
    let bounds = |at: usize, tier: &Tier| match (&tier.to, at, view.language) {
        (Some(to), 0, Language::Chinese) => format!("{to} {counted}以内"),
        (Some(to), 0, Language::English) => format!("up to {to} {counted}"),
        (Some(to), _, Language::Chinese) => format!("超过 {} 至 {to} {counted}", tier.from),
        (Some(to), _, Language::English) => format!("above {} up to {to} {counted}", tier.from),
        (None, _, Language::Chinese) => format!("超过 {} {counted}", tier.from),
        (None, _, Language::English) => format!("above {} {counted}", tier.from),
    };
    let price = |tier: &Tier| match (&tier.amount, &tier.rate) {
        (Some(amount), _) => yuan(view.language, amount),
        (None, Some(rate)) => format!("{}{}{counted}", yuan(view.language, rate), view.say("/", " per ")),
        (None, None) => String::new(),
    };
    let tiers = rule.tiers.iter().flatten().enumerate();
    let lines = tiers.map(|(at, tier)| format!("{}{}{}", bounds(at, tier), view.say("：", ": "), price(tier)));
    lines.chain(mode.map(str::to_owned)).collect()
}

fn quantity<'a>(fee: &'a Fee, rule: &FeeRule) -> Option<&'a Parameter> {
    let name = rule.quantity.as_deref()?;
    fee.parameters.iter().find(|parameter| parameter.name == name)
}

/// The unit in which the quantity of a rule is given.
fn quantity_unit(view: &View, fee: &Fee, rule: &FeeRule) -> Cow<'static, str> {
    let own = quantity(fee, rule).and_then(|parameter| parameter.unit.as_deref()).or(rule.unit.as_deref());
    own.map_or(Cow::Borrowed(""), |own| unit(view.language, own))
}

/// A unit as one reads it; units that nobody has named yet stand as they are.
fn unit(language: Language, unit: &str) -> Cow<'static, str> {
    let known = match unit {
        "page" => ["页", "page"],
        "time" => ["次", "time"],
        "m" => ["米", "m"],
        "m2" => ["平方米", "m²"],
        "m3" => ["立方米", "m³"],
        "household" => ["户", "household"],
        "day" => ["日", "day"],
        "month" => ["月", "month"],
        "year" => ["年", "year"],
        "person" => ["人", "person"],
        "person_year" => ["人·年", "person and year"],
        "card" => ["张", "card"],
        "child" => ["名子女", "child"],
        "piece" => ["件", "piece"],
        "yuan" => ["元", "yuan"],
        "yuan_year" => ["元/年", "yuan per year"],
        _ => return unit.replace('_', " ").into(),
    };
    language.choose(known[0], known[1]).to_owned().into()
}
