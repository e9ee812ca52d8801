//! How an item is handled: limits, materials, fees, places, channels, results.

use std::collections::HashMap;

use chrono::Months;

use super::model::{Item, Material};
use crate::{
    model::{
        checks::{self, Case},
        fees::Fee,
        places::Place,
    },
    problem::{Detail, FieldError, Rule, Wrong},
    values::{
        code_lists::{Category, Channel, Charge, HandlingType, Initiation, MaterialForm, MaterialSource, OnlineDepth},
        fold, local_time,
    },
};

type Findings = Vec<FieldError>;

/// A working day in the units in which periods compare.
const WORKING_DAY: u64 = 56;
/// Words that ask for anything.
const VAGUE_MATERIALS: [&str; 4] = ["其他材料", "有关材料", "相关证明", "等材料"];
/// Words that let an office refuse at will.
const VAGUE_CONDITIONS: [&str; 3] = ["其他条件", "有关规定的条件", "视情况"];
/// Papers that offices can look up themselves.
const SHAREABLE: [&str; 5] = ["身份证", "户口簿", "户口本", "户口薄", "营业执照"];
/// How the name of a form ends.
const FORMS: [&str; 3] = ["申请表", "申请书", "承诺书"];

/// Whether anyone applies for it.
pub(super) fn on_application(item: &Item) -> bool {
    item.initiation == Initiation::Application
}

fn one(condition: bool, pointer: &str, rule: Rule) -> Findings {
    condition.then(|| FieldError::broken(pointer, rule, [])).into_iter().collect()
}

/// Somebody may use it.
pub(super) fn audience(case: &Case<'_, Item>) -> Findings {
    one(case.record.audience.is_empty(), "/audience", Rule::AudienceMissing)
}

/// An item on application has conditions.
pub(super) fn conditions(case: &Case<'_, Item>) -> Findings {
    one(on_application(case.record) && case.record.conditions.is_empty(), "/conditions", Rule::ConditionMissing)
}

/// No condition is a catch-all.
pub(super) fn vague_conditions(case: &Case<'_, Item>) -> Findings {
    let conditions = case.record.conditions.iter().enumerate();
    let vague = conditions.filter_map(|(at, condition)| Some((at, first_of(&VAGUE_CONDITIONS, &condition.text)?)));
    vague
        .map(|(at, word)| {
            FieldError::broken(format!("/conditions/{at}/text"), Rule::ConditionVague, [Detail::same(word)])
        })
        .collect()
}

fn first_of(words: &[&'static str], text: &str) -> Option<&'static str> {
    words.iter().copied().find(|word| text.contains(word))
}

/// An item on application is handled at once or within a promised time.
pub(super) fn handling_type(case: &Case<'_, Item>) -> Findings {
    let missing = on_application(case.record) && case.record.handling_type.is_none();
    missing.then(|| FieldError::at("/handling_type", Wrong::Required)).into_iter().collect()
}

/// An item on application has a promised time.
pub(super) fn promise(case: &Case<'_, Item>) -> Findings {
    one(on_application(case.record) && case.record.promised_limit.is_none(), "/promised_limit", Rule::PromiseMissing)
}

/// The promised time is at most the legal one, and better a shorter one.
pub(super) fn promise_and_law(case: &Case<'_, Item>) -> Findings {
    let Some((promised, legal)) = case.record.promised_limit.zip(case.record.legal_limit) else { return Vec::new() };
    if promised.units() > legal.units() {
        return vec![FieldError::broken(
            "/promised_limit",
            Rule::PromiseExceedsLegal,
            [promised.in_both_languages(), legal.in_both_languages()],
        )];
    }
    let could_be_less = promised.units() == legal.units() && legal.units() > 5 * WORKING_DAY;
    one(could_be_less, "/promised_limit", Rule::PromiseNotShorter)
}

/// At once means within a working day.
pub(super) fn immediate(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let promised = item.promised_limit.filter(|promised| promised.units() > WORKING_DAY);
    let promised = promised.filter(|_| item.handling_type == Some(HandlingType::Immediate));
    let found = promised
        .map(|promised| FieldError::broken("/promised_limit", Rule::ImmediateTooLong, [promised.in_both_languages()]));
    found.into_iter().collect()
}

/// Without a legal limit there is a note.
pub(super) fn legal_limit(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let promised = item.handling_type == Some(HandlingType::Promised);
    let missing = promised && item.legal_limit.is_none() && item.limit_note.is_none();
    one(missing, "/legal_limit", Rule::LegalLimitMissing)
}

/// A licence takes at most 20 working days unless a law says otherwise (行政许可法 第四十二条).
pub(super) fn licence_limit(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let is_licence = item.category == Category::AdministrativeLicence && item.limit_note.is_none();
    let legal = item.legal_limit.filter(|legal| is_licence && legal.units() > 20 * WORKING_DAY);
    legal
        .map(|legal| FieldError::broken("/limit_note", Rule::LicenceLimitOver20, [legal.in_both_languages()]))
        .into_iter()
        .collect()
}

/// An item on application needs materials, or says that it needs none.
pub(super) fn materials(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let missing = on_application(item) && item.materials.is_empty() && item.no_materials != Some(true);
    one(missing, "/materials", Rule::MaterialMissing)
}

/// The findings of a rule about each material by itself.
fn each_material(case: &Case<'_, Item>, member: &str, rule: Rule, broken: impl Fn(&Material) -> bool) -> Findings {
    let materials = case.record.materials.iter().enumerate().filter(|(_, material)| broken(material));
    materials.map(|(at, _)| FieldError::broken(format!("/materials/{at}/{member}"), rule, [])).collect()
}

/// No material is a catch-all.
pub(super) fn vague_materials(case: &Case<'_, Item>) -> Findings {
    let materials = case.record.materials.iter().enumerate();
    let vague = materials.filter_map(|(at, material)| Some((at, first_of(&VAGUE_MATERIALS, &material.name)?)));
    vague
        .map(|(at, word)| {
            FieldError::broken(format!("/materials/{at}/name"), Rule::MaterialVague, [Detail::same(word)])
        })
        .collect()
}

/// No material stands twice, unless in different cases.
pub(super) fn duplicate_materials(case: &Case<'_, Item>) -> Findings {
    let folded = |text: &str| fold(text).to_lowercase().split_whitespace().collect::<String>();
    let mut seen = HashMap::new();
    let mut found = Vec::new();
    for (at, material) in case.record.materials.iter().enumerate() {
        let identity = (folded(&material.name), material.when.as_deref().map(folded));
        let first = *seen.entry(identity).or_insert(material.seq);
        if first != material.seq {
            let pointer = format!("/materials/{at}/name");
            found.push(FieldError::broken(pointer, Rule::MaterialDuplicate, [Detail::same(first)]));
        }
    }
    found
}

/// Paper is counted, and what is electronic has no copies.
pub(super) fn copies(case: &Case<'_, Item>) -> Findings {
    each_material(case, "paper_copies", Rule::MaterialCopies, |material| match material.form {
        MaterialForm::Paper | MaterialForm::Both => material.paper_copies == 0,
        MaterialForm::Electronic => material.paper_copies > 0,
    })
}

/// A material that an authority issues names the authority.
pub(super) fn material_sources(case: &Case<'_, Item>) -> Findings {
    each_material(case, "source_organisation", Rule::MaterialSourceMissing, |material| {
        material.source == MaterialSource::Government && material.source_organisation.is_none()
    })
}

/// A form can be downloaded.
pub(super) fn forms(case: &Case<'_, Item>) -> Findings {
    each_material(case, "blank_form_url", Rule::MaterialFormMissing, |material| {
        FORMS.iter().any(|form| material.name.ends_with(form)) && material.blank_form_url.is_none()
    })
}

/// A fact that offices can look up is not asked for on paper.
pub(super) fn shareable(case: &Case<'_, Item>) -> Findings {
    each_material(case, "obtained_by_sharing", Rule::MaterialShareable, |material| {
        let asked_on_paper = material.form == MaterialForm::Paper && !material.obtained_by_sharing;
        asked_on_paper && SHAREABLE.iter().any(|paper| material.name.contains(paper))
    })
}

/// Free means without fees, and charged with them.
pub(super) fn charge(case: &Case<'_, Item>) -> Findings {
    let agrees = (case.record.charge == Charge::Charged) != case.record.fees.is_empty();
    one(!agrees, "/charge", Rule::FeeFlagMismatch)
}

/// No fee is charged after its time.
pub(super) fn expired_fees(case: &Case<'_, Item>) -> Findings {
    let mut found = Vec::new();
    for (at, key) in case.record.fees.iter().enumerate() {
        let fee: Option<Fee> = case.register.record(&["fee"], key.as_str()).and_then(|fee| fee.read());
        if let Some(until) = fee.and_then(|fee| fee.valid_until).filter(|until| *until < case.today) {
            let told = [Detail::same(key), Detail::same(until)];
            found.push(FieldError::broken(format!("/fees/{at}"), Rule::FeeExpired, told));
        }
    }
    found
}

/// An item on application is handled somewhere.
pub(super) fn places(case: &Case<'_, Item>) -> Findings {
    one(on_application(case.record) && case.record.places.is_empty(), "/places", Rule::PlaceMissing)
}

/// The only place is still open.
pub(super) fn closed_place(case: &Case<'_, Item>) -> Findings {
    let [only] = case.record.places.as_slice() else { return Vec::new() };
    let place: Option<Place> = case.register.record(&["place"], only.place.as_str()).and_then(|place| place.read());
    let closed =
        place.and_then(|place| Some((place.name, place.valid_until?))).filter(|(_, until)| *until < case.today);
    let told = |(name, until)| [Detail::same(name), Detail::same(until)];
    closed.map(|closed| FieldError::broken("/places/0/place", Rule::PlaceClosed, told(closed))).into_iter().collect()
}

/// Numbers that the public may call.
pub(super) fn phones(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let mut found = checks::phones("/consultation", &item.consultation);
    found.extend(checks::phones("/supervision", &item.supervision));
    let windows = item.places.iter().enumerate().filter_map(|(at, place)| Some((at, place.phone.as_ref()?)));
    found.extend(windows.filter_map(|(at, number)| checks::phone(format!("/places/{at}/phone"), number)));
    found
}

/// One can ask.
pub(super) fn consultation(case: &Case<'_, Item>) -> Findings {
    one(case.record.consultation.is_empty(), "/consultation", Rule::ConsultationMissing)
}

/// One can complain.
pub(super) fn supervision(case: &Case<'_, Item>) -> Findings {
    one(case.record.supervision.is_empty(), "/supervision", Rule::SupervisionMissing)
}

/// An item on application has a channel.
pub(super) fn channels(case: &Case<'_, Item>) -> Findings {
    one(on_application(case.record) && case.record.channels.is_empty(), "/channels", Rule::ChannelMissing)
}

/// An item for which people must come says why.
pub(super) fn visit_reason(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let bare = item.visits >= 1 && item.visit_reason.is_none();
    let found =
        bare.then(|| FieldError::broken("/visit_reason", Rule::VisitsWithoutReason, [Detail::same(item.visits)]));
    found.into_iter().collect()
}

/// Wholly online means no visit.
pub(super) fn visits_online(case: &Case<'_, Item>) -> Findings {
    let contradiction = case.record.online.depth == OnlineDepth::FullProcess && case.record.visits > 0;
    one(contradiction, "/visits", Rule::VisitsOnlineContradiction)
}

/// An item that is accepted online has that channel.
pub(super) fn online_channel(case: &Case<'_, Item>) -> Findings {
    let item = case.record;
    let absent = item.online.depth >= OnlineDepth::Accept && !item.channels.contains(&Channel::Online);
    one(absent, "/channels", Rule::VisitsOnlineContradiction)
}

/// An item that is accepted online has an address.
pub(super) fn online_url(case: &Case<'_, Item>) -> Findings {
    let online = &case.record.online;
    let has_url = online.url.as_ref().is_some_and(|url| url.starts_with("https://"));
    one(online.depth >= OnlineDepth::Accept && !has_url, "/online/url", Rule::OnlineUrlMissing)
}

/// A licence, a confirmation, a benefit and an adjudication end in something.
pub(super) fn results(case: &Case<'_, Item>) -> Findings {
    use Category::{
        AdministrativeAdjudication, AdministrativeBenefit, AdministrativeConfirmation, AdministrativeLicence,
    };
    let has_result = matches!(
        case.record.category,
        AdministrativeLicence | AdministrativeConfirmation | AdministrativeBenefit | AdministrativeAdjudication
    );
    one(has_result && case.record.results.is_empty(), "/results", Rule::ResultMissing)
}

/// An item on application answers questions.
pub(super) fn faqs(case: &Case<'_, Item>) -> Findings {
    one(on_application(case.record) && case.record.faqs.is_empty(), "/faqs", Rule::FaqMissing)
}

/// Somebody has looked at it lately.
pub(super) fn review(case: &Case<'_, Item>) -> Findings {
    let overdue = match case.record.review_due {
        Some(due) => due < case.today,
        None => {
            let revised = case.published().map(|own| local_time(own.published_at).date());
            let last = revised.max(case.record.verified_on);
            let until = last.and_then(|last| last.checked_add_months(Months::new(24)));
            until.is_some_and(|until| until < case.today)
        }
    };
    one(overdue, "/review_due", Rule::ReviewOverdue)
}
