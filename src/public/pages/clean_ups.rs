//! Clean-up rounds: what was retained, cancelled, delegated, merged or adjusted.

use maud::{Markup, html};

use super::{
    components::{fact, status, table},
    directory::{Directory, Order, RecordPage, RecordParts},
    layout::Section,
    text::iso_date,
    view::{View, body},
};
use crate::{
    model::clean_ups::{CleanUp, CleanUpEntry, KIND},
    problem::Problem,
    public::clean_up_results::Results,
    register::catalog::Entry,
};

/// `GET /clean-ups`
pub const DIRECTORY: Directory = Directory {
    kind: &KIND,
    section: Section::CleanUps,
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
    order: Order::Listed,
    record: RecordPage { is_of_today: false, parts },
};

fn parts(view: &View, entry: &Entry) -> Result<RecordParts, Problem> {
    let record: CleanUp = body(entry)?;
    let content = html! {
        dl.facts {
            (fact(view.say("文号", "Number"), &view.data(&record.document_number)))
            (fact(view.say("决定机关", "Decided by"), &view.data(&record.decided_by)))
            (fact(view.say("决定日期", "Decided on"), &iso_date(record.decided)))
        }
        p { @for counted in Results::of(&view.snapshot, entry, &record).counts.iter().filter(|counted| counted.count > 0) {
            (view.term(counted.action.code())) " " b { (counted.count) } "　"
        } }
        (decisions(view, &record))
    };
    Ok(RecordParts { title: record.title, description: record.document_number, content })
}

/// The decision on each item.
fn decisions(view: &View, record: &CleanUp) -> Markup {
    let row = |decided: &CleanUpEntry| {
        let item = html! {
            (view.link("item", decided.item.as_str()))
            @if let Some(entry) = view.snapshot.get("item", decided.item.as_str()) { (status(view, entry)) }
        };
        let successor = html! {
            @if let Some(key) = &decided.successor { (view.link("item", key.as_str())) }
            @if let Some(key) = &decided.to_organisation { (view.link("organisation", key.as_str())) }
            @if decided.successor.is_none() && decided.to_organisation.is_none() { "—" }
        };
        let decision = html! { (view.term(decided.action.code())) };
        (item, vec![decision, successor, view.data_or_dash(decided.note.as_deref())])
    };
    let columns = [["清理结果", "Decision"], ["承接", "Taken over by"], ["说明", "Note"]];
    table(view, ["逐项结果", "Item by item"], ["事项", "Item"], &columns, record.entries.iter().map(row).collect())
}
