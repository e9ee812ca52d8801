//! Places where items are handled: where they are and when they are open.

use maud::{Markup, html};

use super::{
    components::{fact, fact_of, items_by},
    directory::{Directory, Order, RecordPage, RecordParts},
    layout::Section,
    text::{hours, iso_date, on_a_map, phones, span},
    view::{View, body},
};
use crate::{
    model::places::{KIND, Place},
    problem::Problem,
    register::catalog::Entry,
};

/// `GET /places`
pub const DIRECTORY: Directory = Directory {
    kind: &KIND,
    section: Section::Places,
    title: ["去哪里办", "Where to go"],
    about: [
        "办理事项的大厅和窗口，地址、时间和电话。",
        "The halls and windows where items are handled, their hours and telephones.",
    ],
    filters: &["organisation"],
    columns: &[["地址", "Address"], ["办公时间", "Hours"], ["联系方式", "Contact"]],
    cells: |view, entry| {
        let record: Place = body(entry)?;
        Ok(vec![view.data(&record.address), hours(view, &record.hours), phones(view, &record.phones)])
    },
    order: Order::Listed,
    record: RecordPage { is_of_today: true, parts },
};

fn parts(view: &View, entry: &Entry) -> Result<RecordParts, Problem> {
    let record: Place = body(entry)?;
    let closed_today = record.closures.iter().find(|closure| (closure.from..=closure.until).contains(&view.today));
    let content = html! {
        @if let Some(closure) = closed_today {
            p.notice.warn { b { (view.say("今日停办", "Closed today")) } " " (view.data(&closure.note)) }
        }
        (facts(view, &record))
        (closures(view, &record))
        h2 { (view.say("在此办理的事项", "Items handled here")) }
        (items_by(view, "place", &entry.key, None))
    };
    let description = record.address.clone();
    Ok(RecordParts { title: record.name, description, content })
}

fn facts(view: &View, record: &Place) -> Markup {
    let facilities = record.facilities.join("、");
    let point = record.longitude.as_ref().zip(record.latitude.as_ref());
    html! {
        dl.facts {
            (fact(view.say("地址", "Address"), &html! { (view.data(&record.address)) " " (on_a_map(view, record)) }))
            (fact(view.say("办公时间", "Hours"), &hours(view, &record.hours)))
            (fact(view.say("联系方式", "Contact"), &phones(view, &record.phones)))
            (fact(view.say("管理机构", "Run by"), &view.link("organisation", record.organisation.as_str())))
            (fact_of(view.say("设施", "Facilities"), (!facilities.is_empty()).then_some(facilities), |text| view.data(&text)))
            (fact_of(view.say("坐标（CGCS2000）", "Position (CGCS2000)"), point, |(longitude, latitude)| html! {
                (longitude) ", " (latitude)
            }))
            (fact(view.say("启用期间", "In use"), &span(view, Some(record.valid_from), record.valid_until)))
        }
    }
}

/// The days on which a place is closed, as far as they are not over.
fn closures(view: &View, record: &Place) -> Markup {
    let coming: Vec<_> = record.closures.iter().filter(|closure| closure.until >= view.today).collect();
    html! {
        @if !coming.is_empty() {
            h2 { (view.say("停办安排", "Days on which it is closed")) }
            ul.plain { @for closure in coming {
                li { (iso_date(closure.from)) @if closure.until != closure.from { "–" (iso_date(closure.until)) } " " (view.data(&closure.note)) }
            } }
        }
    }
}
