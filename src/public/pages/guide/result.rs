//! The result: the document that one gets, how long it holds, and whether it is checked again.

use maud::{Markup, html};

use super::item_view::ItemView;
use crate::public::pages::text;

/// 办理结果
pub fn section(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    if item.results.is_empty() && !view.is_draft() {
        return html! {};
    }
    let content = html! {
        @if item.results.is_empty() { p { (view.unfilled()) } }
        ul { @for (at, result) in item.results.iter().enumerate() {
            li { (view.filled_or_noted(&format!("/results/{at}"), || html! {
                b lang=[view.zh()] { (result.name) } (view.say("（", " (")) (view.term(result.r#type.code())) (view.say("）", ")"))
                @if let Some(validity) = result.validity { (view.say("，有效期", ", valid for ")) (view.period(validity)) }
                @if let Some(issuer) = &result.issuer { (view.say("，由", ", issued by ")) span lang=[view.zh()] { (view.name_of("organisation", issuer.as_str())) } (view.say("出具", "")) }
                @if let Some(url) = result.sample_url.as_deref().and_then(text::link) { " " a href=(url) download=[text::saved_as(url, &result.name, "样本")] { (view.say("看样本", "Sample")) } }
            })) }
        } }
        @if item.periodic_check.required {
            p { b { (view.say("需要年审年检。", "It is checked again from time to time.")) } " "
                span lang=[view.zh()] { (item.periodic_check.text.as_deref().unwrap_or_default()) @if let Some(basis) = &item.periodic_check.basis { "（依据：" (basis) "）" } } }
        }
    };
    view.section("result", view.say("办好后拿到什么", "What you get"), &content)
}
