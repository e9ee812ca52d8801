//! Remedies: complaints, and how to challenge a decision.

use maud::{Markup, html};

use super::item_view::ItemView;
use crate::{
    model::items::{Litigation, Reconsideration},
    problem::Language,
    public::pages::components::fact,
};

/// 监督投诉和救济
pub fn section(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    let content = html! {
        dl.facts {
            (fact(view.say("投诉举报", "Complaints"), &html! {
                @if item.supervision.is_empty() { (view.unfilled()) }
                (view.contacts(&item.supervision))
            }))
            @if let Some(remedies) = &item.remedies {
                @if let Some(reconsideration) = &remedies.reconsideration { (administrative(view, reconsideration)) }
                @if let Some(litigation) = &remedies.litigation { (judicial(view, litigation)) }
                (view.fact_in_chinese(view.say("说明", "Note"), remedies.note.as_deref()))
            }
        }
    };
    view.section("redress", view.say("投诉和不服怎么办", "Complaints and appeals"), &content)
}

fn administrative(view: &ItemView<'_>, reconsideration: &Reconsideration) -> Markup {
    let limit = view.period(reconsideration.limit);
    html! {
        (fact(view.say("行政复议", "Reconsideration"), &html! {
            @match view.language {
                Language::Chinese => { "对决定不服的，可以自知道之日起" b { (limit) } "内，向" (reconsideration.organisation_name) "申请行政复议" @if let Some(address) = &reconsideration.address { "（地址：" (address) "）" } "。" },
                Language::English => { "Within " b { (limit) } " of learning of a decision, at " span lang="zh-CN" { (reconsideration.organisation_name) @if let Some(address) = &reconsideration.address { "，" (address) } } "." },
            }
        }))
    }
}

fn judicial(view: &ItemView<'_>, litigation: &Litigation) -> Markup {
    let limit = view.period(litigation.limit);
    html! {
        (fact(view.say("行政诉讼", "Litigation"), &html! {
            @match view.language {
                Language::Chinese => { "也可以自知道之日起" b { (limit) } "内，向" (litigation.court_name) "提起行政诉讼。" },
                Language::English => { "Or within " b { (limit) } ", at " span lang="zh-CN" { (litigation.court_name) } "." },
            }
        }))
    }
}
