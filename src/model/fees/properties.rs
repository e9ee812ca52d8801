//! Properties of quotations: exact to the cent against whole numbers, monotone, never below 0, never a panic.

use proptest::{collection::vec, option, prelude::*, sample::Index};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    circumstances::{Circumstances, Given},
    model::Fee,
    quote::{Undecided, quote},
};

/// Figures in this module are whole numbers of 1/1 000 000, as exact as money text can be.
const UNIT: i128 = 1_000_000;

/// One rule as it is given to both sides.
#[derive(Clone, Debug)]
enum Charged {
    Fixed(i128),
    PerUnit {
        amount: i128,
        included: Option<i128>,
        step: Option<i128>,
    },
    Percentage {
        rate: i128,
    },
    /// The width of each tier and its rate; the last one has no end.
    Graduated(Vec<(i128, i128)>),
    /// The width of each tier, and its amount, or its rate where it has none; the last one has no end.
    Slab(Vec<(i128, i128, Option<i128>)>),
}

#[derive(Clone, Debug)]
struct Ruled {
    charged: Charged,
    min: Option<i128>,
    max: Option<i128>,
}

#[derive(Clone, Debug)]
enum Reduced {
    Exempt,
    Percent(i128),
    Amount(i128),
}

#[derive(Clone, Debug)]
struct Lowered {
    reduced: Reduced,
    priority: u32,
    stackable: bool,
    applies: bool,
}

fn text(figure: i128) -> String {
    format!("{}.{:06}", figure / UNIT, figure % UNIT)
}

// Amounts with up to six places, many of them at half a cent.
fn figure() -> impl Strategy<Value = i128> {
    prop_oneof![
        0..100_000 * UNIT,
        (0i128..20_000_000).prop_map(|halves| halves * 5_000),
        (0i128..5_000).prop_map(|n| n * UNIT)
    ]
}

fn charged() -> impl Strategy<Value = Charged> {
    let tiers = || vec((1..500 * UNIT, 0..100 * UNIT), 1..5);
    prop_oneof![
        figure().prop_map(Charged::Fixed),
        (figure(), option::of(figure()), option::of(prop_oneof![1..50 * UNIT, Just(12 * UNIT)]))
            .prop_map(|(amount, included, step)| Charged::PerUnit { amount, included, step }),
        (0..1_000 * UNIT).prop_map(|rate| Charged::Percentage { rate }),
        tiers().prop_map(Charged::Graduated),
        (tiers(), vec(option::of(figure()), 5)).prop_map(|(tiers, amounts)| {
            Charged::Slab(tiers.into_iter().zip(amounts).map(|((width, rate), amount)| (width, rate, amount)).collect())
        }),
    ]
}

fn ruled() -> impl Strategy<Value = Ruled> {
    let limits = (option::weighted(0.3, figure()), option::weighted(0.3, figure()));
    (charged(), limits).prop_map(|(charged, (min, max))| Ruled { charged, min, max })
}

fn lowered() -> impl Strategy<Value = Lowered> {
    let reduced = prop_oneof![
        Just(Reduced::Exempt),
        (0..130 * UNIT).prop_map(Reduced::Percent),
        figure().prop_map(Reduced::Amount)
    ];
    (reduced, 0u32..4, any::<bool>(), any::<bool>()).prop_map(|(reduced, priority, stackable, applies)| Lowered {
        reduced,
        priority,
        stackable,
        applies,
    })
}

/// Adds the members that have a value.
fn put<const N: usize>(json: &mut Value, members: [(&str, Option<Value>); N]) {
    for (name, value) in members {
        if let Some(value) = value {
            json[name] = value;
        }
    }
}

fn rule_json(at: usize, rule: &Ruled) -> Value {
    let figure = |value: &i128| -> Option<Value> { Some(text(*value).into()) };
    let rate = |rate: &i128| json!({ "rate": text(*rate) });
    let quantity = || Some("quantity".into());
    let mut json = json!({ "id": format!("rule_{at}"), "name": "收费", "exclusive": false });
    match &rule.charged {
        Charged::Fixed(amount) => put(&mut json, [("kind", Some("fixed".into())), ("amount", figure(amount))]),
        Charged::PerUnit { amount, included, step } => {
            put(&mut json, [("kind", Some("per_unit".into())), ("amount", figure(amount)), ("quantity", quantity())]);
            put(
                &mut json,
                [("included", included.as_ref().and_then(figure)), ("step", step.as_ref().and_then(figure))],
            );
        }
        Charged::Percentage { rate } => {
            put(&mut json, [("kind", Some("percentage".into())), ("rate", figure(rate)), ("quantity", quantity())]);
        }
        Charged::Graduated(tiers) => {
            let tiers = tiers_json(tiers.iter().map(|(width, of_tier)| (*width, rate(of_tier))));
            put(&mut json, tiered("graduated", tiers));
        }
        Charged::Slab(tiers) => {
            let charge = |amount: &Option<i128>, of_tier| match amount {
                Some(amount) => json!({ "amount": text(*amount) }),
                None => rate(of_tier),
            };
            let tiers = tiers_json(tiers.iter().map(|(width, rate, amount)| (*width, charge(amount, rate))));
            put(&mut json, tiered("slab", tiers));
        }
    }
    put(&mut json, [("min", rule.min.as_ref().and_then(figure)), ("max", rule.max.as_ref().and_then(figure))]);
    json
}

fn tiered(mode: &str, tiers: Vec<Value>) -> [(&'static str, Option<Value>); 4] {
    let quantity = Some("quantity".into());
    [
        ("kind", Some("tiered".into())),
        ("tier_mode", Some(mode.into())),
        ("tiers", Some(tiers.into())),
        ("quantity", quantity),
    ]
}

/// Tiers one after the other, by their widths; the last one has no end.
fn tiers_json(tiers: impl ExactSizeIterator<Item = (i128, Value)>) -> Vec<Value> {
    let (mut from, last) = (0, tiers.len() - 1);
    let tier = |(at, (width, mut tier)): (usize, (i128, Value))| {
        let to = (at < last).then(|| Value::from(text(from + width)));
        put(&mut tier, [("from", Some(text(from).into())), ("to", Some(to.into()))]);
        from += width;
        tier
    };
    tiers.enumerate().map(tier).collect()
}

fn fee(rules: Vec<Value>, reductions: Vec<Value>) -> Fee {
    let fee = json!({
        "code": "fee-test", "name": "测试收费", "kind": "service_charge", "pricing": "government_guided",
        "organisation": "12350121488102018E", "fund_management": "treasury", "legal_bases": [], "payer": ["person"],
        "valid_from": "2016-01-01", "rules": rules, "reductions": reductions,
        "parameters": [
            { "name": "quantity", "type": "decimal", "label": "数量" },
            { "name": "flag", "type": "boolean", "label": "是否" },
            { "name": "choice", "type": "enum", "label": "选项", "values": [{ "value": "1", "label": "一" }, { "value": "b", "label": "乙" }] },
        ],
    });
    serde_json::from_value(fee).expect("a fee")
}

fn reduction_json(at: usize, lowered: &Lowered) -> Value {
    let (kind, value) = match lowered.reduced {
        Reduced::Exempt => ("exempt", None),
        Reduced::Percent(value) => ("percent", Some(value)),
        Reduced::Amount(value) => ("amount", Some(value)),
    };
    let mut json = json!({
        "id": format!("reduction_{at}"), "name": "减免", "kind": kind, "basis": "文件", "priority": lowered.priority,
        "stackable": lowered.stackable, "condition": { "parameter": "flag", "op": "eq", "value": lowered.applies },
    });
    put(&mut json, [("value", value.map(|value| text(value).into()))]);
    json
}

/// Half-up to cents, of a figure in 1/`unit` yuan.
fn cents(figure: i128, unit: i128) -> i128 {
    (figure * 200 + unit) / (2 * unit)
}

/// Computes what a rule comes to in cents, by whole numbers alone: everything is brought to 10^-14 yuan.
fn oracle_line(rule: &Ruled, quantity: i128) -> i128 {
    const FINE: i128 = 100 * UNIT * UNIT;
    let by_rate = |quantity: i128, rate: i128| quantity * rate * 100;
    let exact = match &rule.charged {
        Charged::Fixed(amount) => amount * 100 * UNIT,
        Charged::PerUnit { amount, included, step } => {
            let counted = (quantity - included.unwrap_or(0)).max(0);
            match step {
                None => by_rate(counted, *amount),
                Some(step) => (counted + step - 1) / step * amount * 100 * UNIT,
            }
        }
        Charged::Percentage { rate } => quantity * rate,
        Charged::Graduated(tiers) => {
            let (mut from, mut all) = (0, 0);
            for (at, (width, rate)) in tiers.iter().enumerate() {
                let most = if at + 1 == tiers.len() { i128::MAX } else { *width };
                all += by_rate((quantity - from).clamp(0, most), *rate);
                from += width;
            }
            all
        }
        Charged::Slab(tiers) => {
            let (mut end, mut price) = (0, None);
            for (at, (width, rate, amount)) in tiers.iter().enumerate() {
                end += width;
                if price.is_none() && (quantity <= end || at + 1 == tiers.len()) {
                    price = Some(amount.map_or(by_rate(quantity, *rate), |amount| amount * 100 * UNIT));
                }
            }
            price.expect("the last tier has no end")
        }
    };
    let raised = rule.min.map_or(exact, |min| exact.max(min * 100 * UNIT));
    let limited = rule.max.map_or(raised, |max| raised.min(max * 100 * UNIT));
    cents(limited, FINE)
}

fn oracle(rules: &[Ruled], reductions: &[Lowered], flag: bool, quantity: i128) -> (Vec<i128>, i128) {
    let mut lines: Vec<_> = rules.iter().map(|rule| oracle_line(rule, quantity)).collect();
    let mut left: i128 = lines.iter().sum();
    let mut ordered: Vec<_> = reductions.iter().filter(|reduction| reduction.applies == flag).collect();
    ordered.sort_by_key(|reduction| reduction.priority);
    for reduction in ordered {
        if left == 0 {
            break;
        }
        let off = match reduction.reduced {
            Reduced::Exempt => left,
            Reduced::Percent(percent) => cents(left * percent, 100 * UNIT * 100),
            Reduced::Amount(amount) => cents(amount, UNIT),
        };
        let off = off.min(left);
        lines.push(-off);
        left -= off;
        if !reduction.stackable {
            break;
        }
    }
    (lines, left)
}

/// Lists the figures at which tiers end, steps begin, and what is included ends.
fn boundaries(rules: &[Ruled]) -> Vec<i128> {
    let ends = |widths: Vec<i128>| {
        let mut end = 0;
        widths.into_iter().map(move |width| {
            end += width;
            end
        })
    };
    let of = |rule: &Ruled| match &rule.charged {
        Charged::Fixed(_) | Charged::Percentage { .. } => Vec::new(),
        Charged::PerUnit { included, step, .. } => {
            let included = included.unwrap_or(0);
            vec![included, included + step.unwrap_or(UNIT), included + 2 * step.unwrap_or(UNIT)]
        }
        Charged::Graduated(tiers) => ends(tiers.iter().map(|tier| tier.0).collect()).collect(),
        Charged::Slab(tiers) => ends(tiers.iter().map(|tier| tier.0).collect()).collect(),
    };
    rules.iter().flat_map(of).collect()
}

fn in_cents(amount: Decimal) -> i128 {
    assert_eq!(amount.scale(), 2, "{amount}");
    amount.mantissa()
}

fn circumstances(quantity: i128, flag: bool) -> Circumstances {
    let quantity = Given::Figure(Decimal::from_i128_with_scale(quantity, 6));
    [("quantity".to_owned(), quantity), ("flag".to_owned(), Given::Flag(flag))].into()
}

/// Fees as careless as their schema allows: figures of any sign and size, members missing, conditions of any shape.
fn careless() -> impl Strategy<Value = Fee> {
    let condition = careless_condition();
    (vec(careless_rule(condition.clone()), 1..5), vec(careless_reduction(condition), 0..4))
        .prop_map(|(rules, reductions)| fee(rules, reductions))
}

fn careless_number() -> &'static str {
    "-?[0-9]{1,15}(\\.[0-9]{1,6})?"
}

fn careless_parameter() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("quantity"), Just("flag"), Just("choice"), Just("nothing")]
}

fn careless_condition() -> BoxedStrategy<Value> {
    let comparison = (
        careless_parameter(),
        prop_oneof![Just("eq"), Just("ne"), Just("lt"), Just("le"), Just("gt"), Just("ge"), Just("in")],
        prop_oneof![
            careless_number().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            ".{0,4}".prop_map(Value::from),
            Just(json!(["b", 1, null, "1e400"])),
        ],
    )
        .prop_map(|(parameter, op, value)| json!({ "parameter": parameter, "op": op, "value": value }));
    let condition = comparison.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|all| json!({ "all": all })),
            vec(inner.clone(), 0..3).prop_map(|any| json!({ "any": any })),
            inner.prop_map(|not| json!({ "not": not })),
        ]
    });
    condition.boxed()
}

fn careless_tier() -> impl Strategy<Value = Value> {
    let maybe = || option::of(careless_number());
    (careless_number(), maybe(), maybe(), maybe()).prop_map(|(from, to, rate, amount)| {
        let mut tier = json!({ "from": from, "to": to });
        put(&mut tier, [("rate", rate.map(Value::from)), ("amount", amount.map(Value::from))]);
        tier
    })
}

fn careless_rule(condition: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let kind = prop_oneof![Just("free"), Just("fixed"), Just("per_unit"), Just("percentage"), Just("tiered")];
    let members = (
        kind,
        option::weighted(0.9, careless_parameter()),
        vec(option::weighted(0.8, careless_number()), 7),
        option::weighted(0.8, vec(careless_tier(), 0..4)),
        prop_oneof![Just("slab"), Just("graduated")],
        option::weighted(0.5, condition),
        any::<bool>(),
    );
    members.prop_map(|(kind, quantity, figures, tiers, mode, condition, exclusive)| {
        let mut rule = json!({ "id": "r", "name": "收费", "kind": kind, "exclusive": exclusive, "tier_mode": mode });
        let mut figures = figures.into_iter().map(|figure| figure.map(Value::from));
        put(
            &mut rule,
            ["amount", "included", "step", "rate", "min", "max"].map(|name| (name, figures.next().flatten())),
        );
        let range = |percent: Value| json!({ "down_percent": percent, "up_percent": percent });
        put(&mut rule, [("range", figures.next().flatten().map(range))]);
        put(
            &mut rule,
            [("quantity", quantity.map(Value::from)), ("tiers", tiers.map(Value::from)), ("condition", condition)],
        );
        rule
    })
}

fn careless_reduction(condition: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let members = (
        prop_oneof![Just("exempt"), Just("percent"), Just("amount")],
        option::weighted(0.9, careless_number()),
        option::weighted(0.5, condition),
        0u32..3,
        any::<bool>(),
    );
    members.prop_map(|(kind, value, condition, priority, stackable)| {
        let mut reduction = json!({
            "id": "x", "name": "减免", "kind": kind, "basis": "文件", "priority": priority, "stackable": stackable,
        });
        put(&mut reduction, [("value", value.map(Value::from)), ("condition", condition)]);
        reduction
    })
}

proptest! {
    #[test]
    fn quotations_are_exact_to_the_cent(
        rules in vec(ruled(), 1..4), reductions in vec(lowered(), 0..4), quantity in figure(), flag: bool, at in option::of(any::<Index>()),
    ) {
        let boundaries = boundaries(&rules);
        let quantity = at.filter(|_| !boundaries.is_empty()).map_or(quantity, |at| *at.get(&boundaries));
        let json = |rules: &[Ruled]| rules.iter().enumerate().map(|(at, rule)| rule_json(at, rule)).collect();
        let lowered = reductions.iter().enumerate().map(|(at, reduction)| reduction_json(at, reduction)).collect();
        let quote = quote(&fee(json(&rules), lowered), &circumstances(quantity, flag)).expect("it is decided");
        let lines: Vec<_> = quote.lines.iter().map(|line| in_cents(line.amount)).collect();
        prop_assert_eq!((lines, in_cents(quote.total)), oracle(&rules, &reductions, flag, quantity));
    }

    #[test]
    fn more_never_costs_less_by_unit_by_percentage_and_by_graduated_tiers(rule in ruled(), a in figure(), b in figure()) {
        prop_assume!(!matches!(rule.charged, Charged::Slab(_)));
        let fee = fee(vec![rule_json(0, &rule)], vec![]);
        let of = |quantity| quote(&fee, &circumstances(quantity, false)).expect("it is decided").total;
        prop_assert!(of(a.min(b)) <= of(a.max(b)));
    }

    #[test]
    fn no_fee_and_no_text_panics_and_the_total_is_the_sum_of_the_lines(
        fee in careless(), texts in vec(option::of(prop_oneof!["[0-9]{1,15}(\\.[0-9]{1,6})?", ".{0,20}", Just("true".to_owned()), Just("b".to_owned())]), 3),
    ) {
        let mut given = Circumstances::new();
        for (parameter, text) in fee.parameters.iter().zip(texts) {
            if let Some(Ok(value)) = text.map(|text| parameter.read(&text)) {
                given.insert(parameter.name.clone(), value);
            }
        }
        match quote(&fee, &given) {
            Ok(quote) => {
                let sum: i128 = quote.lines.iter().map(|line| in_cents(line.amount)).sum();
                prop_assert_eq!(in_cents(quote.total), sum);
                prop_assert!(sum >= 0);
                let reduced: i128 = quote.lines.iter().filter(|line| line.reduces).map(|line| in_cents(line.amount)).sum();
                prop_assert!(reduced <= 0);
            }
            Err(Undecided::Missing(names)) => {
                let asked = !names.is_empty() && names.iter().all(|name| !given.contains_key(name));
                prop_assert!(asked && names.iter().all(|name| fee.parameters.iter().any(|known| known.name == *name)));
            }
            Err(Undecided::TooLarge(_) | Undecided::AboveTiers(..) | Undecided::Unfit(_)) => {}
        }
    }

    /// The parameters that are asked for decide: with everything told nothing is asked, and telling more never changes what was decided.
    #[test]
    fn a_quotation_depends_on_nothing_that_was_not_told(fee in careless(), quantity in figure(), flag: bool, second: bool) {
        let choice = if second { "b" } else { "1" };
        let mut given = circumstances(quantity, flag);
        given.insert("choice".into(), Given::Choice(choice.into()));
        let whole = quote(&fee, &given);
        prop_assert!(!matches!(whole, Err(Undecided::Missing(_))));
        for left_out in ["quantity", "flag", "choice"] {
            let mut partial = given.clone();
            partial.remove(left_out);
            if let Ok(partly) = quote(&fee, &partial) {
                prop_assert_eq!(Ok(partly), whole.clone(), "without {}", left_out);
            }
        }
    }
}
