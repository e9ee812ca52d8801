//! The top of a guide: its name, what became of the item, and the answers that most people came for.

use maud::{Markup, html};

use super::item_view::{ItemView, paragraphs};
use crate::{
    model::fees::Fee,
    public::pages::{components::fact, tariff, text},
    values::{
        Key, Phone,
        code_lists::{Channel, Charge, Contact, HandlingType, Necessity, OnlineDepth, Status},
    },
};

/// Prices of a fee that are told in the box of answers; more are told below.
const SHORT: usize = 2;

/// Name, summary, organisation.
pub fn title(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    html! {
        (view.heading(0, None, &html! {
            @match view.translation() {
                Some(translation) => { (translation.name) small.original lang="zh-CN" { (item.name) } },
                None => (view.filled_or_noted("/name", || html! { span lang=[view.zh()] { (item.name) } })),
            }
        }))
        @match view.translation().and_then(|translation| translation.summary.as_ref()) {
            Some(summary) => p.lead { (summary) },
            None => @if let Some(summary) = &item.summary { p.lead lang=[view.zh()] { (summary) } },
        }
        @if !item.aliases.is_empty() {
            p.soft { (view.say("也叫：", "Also called: ")) span lang=[view.zh()] { (item.aliases.join("、")) } }
        }
        p.soft.office {
            (view.filled_or_noted("/organisation", || html! { span lang=[view.zh()] { (view.organisation()) } }))
            " · " (view.filled_or_noted("/category", || html! { (view.term(item.category.code())) }))
            " · " (view.filled_or_noted("/code", || html! { code { (item.code) } }))
        }
    }
}

/// The status of an item that is not in force (suspended, cancelled, merged, erased), or that was just brought back.
pub fn notice(view: &ItemView<'_>) -> Markup {
    let change = view.edition.map(|edition| edition.change);
    let undone = view.edition.and_then(|edition| edition.entry.undone_by(edition.change));
    let (text, is_over) = match view.status {
        Status::InForce if undone.is_some() => (
            view.say(
                "本事项曾经取消或者合并，现已恢复办理。",
                "This item had been cancelled or merged, and is handled again.",
            ),
            false,
        ),
        Status::InForce => return html! {},
        Status::Suspended => (view.say("本事项暂停办理。", "This item is suspended."), false),
        Status::Cancelled => {
            (view.say("本事项已经取消，不再办理。", "This item was cancelled and is no longer handled."), true)
        }
        Status::Merged => {
            (view.say("本事项已经并入其他事项，不再单独办理。", "This item was merged into another one."), true)
        }
        Status::Erased => (view.say("本事项的内容已经删除。", "The text of this item was erased."), true),
    };
    html! {
        div.status.over[is_over] role="note" {
            p { strong { span aria-hidden="true" { "⚠ " } (text) }
                @if let Some(change) = change {
                    " " (view.time(crate::values::local_time(change.published_at).date()))
                    " " span lang=[view.zh()] { (change.by.name) "公布" @if let Some(reason) = &change.reason { "，原因：" (reason) } "。" }
                }
            }
            @if let Some(successor) = &view.successor {
                p { (view.say("现在请办理：", "Use instead: "))
                    a href=(view.at(&format!("/v1/items/{successor}/guide"))) lang=[view.zh()] { (view.name_of("item", successor)) } }
            }
        }
    }
}

/// The box of answers: what it costs, how long, how many visits, whether online, where, whom to call, what to bring.
pub fn answers(view: &ItemView<'_>) -> Markup {
    html! {
        section.answers aria-label=(view.say("一看就懂", "At a glance")) {
            dl {
                (fact(view.say("收费", "Cost"), &cost(view)))
                (fact(view.say("多久办好", "How long"), &duration(view)))
                @if view.is_on_application() {
                    (fact(view.say("要跑几次", "Visits"), &visits(view)))
                    (fact(view.say("能否网上办", "Online"), &online(view)))
                    (fact(view.say("带什么", "What to bring"), &materials(view)))
                } @else {
                    (fact(view.say("怎么启动", "How it begins"), &html! {
                        b { (view.say("机关依职权办理", "By the authority itself")) } small { (view.say("不需要申请", "no application needed")) }
                    }))
                }
                (fact(view.say("到哪里办", "Where"), &place(view)))
                (fact(view.say("咨询电话", "Call"), &phones(view)))
            }
        }
    }
}

fn cost(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    view.filled_or_noted("/charge", || html! {
        @match item.charge {
            Charge::Free => { b { (view.say("不收费", "Free")) } },
            Charge::Charged => {
                b { (view.say("收费", "Charged")) }
                small { @for (place, fee) in item.fees.iter().enumerate() {
                    @if place > 0 { (view.comma()) } a href=(format!("#{}fees", view.prefix)) lang=[view.zh()] { (view.name_of("fee", fee.as_str())) }
                    @if let Some(price) = price(view, fee) { (view.say("：", ": ")) (price) }
                } }
            }
        }
    })
}

/// What a fee comes to, where that is said in few words.
fn price(view: &ItemView<'_>, fee: &Key) -> Option<String> {
    let fee = view.record::<Fee>("fee", fee.as_str())?.body;
    let prices: Vec<_> = tariff::rules(view.language, &fee).into_iter().flat_map(|rule| rule.prices).collect();
    (prices.len() <= SHORT).then(|| prices.join(view.comma()))
}

fn duration(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    let immediate = item.handling_type == Some(HandlingType::Immediate);
    html! {
        @match item.promised_limit {
            _ if view.is_unread("/promised_limit") => (view.unfilled()),
            _ if immediate => { b { (view.say("当场办结", "At once")) } },
            Some(limit) => { b { (view.period(limit)) } @if view.is_on_application() { small { (view.say("从受理之日算起", "from acceptance")) } } },
            None if view.is_draft() && view.is_on_application() => (view.unfilled()),
            None => @match item.legal_limit {
                Some(limit) => { b { (view.period(limit)) } },
                None => { b { (view.say("见时限说明", "see below")) } },
            },
        }
        @if !item.special_procedures.is_empty() {
            small { (view.say("另计：", "not counted: "))
                @for (place, special) in item.special_procedures.iter().enumerate() {
                    @if place > 0 { (view.comma()) } span lang=[view.zh()] { (special.name) } @if view.zh().is_some() { " " } (view.period(special.limit))
                }
            }
        }
    }
}

fn visits(view: &ItemView<'_>) -> Markup {
    view.filled_or_noted("/visits", || html! {
        @match view.item.visits {
            0 => { b { (view.say("一次都不用跑", "None")) } },
            count => { b { (view.say("到现场 ", "")) (count) (view.say(" 次", if count == 1 { " visit" } else { " visits" })) } },
        }
    })
}

/// How far one gets online, in words.
pub fn online_depth(view: &ItemView<'_>) -> &'static str {
    let (chinese, english) = match view.item.online.depth {
        OnlineDepth::None => ("不能网上办", "No"),
        OnlineDepth::Information => ("网上只能咨询", "Information only"),
        OnlineDepth::Collect => ("可以网上提交材料", "Papers can be sent online"),
        OnlineDepth::PreReview => ("可以网上预审", "Checked online beforehand"),
        OnlineDepth::Accept => ("可以网上申请", "Apply online"),
        OnlineDepth::Decide => ("可以网上办理", "Handled online"),
        OnlineDepth::Deliver => ("网上办理并反馈结果", "Handled online, result included"),
        OnlineDepth::Pay => ("网上办理和缴费", "Handled and paid online"),
        OnlineDepth::FullProcess => ("全程网上办理", "Wholly online"),
    };
    view.language.choose(chinese, english)
}

fn online(view: &ItemView<'_>) -> Markup {
    view.filled_or_noted("/online", || html! {
        b { (online_depth(view)) }
        @match view.item.online.url.as_deref().and_then(text::link) {
            Some(url) => small { a href=(url) rel="external" { (view.say("去网上办", "Apply online")) } },
            None => @if view.item.channels.contains(&Channel::Window) { small { (view.say("到窗口办理", "at the counter")) } },
        }
    })
}

fn materials(view: &ItemView<'_>) -> Markup {
    let materials = &view.item.materials;
    let wanted = materials.iter().filter(|material| !material.obtained_by_sharing);
    let (count, required) =
        (wanted.clone().count(), wanted.filter(|material| material.necessity == Necessity::Required).count());
    html! {
        @if view.is_unread("/materials") || (view.is_draft() && materials.is_empty() && view.item.no_materials != Some(true)) { (view.unfilled()) }
        @else if count == 0 { b { (view.say("不用带材料", "Nothing")) } }
        @else {
            b { (count) (view.say("种材料", if count == 1 { " paper" } else { " papers" })) }
            small {
                @if required < count { (view.say("其中必须", "")) (required) (view.say("种 ", " always ")) }
                a.screen href=(format!("#{}materials", view.prefix)) { (view.say("看清单", "see the list")) }
            }
        }
    }
}

fn place(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    html! {
        @if view.is_unread("/places") || (view.is_draft() && view.is_on_application() && item.places.is_empty()) { (view.unfilled()) }
        @else if let Some(first) = item.places.first() {
            b lang=[view.zh()] { (view.name_of("place", first.place.as_str())) }
            small { @if let Some(window) = &first.window { span lang=[view.zh()] { (window) } " " }
                a.screen href=(format!("#{}places", view.prefix)) { (if item.places.len() > 1 { view.say("等多处，看地址和时间", "and more: addresses and hours") } else { view.say("看地址和时间", "address and hours") }) } }
        }
        @else { b lang=[view.zh()] { (view.filled_or_noted("/handling_office", || html! { (item.handling_office) })) } }
    }
}

fn phones(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    let phone = |contact: &&Phone| contact.kind == Contact::Phone;
    html! {
        @match item.consultation.iter().find(phone).or_else(|| item.consultation.first()) {
            _ if view.is_unread("/consultation") => (view.unfilled()),
            Some(contact) => { b { (view.contact(contact)) } },
            None if view.is_draft() => (view.unfilled()),
            None => "—",
        }
        @if let Some(contact) = item.supervision.iter().find(phone) { small { (view.say("投诉 ", "complaints ")) (view.contact(contact)) } }
    }
}

/// A note that this is no published text.
pub fn draft_notice(view: &ItemView<'_>) -> Markup {
    html! {
        @if view.is_draft() {
            div.watermark aria-hidden="true" { (view.say("草稿", "DRAFT")) }
            div.status role="note" { (paragraphs(None, view.say("草稿预览：尚未公布，不得作为办事依据。", "Preview of a draft: not published, not to be relied on."))) }
        }
    }
}
