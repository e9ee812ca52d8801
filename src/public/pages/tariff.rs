//! The rates of a fee, in sentences that somebody can compute with: its rules, their conditions, its reductions.

use serde_json::Value;

use super::text::{figure, unit, yuan};
use crate::{
    model::fees::{Comparison, Condition, Fee, FeeRule, Operator, Parameter, Reduction, Tier},
    problem::Language,
    values::{
        DecimalText,
        code_lists::{FeeRuleKind, ParameterType, ReductionKind, TierMode},
    },
};

/// One rule in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInWords {
    /// Its name.
    pub name: String,
    /// When it applies; empty when always.
    pub when: String,
    /// The charge: one sentence, or one for each tier.
    pub prices: Vec<String>,
    /// Least, most and range; empty where there is none.
    pub limits: String,
}

/// The rules of a fee in words, in the order in which they are read.
pub fn rules(language: Language, fee: &Fee) -> Vec<RuleInWords> {
    let words = Words { language, fee };
    let mut after_conditions = false;
    let mut said = Vec::new();
    for rule in &fee.rules {
        let when = match &rule.condition {
            Some(condition) => words.condition(condition),
            None if after_conditions => language.choose("其他情形", "otherwise").to_owned(),
            None => String::new(),
        };
        after_conditions |= rule.exclusive && rule.condition.is_some();
        said.push(RuleInWords {
            name: rule.name.clone(),
            when,
            prices: words.prices(rule),
            limits: words.limits(rule),
        });
    }
    said
}

/// Whether several rules apply side by side, so that their lines are added.
pub fn adds_up(fee: &Fee) -> bool {
    fee.rules.iter().filter(|rule| !rule.exclusive).count() > 1
}

/// One reduction in words: what is taken off, for whom, and whether beside others.
pub fn reduction(language: Language, fee: &Fee, reduction: &Reduction) -> String {
    let words = Words { language, fee };
    let value = reduction.value.as_ref();
    let off = match (reduction.kind, value, language) {
        (ReductionKind::Exempt, _, _) => language.choose("免收", "exempt").to_owned(),
        (ReductionKind::Percent, Some(value), Language::Chinese) => format!("减收{}%", figure(value)),
        (ReductionKind::Percent, Some(value), Language::English) => format!("{}% off", figure(value)),
        (ReductionKind::Amount, Some(value), Language::Chinese) => format!("减收{}", yuan(language, value)),
        (ReductionKind::Amount, Some(value), Language::English) => format!("{} off", yuan(language, value)),
        (ReductionKind::Percent | ReductionKind::Amount, None, _) => language.choose("减收", "reduced").to_owned(),
    };
    match &reduction.condition {
        Some(condition) => format!("{}{}{off}", words.condition(condition), language.choose("：", ": ")),
        None => off,
    }
}

struct Words<'a> {
    language: Language,
    fee: &'a Fee,
}

impl Words<'_> {
    fn say<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.language.choose(chinese, english)
    }

    fn is_chinese(&self) -> bool {
        self.language == Language::Chinese
    }

    fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.fee.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// The name of a quantity, without the unit that some labels repeat.
    fn quantity(&self, rule: &FeeRule) -> String {
        let name = rule.quantity.as_deref().unwrap_or_default();
        self.parameter(name).map_or(name, |parameter| parameter.label.as_str()).to_owned()
    }

    /// The unit in which a quantity is counted.
    fn counted_in(&self, rule: &FeeRule) -> String {
        let parameter = rule.quantity.as_deref().and_then(|name| self.parameter(name));
        let name = parameter.and_then(|parameter| parameter.unit.as_deref()).or(rule.unit.as_deref());
        name.map(|name| unit(self.language, name).to_owned()).unwrap_or_default()
    }

    fn prices(&self, rule: &FeeRule) -> Vec<String> {
        match rule.kind {
            FeeRuleKind::Free => vec![self.say("免费", "free of charge").to_owned()],
            FeeRuleKind::Fixed => vec![self.each(rule.amount.as_ref(), rule.unit.as_deref())],
            FeeRuleKind::PerUnit => vec![self.per_unit(rule)],
            FeeRuleKind::Percentage => {
                let rate = rule.rate.as_ref().map(figure).unwrap_or("?");
                let quantity = self.quantity(rule);
                vec![if self.is_chinese() { format!("{quantity}的{rate}%") } else { format!("{rate}% of {quantity}") }]
            }
            FeeRuleKind::Tiered => {
                rule.tiers.iter().flatten().enumerate().map(|(place, tier)| self.tier(rule, place, tier)).collect()
            }
        }
    }

    /// `每页0.20元`, `0.20 yuan per page`.
    fn each(&self, amount: Option<&DecimalText>, per: Option<&str>) -> String {
        let amount = amount.map(|amount| yuan(self.language, amount)).unwrap_or_default();
        match per {
            None => amount,
            Some(per) if self.is_chinese() => {
                let per = unit(self.language, per).trim_start_matches('个');
                if per == "人每年" { format!("每人每年{amount}") } else { format!("每{per}{amount}") }
            }
            Some(per) => format!("{amount} per {}", unit(self.language, per)),
        }
    }

    fn per_unit(&self, rule: &FeeRule) -> String {
        let (quantity, counted) = (self.quantity(rule), self.counted_in(rule));
        let included = rule.included.as_ref().filter(|included| !included.value().is_zero()).map(figure);
        let price = match rule.step.as_ref().map(figure) {
            None => self.each(rule.amount.as_ref(), rule.unit.as_deref()),
            Some(step) => {
                let amount = rule.amount.as_ref().map(|amount| yuan(self.language, amount)).unwrap_or_default();
                match self.is_chinese() {
                    true => format!("每{step}{counted}{amount}，不足{step}{counted}的按{step}{counted}计"),
                    false => format!("{amount} for every {step} {counted} begun"),
                }
            }
        };
        match (included, self.is_chinese()) {
            (None, true) => format!("{price}（按{quantity}计）"),
            (None, false) => format!("{price} (by {quantity})"),
            (Some(included), true) => {
                format!("{quantity}不超过{included}{counted}的部分不收费，超过部分{price}")
            }
            (Some(included), false) => {
                format!("{quantity}: the first {included} {counted} free, beyond that {price}")
            }
        }
    }

    fn tier(&self, rule: &FeeRule, place: usize, tier: &Tier) -> String {
        let counted = self.counted_in(rule);
        let quantity = if place == 0 { self.quantity(rule) } else { String::new() };
        let (from, to) = (figure(&tier.from), tier.to.as_ref().map(figure));
        let starts_at_nothing = place == 0 && tier.from.value().is_zero();
        let span = match (self.is_chinese(), to) {
            (true, Some(to)) if starts_at_nothing => format!("{quantity}不超过{to}{counted}"),
            (true, Some(to)) => format!("{quantity}超过{from}至{to}{counted}"),
            (true, None) => format!("{quantity}超过{from}{counted}"),
            (false, Some(to)) if starts_at_nothing => format!("{quantity} up to {to} {counted}"),
            (false, Some(to)) => format!("{quantity} above {from} up to {to} {counted}"),
            (false, None) => format!("{quantity} above {from} {counted}"),
        };
        let graduated = rule.tier_mode == Some(TierMode::Graduated);
        let price = match (&tier.amount, &tier.rate) {
            (Some(amount), _) if !graduated => yuan(self.language, amount),
            (None, Some(rate)) if !graduated => {
                let all = self.quantity(rule);
                match self.is_chinese() {
                    true => format!("按全部{all}，每{counted}{}", yuan(self.language, rate)),
                    false => format!("{} per {counted} of all {all}", yuan(self.language, rate)),
                }
            }
            (amount, rate) => match (rate.as_ref().or(amount.as_ref()), self.is_chinese()) {
                (Some(rate), _) if rate.value().is_zero() => self.say("不收费", "free").to_owned(),
                (Some(rate), true) => format!("每{counted}{}", yuan(self.language, rate)),
                (Some(rate), false) => format!("{} per {counted}", yuan(self.language, rate)),
                (None, _) => "?".into(),
            },
        };
        let part = if graduated { self.say("的部分", " (that part)") } else { "" };
        format!("{}{part}{}{price}", span.trim_start(), self.say("：", ": "))
    }

    fn limits(&self, rule: &FeeRule) -> String {
        let mut said = Vec::new();
        if let Some(least) = &rule.min {
            said.push(format!("{}{}", self.say("最低", "at least "), yuan(self.language, least)));
        }
        if let Some(most) = &rule.max {
            said.push(format!("{}{}", self.say("最高", "at most "), yuan(self.language, most)));
        }
        if let Some(range) = &rule.range {
            if !range.down_percent.value().is_zero() {
                said.push(format!("{}{}%", self.say("可下浮", "may be lower by "), figure(&range.down_percent)));
            }
            if !range.up_percent.value().is_zero() {
                said.push(format!("{}{}%", self.say("可上浮", "may be higher by "), figure(&range.up_percent)));
            }
        }
        said.join(self.say("，", ", "))
    }

    fn condition(&self, condition: &Condition) -> String {
        let joined = |parts: &[Condition], word: &str| {
            let parts: Vec<_> = parts.iter().map(|part| self.condition(part)).collect();
            parts.join(word)
        };
        match condition {
            Condition::Comparison(comparison) => self.comparison(comparison),
            Condition::All(all) => joined(&all.all, self.say("，并且", " and ")),
            Condition::Any(any) => joined(&any.any, self.say("，或者", " or ")),
            Condition::Not(not) => format!("{}（{}）", self.say("不符合", "not "), self.condition(&not.not)),
        }
    }

    fn comparison(&self, comparison: &Comparison) -> String {
        let parameter = self.parameter(&comparison.parameter);
        let label = parameter.map_or(comparison.parameter.as_str(), |parameter| parameter.label.as_str());
        let is_boolean = parameter.is_some_and(|parameter| parameter.r#type == ParameterType::Boolean);
        if is_boolean && let Some(value) = comparison.value.as_bool() {
            let holds = value == (comparison.op != Operator::Ne);
            return self.whether(label, holds);
        }
        let counted = parameter.and_then(|parameter| parameter.unit.as_deref()).unwrap_or_default();
        let counted = if parameter.is_some_and(|parameter| parameter.values.is_some()) { "" } else { counted };
        let values = match &comparison.value {
            Value::Array(values) => values.iter().map(|value| value_in_words(parameter, value)).collect::<Vec<_>>(),
            value => vec![value_in_words(parameter, value)],
        };
        let values = values.join(self.say("、", ", "));
        let operator = match comparison.op {
            Operator::Eq => self.say("为", " is "),
            Operator::Ne => self.say("不为", " is not "),
            Operator::Lt => self.say("不满", " below "),
            Operator::Le => self.say("不超过", " at most "),
            Operator::Gt => self.say("超过", " above "),
            Operator::Ge => self.say("不低于", " at least "),
            Operator::In => self.say("属于", " among "),
        };
        format!("{label}{operator}{values}{}", if self.is_chinese() { unit(self.language, counted) } else { "" })
    }

    /// `是否属于低保对象` as `属于低保对象` or `不属于低保对象`.
    fn whether(&self, label: &str, holds: bool) -> String {
        let Some(rest) = label.strip_prefix("是否") else {
            return format!(
                "{label}{}{}",
                self.say("：", ": "),
                if holds { self.say("是", "yes") } else { self.say("否", "no") }
            );
        };
        let is_verb = ["属于", "由", "在", "已", "能", "具有"].iter().any(|verb| rest.starts_with(verb));
        match (holds, is_verb) {
            (true, _) => rest.to_owned(),
            (false, true) => format!("不{rest}"),
            (false, false) => format!("不是{rest}"),
        }
    }
}

fn value_in_words(parameter: Option<&Parameter>, value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let listed = parameter.and_then(|parameter| parameter.values.as_ref());
    let label = listed.and_then(|values| values.iter().find(|known| known.value == text));
    label.map_or(text, |known| known.label.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demo(code: &str) -> Fee {
        let demo: Value = serde_json::from_str(include_str!("../../../demo/items.json")).expect("JSON");
        let fees = demo["fees"].as_array().expect("fees");
        let fee = fees.iter().find(|fee| fee["code"] == code).expect("it is there").clone();
        serde_json::from_value(fee).expect("a fee")
    }

    fn said(code: &str) -> Vec<String> {
        let fee = demo(code);
        let rules = rules(Language::Chinese, &fee).into_iter();
        rules.map(|rule| format!("{}|{}|{}|{}", rule.name, rule.when, rule.prices.join("；"), rule.limits)).collect()
    }

    #[test]
    fn each_sort_of_rule_is_told_in_a_sentence() {
        assert_eq!(said("fee-information-copy"), ["检索费||每次2元|", "复制费||每页0.20元（按复制页数（A4）计）|"]);
        assert_eq!(
            said("fee-rural-water"),
            ["居民阶梯水价||年用水量不超过180立方米的部分：每立方米1.60元；超过180至300立方米的部分：每立方米2.40元；\
              超过300立方米的部分：每立方米4.80元|可下浮10%"]
        );
        assert_eq!(
            said("fee-homestead-survey"),
            [
                "按面积分档||勘测面积不超过120平方米：80元；超过120至300平方米：150元；超过300平方米：按全部勘测面积，每平方米0.55元|\
              最高500元，可下浮20%"
            ]
        );
        assert_eq!(
            said("fee-columbarium"),
            ["按年管理费（不足一年按一年）||每12个月60元，不足12个月的按12个月计（按存放月数计）|可下浮100%"]
        );
        assert_eq!(
            said("fee-water-connection")[1],
            "超出10米的管材||入户管长不超过10米的部分不收费，超过部分每米12.50元|"
        );
        assert_eq!(
            said("fee-social-maintenance"),
            [
                "多生育一个子女|多生育子女数为1人|计征基数（元）的300%|",
                "多生育两个以上子女|其他情形|计征基数（元）的600%|"
            ]
        );
        assert_eq!(said("fee-social-card"), ["首次申领|首次申领|免费|", "补换卡|其他情形|每张20元（按张数计）|"]);
        assert_eq!(said("fee-pension-premium")[0], "100元档|缴费档次为100元/年|每年100元|");
        assert_eq!(said("fee-medical-premium"), ["每人每年||每人每年150元（按参保人数计）|"]);
    }

    #[test]
    fn reductions_say_for_whom_and_how_much() {
        let fee = demo("fee-rural-water");
        assert_eq!(reduction(Language::Chinese, &fee, &fee.reductions[0]), "属于低保、特困对象：减收50%");
        assert_eq!(reduction(Language::English, &fee, &fee.reductions[0]), "属于低保、特困对象: 50% off");
        assert!(adds_up(&demo("fee-water-connection")) && !adds_up(&fee));
    }
}
