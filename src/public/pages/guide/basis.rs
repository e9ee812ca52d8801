//! The laws on which the item rests.

use maud::{Markup, html};

use super::item_view::ItemView;
use crate::{
    model::instruments::{Basis, LegalInstrument},
    public::pages::text,
    values::code_lists::TextKind,
};

/// 设定依据
pub fn section(view: &ItemView<'_>) -> Markup {
    let bases = &view.item.legal_bases;
    let content = html! {
        @if bases.is_empty() { p { (view.unfilled()) } }
        @if let Some(entrustment) = &view.item.entrustment {
            p { (view.say("受", "Entrusted by ")) b lang=[view.zh()] { (view.name_of("organisation", entrustment.by.as_str())) } (view.say("委托办理：", ": "))
                span lang=[view.zh()] { (entrustment.document) } (view.say("，", ", ")) (view.time(entrustment.from)) (view.say("起", " onwards"))
                @if let Some(until) = entrustment.until { (view.say("至", " until ")) (view.time(until)) } (view.say("。", ".")) }
        }
        ol.bases { @for (at, basis) in bases.iter().enumerate() {
            li { (view.filled_or_noted(&format!("/legal_bases/{at}"), || html! {
                (citation(view, basis)) " " span.tag.calm { (view.term(basis.purpose.code())) }
                @if !basis.text.is_empty() { (text(view, basis)) }
            })) }
        } }
    };
    view.section("basis", view.say("法律依据", "Legal basis"), &content)
}

/// An instrument with its number and the article: `《社会救助暂行办法》（国务院令第649号）第十一条第一款`.
pub fn citation(view: &ItemView<'_>, basis: &Basis) -> Markup {
    let key = basis.instrument.as_str();
    let shown = view.record::<LegalInstrument>("legal_instrument", key);
    html! {
        a href=(view.at(&format!("/legal-instruments/{key}"))) lang=[view.zh()] { "《" (view.name_of("legal_instrument", key)) "》" }
        @if let Some(number) = shown.as_ref().and_then(|shown| shown.body.document_number.as_ref()) { span lang=[view.zh()] { "（" (number) "）" } }
        @if let Some(article) = &basis.article { @if view.zh().is_some() { " " } (text::article(view.language, article)) }
        @if let Some(repealed) = shown.as_ref().and_then(|shown| shown.body.repealed).filter(|repealed| *repealed <= view.today) {
            " " span.tag.expired { (view.say("已于", "repealed ")) (view.date(repealed)) (view.say("废止", "")) }
        }
    }
}

fn text(view: &ItemView<'_>, basis: &Basis) -> Markup {
    html! {
        @match basis.text_kind {
            TextKind::Quotation => blockquote lang=[view.zh()] { (basis.text) },
            TextKind::Summary => p.soft lang=[view.zh()] { (basis.text) @if view.zh().is_none() { "（摘要）" } },
        }
    }
}
