//! The obligations of the authority: its duties, when its officers answer for failure, who watches. Folded: it is not what most people
//! come for, and still it is published here.

use maud::{Markup, html};

use super::{item_view::ItemView, who::clauses};

/// 责任、追责和监督
pub fn section(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    if item.responsibilities.is_empty() && item.accountability.is_empty() && item.oversight.is_empty() {
        return html! {};
    }
    let content = html! {
        @if !item.responsibilities.is_empty() {
            details { summary { (view.say("责任事项", "Duties")) (count(view, item.responsibilities.len())) }
                ol { @for (at, duty) in item.responsibilities.iter().enumerate() {
                    li { (view.filled_or_noted(&format!("/responsibilities/{at}"), || html! {
                        b { (view.term(duty.stage.code())) (view.say("：", ": ")) } span lang=[view.zh()] { (duty.text) (view.small_basis(duty.basis.as_deref())) }
                    })) }
                } } }
        }
        @if !item.accountability.is_empty() {
            details { summary { (view.say("追责情形", "Accountability")) (count(view, item.accountability.len())) }
                ol { @for (at, case) in item.accountability.iter().enumerate() {
                    li lang=[view.zh()] { (view.filled_or_noted(&format!("/accountability/{at}"), || html! { (case.text) (view.small_basis(case.basis.as_deref())) })) }
                } } }
        }
        @if !item.oversight.is_empty() {
            details { summary { (view.say("监督方式", "Oversight")) (count(view, item.oversight.len())) } (clauses(view, "/oversight", &item.oversight)) }
        }
    };
    view.section("duties", view.say("责任和监督", "Duties and oversight"), &content)
}

fn count(view: &ItemView<'_>, count: usize) -> Markup {
    html! { (view.say("（", " (")) (count) (view.say("项）", ")")) }
}
