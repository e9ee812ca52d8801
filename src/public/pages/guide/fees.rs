//! The cost: said plainly when there is none, else by fee: rules in words, reductions, who set the price, where it goes.

use maud::{Markup, html};

use super::{basis, item_view::ItemView};
use crate::{
    model::fees::Fee,
    public::pages::{components::fact, tariff},
    values::{Key, code_lists::Charge},
};

/// 收费
pub fn section(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    let content = html! {
        @match item.charge {
            _ if view.is_unread("/charge") => p { (view.unfilled()) },
            Charge::Free => p { b { (view.say("不收费。", "Free of charge.")) } " "
                (view.say("任何人不得以任何名义收取费用。", "Nobody may ask for money under any name.")) },
            Charge::Charged => {
                @if item.fees.is_empty() { p { (view.unfilled()) } }
                @for key in &item.fees { (fee(view, key)) }
                @if item.online_payment { p { (view.say("可以网上缴费。", "Can be paid online.")) } }
                p.screen { a href=(view.at(&format!("{}/fee-quote", view.own()))) { (view.say("按自己的情况算一算", "Work out what it costs in your case")) } }
            }
        }
    };
    view.section("fees", view.say("要多少钱", "What it costs"), &content)
}

fn fee(view: &ItemView<'_>, key: &Key) -> Markup {
    let Some(shown) = view.record::<Fee>("fee", key.as_str()) else {
        return html! { p { code { (key) } " " (view.say("（收费标准未公布）", "(not published)")) } };
    };
    let body = &shown.body;
    let payee = body.organisation.as_str();
    html! {
        (view.heading(2, None, &html! {
            a href=(view.at(&format!("/fees/{key}"))) lang=[view.zh()] { (body.name) }
            (view.status_tag(shown.entry.status))
        }))
        (rules(view, body))
        dl.facts {
            @if !body.reductions.is_empty() {
                (fact(view.say("减免", "Reductions"), &html! { ul { @for reduction in &body.reductions {
                    li { span lang=[view.zh()] { (reduction.name) } (view.say("（", " (")) (tariff::reduction(view.language, body, reduction)) (view.say("）", ")"))
                        small.soft lang=[view.zh()] { " 依据：" (reduction.basis) } }
                } } }))
            }
            (fact(view.say("性质和定价", "Nature, pricing"), &html! { (view.term(body.kind.code())) (view.comma()) (view.term(body.pricing.code())) }))
            (fact(view.say("谁收、交到哪里", "Who collects"), &html! { span lang=[view.zh()] { (view.name_of(view.payee_kind(payee), payee)) } (view.say("，", ", ")) (view.term(body.fund_management.code())) }))
            @if !body.legal_bases.is_empty() {
                (fact(view.say("收费依据", "Basis"), &html! { @for (place, cited) in body.legal_bases.iter().enumerate() {
                    @if place > 0 { (view.say("；", "; ")) } (basis::citation(view, cited))
                } }))
            }
            (fact(view.say("执行时间", "In force"), &html! { (view.time(body.valid_from)) (view.say("起", " onwards"))
                @if let Some(until) = body.valid_until { (view.say("至", " until ")) (view.time(until)) } }))
            (view.fact_in_chinese(view.say("说明", "Note"), body.note.as_deref()))
        }
    }
}

/// The rules of a fee as a list.
pub fn rules(view: &ItemView<'_>, fee: &Fee) -> Markup {
    let rules = tariff::rules(view.language, fee);
    html! {
        ul.prices lang=[view.zh()] { @for rule in &rules {
            li {
                b { (rule.name) } @if !rule.when.is_empty() && rule.when != rule.name { "（" (rule.when) "）" } "："
                @if let [price] = &rule.prices[..] { (price) }
                @else { ul { @for price in &rule.prices { li { (price) } } } }
                @if !rule.limits.is_empty() { small.soft { " （" (rule.limits) "）" } }
            }
        } }
        @if tariff::adds_up(fee) { p.soft { (view.say("以上各项相加。", "These are added up.")) } }
    }
}
