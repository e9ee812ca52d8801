//! The elements of GB/T 39554.2 under the names by which provinces report them to the national platform (docs/DOMAIN.md §2.1):
//! values of code lists by their national code, `1` and `0` for yes and no, several values by comma.
//!
//! The names were seen in public implementations; the text of the standard was not. What has no national name is left out.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::{
    extract::{Extract, Format},
    printed::item,
};
use crate::{
    model::items::Item,
    problem::Problem,
    values::{
        Period, Phone,
        code_lists::{Channel, Charge, Code, OnlineDepth, ThemeAudience},
    },
    web::answer::JSON,
};

/// The national elements.
pub const ELEMENTS: Format = Format {
    name: "json",
    media_type: JSON,
    variant: "-gbt39554",
    begin: |_, out| {
        out.extend(b"{\"standard\":\"GB/T 39554.2-2020\",\"items\":[");
        Ok(())
    },
    record: |extract, place, entry, out| {
        let comma = if place > 0 { "," } else { "" };
        Ok(write!(out, "{comma}\n{}", Value::Object(elements(extract, &item(entry)?)?))?)
    },
    end: |extract, out| Ok(writeln!(out, "\n],\"count\":{},\"seq\":{}}}", extract.count(), extract.seq())?),
};

fn elements(extract: &Extract, item: &Item) -> Result<Map<String, Value>, Problem> {
    let mut elements = Map::new();
    let mut put = |name: &str, value: Value| {
        let is_empty = value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty {
            elements.insert(name.into(), value);
        }
    };
    put("task_code", item.code.as_str().into());
    put("catalog_code", item.catalogue_code.as_str().into());
    put("task_handle_item", item.handling_code.as_ref().map(|code| code.as_str()).into());
    put("local_task_code", list(item.identifiers.iter().map(|identifier| identifier.value.as_str())));
    put("task_name", item.name.as_str().into());
    put("task_type", national(item.category.code()));
    let themes =
        |audience| list(item.themes.iter().filter(move |theme| theme.audience == audience).map(|t| t.code.label()));
    put("user_topic_type", themes(ThemeAudience::Person));
    put("corp_topic_type", themes(ThemeAudience::LegalPerson));
    let organisation = item.organisation.as_str();
    put("dept_code", organisation.into());
    put("dept_name", extract.name_of("organisation", organisation).into());
    put("dept_type", national(item.organisation_nature.code()));
    put("power_source", national(item.power_source.code()));
    put("use_level", national(item.exercise_level.code()));
    if let Some(entrustment) = &item.entrustment {
        put("entrust_name", extract.name_of("organisation", entrustment.by.as_str()).into());
    }
    let joint = item.joint_organisations.iter().map(|joint| joint.organisation.as_str());
    put("other_dept", list(joint.map(|code| extract.name_of("organisation", code))));
    put(
        "by_law",
        item.legal_bases
            .iter()
            .map(|basis| {
                json!({
                    "law_name": extract.name_of("legal_instrument", basis.instrument.as_str()),
                    "article": basis.article.as_ref().map(|article| article.chinese()),
                    "content": basis.text,
                })
            })
            .collect(),
    );
    put("server_type", codes(item.audience.iter().map(|audience| audience.code())));
    let conditions = item.conditions.iter().map(|condition| format!("{}.{}", condition.seq, condition.text));
    put("accept_condition", conditions.collect::<Vec<_>>().join("\n").into());
    put("limit_explain", item.quantity_limit.as_ref().and_then(|limit| limit.text.clone()).into());
    put("project_type", item.handling_type.map(|kind| kind.code()).map_or(Value::Null, national));
    for (name, limit) in [("anticipate", item.legal_limit), ("promise", item.promised_limit)] {
        put(&format!("{name}_day"), limit.map(|limit: Period| limit.value).into());
        put(&format!("{name}_type"), limit.map_or(Value::Null, |limit| national(limit.unit.code())));
        put(&format!("{name}_explain"), item.limit_note.clone().into());
    }
    put("special_procedure", list(item.special_procedures.iter().map(|procedure| procedure.name.as_str())));
    put("is_fee", flag(item.charge == Charge::Charged));
    put("fee_basis", list(item.fees.iter().map(|fee| extract.name_of("fee", fee.as_str()))));
    put("is_pay_online", flag(item.online_payment));
    put("is_schedule", flag(item.appointment));
    put("is_service_terminals", flag(item.self_service_terminal));
    put("is_entry_center", flag(item.in_service_centre));
    put("is_express", flag(item.express.supported));
    put("handle_type", codes(item.channels.iter().map(|channel| channel.code())));
    put("is_online", flag(item.channels.contains(&Channel::Online) || item.online.depth >= OnlineDepth::Accept));
    put("online_handle_depth", national(item.online.depth.code()));
    put("online_handle_url", item.online.url.clone().into());
    put("handle_area", item.cross_region.map_or(Value::Null, |region| national(region.code())));
    put("limit_scene_num", item.visits.into());
    put("limit_scene_explain", item.visit_reason.clone().into());
    let places = item.places.iter().map(|place| extract.snapshot.get("place", place.place.as_str()));
    let (mut addresses, mut times) = (Vec::new(), Vec::new());
    for place in places.flatten() {
        // It may have been erased.
        let Some(body) = place.body()? else { continue };
        let place: crate::model::places::Place = serde_json::from_str(&body)?;
        addresses.push(format!("{}（{}）", place.name, place.address));
        times.extend(place.hours.iter().map(|hours| format!("{}-{}", hours.from, hours.until)));
    }
    times.dedup();
    put("transact_addr", addresses.join("；").into());
    put("transact_time", times.join("；").into());
    put("link_way", contacts(&item.consultation));
    put("supervise_way", contacts(&item.supervision));
    put("result_type", codes(item.results.iter().map(|result| result.r#type.code())));
    put("result_name", list(item.results.iter().map(|result| result.name.as_str())));
    put("result_guid", list(item.results.iter().filter_map(|result| result.sample_url.as_deref())));
    put("service_type", list(item.intermediary_services.iter().map(|service| service.name.as_str())));
    if item.chart.is_some() {
        put("handle_flow", format!("{}/v1/items/{}/chart.svg", extract.base, item.code).into());
    }
    put("plan_effective_date", item.effective_from.to_string().into());
    put("plan_cancel_date", item.effective_until.map(|day| day.to_string()).into());
    Ok(elements)
}

/// The national code, or the Chinese term of what has none.
fn national(code: &Code) -> Value {
    code.national.unwrap_or(code.label).into()
}

fn codes<'a>(codes: impl Iterator<Item = &'a Code>) -> Value {
    list(codes.map(|code| code.national.unwrap_or(code.label)))
}

fn list<'a>(parts: impl Iterator<Item = &'a str>) -> Value {
    parts.collect::<Vec<_>>().join(",").into()
}

fn flag(yes: bool) -> Value {
    if yes { "1".into() } else { "0".into() }
}

fn contacts(phones: &[Phone]) -> Value {
    list(phones.iter().map(|phone| phone.value.as_str()))
}
