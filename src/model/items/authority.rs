//! On what an item rests, and what follows from that: its legal bases, other items, intermediaries.

use std::collections::BTreeSet;

use chrono::Months;

use super::model::Item;
use crate::{
    model::{
        checks::Case,
        instruments::{LegalInstrument, instrument},
    },
    problem::{Detail, FieldError, Rule, Severity, Wrong},
    values::code_lists::{BasisPurpose, Category, Clock, InstrumentLevel, SpecialProcedureKind, Status},
};

type Findings = Vec<FieldError>;

/// Some basis sets the power.
pub(super) fn basis_missing(case: &Case<'_, Item>) -> Findings {
    let sets = case.record.legal_bases.iter().any(|basis| basis.purpose == BasisPurpose::Setting);
    if sets { Vec::new() } else { vec![FieldError::broken("/legal_bases", Rule::BasisMissing, [])] }
}

/// The instrument that sets a licence, a penalty or a compulsion ranks high enough (行政许可法 第十四、十五条, 行政处罚法 第十至十六条,
/// 行政强制法 第十条).
pub(super) fn basis_level(case: &Case<'_, Item>) -> Findings {
    let setting = case.record.legal_bases.iter().filter(|basis| basis.purpose == BasisPurpose::Setting);
    let setting: Option<Vec<_>> = setting.map(|basis| instrument(case.register, &basis.instrument)).collect();
    // A basis that does not exist has a finding of its own.
    let Some(setting) = setting.filter(|setting| !setting.is_empty()) else { return Vec::new() };
    if setting.iter().any(|instrument| may_set(case.record.category, instrument.level)) {
        return Vec::new();
    }
    let levels: BTreeSet<_> = setting.iter().map(|instrument| instrument.level).collect();
    let join = |names: Vec<&str>, by: &str| names.join(by);
    let told = Detail::new(
        join(levels.iter().map(|level| level.label()).collect(), "、"),
        join(levels.iter().map(|level| level.value()).collect(), ", "),
    );
    let is_fresh_rule = |instrument: &LegalInstrument| {
        let ends = instrument.effective.and_then(|effective| effective.checked_add_months(Months::new(12)));
        instrument.level == InstrumentLevel::LocalGovernmentRule && ends.is_some_and(|ends| case.today <= ends)
    };
    let for_a_year = case.record.category == Category::AdministrativeLicence && setting.iter().any(is_fresh_rule);
    let wrong = match for_a_year {
        true => Wrong::Milder(Rule::BasisLevelTooLow, Severity::Warning, vec![told]),
        false => Wrong::Rule(Rule::BasisLevelTooLow, vec![told]),
    };
    vec![FieldError::at("/legal_bases", wrong)]
}

fn may_set(category: Category, level: InstrumentLevel) -> bool {
    use InstrumentLevel::{
        AdministrativeRegulation, Constitution, DepartmentRule, Law, LocalGovernmentRule, LocalRegulation,
        NormativeDocument, StateCouncilDecision,
    };
    let rank = match level {
        Constitution | Law | AdministrativeRegulation => 4,
        LocalRegulation => 3,
        StateCouncilDecision => 2,
        DepartmentRule | LocalGovernmentRule => 1,
        NormativeDocument => 0,
    };
    match category {
        Category::AdministrativeLicence => rank >= 2,
        Category::AdministrativePenalty => rank >= 1,
        Category::AdministrativeCompulsion => rank >= 3,
        Category::AdministrativeLevy
        | Category::AdministrativeBenefit
        | Category::AdministrativeInspection
        | Category::AdministrativeConfirmation
        | Category::AdministrativeReward
        | Category::AdministrativeAdjudication
        | Category::OtherPower
        | Category::PublicService => true,
    }
}

/// Laws, regulations and rules are cited with their article.
pub(super) fn articles(case: &Case<'_, Item>) -> Findings {
    let bases = case.record.legal_bases.iter().enumerate().filter(|(_, basis)| basis.article.is_none());
    let has_articles = |level: InstrumentLevel| {
        !matches!(level, InstrumentLevel::NormativeDocument | InstrumentLevel::StateCouncilDecision)
    };
    let cited = bases.filter(|(_, basis)| {
        instrument(case.register, &basis.instrument).is_some_and(|instrument| has_articles(instrument.level))
    });
    cited
        .map(|(at, _)| FieldError::broken(format!("/legal_bases/{at}/article"), Rule::BasisWithoutArticle, []))
        .collect()
}

/// A limit in number is published with its figure and its basis.
pub(super) fn quantity_limit(case: &Case<'_, Item>) -> Findings {
    let Some(limit) = case.record.quantity_limit.as_ref().filter(|limit| limit.limited) else { return Vec::new() };
    let missing = [("text", limit.text.is_none()), ("basis", limit.basis.is_none())];
    let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
    missing
        .map(|(name, _)| FieldError::broken(format!("/quantity_limit/{name}"), Rule::QuantityLimitBasis, []))
        .collect()
}

/// A procedure that the law itself does not keep out of the time limit needs a basis of its own (行政许可法 第四十五条).
pub(super) fn special_procedures(case: &Case<'_, Item>) -> Findings {
    use SpecialProcedureKind::{OnSiteCheck, Other};
    let procedures = case.record.special_procedures.iter().enumerate();
    let bare = procedures.filter(|(_, found)| matches!(found.kind, OnSiteCheck | Other) && found.basis.is_none());
    bare.map(|(at, procedure)| {
        let told = Detail::new(procedure.kind.label(), procedure.kind.value());
        FieldError::broken(format!("/special_procedures/{at}/basis"), Rule::SpecialProcedureWithoutBasis, [told])
    })
    .collect()
}

/// A step that the chart keeps out of the clock for such a procedure stands among the special procedures, with its basis.
pub(super) fn excluded_steps(case: &Case<'_, Item>) -> Findings {
    use SpecialProcedureKind::{OnSiteCheck, Other};
    let told = |kind| case.record.special_procedures.iter().any(|procedure| procedure.kind == kind);
    let mut found = Vec::new();
    for (at, node) in case.record.chart.iter().flat_map(|chart| chart.nodes.iter().enumerate()) {
        let kind = node.excluded.filter(|kind| matches!(kind, OnSiteCheck | Other) && !told(*kind));
        if let Some(kind) = kind.filter(|_| node.clock == Clock::Suspended) {
            let pointer = format!("/chart/nodes/{at}/excluded");
            let kind = Detail::new(kind.label(), kind.value());
            found.push(FieldError::broken(pointer, Rule::SpecialProcedureWithoutBasis, [kind]));
        }
    }
    found
}

/// A service that the law does not demand is not demanded.
pub(super) fn intermediary_basis(case: &Case<'_, Item>) -> Findings {
    let services = case.record.intermediary_services.iter().enumerate();
    let bare = services.filter(|(_, service)| service.mandatory && service.basis.is_none());
    let at = |at| format!("/intermediary_services/{at}/basis");
    bare.map(|(index, _)| FieldError::broken(at(index), Rule::IntermediaryWithoutBasis, [])).collect()
}

/// The provider of a mandatory service is public.
pub(super) fn intermediary_providers(case: &Case<'_, Item>) -> Findings {
    let services = case.record.intermediary_services.iter().enumerate();
    let bare = services.filter(|(_, service)| service.mandatory && service.providers.is_empty());
    let at = |at| format!("/intermediary_services/{at}/providers");
    bare.map(|(index, _)| FieldError::broken(at(index), Rule::IntermediaryNoneListed, [])).collect()
}

/// The beginning of the pointers at which an item names the items that it needs.
const PREREQUISITES: &str = "/prerequisites/";

/// No prerequisite leads back to this item.
pub(super) fn prerequisite_cycle(case: &Case<'_, Item>) -> Findings {
    let needed = case.record.prerequisites.iter().enumerate();
    let needed = needed.filter_map(|(at, needed)| Some((at, needed.item.as_ref()?.as_str())));
    let circular = needed.filter(|(_, item)| leads_to(case, item));
    circular
        .map(|(at, _)| FieldError::broken(format!("/prerequisites/{at}/item"), Rule::PrerequisiteCycle, []))
        .collect()
}

/// Whether the item `from` is this one or needs it, directly or through others.
fn leads_to(case: &Case<'_, Item>, from: &str) -> bool {
    if case.register.is_in_no_circle(case.kind, PREREQUISITES, case.key) {
        return false;
    }
    let own: BTreeSet<String> =
        case.published().map(|own| own.key.to_owned()).into_iter().chain([case.key.to_owned()]).collect();
    let mut seen = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(key) = open.pop() {
        if own.contains(&key) {
            return true;
        }
        if !seen.insert(key.clone()) {
            continue;
        }
        let Some(item) = case.register.record(&["item"], &key) else { continue };
        let references = item.indexed.references.iter();
        let needed = references.filter(|reference| reference.pointer.starts_with(PREREQUISITES));
        open.extend(needed.map(|reference| reference.key.clone()));
    }
    false
}

/// A prerequisite that is gone is none.
pub(super) fn prerequisites_gone(case: &Case<'_, Item>) -> Findings {
    let mut found = Vec::new();
    for (at, needed) in case.record.prerequisites.iter().enumerate() {
        let item = needed.item.as_ref().and_then(|key| case.register.record(&["item"], key.as_str()));
        if let Some(gone) = item.filter(|item| matches!(item.status, Status::Cancelled | Status::Merged)) {
            let pointer = format!("/prerequisites/{at}/item");
            found.push(FieldError::broken(pointer, Rule::PrerequisiteCancelled, [Detail::same(gone.key)]));
        }
    }
    found
}
