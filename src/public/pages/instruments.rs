//! Legal instruments: what items and fees rest on.

use maud::{Markup, html};

use super::{
    components::{fact, fact_of, items_by, others},
    directory::{Directory, Order, RecordPage, RecordParts},
    layout::Section,
    text::{self, iso_date},
    view::{View, body},
};
use crate::{
    model::instruments::{KIND, LegalInstrument},
    problem::Problem,
    register::catalog::Entry,
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
            view.data_or_dash(record.document_number.as_deref()),
            view.data_or_dash(record.issuer.as_deref()),
            html! { (view.term(record.level.code())) },
            html! { @if let Some(day) = record.effective { (iso_date(day)) " " } (force(view, &record)) },
        ])
    },
    order: Order::Listed,
    record: RecordPage { is_of_today: true, parts },
};

/// Whether an instrument is in force today.
fn force(view: &View, record: &LegalInstrument) -> Markup {
    html! {
        @match record.repealed {
            Some(day) if day <= view.today => { span.tag.bad { (view.say("已废止", "Repealed")) } " " (iso_date(day)) },
            Some(day) => { span.tag.warn { (view.say("将废止", "To be repealed")) } " " (iso_date(day)) },
            None if record.effective.is_some_and(|day| day > view.today) => span.tag.warn { (view.say("尚未施行", "Not yet in force")) },
            None => span.tag.good { (view.say("现行有效", "In force")) },
        }
    }
}

fn parts(view: &View, entry: &Entry) -> Result<RecordParts, Problem> {
    let record: LegalInstrument = body(entry)?;
    let content = html! {
        (facts(view, &record))
        h2 { (view.say("以此为依据的事项", "Items that rest on it")) }
        (items_by(view, "legal_instrument", &entry.key, None))
        (others(view, ["以此为依据的收费", "Fees that rest on it"], "fee", "legal_instrument", &entry.key))
    };
    let description = format!(
        "{} {}",
        record.issuer.as_deref().unwrap_or_default(),
        record.document_number.as_deref().unwrap_or_default()
    );
    Ok(RecordParts { title: record.title, description, content })
}

fn facts(view: &View, record: &LegalInstrument) -> Markup {
    html! {
        dl.facts {
            (fact(view.say("效力", "Status"), &force(view, record)))
            (fact_of(view.say("取代文件", "Replaced by"), record.successor.as_ref(), |key| view.link("legal_instrument", key.as_str())))
            (fact_of(view.say("文号", "Number"), record.document_number.as_ref(), |number| view.data(number)))
            (fact_of(view.say("制定机关", "Issued by"), record.issuer.as_ref(), |issuer| view.data(issuer)))
            (fact(view.say("效力级别", "Rank"), &html! { (view.term(record.level.code())) }))
            (fact_of(view.say("公布日期", "Issued on"), record.issued, iso_date))
            (fact_of(view.say("施行日期", "In force from"), record.effective, iso_date))
            @if !record.amended.is_empty() {
                (fact(view.say("修正日期", "Amended on"), &html! {
                    @for (at, day) in record.amended.iter().enumerate() { @if at > 0 { (view.comma()) } (iso_date(*day)) }
                }))
            }
            (fact_of(view.say("原文", "Text"), record.url.as_deref().and_then(text::link), |url| html! {
                a href=(url) rel="external" { (url) }
            }))
        }
    }
}
