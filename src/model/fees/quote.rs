//! The amount of a fee in given circumstances, each line with the arithmetic by which a citizen can compute it again
//! (docs/DOMAIN.md §5).
//!
//! **Lines.** A rule that applies makes a line, a reduction that applies makes a line below zero; each is exact until its
//! end and then rounded half-up to 0.01 yuan. The total is the sum of the rounded lines and never below 0.
//!
//! **What is not told is asked for, never guessed.** To let an absent parameter make a comparison false would, for a
//! parameter that the fee declares, be a guess about the case of who asks. So conditions have three values: one
//! that holds or fails whatever the absent parameters are is decided, and any other one is asked for. Only what
//! the reading needs for certain is asked: behind an exclusive rule that may apply nothing is read, a rule that does
//! not apply needs no quantity, and where nothing is left to reduce no reduction asks for anything. An undeclared parameter can
//! be told by nobody, so its comparisons are false (docs/DOMAIN.md §5).
//!
//! **In particular (docs/DOMAIN.md §5)**
//! - `min` and `max` hold for every line but that of a `free` rule; where they contradict each other, `max` wins. They also bound
//!   the range of a guided price, which is taken from the exact amount.
//! - A quantity may be a boolean (1 when it is so, else 0) or a choice whose values are figures.
//! - Below the first tier nothing is charged. Above a last tier that ends, the quantity is refused: nobody published a price.
//! - In a slab tier with an amount and a rate the amount is charged.
//! - A free period is a `free` rule with a condition, an `included` quantity, or a tier at rate 0.
//! - Reductions of equal priority are read in the order in which they stand; one that is not stackable is applied to what is
//!   left and then ends the reading. None takes more than what is left, and none is listed where nothing is left.
//! - No line is below 0 and no reduction adds anything, whatever figures stand in the fee.
//! - A result that cannot be kept exactly, or has more than 15 digits before the point, is refused.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{
    circumstances::{Circumstances, Given, Truth, holds},
    exact::{TooLarge, difference, hundredth, money, negative, plain, product, rounded, steps, sum},
    model::{Fee, FeeRule, Reduction, Tier},
};
use crate::{
    problem::Detail,
    values::{
        DecimalText,
        code_lists::{Code, FeeRuleKind, Pricing, ReductionKind, TierMode},
    },
};

/// The amount of a fee.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// The charges, then the reductions.
    pub lines: Vec<QuoteLine>,
    /// The sum of the lines, in yuan.
    pub total: Decimal,
}

/// One line of a quotation.
#[derive(Clone, Debug, PartialEq)]
pub struct QuoteLine {
    /// Of the rule or the reduction.
    pub id: String,
    /// Of the rule or the reduction.
    pub name: String,
    /// How it was computed: a value of the code list of rules or of that of reductions.
    pub method: &'static Code,
    /// Whether it takes off.
    pub reduces: bool,
    /// Spelled out.
    pub arithmetic: Detail,
    /// Before it was rounded.
    pub exact: Decimal,
    /// In yuan, rounded half-up to 0.01.
    pub amount: Decimal,
    /// The unit of the quantity.
    pub unit: Option<String>,
    /// The limit that was applied.
    pub limit: Option<Limit>,
    /// The tiers that were applied.
    pub tiers: Vec<TierPart>,
    /// Between what a guided price may lie.
    pub range: Option<Range>,
    /// On what a reduction rests.
    pub basis: Option<String>,
}

/// Which limit took the place of what was computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// 最低收费, in yuan.
    Least(String),
    /// 最高收费, in yuan.
    Most(String),
}

/// The part of a quantity that lies in one tier.
#[derive(Clone, Debug, PartialEq)]
pub struct TierPart {
    /// The tier.
    pub tier: Tier,
    /// How much of the quantity.
    pub quantity: Decimal,
    /// Its amount, exactly.
    pub exact: Decimal,
}

/// 浮动幅度 in yuan, rounded half-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The least that may be charged.
    pub lowest: Decimal,
    /// The most that may be charged.
    pub highest: Decimal,
}

/// Why a fee cannot be quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// These parameters have to be told.
    Missing(BTreeSet<String>),
    /// A result that cannot be kept exactly, because of this parameter where one is to blame.
    TooLarge(Option<String>),
    /// This parameter is above the last tier, which ends here.
    AboveTiers(String, String),
    /// The rule or reduction with this id cannot be computed as it stands.
    Unfit(String),
}

/// Computes what the fee comes to in these circumstances.
pub fn quote(fee: &Fee, given: &Circumstances) -> Result<Quote, Undecided> {
    let mut reading = Reading { fee, given, lines: Vec::new(), missing: BTreeSet::new() };
    if reading.rules()? {
        reading.reductions()?;
    }
    reading.finish()
}

/// How far the reading has come.
struct Reading<'a> {
    fee: &'a Fee,
    given: &'a Circumstances,
    lines: Vec<QuoteLine>,
    missing: BTreeSet<String>,
}

impl Reading<'_> {
    /// Reads the rules in order; says whether it is known which ones apply.
    fn rules(&mut self) -> Result<bool, Undecided> {
        let fee = self.fee;
        for rule in &fee.rules {
            match holds(fee, rule.condition.as_ref(), self.given) {
                Truth::Fails => continue,
                Truth::Unknown(parameters) => {
                    self.missing.extend(parameters);
                    if rule.exclusive {
                        return Ok(false);
                    }
                }
                Truth::Holds => {
                    self.apply(rule)?;
                    if rule.exclusive {
                        break;
                    }
                }
            }
        }
        Ok(true)
    }

    fn apply(&mut self, rule: &FeeRule) -> Result<(), Undecided> {
        match charged(self.fee, rule, self.given) {
            Ok(line) => self.lines.push(line),
            Err(Undecided::Missing(parameters)) => self.missing.extend(parameters),
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// Takes off what is to be taken off. While a line is missing, it is not known what is left, and all that is certain is
    /// which circumstances matter.
    fn reductions(&mut self) -> Result<(), Undecided> {
        let mut left = match self.missing.is_empty() {
            true => Some(total(&self.lines)?),
            false => None,
        };
        let mut reductions: Vec<_> = self.fee.reductions.iter().collect();
        reductions.sort_by_key(|reduction| reduction.priority);
        for reduction in reductions {
            if left.is_some_and(|left| left <= Decimal::ZERO) {
                break;
            }
            let ends = match holds(self.fee, reduction.condition.as_ref(), self.given) {
                Truth::Fails => continue,
                Truth::Unknown(parameters) => {
                    self.missing.extend(parameters);
                    left = None;
                    !reduction.stackable
                }
                Truth::Holds => {
                    if let Some(amount) = left {
                        let line = taken_off(reduction, amount)?;
                        left = Some(sum(amount, line.amount)?);
                        self.lines.push(line);
                    }
                    !reduction.stackable || reduction.kind == ReductionKind::Exempt
                }
            };
            if ends {
                break;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Quote, Undecided> {
        if !self.missing.is_empty() {
            return Err(Undecided::Missing(self.missing));
        }
        Ok(Quote { total: total(&self.lines)?, lines: self.lines })
    }
}

impl From<TooLarge> for Undecided {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge(None)
    }
}

fn total(lines: &[QuoteLine]) -> Result<Decimal, TooLarge> {
    rounded(lines.iter().try_fold(Decimal::ZERO, |total, line| sum(total, line.amount))?)
}

/// Computes a rule, before its limits and its rounding.
struct Worked {
    exact: Decimal,
    arithmetic: Detail,
    tiers: Vec<TierPart>,
}

/// The line of a rule that applies.
fn charged(fee: &Fee, rule: &FeeRule, given: &Circumstances) -> Result<QuoteLine, Undecided> {
    line_of(fee, rule, given).map_err(|undecided| match undecided {
        Undecided::TooLarge(None) => Undecided::TooLarge(rule.quantity.clone()),
        other => other,
    })
}

fn line_of(fee: &Fee, rule: &FeeRule, given: &Circumstances) -> Result<QuoteLine, Undecided> {
    let worked = match rule.kind {
        FeeRuleKind::Free => Worked::of(Decimal::ZERO, Detail::new("不收费 = 0.00", "no charge = 0.00")),
        FeeRuleKind::Fixed => {
            let amount = figure(rule, rule.amount.as_ref())?;
            Worked::of(amount, Detail::new(format!("定额 {}", money(amount)), format!("fixed at {}", money(amount))))
        }
        FeeRuleKind::PerUnit => per_unit(rule, quantity(fee, rule, given)?)?,
        FeeRuleKind::Percentage => percentage(rule, quantity(fee, rule, given)?)?,
        FeeRuleKind::Tiered => tiered(fee, rule, quantity(fee, rule, given)?)?,
    };
    let limit = limit_of(rule, worked.exact);
    let exact = limit.as_ref().map_or(worked.exact, |(_, amount)| *amount).max(Decimal::ZERO);
    let (limit, amount) = (limit.map(|(limit, _)| limit), rounded(exact)?);
    Ok(QuoteLine {
        id: rule.id.clone(),
        name: rule.name.clone(),
        method: rule.kind.code(),
        reduces: false,
        arithmetic: spelled_out(worked.arithmetic, limit.as_ref(), exact, amount),
        exact,
        amount,
        unit: rule.unit.clone(),
        limit,
        tiers: worked.tiers,
        range: range_of(fee, rule, exact)?,
        basis: None,
    })
}

impl Worked {
    fn of(exact: Decimal, arithmetic: Detail) -> Self {
        Self { exact, arithmetic, tiers: Vec::new() }
    }
}

/// A figure that the rule needs by its kind.
fn figure(rule: &FeeRule, text: Option<&DecimalText>) -> Result<Decimal, Undecided> {
    text.map(DecimalText::value).ok_or_else(|| Undecided::Unfit(rule.id.clone()))
}

/// The quantity of a rule: a figure, 1 or 0 for what is so or not, or a choice that is a figure.
fn quantity(fee: &Fee, rule: &FeeRule, given: &Circumstances) -> Result<Decimal, Undecided> {
    let unfit = || Undecided::Unfit(rule.id.clone());
    let name = rule.quantity.as_ref().ok_or_else(unfit)?;
    if !fee.parameters.iter().any(|parameter| parameter.name == *name) {
        return Err(unfit());
    }
    match given.get(name) {
        None => Err(Undecided::Missing(BTreeSet::from([name.clone()]))),
        Some(Given::Figure(figure)) => Ok(*figure),
        Some(Given::Flag(flag)) => Ok(Decimal::from(u8::from(*flag))),
        Some(Given::Choice(choice)) => DecimalText::parse(choice).map(|figure| figure.value()).map_err(|_| unfit()),
    }
}

/// `(quantity − included) × amount`, where there is a step by the steps begun.
fn per_unit(rule: &FeeRule, quantity: Decimal) -> Result<Worked, Undecided> {
    let amount = figure(rule, rule.amount.as_ref())?;
    let included = rule.included.as_ref().map_or(Decimal::ZERO, DecimalText::value);
    let counted = difference(quantity, included)?.max(Decimal::ZERO);
    let counting = counting(quantity, included, counted);
    let Some(step) = rule.step.as_ref().map(DecimalText::value) else {
        let exact = product(counted, amount)?;
        let arithmetic = |text: String| format!("{text} × {} = {}", money(amount), money(exact));
        let arithmetic = Detail::new(arithmetic(counting.chinese), arithmetic(counting.english));
        return Ok(Worked::of(exact, arithmetic));
    };
    let begun = steps(counted, step).ok_or_else(|| Undecided::Unfit(rule.id.clone()))??;
    let exact = product(begun, amount)?;
    let (step, begun) = (plain(step), plain(begun));
    let result = format!("{begun} × {} = {}", money(amount), money(exact));
    let arithmetic = Detail::new(
        format!("{} ÷ {step}，进位为 {begun}；{result}", counting.chinese),
        format!("{} ÷ {step}, rounded up to {begun}; {result}", counting.english),
    );
    Ok(Worked::of(exact, arithmetic))
}

/// How the quantity that is charged comes about.
fn counting(quantity: Decimal, included: Decimal, counted: Decimal) -> Detail {
    let (quantity_text, included_text) = (plain(quantity), plain(included));
    if included.is_zero() {
        return Detail::same(quantity_text);
    }
    if quantity < included {
        return Detail::new(
            format!("{quantity_text} 未超过包含的 {included_text}，计 {}", plain(counted)),
            format!("{quantity_text} is within the {included_text} included, so {}", plain(counted)),
        );
    }
    Detail::same(format!("({quantity_text} − {included_text})"))
}

/// `quantity × rate / 100`
fn percentage(rule: &FeeRule, quantity: Decimal) -> Result<Worked, Undecided> {
    let rate = figure(rule, rule.rate.as_ref())?;
    let exact = hundredth(product(quantity, rate)?)?;
    Ok(Worked::of(exact, Detail::same(format!("{} × {}% = {}", plain(quantity), plain(rate), money(exact)))))
}

fn tiered(fee: &Fee, rule: &FeeRule, quantity: Decimal) -> Result<Worked, Undecided> {
    let unfit = || Undecided::Unfit(rule.id.clone());
    let tiers = rule.tiers.as_deref().filter(|tiers| !tiers.is_empty()).ok_or_else(unfit)?;
    must_be_priced(fee, rule, tiers, quantity)?;
    let parts = match rule.tier_mode.ok_or_else(unfit)? {
        TierMode::Slab => slab(rule, tiers, quantity)?.into_iter().collect(),
        TierMode::Graduated => graduated(rule, tiers, quantity)?,
    };
    let exact = parts.iter().try_fold(Decimal::ZERO, |all, part| sum(all, part.exact))?;
    let arithmetic = match parts.as_slice() {
        [] => Detail::new(
            format!("{} 未达到首档，不收费 = 0.00", plain(quantity)),
            format!("{} is below the first tier, no charge = 0.00", plain(quantity)),
        ),
        [part] if rule.tier_mode == Some(TierMode::Slab) => of_slab(part),
        parts => {
            let products: Vec<_> = parts.iter().map(of_part).collect();
            Detail::same(format!("{} = {}", products.join(" + "), money(exact)))
        }
    };
    Ok(Worked { exact, arithmetic, tiers: parts })
}

/// Refuses a quantity for which the tiers have no price: above a last one that ends.
fn must_be_priced(fee: &Fee, rule: &FeeRule, tiers: &[Tier], quantity: Decimal) -> Result<(), Undecided> {
    let last = tiers.iter().map(|tier| tier.to.as_ref()).collect::<Option<Vec<_>>>();
    let end = last.and_then(|ends| ends.into_iter().max_by_key(|end| end.value()));
    match end.filter(|end| quantity > end.value()) {
        None => Ok(()),
        Some(end) => {
            let parameter = rule.quantity.clone().filter(|name| fee.parameters.iter().any(|known| known.name == *name));
            Err(Undecided::AboveTiers(parameter.unwrap_or_default(), plain(end.value())))
        }
    }
}

/// The tier in which the whole quantity lies: (from, to], the first one with its `from`.
fn slab(rule: &FeeRule, tiers: &[Tier], quantity: Decimal) -> Result<Option<TierPart>, Undecided> {
    let lies_in = |(at, tier): &(usize, &Tier)| {
        let from = tier.from.value();
        let above = quantity > from || (*at == 0 && quantity == from);
        above && tier.to.as_ref().is_none_or(|to| quantity <= to.value())
    };
    let Some((_, tier)) = tiers.iter().enumerate().find(lies_in) else { return Ok(None) };
    let exact = match (&tier.amount, &tier.rate) {
        (Some(amount), _) => amount.value(),
        (None, Some(rate)) => product(quantity, rate.value())?,
        (None, None) => return Err(Undecided::Unfit(rule.id.clone())),
    };
    Ok(Some(TierPart { tier: tier.clone(), quantity, exact }))
}

/// Charges the part of a quantity in each tier at its own rate.
fn graduated(rule: &FeeRule, tiers: &[Tier], quantity: Decimal) -> Result<Vec<TierPart>, Undecided> {
    let mut parts = Vec::new();
    for (at, tier) in tiers.iter().enumerate() {
        let from = tier.from.value();
        if quantity < from || (quantity == from && at > 0) {
            continue;
        }
        let upper = tier.to.as_ref().map_or(quantity, |to| quantity.min(to.value()));
        let within = difference(upper, from)?.max(Decimal::ZERO);
        let rate = figure(rule, tier.rate.as_ref())?;
        parts.push(TierPart { tier: tier.clone(), quantity: within, exact: product(within, rate)? });
    }
    Ok(parts)
}

fn of_part(part: &TierPart) -> String {
    format!("{} × {}", plain(part.quantity), part.tier.rate.as_ref().map_or("0", DecimalText::as_str))
}

fn of_slab(part: &TierPart) -> Detail {
    let (quantity, from) = (plain(part.quantity), plain(part.tier.from.value()));
    let place = match &part.tier.to {
        Some(to) => Detail::new(
            format!("{quantity} 在 {from} 至 {} 档", plain(to.value())),
            format!("{quantity} lies in the tier from {from} to {}", plain(to.value())),
        ),
        None => {
            Detail::new(format!("{quantity} 在 {from} 以上档"), format!("{quantity} lies in the tier above {from}"))
        }
    };
    let price = match &part.tier.amount {
        Some(_) => Detail::new(format!("定额 {}", money(part.exact)), format!("fixed at {}", money(part.exact))),
        None => Detail::same(format!("{} = {}", of_part(part), money(part.exact))),
    };
    Detail::new(format!("{}；{}", place.chinese, price.chinese), format!("{}; {}", place.english, price.english))
}

/// The limit that takes the place of an amount, and what it is.
fn limit_of(rule: &FeeRule, exact: Decimal) -> Option<(Limit, Decimal)> {
    if rule.kind == FeeRuleKind::Free {
        return None;
    }
    let least = rule.min.as_ref().map(DecimalText::value).filter(|least| exact < *least);
    let raised = least.unwrap_or(exact);
    if let Some(most) = rule.max.as_ref().map(DecimalText::value).filter(|most| raised > *most) {
        return Some((Limit::Most(money(most)), most));
    }
    least.map(|least| (Limit::Least(money(least)), least))
}

/// The arithmetic with what the limit and the rounding made of it.
fn spelled_out(worked: Detail, limit: Option<&Limit>, exact: Decimal, amount: Decimal) -> Detail {
    let limited = match limit {
        None => worked,
        Some(Limit::Least(least)) => Detail::new(
            format!("{}；不足最低收费，按 {least} 计", worked.chinese),
            format!("{}; less than the least charge, so {least}", worked.english),
        ),
        Some(Limit::Most(most)) => Detail::new(
            format!("{}；超过最高收费，按 {most} 计", worked.chinese),
            format!("{}; more than the most that is charged, so {most}", worked.english),
        ),
    };
    match exact == amount {
        true => limited,
        false => Detail::new(
            format!("{}；四舍五入到分为 {amount}", limited.chinese),
            format!("{}; rounded half-up to {amount}", limited.english),
        ),
    }
}

/// Between what a guided price may lie: so many percent below and above the exact amount, within the rule's limits.
fn range_of(fee: &Fee, rule: &FeeRule, exact: Decimal) -> Result<Option<Range>, TooLarge> {
    let range = match (fee.pricing, &rule.range) {
        (Pricing::GovernmentGuided, Some(range)) if rule.kind != FeeRuleKind::Free => range,
        _ => return Ok(None),
    };
    let share = |percent: Decimal| hundredth(product(exact, percent.max(Decimal::ZERO))?);
    let within = |amount: Decimal| {
        let raised = rule.min.as_ref().map_or(amount, |least| amount.max(least.value()));
        rule.max.as_ref().map_or(raised, |most| raised.min(most.value())).max(Decimal::ZERO)
    };
    let lowest = difference(exact, share(range.down_percent.value())?)?;
    let highest = sum(exact, share(range.up_percent.value())?)?;
    Ok(Some(Range { lowest: rounded(within(lowest))?, highest: rounded(within(highest))? }))
}

/// The line of a reduction that applies to what is `left`.
fn taken_off(reduction: &Reduction, left: Decimal) -> Result<QuoteLine, Undecided> {
    let unfit = || Undecided::Unfit(reduction.id.clone());
    let value = || reduction.value.as_ref().map(|value| value.value().max(Decimal::ZERO)).ok_or_else(unfit);
    let (exact, worked) = match reduction.kind {
        ReductionKind::Exempt => (left, Detail::new(format!("免收 {left}"), format!("exempt from {left}"))),
        ReductionKind::Percent => {
            let percent = value()?;
            let exact = product(left, percent).and_then(hundredth).map_err(|_| unfit())?;
            (exact, Detail::same(format!("{left} × {}% = {}", plain(percent), money(exact))))
        }
        ReductionKind::Amount => {
            let amount = money(value()?);
            (value()?, Detail::new(format!("定额减 {amount}"), format!("{amount} off")))
        }
    };
    let worked = match exact > left {
        false => worked,
        true => Detail::new(
            format!("{}；以剩余的 {left} 为限", worked.chinese),
            format!("{}; at most the {left} that is left", worked.english),
        ),
    };
    let exact = exact.min(left);
    let amount = rounded(exact)?;
    Ok(QuoteLine {
        id: reduction.id.clone(),
        name: reduction.name.clone(),
        method: reduction.kind.code(),
        reduces: true,
        arithmetic: spelled_out(worked, None, exact, amount),
        exact: negative(exact),
        amount: negative(amount),
        unit: None,
        limit: None,
        tiers: Vec::new(),
        range: None,
        basis: Some(reduction.basis.clone()),
    })
}
