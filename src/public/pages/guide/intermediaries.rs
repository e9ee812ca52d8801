//! Services of intermediaries that the item needs, and everybody who offers them, in an order that favours nobody.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::{
    fees,
    item_view::{ItemView, ShownRecord},
};
use crate::{
    model::{
        fees::Fee,
        intermediaries::{Intermediary, IntermediaryService, Qualification},
        items::NeededService,
    },
    public::pages::{components::fact, text::in_turn},
    values::code_lists::Status,
};

/// 中介服务
pub fn section(view: &ItemView<'_>) -> Markup {
    let services = &view.item.intermediary_services;
    if services.is_empty() {
        return html! {};
    }
    let content = html! {
        p { b { (view.say("由您自己选择。", "The choice is yours.")) } " "
            (view.say(
                "任何单位和个人不得指定或者变相指定中介机构，不得以找哪一家作为办理条件。排列顺序每天轮换，与推荐无关。",
                "Nobody may name an intermediary for you or make the outcome depend on whom you choose. The order changes every day \
                 and recommends nobody.",
            )) }
        @for service in services { (one(view, service)) }
    };
    view.section("intermediaries", view.say("中介服务", "Intermediary services"), &content)
}

/// The providers in the order of a day: all of them, each moved up by one from day to day, so that over as many days as there
/// are providers each stands once in each place. A pure function of the day and the list; the list is ordered by key first,
/// so that the order in which an office wrote it down does not matter.
pub fn rotated<T: Ord + Clone>(providers: &[T], day: NaiveDate) -> Vec<T> {
    let mut rotated = providers.to_vec();
    rotated.sort();
    rotated.dedup();
    in_turn(rotated, day)
}

fn one(view: &ItemView<'_>, service: &NeededService) -> Markup {
    let keys: Vec<_> = service.providers.iter().map(ToString::to_string).collect();
    html! {
        (view.heading(2, None, &html! { span lang=[view.zh()] { (service.name) } " "
            @if service.mandatory { span.tag { (view.say("必需", "required")) } } @else { span.tag.calm { (view.say("自愿，可以不用", "optional")) } } }))
        p { @if service.mandatory { (view.say("办理本事项必须提交这项服务的结果。", "Its result is a condition of this item.")) }
            @else { (view.say("可以自己做，也可以委托中介机构；不得强制要求。", "You may do without it; nobody may demand it.")) }
            @if let Some(limit) = service.limit { " " (view.say("服务时限：", "Time limit: ")) (view.period(limit)) (view.say("。", ".")) }
            @if let Some(basis) = &service.basis { " " span lang=[view.zh()] { "依据：" (basis) "。" } } }
        @if keys.is_empty() { p { (view.say("没有登记的机构。", "Nobody is registered.")) } }
        @else {
            ul.providers { @for key in rotated(&keys, view.today) { (provider(view, service, &key)) } }
        }
    }
}

fn provider(view: &ItemView<'_>, needed: &NeededService, key: &str) -> Markup {
    let Some(shown) = view.record::<Intermediary>("intermediary", key) else {
        return html! { li { code { (key) } " " (view.say("（未公布）", "(not published)")) } };
    };
    let ShownRecord { entry, body } = shown;
    let ended = body.valid_until.is_some_and(|until| until < view.today);
    html! {
        li {
            b { a href=(view.at(&format!("/intermediaries/{key}"))) lang=[view.zh()] { (body.name) } }
            (view.status_tag(entry.status))
            @if ended && entry.status == Status::InForce { " " span.tag { (view.say("已停止服务", "no longer active")) } }
            dl.facts {
                (fact(view.say("电话", "Phone"), &view.contacts(&body.phones)))
                (view.fact_in_chinese(view.say("地址", "Address"), Some(&body.address)))
                (fact(view.say("资质", "Qualification"), &html! {
                    @if body.qualifications.is_empty() { (view.say("没有登记资质", "none registered")) }
                    @for qualification in &body.qualifications { (certificate(view, qualification)) }
                }))
                @for offered in services_for(&body, needed) { (price(view, offered)) }
            }
        }
    }
}

/// The services of an intermediary that are what is needed; all of them where none is called so.
fn services_for<'b>(body: &'b Intermediary, needed: &NeededService) -> Vec<&'b IntermediaryService> {
    let same: Vec<_> = body.services.iter().filter(|service| service.name == needed.name).collect();
    if same.is_empty() { body.services.iter().collect() } else { same }
}

fn certificate(view: &ItemView<'_>, qualification: &Qualification) -> Markup {
    let expired = qualification.valid_until.is_some_and(|until| until < view.today);
    html! {
        span.line {
            span lang=[view.zh()] { (qualification.name) @if let Some(grade) = &qualification.grade { "（" (grade) "）" } " " (qualification.number) }
            (view.say("，有效期至", ", valid until "))
            @match qualification.valid_until { Some(until) => (view.time(until)), None => (view.say("长期", "further notice")) }
            @if expired { " " span.tag.expired { span aria-hidden="true" { "✗ " } (view.say("已过期", "expired")) } }
            @else if qualification.valid_from > view.today { " " span.tag { (view.say("尚未生效", "not yet valid")) } }
        }
    }
}

fn price(view: &ItemView<'_>, service: &IntermediaryService) -> Markup {
    let fee = service.fee.as_ref().and_then(|key| view.record::<Fee>("fee", key.as_str()));
    html! {
        (fact(view.say("价格", "Price"), &html! {
            span lang=[view.zh()] { (service.name) } (view.say("，", ", ")) (view.term(service.pricing.code())) (view.say("。", ". "))
            (view.say("时限：", "Time limit: ")) (view.period(service.limit)) (view.say("。", "."))
            @if let Some(fee) = &fee { (fees::rules(view, &fee.body)) }
            @if let Some(text) = &service.price_text { span.line lang=[view.zh()] { (text) } }
            @if fee.is_none() && service.price_text.is_none() { span.line { (view.say("价格未公布，请先问清。", "No price is published: ask first.")) } }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_as_many_days_as_there_are_providers_each_stands_once_in_each_place() {
        let first = NaiveDate::from_ymd_opt(2024, 2, 27).expect("a day");
        for count in 1..=7_usize {
            let providers: Vec<_> = (0..count).collect();
            let days: Vec<_> = first.iter_days().take(count).map(|day| rotated(&providers, day)).collect();
            for place in 0..count {
                let mut seen: Vec<_> = days.iter().map(|day| day[place]).collect();
                seen.sort_unstable();
                assert_eq!(seen, providers, "place {place} of {count}");
            }
        }
    }

    #[test]
    fn the_order_depends_on_the_day_and_on_nothing_that_an_office_wrote() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 24).expect("a day");
        assert_eq!(rotated(&["b", "a", "c"], day), rotated(&["c", "b", "a", "a"], day));
        assert_ne!(rotated(&["a", "b"], day), rotated(&["a", "b"], day.succ_opt().expect("a day")));
        assert!(rotated::<u8>(&[], day).is_empty());
    }
}
