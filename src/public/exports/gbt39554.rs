//! The elements of GB/T 39554.2 under the names by which provinces report them to the national platform (docs/DOMAIN.md §2.1):
//! values of code lists by their national code, `1` and `0` for yes and no, several values by comma.
//!
//! The names were seen in public implementations; the text of the standard was not. What has no national name is left out.

use serde_json::{Value, json};

use super::{
    extract::Format,
    item_record::{ItemRecord, Member, joined, write_element},
    text::write_end,
};
use crate::{
    model::items::Item,
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
    record: |extract, place, entry, out| write_element(place, ItemRecord::read(extract, entry)?.object(MEMBERS), out),
    end: write_end,
};

/// The elements, in the order in which they are written.
const MEMBERS: &[Member] = &[
    ("task_code", |of| of.item.code.as_str().into()),
    ("catalog_code", |of| of.item.catalogue_code.as_str().into()),
    ("task_handle_item", |of| of.item.handling_code.as_ref().map(|code| code.as_str()).into()),
    ("local_task_code", |of| list(of.item.identifiers.iter().map(|identifier| identifier.value.as_str()))),
    ("task_name", |of| of.item.name.as_str().into()),
    ("task_type", |of| national(of.item.category.code())),
    ("user_topic_type", |of| themes(&of.item, ThemeAudience::Person)),
    ("corp_topic_type", |of| themes(&of.item, ThemeAudience::LegalPerson)),
    ("dept_code", |of| of.item.organisation.as_str().into()),
    ("dept_name", |of| of.office_name().into()),
    ("dept_type", |of| national(of.item.organisation_nature.code())),
    ("power_source", |of| national(of.item.power_source.code())),
    ("use_level", |of| national(of.item.exercise_level.code())),
    ("entrust_name", |of| {
        let by = of.item.entrustment.as_ref().map(|entrustment| entrustment.by.as_str());
        by.map(|code| of.extract.name_of("organisation", code)).into()
    }),
    ("other_dept", |of| {
        let joint = of.item.joint_organisations.iter().map(|joint| joint.organisation.as_str());
        list(joint.map(|code| of.extract.name_of("organisation", code)))
    }),
    ("by_law", legal_bases),
    ("server_type", |of| codes(of.item.audience.iter().map(|audience| audience.code()))),
    ("accept_condition", |of| of.conditions()),
    ("limit_explain", |of| of.item.quantity_limit.as_ref().and_then(|limit| limit.text.clone()).into()),
    ("project_type", |of| of.item.handling_type.map(|kind| national(kind.code())).into()),
    ("anticipate_day", |of| length(of.item.legal_limit)),
    ("anticipate_type", |of| unit(of.item.legal_limit)),
    ("anticipate_explain", |of| of.item.limit_note.clone().into()),
    ("promise_day", |of| length(of.item.promised_limit)),
    ("promise_type", |of| unit(of.item.promised_limit)),
    ("promise_explain", |of| of.item.limit_note.clone().into()),
    ("special_procedure", |of| list(of.item.special_procedures.iter().map(|procedure| procedure.name.as_str()))),
    ("is_fee", |of| flag(of.item.charge == Charge::Charged)),
    ("fee_basis", |of| list(of.fee_names())),
    ("is_pay_online", |of| flag(of.item.online_payment)),
    ("is_schedule", |of| flag(of.item.appointment)),
    ("is_service_terminals", |of| flag(of.item.self_service_terminal)),
    ("is_entry_center", |of| flag(of.item.in_service_centre)),
    ("is_express", |of| flag(of.item.express.supported)),
    ("handle_type", |of| codes(of.item.channels.iter().map(|channel| channel.code()))),
    ("is_online", |of| {
        flag(of.item.channels.contains(&Channel::Online) || of.item.online.depth >= OnlineDepth::Accept)
    }),
    ("online_handle_depth", |of| national(of.item.online.depth.code())),
    ("online_handle_url", |of| of.item.online.url.clone().into()),
    ("handle_area", |of| of.item.cross_region.map(|region| national(region.code())).into()),
    ("limit_scene_num", |of| of.item.visits.into()),
    ("limit_scene_explain", |of| of.item.visit_reason.clone().into()),
    ("transact_addr", |of| {
        let addresses = of.places.iter().map(|place| format!("{}（{}）", place.name, place.address));
        addresses.collect::<Vec<_>>().join("；").into()
    }),
    ("transact_time", |of| {
        let hours = of.places.iter().flat_map(|place| &place.hours);
        let mut times: Vec<_> = hours.map(|hours| format!("{}-{}", hours.from, hours.until)).collect();
        times.dedup();
        times.join("；").into()
    }),
    ("link_way", |of| contacts(&of.item.consultation)),
    ("supervise_way", |of| contacts(&of.item.supervision)),
    ("result_type", |of| codes(of.item.results.iter().map(|result| result.r#type.code()))),
    ("result_name", |of| list(of.item.results.iter().map(|result| result.name.as_str()))),
    ("result_guid", |of| list(of.item.results.iter().filter_map(|result| result.sample_url.as_deref()))),
    ("service_type", |of| list(of.item.intermediary_services.iter().map(|service| service.name.as_str()))),
    ("handle_flow", |of| of.item.chart.as_ref().map(|_| format!("{}/chart.svg", of.address())).into()),
    ("plan_effective_date", |of| of.item.effective_from.to_string().into()),
    ("plan_cancel_date", |of| of.item.effective_until.map(|day| day.to_string()).into()),
];

fn legal_bases(of: &ItemRecord<'_>) -> Value {
    let bases = of.item.legal_bases.iter().map(|basis| {
        json!({
            "law_name": of.extract.name_of("legal_instrument", basis.instrument.as_str()),
            "article": basis.article.as_ref().map(|article| article.chinese()),
            "content": basis.text,
        })
    });
    bases.collect()
}

fn themes(item: &Item, audience: ThemeAudience) -> Value {
    list(item.themes.iter().filter(|theme| theme.audience == audience).map(|theme| theme.code.label()))
}

fn length(limit: Option<Period>) -> Value {
    limit.map(|limit| limit.value).into()
}

fn unit(limit: Option<Period>) -> Value {
    limit.map(|limit| national(limit.unit.code())).into()
}

/// Returns the national code, or the Chinese term where there is none.
fn national(code: &Code) -> Value {
    code.national.unwrap_or(code.label).into()
}

fn codes<'a>(codes: impl Iterator<Item = &'a Code>) -> Value {
    list(codes.map(|code| code.national.unwrap_or(code.label)))
}

fn list<'a>(parts: impl Iterator<Item = &'a str>) -> Value {
    joined(parts, ",")
}

fn flag(yes: bool) -> Value {
    if yes { "1".into() } else { "0".into() }
}

fn contacts(phones: &[Phone]) -> Value {
    list(phones.iter().map(|phone| phone.value.as_str()))
}
