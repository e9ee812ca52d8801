//! Places where items are handled: where they are and when they are open.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::{
    components::{crumbs, fact, fact_of, imprint, items_by, notice},
    directory::Directory,
    layout::{Frame, Section},
    text::{hours, iso_date, phones, span},
    view::{View, body, record_page},
};
use crate::{
    model::places::{KIND, Place},
    problem::Problem,
    register::catalog::{Catalog, Entry},
    web::{answer::Written, routes::ReadError},
};

/// `GET /places`
pub const DIRECTORY: Directory = Directory {
    kind: &KIND,
    section: Section::None,
    title: ["办事场所", "Places"],
    about: [
        "办理事项的大厅和窗口，地址、时间和电话。",
        "The halls and windows where items are handled, their hours and telephones.",
    ],
    filters: &["organisation"],
    columns: &[["地址", "Address"], ["办公时间", "Hours"], ["联系方式", "Contact"]],
    cells: |view, entry| {
        let record: Place = body(entry)?;
        Ok(vec![view.data(&record.address), opening(view, &record), phones(view, &record.phones)])
    },
    in_turn: false,
};

fn opening(view: &View, record: &Place) -> Markup {
    html! { @for line in hours(view.language, &record.hours) { p { (line) } } }
}

/// `GET /places/{key}`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    record_page(request, catalog, &KIND, View::version_of_today, page).await
}

fn page(view: &View, entry: &Entry) -> Result<Written, Problem> {
    let record: Place = body(entry)?;
    let content = html! {
        (crumbs(view, "/places", view.say("办事场所", "Places")))
        h1 { (view.data(&record.name)) }
        (notice(view, &KIND, entry))
        @if let Some(closure) = record.closures.iter().find(|closure| (closure.from..=closure.until).contains(&view.today)) {
            p.notice.warn { b { (view.say("今日停办", "Closed today")) } " " (view.data(&closure.note)) }
        }
        dl.facts {
            (fact(view.say("地址", "Address"), &view.data(&record.address)))
            (fact(view.say("办公时间", "Hours"), &opening(view, &record)))
            (fact(view.say("联系方式", "Contact"), &phones(view, &record.phones)))
            (fact(view.say("管理机构", "Run by"), &view.link("organisation", record.organisation.as_str())))
            @let facilities = record.facilities.join("、");
            (fact_of(view.say("设施", "Facilities"), (!facilities.is_empty()).then_some(facilities), |text| view.data(&text)))
            @let point = record.longitude.as_ref().zip(record.latitude.as_ref());
            (fact_of(view.say("坐标（CGCS2000）", "Position (CGCS2000)"), point, |(longitude, latitude)| html! {
                (longitude) ", " (latitude)
            }))
            (fact(view.say("启用期间", "In use"), &span(view, Some(record.valid_from), record.valid_until)))
        }
        @let coming: Vec<_> = record.closures.iter().filter(|closure| closure.until >= view.today).collect();
        @if !coming.is_empty() {
            h2 { (view.say("停办安排", "Days on which it is closed")) }
            ul.plain { @for closure in coming {
                li { (iso_date(closure.from)) @if closure.until != closure.from { "–" (iso_date(closure.until)) } " " (view.data(&closure.note)) }
            } }
        }
        h2 { (view.say("在此办理的事项", "Items handled here")) }
        (items_by(view, "place", &entry.key, None))
        (imprint(view, &KIND, entry))
    };
    let (own, json) = (format!("/places/{}", entry.key), format!("/v1/places/{}", entry.key));
    let frame = Frame {
        language: view.language,
        title: &record.name,
        description: &record.address,
        address: &own,
        json: Some(&json),
        section: Section::None,
    };
    Ok(view.page(&frame, &content))
}
