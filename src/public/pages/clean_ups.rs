//! Clean-up rounds: what was retained, cancelled, delegated, merged or adjusted.

use actix_web::{HttpRequest, HttpResponse};
use maud::html;

use super::{
    components::{crumbs, fact, imprint, notice, status},
    directory::Directory,
    layout::{Frame, Section},
    text::iso_date,
    view::{View, body, record_page},
};
use crate::{
    model::clean_ups::{CleanUp, KIND},
    problem::Problem,
    public::clean_up_results::Results,
    register::catalog::{Catalog, Entry},
    web::{answer::Written, routes::ReadError},
};

/// `GET /clean-ups`
pub const DIRECTORY: Directory = Directory {
    kind: &KIND,
    section: Section::None,
    title: ["清理结果", "Clean-up rounds"],
    about: [
        "历次清理中保留、取消、下放、合并和调整的事项。",
        "What each round retained, cancelled, delegated, merged or adjusted.",
    ],
    filters: &["year", "action"],
    columns: &[["文号", "Number"], ["决定机关", "Decided by"], ["决定日期", "Decided on"], ["事项", "Items"]],
    cells: |view, entry| {
        let record: CleanUp = body(entry)?;
        Ok(vec![
            view.data(&record.document_number),
            view.data(&record.decided_by),
            iso_date(record.decided),
            html! { (record.entries.len()) },
        ])
    },
    in_turn: false,
};

/// `GET /clean-ups/{key}`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    record_page(request, catalog, &KIND, View::version, page).await
}

fn page(view: &View, entry: &Entry) -> Result<Written, Problem> {
    let record: CleanUp = body(entry)?;
    let [action, successor, note] =
        [["清理结果", "Decision"], ["承接", "Taken over by"], ["说明", "Note"]].map(|told| view.say(told[0], told[1]));
    let content = html! {
        (crumbs(view, "/clean-ups", view.say("清理结果", "Clean-up rounds")))
        h1 { (view.data(&record.title)) }
        (notice(view, &KIND, entry))
        dl.facts {
            (fact(view.say("文号", "Number"), &view.data(&record.document_number)))
            (fact(view.say("决定机关", "Decided by"), &view.data(&record.decided_by)))
            (fact(view.say("决定日期", "Decided on"), &iso_date(record.decided)))
        }
        p { @for counted in Results::of(&view.snapshot, entry, &record).counts.iter().filter(|counted| counted.count > 0) {
            (view.term(counted.action.code())) " " b { (counted.count) } "　"
        } }
        table.cards-on-phone {
            caption { (view.say("逐项结果", "Item by item")) }
            thead { tr {
                th scope="col" { (view.say("事项", "Item")) }
                @for name in [action, successor, note] { th scope="col" { (name) } }
            } }
            tbody { @for row in &record.entries {
                tr {
                    th scope="row" { (view.link("item", row.item.as_str()))
                        @if let Some(entry) = view.snapshot.get("item", row.item.as_str()) { (status(view, entry)) } }
                    td data-label=(action) { (view.term(row.action.code())) }
                    td data-label=(successor) {
                        @if let Some(key) = &row.successor { (view.link("item", key.as_str())) }
                        @if let Some(key) = &row.to_organisation { (view.link("organisation", key.as_str())) }
                        @if row.successor.is_none() && row.to_organisation.is_none() { "—" }
                    }
                    td data-label=(note) { (row.note.as_deref().map_or_else(|| html! { "—" }, |note| view.data(note))) }
                }
            } }
        }
        (imprint(view, &KIND, entry))
    };
    let (own, json) = (format!("/clean-ups/{}", entry.key), format!("/v1/clean-ups/{}", entry.key));
    let frame = Frame {
        language: view.language,
        title: &record.title,
        description: &record.document_number,
        address: &own,
        json: Some(&json),
        section: Section::None,
    };
    Ok(view.page(&frame, &content))
}
