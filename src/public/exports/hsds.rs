//! HSDS 3 (Human Services Data Specification of Open Referral): every item as a service, whole.

use std::io::Write;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    extract::Format,
    item_record::{ItemRecord, Member, joined, write_element},
};
use crate::{
    model::places::Place,
    register::catalog::instant,
    values::{
        Hours, Phone,
        code_lists::{Charge, Contact, Status},
        division,
    },
    web::answer::JSON,
};

/// HSDS 3.
pub const SERVICES: Format = Format {
    name: "json",
    media_type: JSON,
    variant: "-hsds",
    begin: |_, out| Ok(write!(out, "{{\"contents\":[")?),
    record: |extract, place, entry, out| write_element(place, ItemRecord::read(extract, entry)?.object(SERVICE), out),
    end: |extract, out| {
        let (count, seq, empty) = (extract.count(), extract.seq(), extract.count() == 0);
        let page = "\"page_number\":1,\"total_pages\":1,\"first_page\":true,\"last_page\":true";
        Ok(writeln!(out, "\n],{page},\"empty\":{empty},\"size\":{count},\"total_items\":{count},\"seq\":{seq}}}")?)
    },
};

/// The members of a service, in the order in which they are written.
const SERVICE: &[Member] =
    &[
        ("id", |of| id(&format!("item:{}", of.item.code)).into()),
        ("name", |of| of.item.name.clone().into()),
        ("alternate_name", |of| of.item.aliases.first().cloned().into()),
        ("description", |of| of.item.summary.as_ref().unwrap_or(&of.item.name).as_str().into()),
        ("url", |of| of.item.online.url.as_deref().filter(is_https).into()),
        ("status", |of| status(of.entry.status).into()),
        ("alert", |of| (of.entry.status == Status::Suspended).then_some("暂停办理").into()),
        ("application_process", |of| joined(of.item.channels.iter().map(|channel| channel.label()), "、")),
        ("wait_time", |of| of.item.promised_limit.map(|limit| limit.chinese()).into()),
        ("fees_description", |of| {
            if of.item.charge == Charge::Free { "免费".into() } else { joined(of.fee_names(), "；") }
        }),
        ("eligibility_description", |of| of.conditions()),
        ("assured_date", |of| of.item.verified_on.map(|day| day.to_string()).into()),
        ("last_modified", |of| of.entry.current().map(|revision| instant(revision.change.published_at)).into()),
        ("phones", |of| phones(&of.item.consultation, &part_id(of, "phone"))),
        ("service_at_locations", |of| of.places.iter().map(|place| at_location(of, place)).collect()),
        ("languages", |of| json!([{ "id": part_id(of, "language"), "code": "zh-CN", "name": "中文" }])),
        ("service_areas", service_areas),
        ("organization", organisation),
        ("cost_options", cost_options),
        ("required_documents", required_documents),
    ];

/// Returns the identifier of what an address names: always the same one, on every server.
fn id(what: &str) -> String {
    let digest = Sha256::digest(format!("urn:qingdan:{what}"));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, from)| *byte = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

fn part_id(of: &ItemRecord<'_>, name: &str) -> String {
    id(&format!("item:{}:{name}", of.item.code))
}

fn is_https(url: &&str) -> bool {
    url.starts_with("https://")
}

fn service_areas(of: &ItemRecord<'_>) -> Value {
    let areas = of.entry.division.iter().map(|division| {
        json!({ "id": part_id(of, "area"), "name": &**division, "extent_type": "other", "extent": &**division })
    });
    areas.collect()
}

fn cost_options(of: &ItemRecord<'_>) -> Value {
    let options = of.item.fees.iter().map(|fee| {
        json!({
            "id": part_id(of, &format!("fee:{fee}")), "option": fee.as_str(), "currency": "CNY",
            "amount_description": of.extract.name_of("fee", fee.as_str()),
        })
    });
    options.collect()
}

fn required_documents(of: &ItemRecord<'_>) -> Value {
    let documents = of.item.materials.iter().map(|material| {
        let id = part_id(of, &format!("material:{}", material.seq));
        let mut document = json!({ "id": id, "document": material.name });
        if let Some(url) = material.blank_form_url.as_deref().filter(is_https) {
            document["uri"] = url.into();
        }
        document
    });
    documents.collect()
}

fn status(status: Status) -> &'static str {
    match status {
        Status::InForce => "active",
        Status::Suspended => "temporarily closed",
        Status::Cancelled | Status::Merged | Status::Erased => "defunct",
    }
}

fn phones(phones: &[Phone], of: &str) -> Value {
    let spoken = phones.iter().filter(|phone| matches!(phone.kind, Contact::Phone | Contact::Window));
    spoken.map(|phone| json!({ "id": id(&format!("{of}:{}", phone.value)), "number": phone.value })).collect()
}

/// Describes a place where the item is handled.
fn at_location(of: &ItemRecord<'_>, place: &Place) -> Value {
    let key = place.code.as_str();
    let own = format!("place:{key}");
    let schedules = place.hours.iter().enumerate();
    let schedules: Vec<_> = schedules.map(|(number, hours)| schedule(hours, &format!("{own}:{number}"))).collect();
    let mut location = json!({
        "id": id(&own),
        "location_type": "physical",
        "name": place.name,
        "external_identifier": key,
        "phones": phones(&place.phones, &own),
        "schedules": schedules,
        "addresses": [{
            "id": id(&format!("{own}:address")),
            "address_1": place.address,
            "city": above(place.division.as_str(), 4),
            "region": above(place.division.as_str(), 6),
            "state_province": above(place.division.as_str(), 2),
            // HSDS wants one; the register knows none of places.
            "postal_code": "",
            "country": "CN",
            "address_type": "physical",
        }],
    });
    let degrees = |text: &str| text.parse::<f64>().ok();
    let point = place.longitude.as_ref().zip(place.latitude.as_ref());
    if let Some((longitude, latitude)) = point {
        location["longitude"] = degrees(longitude.as_str()).into();
        location["latitude"] = degrees(latitude.as_str()).into();
    }
    json!({ "id": part_id(of, &format!("at:{key}")), "location": location })
}

/// Returns the name of the division of so many significant digits in which another one lies; its code where it has no name here.
fn above(code: &str, digits: usize) -> String {
    let code: String = code.chars().take(digits).chain(std::iter::repeat_n('0', 6 - digits)).collect();
    division::named(&code).map_or(code, |named| named.name.to_owned())
}

/// Writes opening hours as a weekly recurrence (RFC 5545).
fn schedule(hours: &Hours, of: &str) -> Value {
    const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let days: Vec<_> =
        hours.days.iter().filter_map(|day| DAYS.get(usize::from(*day).checked_sub(1)?).copied()).collect();
    let mut schedule = json!({
        "id": id(of),
        "freq": "WEEKLY",
        "byday": days.join(","),
        "opens_at": hours.from,
        "closes_at": hours.until,
    });
    if let Some(season) = &hours.season {
        schedule["notes"] = format!("{} – {}", season.from, season.until).into();
    }
    schedule
}

fn organisation(of: &ItemRecord<'_>) -> Value {
    let (code, name) = (of.item.organisation.as_str(), of.office_name());
    let mut organisation = json!({ "id": id(&format!("organisation:{code}")), "name": name, "description": name });
    let Some(office) = &of.office else { return organisation };
    if let Some(duties) = &office.duties {
        organisation["description"] = duties.as_str().into();
    }
    organisation["organization_identifiers"] = json!([{
        "id": id(&format!("organisation:{code}:uscc")), "identifier_scheme": "CN-USCC",
        "identifier_type": "统一社会信用代码", "identifier": code,
    }]);
    if let Some(parent) = &office.parent {
        organisation["parent_organization_id"] = id(&format!("organisation:{parent}")).into();
    }
    if let Some(website) = office.website.as_deref().filter(is_https) {
        organisation["website"] = website.into();
    }
    organisation
}
