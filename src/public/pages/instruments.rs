//! Legal instruments: what items and fees rest on.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::{
    components::{crumbs, fact, fact_of, imprint, items_by, notice, records},
    directory::Directory,
    layout::{Frame, Section},
    text::{self, iso_date},
    view::{View, body, record_page},
};
use crate::{
    model::instruments::{KIND, LegalInstrument},
    problem::Problem,
    register::catalog::{Catalog, Entry},
    web::{answer::Written, routes::ReadError},
};

/// `GET /legal-instruments`
pub const DIRECTORY: Directory = Directory {
    kind: &KIND,
    section: Section::Instruments,
    title: ["设定依据", "Legal basis"],
    about: [
        "事项和收费所依据的法律、法规、规章和文件。",
        "The laws, regulations, rules and documents on which items and fees rest.",
    ],
    filters: &["level", "issuer", "repealed"],
    columns: &[["文号", "Number"], ["制定机关", "Issued by"], ["效力级别", "Rank"], ["施行", "In force"]],
    cells: |view, entry| {
        let record: LegalInstrument = body(entry)?;
        Ok(vec![
            record.document_number.as_deref().map_or_else(|| html! { "—" }, |number| view.data(number)),
            view.data(&record.issuer),
            html! { (view.term(record.level.code())) },
            html! { (iso_date(record.effective)) " " (force(view, &record)) },
        ])
    },
    in_turn: false,
};

/// Whether an instrument is in force today.
fn force(view: &View, record: &LegalInstrument) -> Markup {
    html! {
        @match record.repealed {
            Some(day) if day <= view.today => { span.tag.bad { (view.say("已废止", "Repealed")) } " " (iso_date(day)) },
            Some(day) => { span.tag.warn { (view.say("将废止", "To be repealed")) } " " (iso_date(day)) },
            None if record.effective > view.today => span.tag.warn { (view.say("尚未施行", "Not yet in force")) },
            None => span.tag.good { (view.say("现行有效", "In force")) },
        }
    }
}

/// `GET /legal-instruments/{key}`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    record_page(request, catalog, &KIND, View::version_of_today, page).await
}

fn page(view: &View, entry: &Entry) -> Result<Written, Problem> {
    let record: LegalInstrument = body(entry)?;
    let content = html! {
        (crumbs(view, "/legal-instruments", view.say("设定依据", "Legal basis")))
        h1 { (view.data(&record.title)) }
        (notice(view, &KIND, entry))
        (facts(view, &record))
        h2 { (view.say("以此为依据的事项", "Items that rest on it")) }
        (items_by(view, "legal_instrument", &entry.key, None))
        (fees(view, entry))
        (imprint(view, &KIND, entry))
    };
    let (own, json) = (format!("/legal-instruments/{}", entry.key), format!("/v1/legal-instruments/{}", entry.key));
    let frame = Frame {
        language: view.language,
        title: &record.title,
        description: &format!("{} {}", record.issuer, record.document_number.as_deref().unwrap_or_default()),
        address: &own,
        json: Some(&json),
        section: Section::Instruments,
    };
    Ok(view.page(&frame, &content))
}

fn facts(view: &View, record: &LegalInstrument) -> Markup {
    html! {
        dl.facts {
            (fact(view.say("效力", "Status"), &force(view, record)))
            (fact_of(view.say("取代文件", "Replaced by"), record.successor.as_ref(), |key| view.link("legal_instrument", key.as_str())))
            (fact_of(view.say("文号", "Number"), record.document_number.as_ref(), |number| view.data(number)))
            (fact(view.say("制定机关", "Issued by"), &view.data(&record.issuer)))
            (fact(view.say("效力级别", "Rank"), &html! { (view.term(record.level.code())) }))
            (fact_of(view.say("公布日期", "Issued on"), record.issued, iso_date))
            (fact(view.say("施行日期", "In force from"), &iso_date(record.effective)))
            @if !record.amended.is_empty() {
                (fact(view.say("修正日期", "Amended on"), &html! {
                    @for (at, day) in record.amended.iter().enumerate() { @if at > 0 { (view.say("、", ", ")) } (iso_date(*day)) }
                }))
            }
            (fact_of(view.say("原文", "Text"), record.url.as_deref().and_then(text::link), |url| html! {
                a href=(url) rel="external" { (url) }
            }))
        }
    }
}

fn fees(view: &View, entry: &Entry) -> Markup {
    let Some(shelf) = view.snapshot.shelf("fee") else { return Markup::default() };
    let ids = shelf.posted("legal_instrument", &entry.key).map(|ids| &**ids & shelf.listed()).unwrap_or_default();
    let fees: Vec<_> = ids.iter().filter_map(|id| shelf.by_id(id)).take(100).collect();
    html! { @if !fees.is_empty() {
        h2 { (view.say("以此为依据的收费", "Fees that rest on it")) }
        (records(view, "fee", &fees))
    } }
}
