//! The records that an intermediary names, and the rules it keeps.

use std::sync::LazyLock;

use super::model::Intermediary;
use crate::{
    fields::Shape,
    model::{
        checks::{Case, Check, Checked, date_passed, phones},
        kinds::{Reference, Slot, date_order},
    },
    problem::{Detail, FieldError, Rule},
    values::code_lists::Pricing,
};

/// The schema of an intermediary.
pub(super) static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Intermediary>);

/// The checks of intermediaries.
pub(super) const CHECKED: Checked<Intermediary> = Checked {
    kind: "intermediary",
    shape: &SHAPE,
    checks: &[
        Check { looks_at: &["phones/*"], find: |case| phones("/phones", &case.record.phones) },
        Check { looks_at: &["registered_organisation", "code"], find: affiliated },
        Check { looks_at: &["qualifications", "services"], find: qualifications },
        Check { looks_at: &["services/*/pricing", "services/*/fee", "services/*/price_text"], find: prices },
        Check { looks_at: &["qualifications/*/valid_from", "qualifications/*/valid_until"], find: qualification_dates },
        Check {
            looks_at: &["valid_from", "valid_until"],
            find: |case| {
                let (from, until) = (case.record.valid_from, case.record.valid_until);
                date_order("/valid_from", from, "/valid_until", until).into_iter().collect()
            },
        },
        Check {
            looks_at: &["valid_until", "code"],
            find: |case| date_passed(case, "/valid_until", case.record.valid_until),
        },
    ],
    key: |record| record.code.as_str(),
    references,
};

/// Every record that an intermediary names.
pub(super) fn references(record: &Intermediary) -> Vec<Reference> {
    let organisation = record.registered_organisation.iter();
    let organisation =
        organisation.map(|key| Reference::new("/registered_organisation", &["organisation"], key, Slot::Organisation));
    let fees = record.services.iter().enumerate().filter_map(|(at, service)| Some((at, service.fee.as_ref()?)));
    let fees =
        fees.map(|(at, fee)| Reference::new(format!("/services/{at}/fee"), &["fee"], fee, Slot::Fees).shown_back());
    organisation.chain(fees).collect()
}

/// An office that approves does not also profit from the paper that it asks for.
fn affiliated(case: &Case<'_, Intermediary>) -> Vec<FieldError> {
    let Some(authority) = &case.record.registered_organisation else { return Vec::new() };
    let users = case.register.users("intermediary", case.key);
    let own = users.iter().find(|user| user.kind == "item" && user.posting("organisation") == Some(authority.as_str()));
    let told = |key: &str| [Detail::same(key)];
    let found =
        own.map(|item| FieldError::broken("/registered_organisation", Rule::IntermediaryAffiliated, told(item.key)));
    found.into_iter().collect()
}

/// A service that needs a qualification has one, and one that has not ended.
fn qualifications(case: &Case<'_, Intermediary>) -> Vec<FieldError> {
    let record = case.record;
    if !record.services.iter().any(|service| service.qualification_required) {
        return Vec::new();
    }
    if record.qualifications.is_empty() {
        return vec![FieldError::broken("/qualifications", Rule::IntermediaryQualificationMissing, [])];
    }
    let ended = |until: Option<chrono::NaiveDate>| until.is_some_and(|until| until < case.today);
    let all_ended = record.qualifications.iter().all(|qualification| ended(qualification.valid_until));
    let found = all_ended.then(|| FieldError::broken("/qualifications", Rule::IntermediaryQualificationExpired, []));
    found.into_iter().collect()
}

/// The price of a service is public.
fn prices(case: &Case<'_, Intermediary>) -> Vec<FieldError> {
    let missing = case.record.services.iter().enumerate().filter_map(|(at, service)| match service.pricing {
        Pricing::GovernmentSet | Pricing::GovernmentGuided => service.fee.is_none().then_some((at, "fee")),
        Pricing::Market => service.price_text.is_none().then_some((at, "price_text")),
    });
    missing
        .map(|(at, name)| FieldError::broken(format!("/services/{at}/{name}"), Rule::IntermediaryPriceMissing, []))
        .collect()
}

fn qualification_dates(case: &Case<'_, Intermediary>) -> Vec<FieldError> {
    let qualifications = case.record.qualifications.iter().enumerate().filter_map(|(index, qualification)| {
        let at = format!("/qualifications/{index}");
        let (from, until) = (format!("{at}/valid_from"), format!("{at}/valid_until"));
        date_order(&from, Some(qualification.valid_from), &until, qualification.valid_until)
    });
    qualifications.collect()
}
