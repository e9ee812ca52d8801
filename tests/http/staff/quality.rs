//! The rules of quality: each with a record that breaks it and one that keeps it, and the report over the register.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use proptest::prelude::*;
use qingdan::{
    model::kinds::{Body, Indexed, Kind, KnownRecord, Register},
    problem::{FieldError, Rule, Severity},
    register::{catalog::Snapshot, quality::findings},
    values::code_lists::{Action, Status},
};
use serde_json::{Value, json};

use crate::helpers::app::{
    TestApp, codes_of_findings, demos, not_busy, on_a_demo_of_its_own, on_the_demo, step, walked,
};

const LICENCE: &str = "11350121003619116B5000105001000";
const PENALTY: &str = "11350121003619116B5000217001000";
const TOWNSHIP: &str = "11350121003619116B";
const HALL: &str = "12350121488101808K";
const SURVEYOR: &str = "91350100MA34500384";
const WATER: &str = "fee-rural-water";
const COLUMBARIUM: &str = "fee-columbarium";
const ROUND: &str = "clean-up-2018";

/// A record that breaks a rule: one of the demonstration, tidied, and then changed.
struct Case {
    rule: &'static str,
    kind: &'static str,
    key: &'static str,
    /// A value to set, or `None` to take the member out.
    changes: Vec<(&'static str, Option<Value>)>,
    /// Another record that is changed.
    other: Option<Other>,
    /// The field at which the rule is broken.
    at: &'static str,
}

fn case(
    rule: &'static str,
    kind: &'static str,
    key: &'static str,
    at: &'static str,
    changes: Vec<(&'static str, Value)>,
) -> Case {
    let changes = changes.into_iter().map(|(pointer, value)| (pointer, Some(value))).collect();
    Case { rule, kind, key, changes, other: None, at }
}

fn item(rule: &'static str, at: &'static str, changes: Vec<(&'static str, Value)>) -> Case {
    case(rule, "item", LICENCE, at, changes)
}

/// A case of a rule that the absence of a field breaks.
fn without(rule: &'static str, field: &'static str) -> Case {
    Case { changes: vec![(field, None)], ..item(rule, field, vec![]) }
}

impl Case {
    fn and_without(mut self, field: &'static str) -> Self {
        self.changes.push((field, None));
        self
    }

    fn beside(
        mut self,
        kind: &'static str,
        key: &'static str,
        changes: Vec<(&'static str, Value)>,
        status: Status,
    ) -> Self {
        let changes = changes.into_iter().map(|(pointer, value)| (pointer, Some(value))).collect();
        self.other = Some((kind, key, changes, status));
        self
    }
}

fn cases() -> Vec<Case> {
    let days = |value: u32| json!({ "value": value, "unit": "working_day" });
    let calendar = |value: u32| json!({ "value": value, "unit": "calendar_day" });
    let service = json!([{ "seq": 1, "name": "测绘", "mandatory": true, "providers": [] }]);
    let prerequisite = json!([{
        "seq": 1, "kind": "approval", "item": PENALTY, "name": "另一事项", "organisation_name": "乡政府", "basis": "依据"
    }]);
    let itself = json!([{
        "seq": 1, "kind": "approval", "item": LICENCE, "name": "本事项", "organisation_name": "乡政府", "basis": "依据"
    }]);
    let in_force = Status::InForce;
    vec![
        item("uscc-check-digit", "/organisation", vec![("/organisation", json!("113501210036191168"))]),
        case("division-unknown", "place", "yangli-hall", "/division", vec![("/division", json!("990101"))]),
        item("implementation-code-composition", "/implementation_code", vec![("/exercise_level", json!("county"))]),
        item("handling-code-composition", "/handling_code", vec![("/handling_code", json!(format!("{LICENCE}00")))]),
        item("catalogue-category-mismatch", "/category", vec![("/category", json!("other_power"))]),
        item("list-category-mismatch", "/list", vec![("/list", json!("service"))]),
        item(
            "main-item-mismatch",
            "/main_item/catalogue_code",
            vec![("/main_item", json!({ "catalogue_code": "000105002000", "name": "主项" }))],
        ),
        item("name-duplicate", "/name", vec![("/name", json!("对农村居民未经批准或者违反规划建住宅的处罚"))]),
        item("name-form", "/name", vec![("/name", json!("延缓入学、休学等批准"))]),
        item("organisation-unknown", "/organisation", vec![("/organisation", json!("91350100M000100Y43"))]),
        item("level-mismatch", "/exercise_level", vec![("/exercise_level", json!("county"))]),
        item("entrustment-incomplete", "/entrustment", vec![("/power_source", json!("entrusted_by_superior"))]),
        case(
            "entrusted-penalty-body",
            "item",
            PENALTY,
            "/organisation",
            vec![("/power_source", json!("entrusted_by_superior"))],
        )
        .beside("organisation", TOWNSHIP, vec![("/kind", json!("village_committee"))], in_force),
        item("reference-unknown", "/fees/0", vec![("/fees", json!(["fee-nothing"]))]),
        item("basis-missing", "/legal_bases", vec![("/legal_bases", json!([]))]),
        item("basis-repealed", "/legal_bases/0/instrument", vec![]).beside(
            "legal_instrument",
            "lex-ywjy",
            vec![("/repealed", json!("2026-11-24"))],
            in_force,
        ),
        item("basis-not-yet-effective", "/legal_bases/0/instrument", vec![]).beside(
            "legal_instrument",
            "lex-ywjy",
            vec![("/effective", json!("2016-12-21"))],
            in_force,
        ),
        item("basis-level-too-low", "/legal_bases", vec![]).beside(
            "legal_instrument",
            "lex-ywjy",
            vec![("/level", json!("department_rule"))],
            in_force,
        ),
        without("basis-without-article", "/legal_bases/0/article"),
        item("basis-text-empty", "/legal_bases/0/text", vec![("/legal_bases/0/text", json!(""))]),
        item("audience-missing", "/audience", vec![("/audience", json!([]))]),
        without("condition-missing", "/conditions"),
        item("condition-vague", "/conditions/1/text", vec![("/conditions/1/text", json!("符合其他条件。"))]),
        without("promise-missing", "/promised_limit"),
        item("promise-exceeds-legal", "/promised_limit", vec![("/promised_limit", calendar(29))]),
        item("promise-not-shorter", "/promised_limit", vec![("/promised_limit", calendar(28))]),
        item("immediate-too-long", "/promised_limit", vec![("/handling_type", json!("immediate"))]),
        without("legal-limit-missing", "/legal_limit"),
        item("licence-limit-over-20", "/limit_note", vec![("/legal_limit", calendar(29))]),
        item(
            "special-procedure-without-basis",
            "/special_procedures/0/basis",
            vec![("/special_procedures", json!([{ "kind": "on_site_check", "name": "勘查", "limit": days(3) }]))],
        ),
        item("material-missing", "/materials", vec![("/materials", json!([]))]),
        item("material-vague", "/materials/0/name", vec![("/materials/0/name", json!("其他材料"))]),
        item("material-duplicate", "/materials/1/name", vec![("/materials/1/name", json!("延缓入学（休学）申请表"))]),
        item("material-copies", "/materials/0/paper_copies", vec![("/materials/0/paper_copies", json!(0))]),
        without("material-source-missing", "/materials/1/source_organisation"),
        without("material-form-missing", "/materials/0/blank_form_url"),
        item(
            "material-shareable",
            "/materials/1/obtained_by_sharing",
            vec![("/materials/1/obtained_by_sharing", json!(false))],
        ),
        item(
            "quantity-limit-basis",
            "/quantity_limit/basis",
            vec![("/quantity_limit", json!({ "limited": true, "text": "10个" }))],
        ),
        item("fee-flag-mismatch", "/charge", vec![("/charge", json!("charged"))]),
        case("fee-without-basis", "fee", WATER, "/legal_bases", vec![("/legal_bases", json!([]))]),
        item("fee-expired", "/fees/0", vec![("/charge", json!("charged")), ("/fees", json!([WATER]))]).beside(
            "fee",
            WATER,
            vec![("/valid_until", json!("2026-11-23"))],
            in_force,
        ),
        case("fee-fund-management", "fee", WATER, "/fund_management", vec![("/kind", json!("administrative_fee"))]),
        case("fee-tier-gap", "fee", WATER, "/rules/0/tiers/1/from", vec![("/rules/0/tiers/1/from", json!("180.01"))]),
        case("fee-tier-overlap", "fee", WATER, "/rules/0/tiers/1/from", vec![("/rules/0/tiers/1/from", json!("179"))]),
        case(
            "fee-min-above-max",
            "fee",
            WATER,
            "/rules/0/min",
            vec![("/rules/0/min", json!("20")), ("/rules/0/max", json!("9.5"))],
        ),
        case("fee-amount-negative", "fee", WATER, "/rules/0/min", vec![("/rules/0/min", json!("-0.01"))]),
        case("fee-step-not-positive", "fee", WATER, "/rules/0/step", vec![("/rules/0/step", json!("0.00"))]),
        case(
            "fee-parameter-unknown",
            "fee",
            WATER,
            "/reductions/0/condition/parameter",
            vec![("/reductions/0/condition/parameter", json!("poor"))],
        ),
        Case {
            changes: vec![("/rules/0/quantity", None)],
            ..case("fee-rule-incomplete", "fee", WATER, "/rules/0/quantity", vec![])
        },
        Case {
            changes: vec![("/rules/0/range", None)],
            ..case("fee-guided-without-range", "fee", COLUMBARIUM, "/rules/0/range", vec![])
        },
        case(
            "fee-unreachable-rule",
            "fee",
            "fee-water-connection",
            "/rules/1",
            vec![("/rules/0/exclusive", json!(true))],
        )
        .and_without("/rules/0/condition"),
        item("place-missing", "/places", vec![("/places", json!([]))]),
        case("hours-invalid", "place", "yangli-hall", "/hours/0/until", vec![("/hours/0/until", json!("07:00"))]),
        Case {
            changes: vec![("/hours", None)],
            ..case("place-hours-missing", "place", "yangli-hall", "/hours", vec![])
        },
        item("phone-format", "/consultation/0/value", vec![("/consultation/0/value", json!("26000101"))]),
        item("personal-data", "/conditions/0/text", vec![("/conditions/0/text", json!("请联系13800000001。"))]),
        item("text-garbled", "/conditions/0/text", vec![("/conditions/0/text", json!("持锟斤拷证明。"))]),
        item("text-private-character", "/conditions/0/text", vec![("/conditions/0/text", json!("持\u{e863}证明。"))]),
        without("consultation-missing", "/consultation"),
        without("supervision-missing", "/supervision"),
        without("channel-missing", "/channels"),
        without("visits-without-reason", "/visit_reason"),
        item("visits-online-contradiction", "/visits", vec![("/online/depth", json!("full_process"))]),
        item("online-url-missing", "/online/url", vec![("/online/depth", json!("accept"))]),
        without("result-missing", "/results"),
        without("remedy-missing", "/remedies"),
        item(
            "remedy-limit-short",
            "/remedies/reconsideration/limit",
            vec![("/remedies/reconsideration/limit", calendar(59))],
        ),
        without("responsibility-missing", "/responsibilities"),
        item("responsibility-stage-missing", "/responsibilities", vec![("/responsibilities/0/stage", json!("other"))]),
        without("accountability-missing", "/accountability"),
        without("oversight-missing", "/oversight"),
        without("theme-missing", "/themes"),
        without("faq-missing", "/faqs"),
        without("chart-missing", "/chart"),
        item("chart-start", "/chart/nodes", vec![("/chart/nodes/0/kind", json!("task"))]),
        Case { changes: vec![("/chart/nodes/6/outcome", None)], ..item("chart-end", "/chart/nodes/6/outcome", vec![]) },
        item("chart-edge-unknown", "/chart/edges/0/to", vec![("/chart/edges/0/to", json!("nowhere"))]),
        item("chart-unreachable", "/chart/nodes/3", vec![("/chart/edges/3/to", json!("end"))]),
        item("chart-dead-end", "/chart/nodes/6", vec![("/chart/nodes/6/kind", json!("task"))]),
        item("chart-lane-unknown", "/chart/nodes/3/lane", vec![("/chart/nodes/3/lane", json!("attic"))]),
        item(
            "chart-lane-unused",
            "/chart/lanes/0",
            vec![("/chart/nodes/0/lane", json!("office")), ("/chart/nodes/1/lane", json!("office"))],
        ),
        item("chart-gateway", "/chart/nodes/5", vec![("/chart/nodes/5/kind", json!("task"))]),
        Case {
            changes: vec![("/chart/edges/6/label", None)],
            ..item("chart-branch-unlabelled", "/chart/edges/6/label", vec![])
        },
        item("chart-parallel-unbalanced", "/chart/nodes/5", vec![("/chart/nodes/5/kind", json!("parallel_gateway"))]),
        Case { changes: vec![("/chart/edges/2/rework", None)], ..item("chart-cycle", "/chart/edges", vec![]) },
        item(
            "chart-rework-unbounded",
            "/chart/edges/2/rework/max_rounds",
            vec![("/chart/edges/2/rework/max_rounds", json!(4))],
        ),
        item("chart-over-promise", "/chart/nodes", vec![("/chart/nodes/4/duration", days(4))]),
        item(
            "chart-worst-case-over-legal",
            "/chart/nodes",
            vec![("/legal_limit", days(5)), ("/promised_limit", days(5))],
        ),
        item(
            "chart-excluded-without-kind",
            "/chart/nodes/4/excluded",
            vec![("/chart/nodes/4/clock", json!("suspended"))],
        ),
        item(
            "chart-material-unknown",
            "/chart/nodes/1/materials_in/0",
            vec![("/chart/nodes/1/materials_in/0", json!(9))],
        ),
        item("chart-no-refusal", "/chart/nodes", vec![("/chart/nodes/7/outcome", json!("closed"))]),
        item(
            "intermediary-without-basis",
            "/intermediary_services/0/basis",
            vec![("/intermediary_services", service.clone())],
        ),
        item(
            "intermediary-none-listed",
            "/intermediary_services/0/providers",
            vec![("/intermediary_services", service)],
        ),
        case(
            "intermediary-affiliated",
            "intermediary",
            SURVEYOR,
            "/registered_organisation",
            vec![("/registered_organisation", json!(TOWNSHIP))],
        ),
        case(
            "intermediary-qualification-missing",
            "intermediary",
            SURVEYOR,
            "/qualifications",
            vec![("/qualifications", json!([]))],
        ),
        case(
            "intermediary-qualification-expired",
            "intermediary",
            SURVEYOR,
            "/qualifications",
            vec![("/qualifications/0/valid_until", json!("2026-11-23"))],
        ),
        Case {
            changes: vec![("/services/0/price_text", None)],
            ..case("intermediary-price-missing", "intermediary", SURVEYOR, "/services/0/price_text", vec![])
        },
        item("prerequisite-cycle", "/prerequisites/0/item", vec![("/prerequisites", itself)]),
        case("organisation-parent-cycle", "organisation", HALL, "/parent", vec![("/parent", json!(HALL))]),
        case(
            "instrument-number-form",
            "legal_instrument",
            "lex-yibx",
            "/document_number",
            vec![("/document_number", json!("国发[2016]3号"))],
        ),
        Case {
            changes: vec![("/issuer", None)],
            ..case("record-incomplete", "legal_instrument", "lex-ywjy", "/issuer", vec![])
        },
        case(
            "instrument-level-title",
            "legal_instrument",
            "lex-ywjy",
            "/level",
            vec![("/level", json!("department_rule"))],
        ),
        case(
            "instrument-date-order",
            "legal_instrument",
            "lex-yibx",
            "/effective",
            vec![("/issued", json!("2016-01-04"))],
        ),
        Case {
            changes: vec![("/entries/0/successor", None)],
            ..case("clean-up-successor", "clean_up", ROUND, "/entries/0/successor", vec![])
        },
        case(
            "clean-up-disagrees",
            "clean_up",
            ROUND,
            "/entries/4/action",
            vec![("/entries/4/action", json!("cancelled"))],
        ),
        item("date-passed", "/effective_until", vec![("/effective_until", json!("2026-11-23"))]),
        item("review-overdue", "/review_due", vec![("/verified_on", json!("2024-11-23"))]),
        item("place-closed", "/places/0/place", vec![]).beside(
            "place",
            "yangli-hall",
            vec![("/valid_until", json!("2026-11-23"))],
            in_force,
        ),
        item("prerequisite-cancelled", "/prerequisites/0/item", vec![("/prerequisites", prerequisite)]).beside(
            "item",
            PENALTY,
            vec![],
            Status::Cancelled,
        ),
        item("steps-not-described", "/chart/nodes/3/name", vec![("/chart/nodes/3/name", json!("审查"))]),
    ]
}

/// Rules about what is done to a record, not about its body.
const OF_STEPS: [&str; 2] = ["code-duplicate", "still-referenced"];

#[actix_web::test]
async fn every_rule_is_broken_by_one_record_and_kept_by_another() {
    let snapshot = demos()[0].register.catalog.snapshot();
    let cases = cases();
    let covered: BTreeSet<_> = cases.iter().map(|case| case.rule).chain(OF_STEPS).collect();
    let all: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.spec().code).collect();
    assert_eq!(all.difference(&covered).collect::<Vec<_>>(), Vec::<&&str>::new(), "a rule without its pair");
    let mut failures = Vec::new();
    for case in cases {
        let kind = snapshot.kinds().find(|kind| kind.name == case.kind).expect("a kind");
        let right = tidied(&snapshot, case.kind, case.key);
        let kept = check(kind, &right, &*snapshot);
        if kept.iter().any(|found| found.wrong.code() == case.rule) {
            failures.push(format!("{} is not kept: {:?}", case.rule, told(&kept)));
        }
        let mut wrong = right;
        change(&mut wrong, &case.changes);
        let around = Altered::new(&snapshot, case.other.as_ref());
        let found = check(kind, &wrong, &around);
        if !found.iter().any(|found| found.wrong.code() == case.rule && found.pointer() == case.at) {
            failures.push(format!("{} is not broken at {}: {:?}", case.rule, case.at, told(&found)));
        }
        if !Rule::of(case.rule).expect("a rule").spec().kinds().any(|about| about == case.kind) {
            failures.push(format!("{} is not about {}", case.rule, case.kind));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[actix_web::test]
async fn some_cases_are_milder_than_their_rule() {
    let snapshot = demos()[0].register.catalog.snapshot();
    let severity = |rule: &str, key: &str, changes: &[(&str, Option<Value>)], other: Option<Other>| {
        let kind = snapshot.kinds().find(|kind| kind.name == "item").expect("items");
        let mut body = tidied(&snapshot, "item", key);
        change(&mut body, changes);
        let found = check(kind, &body, &Altered::new(&snapshot, other.as_ref()));
        found.iter().find(|found| found.wrong.code() == rule).map(|found| found.wrong.severity())
    };
    let rule = |effective: &str| -> Option<Other> {
        let changes = vec![("/level", Some(json!("local_government_rule"))), ("/effective", Some(json!(effective)))];
        Some(("legal_instrument", "lex-ywjy", changes, Status::InForce))
    };
    assert_eq!(
        severity("basis-level-too-low", LICENCE, &[], rule("2025-11-24")),
        Some(Severity::Warning),
        "for a year"
    );
    assert_eq!(severity("basis-level-too-low", LICENCE, &[], rule("2025-11-23")), Some(Severity::Error), "not longer");
    assert_eq!(severity("chart-missing", LICENCE, &[("/chart", None)], None), Some(Severity::Error));
    let service = "12350121488101808K5352018002000";
    assert_eq!(severity("chart-missing", service, &[("/chart", None)], None), Some(Severity::Warning));
}

#[actix_web::test]
async fn what_a_chart_keeps_out_of_the_clock_has_its_basis_too() {
    let snapshot = demos()[0].register.catalog.snapshot();
    let kind = snapshot.kinds().find(|kind| kind.name == "item").expect("items");
    let mut licence = tidied(&snapshot, "item", LICENCE);
    let excluded =
        [("/chart/nodes/4/clock", Some(json!("suspended"))), ("/chart/nodes/4/excluded", Some(json!("on_site_check")))];
    change(&mut licence, &excluded);
    let found = told(&check(kind, &licence, &*snapshot));
    assert_eq!(found, ["/chart/nodes/4/excluded special-procedure-without-basis"]);
    let limit = json!({ "value": 3, "unit": "working_day" });
    let procedure = json!([{ "kind": "on_site_check", "name": "现场勘查", "limit": limit, "basis": "实施办法第八条" }]);
    change(&mut licence, &[("/special_procedures", Some(procedure))]);
    assert_eq!(told(&check(kind, &licence, &*snapshot)), [""; 0]);
    change(&mut licence, &[("/handling_type", None)]);
    assert_eq!(told(&check(kind, &licence, &*snapshot)), ["/handling_type required"]);
}

#[actix_web::test]
async fn tiers_may_end_where_their_parameter_ends() {
    let snapshot = demos()[0].register.catalog.snapshot();
    let kind = snapshot.kinds().find(|kind| kind.name == "fee").expect("fees");
    let mut fee = tidied(&snapshot, "fee", WATER);
    change(&mut fee, &[("/rules/0/tiers/2/to", Some(json!("500")))]);
    assert_eq!(told(&check(kind, &fee, &*snapshot)), ["/rules/0/tiers/2/to fee-tier-gap"]);
    change(&mut fee, &[("/parameters/0/max", Some(json!("500.0")))]);
    assert_eq!(told(&check(kind, &fee, &*snapshot)), [""; 0]);
    change(&mut fee, &[("/rules/0/tiers/1/to", None)]);
    assert_eq!(told(&check(kind, &fee, &*snapshot)), ["/rules/0/tiers/1/to fee-tier-overlap"]);
}

#[actix_web::test]
async fn every_figure_of_a_fee_is_held_against_zero() {
    let snapshot = demos()[0].register.catalog.snapshot();
    let kind = snapshot.kinds().find(|kind| kind.name == "fee").expect("fees");
    let fee = tidied(&snapshot, "fee", WATER);
    for (place, value) in [
        ("/rules/0/amount", json!("-1")),
        ("/rules/0/included", json!("-2.5")),
        ("/rules/0/rate", json!("-0.01")),
        ("/rules/0/tiers/0/rate", json!("-1.95")),
        ("/rules/0/tiers/0/amount", json!("-3")),
        ("/rules/0/tiers/0/from", json!("-1")),
        ("/reductions/0/value", json!("-100")),
    ] {
        let mut negative = fee.clone();
        change(&mut negative, &[(place, Some(value))]);
        assert_eq!(told(&check(kind, &negative, &*snapshot)), [format!("{place} fee-amount-negative")]);
        change(&mut negative, &[(place, Some(json!("0")))]);
        assert_eq!(told(&check(kind, &negative, &*snapshot)), [""; 0], "{place}: nothing is not less than nothing");
    }
    let mut ranged = tidied(&snapshot, "fee", COLUMBARIUM);
    change(&mut ranged, &[("/rules/0/range/down_percent", Some(json!("-20")))]);
    assert_eq!(told(&check(kind, &ranged, &*snapshot)), ["/rules/0/range/down_percent fee-amount-negative"]);
    for (step, found) in [
        ("1", vec![]),
        ("0.01", vec![]),
        ("-0.5", vec!["/rules/0/step fee-step-not-positive"]),
        ("0", vec!["/rules/0/step fee-step-not-positive"]),
    ] {
        let mut stepped = fee.clone();
        change(&mut stepped, &[("/rules/0/step", Some(json!(step)))]);
        assert_eq!(told(&check(kind, &stepped, &*snapshot)), found, "{step}");
    }
}

#[actix_web::test]
async fn rules_about_steps_are_kept_and_broken() {
    on_a_demo_of_its_own(async |app| {
        let again =
            step("item", Action::Create, LICENCE, Some(tidied(&app.register.catalog.snapshot(), "item", LICENCE)));
        let refused = app.publish(vec![again]).await.expect_err("it exists");
        assert_eq!(codes_of_findings(&refused), [("/records/0/body/code".to_owned(), "code-duplicate")]);
        let used = app.publish(vec![step("fee", Action::Cancel, WATER, None)]).await.expect_err("it is in use");
        assert_eq!(codes_of_findings(&used), [("/records/0/key".to_owned(), "still-referenced")]);
        app.publish(vec![step("item", Action::Cancel, LICENCE, None)]).await.expect("nothing needs it");
    })
    .await;
}

#[actix_web::test]
async fn everything_wrong_is_told_at_once_also_of_an_incomplete_draft() {
    let snapshot = demos()[0].register.catalog.snapshot();
    let kind = snapshot.kinds().find(|kind| kind.name == "item").expect("items");
    let mut draft = tidied(&snapshot, "item", LICENCE);
    let changes = [
        ("/system", None),
        ("/colour", Some(json!("red"))),
        ("/materials/0/kind", Some(json!("stone"))),
        ("/materials/0/name", Some(json!("其他材料"))),
        ("/materials/2/name", Some(json!(7))),
        ("/promised_limit", Some(json!({ "value": 30, "unit": "working_day" }))),
        ("/legal_bases", None),
        ("/online", None),
    ];
    change(&mut draft, &changes);
    let found = told(&findings(kind, &draft, &snapshot, today()));
    let expected = [
        "/colour unknown-field",
        "/legal_bases basis-missing",
        "/materials/0/kind not-in-code-list",
        "/materials/0/name material-vague",
        "/materials/2/name wrong-type",
        "/online required",
        "/promised_limit promise-exceeds-legal",
        "/system required",
    ];
    assert_eq!(found, expected, "and nothing about what could not be read");

    let nothing = told(&findings(kind, &json!({}), &snapshot, today()));
    for code in [
        "/code required",
        "/audience audience-missing",
        "/legal_bases basis-missing",
        "/consultation consultation-missing",
    ] {
        assert!(nothing.iter().any(|found| found == code), "{code} in {nothing:?}");
    }
    assert_eq!(told(&findings(kind, &json!([]), &snapshot, today()))[0], " wrong-type");
}

/// The report, as an auditor reads it. Whom other surveys keep waiting for too long is told to come again.
async fn quality(app: &TestApp, query: &str) -> Value {
    let answer = app.as_("auditor").get(&format!("/v1/quality?{query}")).await;
    answer.expect_status(200);
    answer.json()
}

#[actix_web::test]
async fn the_demonstration_register_has_no_error_and_its_score() {
    on_the_demo(async |app| {
        let report = quality(app, "on=2026-11-24&limit=200").await;
        assert_eq!(report["severities"][0]["count"], 0, "{}", report["rules"]);
        println!("score {} of {}; {}", report["score"], report["scored"], report["rules"]);
        assert_eq!(report["score"], 98.3);
        assert_eq!(report["total"], 301, "{}", report["rules"]);
        assert_eq!(report["scored"], 187);
        assert_eq!(report["seq"], 383);
    })
    .await;
}

#[actix_web::test]
async fn the_report_is_walked_filtered_and_added_up() {
    on_the_demo(async |app| {
        let whole = quality(app, "on=2026-11-24&limit=200").await;
        let sum = |list: &str| {
            whole[list].as_array().expect("a list").iter().map(|row| row["count"].as_u64().expect("n")).sum::<u64>()
        };
        assert_eq!(whole["total"], sum("rules"));
        assert_eq!(whole["total"], sum("severities"));
        let walked = walked("?on=2026-11-24&limit=200", async |query| quality(app, &query[1..]).await).await;
        assert_eq!(whole["total"], walked.len());
        let first = &walked[0];
        for member in ["kind", "key", "name", "organisation", "rule", "severity", "pointer", "message", "remedy"] {
            assert!(first[member].is_string(), "{member} of {first}");
        }

        for (query, member, value) in [
            ("severity=warning", "severity", "warning"),
            ("rule=material-shareable", "rule", "material-shareable"),
            ("kind=legal_instrument", "kind", "legal_instrument"),
            ("organisation=12350121488101808K", "organisation", "12350121488101808K"),
        ] {
            let some = quality(app, &format!("on=2026-11-24&limit=200&{query}")).await;
            let expected = walked.iter().filter(|row| row[member] == value).count();
            assert!(expected > 0 && some["total"] == expected, "{query}: {expected} and {}", some["total"]);
        }
        let below = quality(app, "on=2026-11-24&division=350121").await;
        assert_eq!(below["scored"], 187);
        assert_eq!(quality(app, "on=2026-11-24&division=35").await["total"], below["total"]);
    })
    .await;
}

#[actix_web::test]
async fn the_inspection_is_rehearsed_by_groups() {
    on_the_demo(async |app| {
        let report = quality(app, "on=2026-11-24&profile=inspection").await;
        let groups = report["inspection"].as_array().expect("groups");
        let names: Vec<_> = groups.iter().map(|group| group["group"].as_str().expect("a name")).collect();
        let expected = ["forms", "completeness", "time_fee_contact", "procedure", "materials", "basis", "channels"];
        assert_eq!(names, expected);
        assert_eq!(groups[0]["checked"], 187);
        assert_eq!(groups[0]["failing"], 2);
        assert_eq!(groups[0]["worst"].as_array().map(Vec::len), Some(2));
        assert!(quality(app, "on=2026-11-24").await.get("inspection").is_none());
    })
    .await;
}

#[actix_web::test]
async fn the_report_names_every_wrong_parameter_and_speaks_english() {
    on_the_demo(async |app| {
        let path = "/v1/quality?rule=none&severity=bad&kind=x&organisation=y&division=99&profile=z&on=soon&page=2";
        let problem = app.as_("auditor").get(path).await.expect_problem(400, "invalid-query");
        assert_eq!(problem["errors"].as_array().map(Vec::len), Some(8), "{problem}");
        let (path, headers) = ("/v1/quality?rule=material-shareable&limit=1", [("accept-language", "en")]);
        let english = async || app.as_("auditor").send(reqwest::Method::GET, path, &headers, None).await;
        let english = not_busy(english).await.json();
        assert_eq!(english["items"][0]["remedy"], "check it by sharing");
    })
    .await;
}

#[actix_web::test]
async fn every_rule_is_explained() {
    on_the_demo(async |app| {
        let page = app.get("/problems").await;
        for rule in Rule::ALL {
            assert!(page.text().contains(&format!("<code>{}</code>", rule.spec().code)), "{rule:?}");
        }
    })
    .await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_complete_body_is_judged_alike_by_both_ways_of_reading(place in 0_usize..1000) {
        let snapshot = demos()[0].register.catalog.snapshot();
        let listed: Vec<_> = snapshot.kinds().flat_map(|kind| {
            snapshot.shelf(kind.name).expect("a shelf").entries().filter(|entry| entry.is_listed()).map(move |entry| (kind, entry))
        }).collect();
        let (kind, entry) = listed[place % listed.len()];
        let text = entry.body().expect("it can be read").expect("it is there");
        let strict = told(&(kind.check)(Body::Normal(&text), &*snapshot, today()));
        let lenient = told(&(kind.check)(Body::Any(&serde_json::from_str(&text).expect("JSON")), &*snapshot, today()));
        prop_assert_eq!(strict, lenient);
    }

    #[test]
    fn no_draft_panics(place in 0_usize..1000, cut in 0_usize..1000, put in 0_usize..8) {
        let snapshot = demos()[0].register.catalog.snapshot();
        let kinds: Vec<_> = snapshot.kinds().collect();
        let kind = kinds[place % kinds.len()];
        let shelf = snapshot.shelf(kind.name).expect("a shelf");
        let entry = shelf.entries().nth(place % shelf.entries().len()).expect("a record");
        let mut body: Value = serde_json::from_str(&entry.body().expect("it can be read").expect("it is there")).expect("JSON");
        let mut pointers = Vec::new();
        collect(&body, String::new(), &mut pointers);
        let junk = [json!(null), json!(-1), json!("13800000001"), json!([]), json!({}), json!([{}]), json!(true), json!("\u{0}")];
        if let Some(value) = body.pointer_mut(&pointers[cut % pointers.len()]) {
            *value = junk[put].clone();
        }
        findings(kind, &body, &snapshot, today());
    }
}

fn collect(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, inner)| collect(inner, format!("{pointer}/{name}"), found))
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, inner)| collect(inner, format!("{pointer}/{at}"), found))
        }
        _ => {}
    }
    found.push(pointer);
}

fn today() -> NaiveDate {
    "2026-11-24".parse().expect("a date")
}

fn check(kind: &Kind, body: &Value, register: &dyn Register) -> Vec<FieldError> {
    (kind.check)(Body::Any(body), register, today())
}

/// `pointer code` of each, sorted.
fn told(found: &[FieldError]) -> Vec<String> {
    let mut told: Vec<_> = found.iter().map(|found| format!("{} {}", found.place, found.wrong.code())).collect();
    told.sort();
    told
}

/// The newest body of a record, an item's with what is merely advised.
fn tidied(snapshot: &Snapshot, kind: &str, key: &str) -> Value {
    let text =
        snapshot.get(kind, key).unwrap_or_else(|| panic!("{kind} {key}")).body().expect("readable").expect("there");
    let mut body: Value = serde_json::from_str(&text).expect("JSON");
    if key == LICENCE {
        change(
            &mut body,
            &[("/verified_on", Some(json!("2026-01-01"))), ("/materials/1/obtained_by_sharing", Some(json!(true)))],
        );
    }
    body
}

fn change(body: &mut Value, changes: &[(&str, Option<Value>)]) {
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        match (body.pointer_mut(parent).unwrap_or_else(|| panic!("{parent}")), value) {
            (Value::Object(object), Some(value)) => drop(object.insert(name.to_owned(), value.clone())),
            (Value::Object(object), None) => drop(object.shift_remove(name)),
            (Value::Array(list), Some(value)) => list[name.parse::<usize>().expect("a place")] = value.clone(),
            (other, _) => panic!("{pointer} of {other}"),
        }
    }
}

/// The register with one record changed.
struct Altered<'a> {
    snapshot: &'a Snapshot,
    kind: &'static str,
    key: &'static str,
    body: String,
    indexed: Indexed,
    status: Status,
}

type Other = (&'static str, &'static str, Vec<(&'static str, Option<Value>)>, Status);

impl<'a> Altered<'a> {
    fn new(snapshot: &'a Snapshot, other: Option<&Other>) -> Self {
        let Some((kind, key, changes, status)) = other else {
            return Self {
                snapshot,
                kind: "",
                key: "",
                body: String::new(),
                indexed: Indexed::default(),
                status: Status::InForce,
            };
        };
        let mut body = tidied(snapshot, kind, key);
        change(&mut body, changes);
        let body = body.to_string();
        let shelf = snapshot.kinds().find(|known| known.name == *kind).expect("a kind");
        let indexed = (shelf.index)(&body).expect("it is valid");
        Self { snapshot, kind, key, body, indexed, status: *status }
    }
}

impl Register for Altered<'_> {
    fn record(&self, kinds: &[&'static str], key: &str) -> Option<KnownRecord<'_>> {
        let known = self.snapshot.record(kinds, key)?;
        if (known.kind, known.key) != (self.kind, self.key) {
            return Some(known);
        }
        Some(KnownRecord { status: self.status, indexed: &self.indexed, body: self.body.as_str().into(), ..known })
    }

    fn users(&self, kind: &'static str, key: &str) -> Vec<KnownRecord<'_>> {
        self.snapshot.users(kind, key)
    }

    fn namesake(&self, kind: &'static str, organisation: &str, name: &str, own: &str) -> Option<String> {
        self.snapshot.namesake(kind, organisation, name, own)
    }
}

#[test]
fn severities_are_those_of_json() {
    assert_eq!(json!(Severity::ALL), json!(["error", "warning", "advice"]));
}
