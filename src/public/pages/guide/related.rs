//! Other items: what is needed first, what belongs together, who else takes part.

use maud::{Markup, html};

use super::item_view::ItemView;
use crate::public::pages::components::fact;

/// 相关事项
pub fn section(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    let has_nothing = item.prerequisites.is_empty()
        && item.relations.is_empty()
        && item.joint_organisations.is_empty()
        && item.main_item.is_none();
    if has_nothing {
        return html! {};
    }
    let content = html! {
        dl.facts {
            @if !item.prerequisites.is_empty() {
                (fact(view.say("要先办好", "Needed first"), &html! { ul { @for (at, needed) in item.prerequisites.iter().enumerate() {
                    li { (view.filled_or_noted(&format!("/prerequisites/{at}"), || html! {
                        @match &needed.item { Some(key) => (link(view, key.as_str())), None => span lang=[view.zh()] { (needed.name) } }
                        (view.say("（", " (")) (view.term(needed.kind.code())) (view.say("，", ", ")) span lang=[view.zh()] { (needed.organisation_name) } (view.say("）", ")"))
                        small.soft lang=[view.zh()] { " 依据：" (needed.basis) }
                    })) }
                } } }))
            }
            @if !item.relations.is_empty() {
                (fact(view.say("相关事项", "Related items"), &html! { ul { @for (at, relation) in item.relations.iter().enumerate() {
                    li { (view.filled_or_noted(&format!("/relations/{at}"), || html! {
                        (link(view, relation.item.as_str())) (view.say("（", " (")) (view.term(relation.r#type.code())) (view.say("）", ")"))
                        @if let Some(note) = &relation.note { " " span lang=[view.zh()] { (note) } }
                    })) }
                } } }))
            }
            @if !item.joint_organisations.is_empty() {
                (fact(view.say("联办机构", "Jointly with"), &html! { @for (at, joint) in item.joint_organisations.iter().enumerate() {
                    @if at > 0 { (view.say("；", "; ")) } span lang=[view.zh()] { (view.name_of("organisation", joint.organisation.as_str())) "（" (joint.role) "）" }
                } }))
            }
            @if let Some(main) = &item.main_item { (fact(view.say("主项", "Main item"), &html! { span lang=[view.zh()] { (main.name) } " " code { (main.catalogue_code) } })) }
        }
    };
    view.section("related", view.say("相关事项", "Related"), &content)
}

fn link(view: &ItemView<'_>, key: &str) -> Markup {
    let status = view.snapshot.get("item", key).map(|entry| entry.status);
    html! {
        a href=(view.at(&format!("/v1/items/{key}/guide"))) lang=[view.zh()] { (view.name_of("item", key)) }
        @if let Some(status) = status { (view.status_tag(status)) }
    }
}
