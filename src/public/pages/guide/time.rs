//! Time limits: the promised one, that of the law, and the times that are not counted.

use maud::{Markup, html};

use super::item_view::ItemView;
use crate::{public::pages::components::fact, values::code_lists::HandlingType};

/// 办理时限
pub fn section(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    let limit = |limit| view.period(limit);
    let content = html! {
        dl.facts {
            (fact(view.say("承诺时限", "Promised"), &view.filled_or_noted("/promised_limit", || html! {
                @match item.promised_limit {
                    _ if item.handling_type == Some(HandlingType::Immediate) => b { (view.say("即办件，当场办结", "at once, while you wait")) },
                    Some(promised) => { b { (limit(promised)) } @if view.is_on_application() { (view.say("，从受理之日算起", ", from the day of acceptance")) } },
                    None if view.is_draft() && view.is_on_application() => (view.unfilled()),
                    None => (view.say("没有承诺", "none")),
                }
            })))
            (fact(view.say("法定时限", "By law"), &view.filled_or_noted("/legal_limit", || html! {
                @match item.legal_limit { Some(legal) => (limit(legal)), None => (view.say("法律法规没有规定", "no limit is set by law")) }
            })))
            @if !item.special_procedures.is_empty() {
                (fact(view.say("另计的时间", "Not counted"), &html! {
                    ul { @for (place, special) in item.special_procedures.iter().enumerate() {
                        li { (view.filled_or_noted(&format!("/special_procedures/{place}"), || html! { span lang=[view.zh()] { (special.name) } (view.say("：", ": ")) (limit(special.limit)) })) }
                    } }
                }))
            }
            (view.fact_in_chinese(view.say("说明", "Note"), item.limit_note.as_deref()))
        }
    };
    view.section("time", view.say("多久办好", "How long it takes"), &content)
}
