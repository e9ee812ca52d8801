//! For whom the item is: audience, conditions, prohibitions, a limit in number.

use maud::{Markup, html};

use super::item_view::ItemView;
use crate::{model::items::Clause, problem::Language, values::code_lists::CrossRegion};

/// 办理对象和条件
pub fn section(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    let content = html! {
        p { (view.say("服务对象：", "For: ")) (view.filled_or_noted("/audience", || html! { b { (view.terms(item.audience.iter().map(|one| one.code()))) } }))
            @if let Some(region) = item.cross_region { (view.say("。通办范围：", ". Can be handled anywhere in the ")) (region_in_words(view, region)) }
            (view.say("。", ".")) }
        @if !item.conditions.is_empty() || (view.is_draft() && view.is_on_application()) {
            (view.heading(2, None, &html! { (view.say("受理条件", "Conditions")) }))
            (clauses(view, "/conditions", &item.conditions))
        }
        @if !item.prohibitions.is_empty() {
            (view.heading(2, None, &html! { (view.say("有下列情形的不予办理", "Not possible where")) }))
            (clauses(view, "/prohibitions", &item.prohibitions))
        }
        @if let Some(limit) = item.quantity_limit.as_ref().filter(|limit| limit.limited) {
            (view.heading(2, None, &html! { (view.say("数量限制", "Limited in number")) }))
            p lang=[view.zh()] { (limit.text.as_deref().unwrap_or_default()) (view.small_basis(limit.basis.as_deref())) }
        }
        @if let Some(content) = &item.exercise_content {
            (view.heading(2, None, &html! { (view.say("本级办理的部分", "What this level does")) }))
            p lang=[view.zh()] { (content) }
        }
    };
    let (chinese, english) = title(view);
    view.section("who", view.say(chinese, english), &content)
}

/// The title of the section: nobody applies for what an authority begins by itself.
pub fn title(view: &ItemView<'_>) -> (&'static str, &'static str) {
    match view.is_on_application() {
        true => ("谁可以办", "Who"),
        false => ("针对谁", "Whom it concerns"),
    }
}

/// Numbered sentences.
pub fn clauses(view: &ItemView<'_>, pointer: &str, clauses: &[Clause]) -> Markup {
    html! {
        @if clauses.is_empty() && view.is_draft() { p { (view.unfilled()) } }
        @else {
            ol { @for (place, clause) in clauses.iter().enumerate() {
                li lang=[view.zh()] { (view.filled_or_noted(&format!("{pointer}/{place}"), || html! { (clause.text) })) }
            } }
        }
    }
}

fn region_in_words(view: &ItemView<'_>, region: CrossRegion) -> String {
    match view.language {
        Language::Chinese => region.label().to_owned(),
        Language::English => region.code().english().to_lowercase(),
    }
}
