//! The rules of items (docs/DOMAIN.md §8), one row each, with the fields that it looks at.

use std::sync::LazyLock;

use super::{authority, duties, handling, identity, model::Item, references::references};
use crate::{
    fields::Shape,
    model::{
        checks::{Case, Check, Checked, date_passed},
        instruments,
        kinds::date_order,
    },
    problem::FieldError,
};

/// The schema of an item.
pub(super) static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Item>);

/// The checks of items.
pub(super) const CHECKED: Checked<Item> =
    Checked { kind: "item", shape: &SHAPE, checks: CHECKS, key: |item| item.code.as_str(), references };

type Find = fn(&Case<'_, Item>) -> Vec<FieldError>;

const fn row(looks_at: &'static [&'static str], find: Find) -> Check<Item> {
    Check { looks_at, find }
}

const CHECKS: &[Check<Item>] = &[
    row(&["implementation_code", "organisation", "exercise_level", "catalogue_code"], identity::implementation_code),
    row(&["handling_code", "implementation_code"], identity::handling_code),
    row(&["code", "handling_code", "implementation_code"], identity::code),
    row(&["main_item/catalogue_code", "catalogue_code"], identity::main_item),
    row(&["category", "catalogue_code"], identity::category),
    row(&["list", "category"], identity::list),
    row(&["themes/*"], identity::theme_codes),
    row(&["themes/*", "category"], identity::themes),
    row(&["name", "organisation"], identity::name_duplicate),
    row(&["name"], identity::name_form),
    row(&["exercise_level", "organisation"], identity::level),
    row(&["entrustment", "power_source", "organisation_nature"], identity::entrustment),
    row(&["category", "power_source", "organisation"], identity::entrusted_penalty),
    row(&["legal_bases"], authority::basis_missing),
    row(&["legal_bases", "category"], authority::basis_level),
    row(&["legal_bases/*/instrument"], |case| instruments::repealed(case, &case.record.legal_bases)),
    row(&["legal_bases/*/instrument", "effective_from"], |case| {
        instruments::not_yet_effective(case, &case.record.legal_bases, case.record.effective_from)
    }),
    row(&["legal_bases/*/instrument", "legal_bases/*/article"], authority::articles),
    row(&["legal_bases/*/text"], |case| instruments::short_texts(&case.record.legal_bases)),
    row(&["quantity_limit"], authority::quantity_limit),
    row(&["special_procedures/*/kind", "chart/nodes/*/excluded", "chart/nodes/*/clock"], authority::excluded_steps),
    row(&["special_procedures/*/kind", "special_procedures/*/basis"], authority::special_procedures),
    row(&["intermediary_services/*/mandatory", "intermediary_services/*/basis"], authority::intermediary_basis),
    row(&["intermediary_services/*/mandatory", "intermediary_services/*/providers"], authority::intermediary_providers),
    row(&["prerequisites/*/item", "code"], authority::prerequisite_cycle),
    row(&["prerequisites/*/item"], authority::prerequisites_gone),
    row(&["audience/*"], handling::audience),
    row(&["conditions/*", "initiation"], handling::conditions),
    row(&["conditions/*/text"], handling::vague_conditions),
    row(&["handling_type", "initiation"], handling::handling_type),
    row(&["promised_limit", "initiation"], handling::promise),
    row(&["promised_limit", "legal_limit"], handling::promise_and_law),
    row(&["promised_limit", "handling_type"], handling::immediate),
    row(&["legal_limit", "limit_note", "handling_type"], handling::legal_limit),
    row(&["legal_limit", "limit_note", "category"], handling::licence_limit),
    row(&["materials/*", "initiation", "no_materials"], handling::materials),
    row(&["materials/*/name"], handling::vague_materials),
    row(&["materials/*/name", "materials/*/when", "materials/*/seq"], handling::duplicate_materials),
    row(&["materials/*/form", "materials/*/paper_copies"], handling::copies),
    row(&["materials/*/source", "materials/*/source_organisation"], handling::material_sources),
    row(&["materials/*/name", "materials/*/blank_form_url"], handling::forms),
    row(&["materials/*/name", "materials/*/form", "materials/*/obtained_by_sharing"], handling::shareable),
    row(&["charge", "fees/*"], handling::charge),
    row(&["fees/*"], handling::expired_fees),
    row(&["places/*", "initiation"], handling::places),
    row(&["places"], handling::closed_place),
    row(&["consultation/*", "supervision/*", "places/*/phone"], handling::phones),
    row(&["consultation/*"], handling::consultation),
    row(&["supervision/*"], handling::supervision),
    row(&["channels/*", "initiation"], handling::channels),
    row(&["visits", "visit_reason"], handling::visit_reason),
    row(&["visits", "online/depth"], handling::visits_online),
    row(&["channels", "online/depth"], handling::online_channel),
    row(&["online/depth", "online/url"], handling::online_url),
    row(&["results/*", "category"], handling::results),
    row(&["faqs/*", "initiation"], handling::faqs),
    row(&["review_due", "verified_on", "code"], handling::review),
    row(&["remedies", "list"], duties::remedies),
    row(&["remedies"], duties::remedy_limits),
    row(&["responsibilities/*", "list"], duties::responsibilities),
    row(&["responsibilities", "category", "initiation"], duties::stages),
    row(&["accountability/*", "list"], duties::accountability),
    row(&["oversight/*", "list"], duties::oversight),
    row(&["chart", "list"], duties::chart_missing),
    row(&["chart"], duties::chart_form),
    row(&["chart/nodes/*/materials_in", "materials"], duties::chart_materials),
    row(&["chart", "promised_limit"], duties::chart_promise),
    row(&["chart", "legal_limit"], duties::chart_worst_case),
    row(&["chart", "initiation"], duties::refusal),
    row(&["chart/nodes/*/name", "chart/nodes/*/kind", "chart/nodes/*/note"], duties::steps),
    row(&["effective_from", "effective_until"], |case| {
        let (from, until) = (case.record.effective_from, case.record.effective_until);
        date_order("/effective_from", Some(from), "/effective_until", until).into_iter().collect()
    }),
    row(&["effective_until", "code"], |case| date_passed(case, "/effective_until", case.record.effective_until)),
];
