//! HSDS 3 (Human Services Data Specification of Open Referral): every item as a service, whole.

use std::io::Write;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    extract::{Extract, Format},
    printed::item,
};
use crate::{
    model::{items::Item, organisations::Organisation, places::Place},
    problem::Problem,
    register::catalog::{Entry, instant},
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
    record: |extract, place, entry, out| {
        let comma = if place > 0 { "," } else { "" };
        Ok(write!(out, "{comma}\n{}", service(extract, entry, &item(entry)?)?)?)
    },
    end: |extract, out| {
        let (count, seq, empty) = (extract.count(), extract.seq(), extract.count() == 0);
        let page = "\"page_number\":1,\"total_pages\":1,\"first_page\":true,\"last_page\":true";
        Ok(writeln!(out, "\n],{page},\"empty\":{empty},\"size\":{count},\"total_items\":{count},\"seq\":{seq}}}")?)
    },
};

/// The identifier of what an address names: always the same, on every server.
fn id(what: &str) -> String {
    let digest = Sha256::digest(format!("urn:qingdan:{what}"));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, from)| *byte = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

fn service(extract: &Extract, entry: &Entry, item: &Item) -> Result<Value, Problem> {
    let code = item.code.as_str();
    let part = |name: &str| id(&format!("item:{code}:{name}"));
    let mut service = Map::new();
    let mut put = |name: &str, value: Value| {
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty {
            service.insert(name.into(), value);
        }
    };
    put("id", id(&format!("item:{code}")).into());
    put("name", item.name.clone().into());
    put("alternate_name", item.aliases.first().cloned().into());
    put("description", item.summary.clone().unwrap_or_else(|| item.name.clone()).into());
    put("url", item.online.url.clone().filter(|url| url.starts_with("https://")).into());
    put("status", status(entry.status).into());
    put("alert", (entry.status == Status::Suspended).then_some("暂停办理").into());
    put("application_process", joined(item.channels.iter().map(|channel| channel.label().to_owned()), "、"));
    put("wait_time", item.promised_limit.map(|limit| limit.chinese()).into());
    let fees = item.fees.iter().map(|fee| extract.name_of("fee", fee.as_str()).to_owned());
    put("fees_description", if item.charge == Charge::Free { "免费".into() } else { joined(fees, "；") });
    let conditions = item.conditions.iter().map(|condition| format!("{}.{}", condition.seq, condition.text));
    put("eligibility_description", joined(conditions, "\n"));
    put("assured_date", item.verified_on.map(|day| day.to_string()).into());
    let changed = entry.current().map(|revision| instant(revision.change.published_at));
    put("last_modified", changed.into());
    put("phones", phones(&item.consultation, &part("phone")));
    let locations = item.places.iter().filter_map(|place| extract.snapshot.get("place", place.place.as_str()));
    let at = locations.filter_map(|place| at_location(place, &part).transpose());
    let at: Vec<Value> = at.collect::<Result<_, Problem>>()?;
    put("service_at_locations", at.into());
    put("languages", json!([{ "id": part("language"), "code": "zh-CN", "name": "中文" }]));
    if let Some(division) = &entry.division {
        put(
            "service_areas",
            json!([{ "id": part("area"), "name": &**division, "extent_type": "other", "extent": &**division }]),
        );
    }
    put("organization", organisation(extract, item.organisation.as_str())?);
    let costs = item.fees.iter().map(|fee| {
        json!({
            "id": part(&format!("fee:{fee}")), "option": fee.as_str(), "currency": "CNY",
            "amount_description": extract.name_of("fee", fee.as_str()),
        })
    });
    put("cost_options", costs.collect());
    let documents = item.materials.iter().map(|material| {
        let mut document = json!({ "id": part(&format!("material:{}", material.seq)), "document": material.name });
        if let Some(url) = material.blank_form_url.as_ref().filter(|url| url.starts_with("https://")) {
            document["uri"] = url.as_str().into();
        }
        document
    });
    put("required_documents", documents.collect());
    Ok(Value::Object(service))
}

fn status(status: Status) -> &'static str {
    match status {
        Status::InForce => "active",
        Status::Suspended => "temporarily closed",
        Status::Cancelled | Status::Merged | Status::Erased => "defunct",
    }
}

fn joined(parts: impl Iterator<Item = String>, between: &str) -> Value {
    let text = parts.collect::<Vec<_>>().join(between);
    if text.is_empty() { Value::Null } else { text.into() }
}

fn phones(phones: &[Phone], of: &str) -> Value {
    let spoken = phones.iter().filter(|phone| matches!(phone.kind, Contact::Phone | Contact::Window));
    spoken.map(|phone| json!({ "id": id(&format!("{of}:{}", phone.value)), "number": phone.value })).collect()
}

/// A place where the item is handled; `None` when its text was erased.
fn at_location(entry: &Entry, part: &impl Fn(&str) -> String) -> Result<Option<Value>, Problem> {
    let Some(body) = entry.body()? else { return Ok(None) };
    let place: Place = serde_json::from_str(&body)?;
    let key = place.code.as_str();
    let of = format!("place:{key}");
    let mut location = json!({
        "id": id(&of),
        "location_type": "physical",
        "name": place.name,
        "external_identifier": key,
        "phones": phones(&place.phones, &of),
        "schedules": place.hours.iter().enumerate().map(|(number, hours)| schedule(hours, &format!("{of}:{number}"))).collect::<Vec<_>>(),
        "addresses": [{
            "id": id(&format!("{of}:address")),
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
    Ok(Some(json!({ "id": part(&format!("at:{key}")), "location": location })))
}

/// The name of the division of so many significant digits in which another one lies; its code where it has no name here.
fn above(code: &str, digits: usize) -> String {
    let code: String = code.chars().take(digits).chain(std::iter::repeat_n('0', 6 - digits)).collect();
    division::named(&code).map_or(code, |named| named.name.to_owned())
}

/// Opening hours as a weekly recurrence (RFC 5545).
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

fn organisation(extract: &Extract, code: &str) -> Result<Value, Problem> {
    let name = extract.name_of("organisation", code);
    let mut organisation = json!({ "id": id(&format!("organisation:{code}")), "name": name, "description": name });
    let body = extract.snapshot.get("organisation", code).map(|entry| entry.body()).transpose()?.flatten();
    if let Some(body) = body {
        let known: Organisation = serde_json::from_str(&body)?;
        organisation["description"] = known.duties.unwrap_or_else(|| name.to_owned()).into();
        organisation["organization_identifiers"] = json!([{
            "id": id(&format!("organisation:{code}:uscc")), "identifier_scheme": "CN-USCC",
            "identifier_type": "统一社会信用代码", "identifier": code,
        }]);
        if let Some(parent) = known.parent {
            organisation["parent_organization_id"] = id(&format!("organisation:{parent}")).into();
        }
        if let Some(website) = known.website.filter(|url| url.starts_with("https://")) {
            organisation["website"] = website.into();
        }
    }
    Ok(organisation)
}
