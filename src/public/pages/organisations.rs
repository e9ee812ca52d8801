//! Organisations: who holds the items, and how to reach them.

use maud::{Markup, html};

use super::{
    components::{fact, fact_of, items_by, items_on, others},
    directory::{Directory, Order, RecordPage, RecordParts},
    layout::Section,
    text::{self, LISTS, hours_if_any, list_name, phones, span},
    view::{View, body},
};
use crate::{
    model::organisations::{KIND, Organisation},
    problem::Problem,
    register::catalog::Entry,
    values::division,
};

/// `GET /organisations`
pub const DIRECTORY: Directory = Directory {
    kind: &KIND,
    section: Section::Organisations,
    title: ["部门和机构", "Offices"],
    about: [
        "行使权力、提供服务的机构，以及它们的地址和联系方式。",
        "The organisations that hold items, where they are and how to reach them.",
    ],
    filters: &["level", "kind"],
    columns: &[["类别", "Kind"], ["地址", "Address"], ["联系方式", "Contact"], ["事项", "Items"]],
    cells: |view, entry| {
        let record: Organisation = body(entry)?;
        let count = items_of(view, &entry.key);
        Ok(vec![
            html! { (view.term(record.kind.code())) },
            view.data_or_dash(record.address.as_deref()),
            phones(view, &record.phones),
            html! { (count) },
        ])
    },
    order: Order::Last(|view, entry| items_of(view, &entry.key) == 0),
    record: RecordPage { is_of_today: false, parts },
};

fn items_of(view: &View, key: &str) -> u64 {
    let shelf = view.snapshot.shelf("item");
    shelf.map_or(0, |shelf| items_on(shelf, "organisation", key, None).len())
}

fn parts(view: &View, entry: &Entry) -> Result<RecordParts, Problem> {
    let record: Organisation = body(entry)?;
    let content = html! {
        (facts(view, &record))
        @if let Some(duties) = &record.duties { h2 { (view.say("主要职责", "Duties")) } p { (view.data(duties)) } }
        h2 { (view.say("事项", "Items")) }
        @if items_of(view, &entry.key) > 0 {
            p { a href=(view.at(&format!("/organisations/{}/booklet", entry.key))) { (view.say("打印全部事项手册", "Booklet of all items, for printing")) } }
        }
        @for (list, ..) in LISTS { (by_list(view, entry, list)) }
        (joint(view, entry))
        (others(view, ["办事场所", "Places that it runs"], "place", "organisation", &entry.key))
        (others(view, ["收费项目", "Fees that it charges"], "fee", "organisation", &entry.key))
        (others(view, ["下级机构", "Organisations below"], "organisation", "parent", &entry.key))
    };
    let description = record.duties.clone().or_else(|| record.address.clone()).unwrap_or_default();
    Ok(RecordParts { title: record.name, description, content })
}

fn facts(view: &View, record: &Organisation) -> Markup {
    html! {
        dl.facts {
            (fact_of(view.say("简称", "Short name"), record.short_name.as_ref(), |name| view.data(name)))
            (fact(view.say("类别", "Kind"), &html! {
                (view.term(record.kind.code())) " · " (view.term(record.nature.code())) " · " (view.term(record.level.code()))
            }))
            (fact_of(view.say("行政区划", "Division"), division::named(record.division.as_str()), |found| view.data(found.name)))
            (fact_of(view.say("地址", "Address"), record.address.as_ref(), |address| view.data(address)))
            (fact(view.say("联系方式", "Contact"), &phones(view, &record.phones)))
            (fact_of(view.say("办公时间", "Hours"), hours_if_any(view, &record.hours), |hours| hours))
            (fact_of(view.say("网站", "Website"), record.website.as_deref().and_then(text::link), |url| html! {
                a href=(url) rel="external" { (url) }
            }))
            (fact_of(view.say("上级机构", "Organisation above"), record.parent.as_ref(), |key| view.link("organisation", key.as_str())))
            @if record.valid_from.is_some() || record.valid_until.is_some() {
                (fact(view.say("存续期间", "Existence"), &span(view, record.valid_from, record.valid_until)))
            }
        }
    }
}

fn by_list(view: &View, entry: &Entry, list: &'static str) -> Markup {
    let shelf = view.snapshot.shelf("item");
    let has = shelf.is_some_and(|shelf| !items_on(shelf, "organisation", &entry.key, Some(list)).is_empty());
    html! {
        // The responsibility list is the power list seen from its duties: a link is enough.
        @if has && list == "responsibility" {
            p { a href=(view.at(&format!("/lists/{list}?organisation={}", entry.key))) { (list_name(view.language, list)) } }
        } @else if has {
            h3 { (list_name(view.language, list)) }
            (items_by(view, "organisation", &entry.key, Some(list)))
        }
    }
}

fn joint(view: &View, entry: &Entry) -> Markup {
    let shelf = view.snapshot.shelf("item");
    let has = shelf.is_some_and(|shelf| shelf.posted("joint_organisation", &entry.key).is_some());
    html! { @if has {
        h3 { (view.say("联合办理的事项", "Items it handles jointly")) }
        (items_by(view, "joint_organisation", &entry.key, None))
    } }
}
