//! Questions that people often ask.

use maud::{Markup, html};

use super::item_view::{ItemView, paragraphs};

/// 常见问题
pub fn section(view: &ItemView<'_>) -> Markup {
    let faqs = &view.item.faqs;
    if faqs.is_empty() {
        return html! {};
    }
    let content = html! {
        @for (at, faq) in faqs.iter().enumerate() {
            div.question {
                (view.heading(2, None, &html! { (view.filled_or_noted(&format!("/faqs/{at}/question"), || html! { span lang=[view.zh()] { (faq.question) } })) }))
                (view.filled_or_noted(&format!("/faqs/{at}/answer"), || paragraphs(view.zh(), &faq.answer)))
            }
        }
    };
    view.section("questions", view.say("常见问题", "Questions"), &content)
}
