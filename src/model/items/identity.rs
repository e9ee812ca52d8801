//! The identity of an item: codes, lists, names, organisation.

use super::model::Item;
use crate::{
    model::{checks::Case, organisations::Organisation},
    problem::{Detail, FieldError, Rule, Wrong},
    values::{
        ImplementationCode,
        code_lists::{Category, List, OrganisationKind, OrganisationNature, PowerSource},
    },
};

type Findings = Vec<FieldError>;

/// The longest name that is one, in characters.
const LONGEST_NAME: usize = 60;
/// Words in which 等 does not mean "and so on".
const NOT_ET_CETERA: [&str; 10] = ["等级", "等额", "平等", "高等", "中等", "初等", "对等", "等同", "同等", "等待"];

/// The implementation code is composed of organisation, level and catalogue code.
pub(super) fn implementation_code(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let composed = ImplementationCode::compose(&item.organisation, item.exercise_level, &item.catalogue_code);
    let wrong = Wrong::ImplementationCode(composed.to_string());
    match item.implementation_code == composed {
        true => Vec::new(),
        false => vec![FieldError::at("/implementation_code", wrong)],
    }
}

/// The handling code begins with the implementation code and ends with 01–99.
pub(super) fn handling_code(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let astray = item.handling_code.iter().filter(|handling| !handling.belongs_to(&item.implementation_code));
    let wrong = || Wrong::HandlingCode(item.implementation_code.to_string());
    astray.map(|_| FieldError::at("/handling_code", wrong())).collect()
}

/// The key is the handling code, or the implementation code where there is none.
pub(super) fn code(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let right = item.handling_code.as_ref().map_or(item.implementation_code.as_str(), |handling| handling.as_str());
    match item.code.as_str() == right {
        true => Vec::new(),
        false => vec![FieldError::at("/code", Wrong::ImplementationCode(right.into()))],
    }
}

/// The main item is one of the catalogue code.
pub(super) fn main_item(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let astray = item.main_item.iter().filter(|main| !item.catalogue_code.has_main_item(&main.catalogue_code));
    astray.map(|_| FieldError::at("/main_item/catalogue_code", Wrong::MainItem)).collect()
}

/// Digits 3–4 of the catalogue code say the category.
pub(super) fn category(case: &Case<'_, Item>) -> Findings {
    let said = case.record.catalogue_code.category();
    match said == Some(case.record.category) {
        true => Vec::new(),
        false => {
            let said = said.map_or("?", Category::label);
            vec![FieldError::at("/category", Wrong::CatalogueCategory(said.into()))]
        }
    }
}

/// Public services stand in the service list, and nothing else does.
pub(super) fn list(case: &Case<'_, Item>) -> Findings {
    let agrees = (case.record.list == List::Service) == (case.record.category == Category::PublicService);
    if agrees { Vec::new() } else { vec![FieldError::at("/list", Wrong::ListCategory)] }
}

/// A theme is one of those for its audience.
pub(super) fn theme_codes(case: &Case<'_, Item>) -> Findings {
    let astray = case.record.themes.iter().enumerate().filter(|(_, theme)| !theme.code.is_for(theme.audience));
    let wrong = |audience: &str| Wrong::NotInCodeList(audience.into());
    astray.map(|(at, theme)| FieldError::at(format!("/themes/{at}/code"), wrong(theme.audience.label()))).collect()
}

/// An item is found under a theme, except where the state acts of its own motion.
pub(super) fn themes(case: &Case<'_, Item>) -> Findings {
    use Category::{AdministrativeCompulsion, AdministrativeInspection, AdministrativePenalty};
    let expected =
        !matches!(case.record.category, AdministrativePenalty | AdministrativeCompulsion | AdministrativeInspection);
    let missing = expected && case.record.themes.is_empty();
    missing.then(|| FieldError::broken("/themes", Rule::ThemeMissing, [])).into_iter().collect()
}

/// No other item of the organisation has this name.
pub(super) fn name_duplicate(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let other = case.register.namesake(case.kind, item.organisation.as_str(), &item.name, case.key);
    other.map(|key| FieldError::broken("/name", Rule::NameDuplicate, [Detail::same(key)])).into_iter().collect()
}

/// A name as the catalogue writes one.
pub(super) fn name_form(case: &Case<'_, Item>) -> Findings {
    let found = fault_of_name(&case.record.name);
    found.map(|fault| FieldError::broken("/name", Rule::NameForm, [fault.clone(), fault])).into_iter().collect()
}

fn fault_of_name(name: &str) -> Option<Detail> {
    let plain = NOT_ET_CETERA.iter().fold(name.to_owned(), |plain, word| plain.replace(word, ""));
    let is_latin = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let characters: Vec<_> = name.chars().collect();
    let inner_space = |(at, c): (usize, &char)| {
        c.is_whitespace()
            && !(is_latin(at.checked_sub(1).and_then(|at| characters.get(at))) && is_latin(characters.get(at + 1)))
    };
    if characters.last().is_some_and(|last| "。，、；：！？.,;:!?…—-".contains(*last)) {
        Some(Detail::new("以标点结尾", "it ends in punctuation"))
    } else if plain.contains('等') {
        Some(Detail::new("含有“等”", "it says 等"))
    } else if characters.iter().enumerate().any(inner_space) {
        Some(Detail::new("含有空格或换行", "it has spaces or line breaks"))
    } else if characters.len() > LONGEST_NAME {
        Some(Detail::new("超过60个字符", "it has more than 60 characters"))
    } else {
        None
    }
}

/// The level of exercise is that of the organisation.
pub(super) fn level(case: &Case<'_, Item>) -> Findings {
    let Some(organisation) = organisation(case) else { return Vec::new() };
    let told = Detail::new(organisation.level.label(), organisation.level.value());
    match organisation.level == case.record.exercise_level {
        true => Vec::new(),
        false => vec![FieldError::broken("/exercise_level", Rule::LevelMismatch, [told])],
    }
}

/// An entrusted power names who entrusted it, and an entrusted organisation has such a power.
pub(super) fn entrustment(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let entrusted = is_entrusted(item.power_source);
    let mut found = Vec::new();
    if entrusted && item.entrustment.is_none() {
        found.push(FieldError::broken("/entrustment", Rule::EntrustmentIncomplete, []));
    }
    if item.organisation_nature == OrganisationNature::Entrusted && !entrusted {
        found.push(FieldError::broken("/power_source", Rule::EntrustmentIncomplete, []));
    }
    found
}

/// A penalty is entrusted only to an authority or a public institution (行政处罚法 第二十一条).
pub(super) fn entrusted_penalty(case: &Case<'_, Item>) -> Findings {
    use OrganisationKind::{Agency, Court, Department, Government, Other, PublicInstitution, VillageCommittee};
    let item = case.record;
    if item.category != Category::AdministrativePenalty || !is_entrusted(item.power_source) {
        return Vec::new();
    }
    match organisation(case).map(|organisation| organisation.kind) {
        None | Some(Government | Department | Agency | PublicInstitution) => Vec::new(),
        Some(VillageCommittee | Court | Other) => {
            vec![FieldError::broken("/organisation", Rule::EntrustedPenaltyBody, [])]
        }
    }
}

fn is_entrusted(source: PowerSource) -> bool {
    matches!(source, PowerSource::EntrustedBySuperior | PowerSource::EntrustedSameLevel)
}

fn organisation(case: &Case<'_, Item>) -> Option<Organisation> {
    case.register.record(&["organisation"], case.record.organisation.as_str())?.read()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain() {
        for right in ["最低生活保障对象审核", "残疾等级评定", "ABC DEF认证"] {
            assert_eq!(fault_of_name(right), None, "{right}");
        }
        for wrong in ["审核。", "伐木等审批", "低保 审核", "低保\n审核", &"长".repeat(61)] {
            assert!(fault_of_name(wrong).is_some(), "{wrong}");
        }
    }
}
