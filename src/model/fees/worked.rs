//! The worked examples of docs/DOMAIN.md §5, line by line, and the rules around them.

use serde_json::{Value, json};

use super::{
    circumstances::Circumstances,
    model::Fee,
    quote::{Limit, Quote, Undecided, quote},
};
use crate::problem::Wrong;

fn fee(parts: Value) -> Fee {
    let mut fee = json!({
        "code": "fee-test", "name": "测试收费", "kind": "service_charge", "pricing": "government_set",
        "organisation": "12350121488102018E", "fund_management": "treasury", "legal_bases": [],
        "payer": ["person"], "valid_from": "2016-01-01",
        "parameters": [
            { "name": "quantity", "type": "decimal", "label": "数量" },
            { "name": "low_income", "type": "boolean", "label": "是否低保" },
            { "name": "grade", "type": "enum", "label": "档次", "values": [
                { "value": "100", "label": "低" }, { "value": "20", "label": "中" }, { "value": "none", "label": "无" }
            ] },
        ],
    });
    for (name, value) in parts.as_object().expect("members") {
        fee[name] = value.clone();
    }
    serde_json::from_value(fee).expect("a fee")
}

fn given(fee: &Fee, told: &[(&str, &str)]) -> Circumstances {
    let read = |(name, text): &(&str, &str)| {
        let parameter = fee.parameters.iter().find(|parameter| parameter.name == *name).expect("a parameter");
        ((*name).to_owned(), parameter.read(text).expect("a value"))
    };
    told.iter().map(read).collect()
}

fn quoted(fee: &Fee, told: &[(&str, &str)]) -> Quote {
    quote(fee, &given(fee, told)).expect("it is decided")
}

/// Exact figures, amounts and the total of a quotation.
fn figures(fee: &Fee, told: &[(&str, &str)]) -> (Vec<String>, Vec<String>, String) {
    let quote = quoted(fee, told);
    let exact = quote.lines.iter().map(|line| super::money(line.exact)).collect();
    let amounts = quote.lines.iter().map(|line| line.amount.to_string()).collect();
    (exact, amounts, quote.total.to_string())
}

#[track_caller]
fn comes_to(fee: &Fee, quantity: &str, exact: &str, total: &str) {
    let told = figures(fee, &[("quantity", quantity)]);
    assert_eq!(told, (vec![exact.to_owned()], vec![total.to_owned()], total.to_owned()), "{quantity}");
}

fn missing(fee: &Fee, told: &[(&str, &str)]) -> Vec<String> {
    match quote(fee, &given(fee, told)) {
        Err(Undecided::Missing(parameters)) => parameters.into_iter().collect(),
        other => panic!("{other:?}"),
    }
}

fn arithmetic(fee: &Fee, told: &[(&str, &str)]) -> Vec<String> {
    quoted(fee, told).lines.into_iter().map(|line| line.arithmetic.chinese).collect()
}

#[test]
fn example_1_pages_are_charged_each_at_the_rate_of_its_tier() {
    let fee = fee(json!({ "rules": [{
        "id": "by_page", "name": "按量计收", "kind": "tiered", "exclusive": true, "quantity": "quantity", "tier_mode": "graduated",
        "tiers": [
            { "from": "0", "to": "30", "rate": "0" }, { "from": "30", "to": "100", "rate": "10" },
            { "from": "100", "to": "200", "rate": "20" }, { "from": "200", "to": null, "rate": "40" },
        ],
    }] }));
    for (pages, total) in
        [("0", "0.00"), ("30", "0.00"), ("31", "10.00"), ("100", "700.00"), ("101", "720.00"), ("250", "4700.00")]
    {
        comes_to(&fee, pages, total, total);
    }
    assert_eq!(arithmetic(&fee, &[("quantity", "250")]), ["30 × 0 + 70 × 10 + 100 × 20 + 50 × 40 = 4700.00"]);
    let quote = quoted(&fee, &[("quantity", "101")]);
    let parts: Vec<_> =
        quote.lines[0].tiers.iter().map(|part| (part.quantity.to_string(), super::money(part.exact))).collect();
    assert_eq!(parts, [("30", "0.00"), ("70", "700.00"), ("1", "20.00")].map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn example_2_a_survey_is_charged_at_the_tier_of_the_whole_area() {
    let fee = fee(json!({ "rules": [{
        "id": "area", "name": "按面积分档", "kind": "tiered", "exclusive": true, "quantity": "quantity", "tier_mode": "slab",
        "tiers": [
            { "from": "0", "to": "120", "amount": "80" }, { "from": "120", "to": "300", "amount": "150" },
            { "from": "300", "to": null, "rate": "0.55" },
        ],
    }] }));
    for (area, exact, total) in [
        ("0", "80.00", "80.00"),
        ("120", "80.00", "80.00"),
        ("120.01", "150.00", "150.00"),
        ("300", "150.00", "150.00"),
        ("300.01", "165.0055", "165.01"),
    ] {
        comes_to(&fee, area, exact, total);
    }
    assert_eq!(
        arithmetic(&fee, &[("quantity", "300.01")]),
        ["300.01 在 300 以上档；300.01 × 0.55 = 165.0055；四舍五入到分为 165.01"]
    );
}

#[test]
fn example_3_a_percentage_has_a_least_and_a_most() {
    let fee = fee(json!({ "rules": [{
        "id": "share", "name": "按比例", "kind": "percentage", "exclusive": true, "quantity": "quantity", "rate": "0.35",
        "min": "20", "max": "5000",
    }] }));
    comes_to(&fee, "3333.33", "20.00", "20.00");
    comes_to(&fee, "10001", "35.0035", "35.00");
    comes_to(&fee, "2000000", "5000.00", "5000.00");
    assert_eq!(quoted(&fee, &[("quantity", "3333.33")]).lines[0].limit, Some(Limit::Least("20.00".into())));
    assert_eq!(quoted(&fee, &[("quantity", "2000000")]).lines[0].limit, Some(Limit::Most("5000.00".into())));
    assert_eq!(
        arithmetic(&fee, &[("quantity", "3333.33")]),
        ["3333.33 × 0.35% = 11.666655；不足最低收费，按 20.00 计"]
    );
}

#[test]
fn example_4_each_line_is_rounded_half_up_at_its_end() {
    let fee = fee(json!({ "rules": [{
        "id": "unit", "name": "按量", "kind": "per_unit", "exclusive": true, "quantity": "quantity", "amount": "1.005",
    }] }));
    comes_to(&fee, "1", "1.005", "1.01");
    comes_to(&fee, "3", "3.015", "3.02");
    comes_to(&fee, "7.5", "7.5375", "7.54");
}

fn by_year_begun() -> Fee {
    fee(json!({
        "rules": [{
            "id": "year", "name": "按年", "kind": "per_unit", "exclusive": true, "quantity": "quantity", "step": "12", "amount": "60",
        }],
        "reductions": [
            { "id": "amount", "name": "定额减", "kind": "amount", "value": "40", "basis": "文件", "priority": 2, "stackable": true },
            {
                "id": "half", "name": "低保减半", "kind": "percent", "value": "50", "basis": "文件", "priority": 1, "stackable": true,
                "condition": { "parameter": "low_income", "op": "eq", "value": true },
            },
        ],
    }))
}

#[test]
fn examples_5_and_6_reductions_work_on_what_is_left_by_priority() {
    let fee = by_year_begun();
    let (_, amounts, total) = figures(&fee, &[("quantity", "13"), ("low_income", "true")]);
    assert_eq!((amounts, total), (["120.00", "-60.00", "-40.00"].map(String::from).to_vec(), "20.00".into()));
    let (_, amounts, total) = figures(&fee, &[("quantity", "12"), ("low_income", "false")]);
    assert_eq!((amounts, total), (["60.00", "-40.00"].map(String::from).to_vec(), "20.00".into()));
    assert_eq!(
        arithmetic(&fee, &[("quantity", "13"), ("low_income", "true")]),
        ["13 ÷ 12，进位为 2；2 × 60.00 = 120.00", "120.00 × 50% = 60.00", "定额减 40.00"]
    );
}

#[test]
fn a_reduction_that_is_not_stackable_ends_the_reading_and_none_takes_more_than_is_left() {
    let mut fee = by_year_begun();
    fee.reductions[1].stackable = false;
    let (_, amounts, _) = figures(&fee, &[("quantity", "13"), ("low_income", "true")]);
    assert_eq!(amounts, ["120.00", "-60.00"]);
    fee.reductions[1].stackable = true;
    let (_, amounts, total) = figures(&fee, &[("quantity", "12"), ("low_income", "true")]);
    assert_eq!((amounts, total), (["60.00", "-30.00", "-30.00"].map(String::from).to_vec(), "0.00".into()));
}

#[test]
fn free_periods_are_included_quantities_and_free_rules() {
    let fee = fee(json!({ "rules": [
        {
            "id": "first", "name": "首年免费", "kind": "free", "exclusive": true,
            "condition": { "parameter": "quantity", "op": "le", "value": "12" },
        },
        {
            "id": "after", "name": "超出部分", "kind": "per_unit", "exclusive": true, "quantity": "quantity", "included": "12",
            "step": "6", "amount": "10",
        },
    ] }));
    comes_to(&fee, "12", "0.00", "0.00");
    comes_to(&fee, "12.5", "10.00", "10.00");
    comes_to(&fee, "18", "10.00", "10.00");
    comes_to(&fee, "18.000001", "20.00", "20.00");
    assert_eq!(arithmetic(&fee, &[("quantity", "25")]), ["(25 − 12) ÷ 6，进位为 3；3 × 10.00 = 30.00"]);
}

#[test]
fn rules_that_are_not_exclusive_add_lines_until_one_is() {
    let rule = |id: &str, exclusive: bool| json!({ "id": id, "name": id, "kind": "fixed", "amount": "1.005", "exclusive": exclusive });
    let fee = fee(json!({ "rules": [rule("a", false), rule("b", false), rule("c", true), rule("d", true)] }));
    let (_, amounts, total) = figures(&fee, &[]);
    assert_eq!((amounts, total), (vec!["1.01".to_owned(); 3], "3.03".into()), "rounded lines are added up");
}

#[test]
fn a_guided_price_says_between_what_it_may_lie() {
    let mut fee = by_year_begun();
    fee.pricing = crate::values::code_lists::Pricing::GovernmentGuided;
    fee.reductions.clear();
    let range = json!({ "down_percent": "10", "up_percent": "5" });
    fee.rules[0].range = Some(serde_json::from_value(range).expect("a range"));
    let range = |fee: &Fee| {
        let range = quoted(fee, &[("quantity", "13")]).lines[0].range.clone().expect("a range");
        (range.lowest.to_string(), range.highest.to_string())
    };
    assert_eq!(range(&fee), ("108.00".into(), "126.00".into()));
    fee.rules[0].max = Some("121".to_owned().try_into().expect("an amount"));
    assert_eq!(range(&fee), ("108.00".into(), "121.00".into()));
}

/// Whether a condition holds of a case, by the total: 1.00 when it does.
fn applies(condition: Value, told: &[(&str, &str)]) -> Result<bool, Vec<String>> {
    let fee = fee(json!({ "rules": [
        { "id": "a", "name": "适用", "kind": "fixed", "amount": "1", "exclusive": true, "condition": condition },
        { "id": "b", "name": "其他", "kind": "free", "exclusive": true },
    ] }));
    match quote(&fee, &given(&fee, told)) {
        Ok(quote) => Ok(!quote.total.is_zero()),
        Err(Undecided::Missing(parameters)) => Err(parameters.into_iter().collect()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn every_operator_compares_figures_flags_and_choices() {
    let is = |parameter: &str, op: &str, value: Value, told: &str| {
        applies(json!({ "parameter": parameter, "op": op, "value": value }), &[(parameter, told)])
    };
    for (op, below, equal, above) in [
        ("eq", false, true, false),
        ("ne", true, false, true),
        ("lt", true, false, false),
        ("le", true, true, false),
        ("gt", false, false, true),
        ("ge", false, true, true),
    ] {
        for value in [json!(0.3), json!("0.30")] {
            let told = ["0.299999", "0.3", "0.300001"].map(|told| is("quantity", op, value.clone(), told));
            assert_eq!(told, [Ok(below), Ok(equal), Ok(above)], "{op} {value}");
        }
        let told = ["100", "20", "none"].map(|told| is("grade", op, json!("20"), told));
        assert_eq!(told, [Ok(below), Ok(equal), Ok(above)], "{op} by the order of the list");
    }
    assert_eq!(is("grade", "in", json!(["20", "none"]), "none"), Ok(true));
    assert_eq!(is("grade", "in", json!(["20", "none"]), "100"), Ok(false));
    assert_eq!(is("quantity", "in", json!([1, 2.5]), "2.50"), Ok(true));
    assert_eq!(is("low_income", "eq", json!(true), "false"), Ok(false));
    assert_eq!(is("low_income", "ne", json!("true"), "false"), Ok(true));
    assert_eq!(is("low_income", "lt", json!(null), "false"), Ok(false), "what is of no type compares with nothing");
}

#[test]
fn an_absent_parameter_is_asked_for_only_where_it_decides() {
    let quantity = || json!({ "parameter": "quantity", "op": "gt", "value": 5 });
    let low_income = || json!({ "parameter": "low_income", "op": "eq", "value": true });
    let all = || json!({ "all": [quantity(), low_income()] });
    let any = || json!({ "any": [quantity(), low_income()] });
    let asked = |names: &[&str]| Err(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    assert_eq!(applies(all(), &[]), asked(&["low_income", "quantity"]));
    assert_eq!(applies(all(), &[("quantity", "5")]), Ok(false));
    assert_eq!(applies(all(), &[("quantity", "6")]), asked(&["low_income"]));
    assert_eq!(applies(any(), &[("low_income", "true")]), Ok(true));
    assert_eq!(applies(any(), &[("low_income", "false")]), asked(&["quantity"]));
    assert_eq!(applies(json!({ "not": all() }), &[("quantity", "5")]), Ok(true));
    assert_eq!(applies(json!({ "not": quantity() }), &[]), asked(&["quantity"]), "absent is not the same as false");
    assert_eq!(applies(json!({ "parameter": "quantity", "op": "ne", "value": 5 }), &[]), asked(&["quantity"]));
    assert_eq!(applies(json!({ "parameter": "undeclared", "op": "eq", "value": 5 }), &[]), Ok(false));
}

#[test]
fn what_does_not_apply_asks_for_nothing() {
    let fee = fee(json!({
        "rules": [
            {
                "id": "first", "name": "首次", "kind": "free", "exclusive": true,
                "condition": { "parameter": "grade", "op": "eq", "value": "none" },
            },
            { "id": "again", "name": "再次", "kind": "per_unit", "exclusive": true, "quantity": "quantity", "amount": "20" },
        ],
        "reductions": [{
            "id": "exempt", "name": "免收", "kind": "exempt", "basis": "文件", "priority": 1, "stackable": false,
            "condition": { "parameter": "low_income", "op": "eq", "value": true },
        }],
    }));
    assert_eq!(missing(&fee, &[]), ["grade"], "what follows depends on it");
    assert_eq!(missing(&fee, &[("grade", "20")]), ["low_income", "quantity"]);
    assert_eq!(missing(&fee, &[("grade", "20"), ("quantity", "1")]), ["low_income"], "the total would differ");
    assert_eq!(quoted(&fee, &[("grade", "none")]).total.to_string(), "0.00");
    assert_eq!(
        quoted(&fee, &[("grade", "20"), ("quantity", "0")]).total.to_string(),
        "0.00",
        "nothing is left to reduce"
    );
    let (_, amounts, total) = figures(&fee, &[("grade", "20"), ("quantity", "2"), ("low_income", "true")]);
    assert_eq!((amounts, total), (["40.00", "-40.00"].map(String::from).to_vec(), "0.00".into()));
}

#[test]
fn what_nobody_priced_or_nobody_can_compute_is_refused_by_name() {
    let mut fee = fee(json!({ "rules": [{
        "id": "area", "name": "按面积", "kind": "tiered", "exclusive": true, "quantity": "quantity", "tier_mode": "graduated",
        "tiers": [{ "from": "10", "to": "120", "rate": "1" }],
    }] }));
    comes_to(&fee, "120", "110.00", "110.00");
    comes_to(&fee, "9", "0.00", "0.00");
    let above = given(&fee, &[("quantity", "120.01")]);
    assert_eq!(quote(&fee, &above), Err(Undecided::AboveTiers("quantity".into(), "120".into())));
    fee.rules[0].tiers = Some(vec![
        serde_json::from_value(json!({ "from": "0", "to": null, "rate": "999999999999999.999999" })).expect("a tier"),
    ]);
    assert_eq!(quote(&fee, &above), Err(Undecided::TooLarge(Some("quantity".into()))));
    fee.rules[0].tiers = None;
    assert_eq!(quote(&fee, &above), Err(Undecided::Unfit("area".into())));
}

#[test]
fn values_are_read_as_people_type_them_and_refused_with_what_is_taken() {
    let fee = fee(json!({
        "parameters": [
            { "name": "a", "type": "integer", "label": "整数", "min": "1", "max": "10" },
            { "name": "b", "type": "decimal", "label": "小数" },
            { "name": "c", "type": "enum", "label": "选项", "values": [{ "value": "x", "label": "甲" }, { "value": "y", "label": "乙" }] },
            { "name": "d", "type": "boolean", "label": "是否" },
        ],
        "rules": [{ "id": "free", "name": "免费", "kind": "free", "exclusive": true }],
    }));
    let read = |at: usize, text: &str| fee.parameters[at].read(text);
    for (at, text) in
        [(0, "１０"), (0, "3.0"), (1, " 12.5 "), (1, "0"), (1, "-0"), (2, "ｘ"), (3, "TRUE"), (3, "false")]
    {
        assert!(read(at, text).is_ok(), "{text}");
    }
    for (at, text, code) in [
        (0, "0", "out-of-range"),
        (0, "11", "out-of-range"),
        (0, "2.5", "wrong-type"),
        (1, "-1", "out-of-range"),
        (1, "1,000", "bad-format"),
        (1, "1e3", "bad-format"),
        (1, "十", "bad-format"),
        (2, "z", "not-in-code-list"),
        (3, "yes", "not-in-code-list"),
    ] {
        assert_eq!(read(at, text).map_err(|wrong| wrong.code()), Err(code), "{text}");
    }
    assert_eq!(read(2, "z"), Err(Wrong::NotInCodeList("x, y".into())));
}
