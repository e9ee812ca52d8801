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
    /// Where each tier ends and its rate; the last one has no end.
    Graduated(Vec<(i128, i128)>),
    /// The same with an amount instead where there is one.
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

fn rule_json(at: usize, rule: &Ruled) -> Value {
    let mut json = json!({ "id": format!("rule_{at}"), "name": "收费", "exclusive": false });
    let tier = |from: i128, end: i128, last: bool| json!({ "from": text(from), "to": if last { Value::Null } else { text(end).into() } });
    let (kind, members) = match &rule.charged {
        Charged::Fixed(amount) => ("fixed", json!({ "amount": text(*amount) })),
        Charged::PerUnit { amount, included, step } => {
            let mut members = json!({ "amount": text(*amount), "quantity": "quantity" });
            for (name, value) in [("included", included), ("step", step)] {
                if let Some(value) = value {
                    members[name] = text(*value).into();
                }
            }
            ("per_unit", members)
        }
        Charged::Percentage { rate } => ("percentage", json!({ "rate": text(*rate), "quantity": "quantity" })),
        Charged::Graduated(tiers) => {
            let mut from = 0;
            let mut rows = Vec::new();
            for (at, (width, rate)) in tiers.iter().enumerate() {
                let mut row = tier(from, from + width, at + 1 == tiers.len());
                row["rate"] = text(*rate).into();
                rows.push(row);
                from += width;
            }
            ("tiered", json!({ "tier_mode": "graduated", "tiers": rows, "quantity": "quantity" }))
        }
        Charged::Slab(tiers) => {
            let mut from = 0;
            let mut rows = Vec::new();
            for (at, (width, rate, amount)) in tiers.iter().enumerate() {
                let mut row = tier(from, from + width, at + 1 == tiers.len());
                match amount {
                    Some(amount) => row["amount"] = text(*amount).into(),
                    None => row["rate"] = text(*rate).into(),
                }
                rows.push(row);
                from += width;
            }
            ("tiered", json!({ "tier_mode": "slab", "tiers": rows, "quantity": "quantity" }))
        }
    };
    json["kind"] = kind.into();
    for (name, value) in members.as_object().expect("members") {
        json[name] = value.clone();
    }
    for (name, limit) in [("min", rule.min), ("max", rule.max)] {
        if let Some(limit) = limit {
            json[name] = text(limit).into();
        }
    }
    json
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
    if let Some(value) = value {
        json["value"] = text(value).into();
    }
    json
}

/// Half-up to cents, of a figure in 1/`unit` yuan.
fn cents(figure: i128, unit: i128) -> i128 {
    (figure * 200 + unit) / (2 * unit)
}

/// What a rule comes to in cents, by whole numbers alone: everything is brought to 10^-14 yuan.
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

/// Where tiers end, where steps begin and where what is included ends.
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
    let number = || "-?[0-9]{1,15}(\\.[0-9]{1,6})?";
    let parameter = || prop_oneof![Just("quantity"), Just("flag"), Just("choice"), Just("nothing")];
    let comparison = (
        parameter(),
        prop_oneof![Just("eq"), Just("ne"), Just("lt"), Just("le"), Just("gt"), Just("ge"), Just("in")],
        prop_oneof![
            number().prop_map(Value::from),
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
    let condition = condition.boxed();
    let tier = (number(), option::of(number()), option::of(number()), option::of(number())).prop_map(
        |(from, to, rate, amount)| {
            let mut tier = json!({ "from": from, "to": to });
            for (name, value) in [("rate", rate), ("amount", amount)] {
                if let Some(value) = value {
                    tier[name] = value.into();
                }
            }
            tier
        },
    );
    let kind = prop_oneof![Just("free"), Just("fixed"), Just("per_unit"), Just("percentage"), Just("tiered")];
    let figures = vec(option::weighted(0.8, number()), 7);
    let rule = (
        kind,
        option::weighted(0.9, parameter()),
        figures,
        option::weighted(0.8, vec(tier, 0..4)),
        prop_oneof![Just("slab"), Just("graduated")],
        option::weighted(0.5, condition.clone()),
        any::<bool>(),
    )
        .prop_map(|(kind, quantity, figures, tiers, mode, condition, exclusive)| {
            let mut rule =
                json!({ "id": "r", "name": "收费", "kind": kind, "exclusive": exclusive, "tier_mode": mode });
            let names = ["amount", "included", "step", "rate", "min", "max"];
            for (name, value) in names.into_iter().zip(&figures) {
                if let Some(value) = value {
                    rule[name] = value.clone().into();
                }
            }
            if let Some(percent) = &figures[6] {
                rule["range"] = json!({ "down_percent": percent, "up_percent": percent });
            }
            for (name, value) in
                [("quantity", quantity.map(Value::from)), ("tiers", tiers.map(Value::from)), ("condition", condition)]
            {
                if let Some(value) = value {
                    rule[name] = value;
                }
            }
            rule
        });
    let reduction = (
        prop_oneof![Just("exempt"), Just("percent"), Just("amount")],
        option::weighted(0.9, number()),
        option::weighted(0.5, condition),
        0u32..3,
        any::<bool>(),
    )
        .prop_map(|(kind, value, condition, priority, stackable)| {
            let mut reduction = json!({
                "id": "x", "name": "减免", "kind": kind, "basis": "文件", "priority": priority, "stackable": stackable,
            });
            for (name, value) in [("value", value.map(Value::from)), ("condition", condition)] {
                if let Some(value) = value {
                    reduction[name] = value;
                }
            }
            reduction
        });
    (vec(rule, 1..5), vec(reduction, 0..4)).prop_map(|(rules, reductions)| fee(rules, reductions))
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

    /// What is asked for decides: with everything told nothing is asked, and telling more never changes what was decided.
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
