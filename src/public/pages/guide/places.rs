//! Places and times: places with address, window, phones and hours; online; channels.

use maud::{Markup, html};

use super::{
    head::online_depth,
    item_view::{ItemView, ShownRecord},
};
use crate::{
    model::{items::HandlingPlace, places::Place},
    public::pages::{components::fact, text},
    values::Hours,
};

/// 办理地点和时间
pub fn section(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    let content = html! {
        @if item.places.is_empty() {
            @if view.is_draft() && view.is_on_application() { p { (view.unfilled()) } }
            @else { p { (view.say("承办机构：", "Handled by: ")) span lang=[view.zh()] { (item.handling_office) } } }
        }
        @for (at, place) in item.places.iter().enumerate() { (one(view, at, place)) }
        dl.facts {
            @if !item.places.is_empty() { (fact(view.say("承办机构", "Handled by"), &view.filled_or_noted("/handling_office", || html! { span lang=[view.zh()] { (item.handling_office) } }))) }
            @if !item.channels.is_empty() {
                (fact(view.say("办理方式", "Ways to apply"), &html! { (view.terms(item.channels.iter().map(|channel| channel.code()))) @if let Some(more) = more_ways(view) { (view.say("；", "; ")) (more) } }))
            }
            @if view.is_on_application() {
                (fact(view.say("网上办理", "Online"), &view.filled_or_noted("/online", || online(view))))
                (view.fact_in_chinese(view.say("为什么要到现场", "Why in person"), item.visit_reason.as_deref().filter(|_| item.visits > 0)))
            }
            (fact(view.say("咨询", "Questions"), &html! {
                @if item.consultation.is_empty() { (view.unfilled()) }
                (view.contacts(&item.consultation))
            }))
        }
    };
    view.section("places", view.say("到哪里办、什么时候去", "Where and when"), &content)
}

fn one(view: &ItemView<'_>, at: usize, place: &HandlingPlace) -> Markup {
    let key = place.place.as_str();
    let shown: Option<ShownRecord<'_, Place>> = view.record("place", key);
    html! {
        div.place {
            (view.heading(2, None, &html! {
                (view.filled_or_noted(&format!("/places/{at}/place"), || html! { span lang=[view.zh()] { (view.name_of("place", key)) } }))
                @if let Some(shown) = &shown { (view.status_tag(shown.entry.status)) }
            }))
            dl.facts {
                (view.fact_in_chinese(view.say("窗口", "Window"), place.window.as_deref()))
                @if let Some(shown) = &shown {
                    (fact(view.say("地址", "Address"), &html! { (view.data(&shown.body.address)) " " (text::on_a_map(view, &shown.body)) }))
                }
                (fact(view.say("电话", "Phone"), &phones(view, place, shown.as_ref().map(|shown| &shown.body))))
                @if let Some(shown) = &shown {
                    (fact(view.say("办公时间", "Opening hours"), &html! { (hours(view, &shown.body.hours)) (closures(view, &shown.body)) }))
                    @if !shown.body.facilities.is_empty() { (view.fact_in_chinese(view.say("设施", "Facilities"), Some(&shown.body.facilities.join("、")))) }
                }
                (view.fact_in_chinese(view.say("说明", "Note"), place.note.as_deref()))
            }
        }
    }
}

fn phones(view: &ItemView<'_>, place: &HandlingPlace, body: Option<&Place>) -> Markup {
    let others = body.map_or(&[][..], |body| &body.phones);
    html! {
        @if let Some(number) = &place.phone { (text::phone(number)) @if !others.is_empty() { (view.say("（窗口）、", " (window), ")) } }
        (view.contacts(others))
        @if place.phone.is_some() && !others.is_empty() { (view.say("（大厅）", " (hall)")) }
    }
}

/// Opening hours, a line for each group of days.
pub fn hours(view: &ItemView<'_>, hours: &[Hours]) -> Markup {
    let openings = text::openings(view.language, hours);
    html! {
        @if openings.is_empty() { (view.say("未公布，请先打电话问", "not published, please call")) }
        @for opening in &openings { span.line { (opening.line(view.language)) } }
    }
}

/// The days on which it is closed, as far as they are not over.
fn closures(view: &ItemView<'_>, place: &Place) -> Markup {
    html! {
        @for closure in place.closures.iter().filter(|closure| closure.until >= view.today) {
            span.line { b { (view.say("停办：", "Closed: ")) } (view.days(closure.from, closure.until)) (view.say("（", " (")) span lang=[view.zh()] { (closure.note) } (view.say("）", ")")) }
        }
    }
}

fn online(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    html! {
        (online_depth(view))
        @if let Some(url) = item.online.url.as_deref().and_then(text::link) { " " a href=(url) rel="external" { (url) } }
        @if let Some(reason) = &item.online.reason { (view.say("。原因：", ". Reason: ")) span lang=[view.zh()] { (reason) } }
        @if !item.authentication.is_empty() { (view.say("。实名要求：", ". Identification: ")) (view.terms(item.authentication.iter().map(|one| one.code()))) }
    }
}

fn more_ways(view: &ItemView<'_>) -> Option<String> {
    let item = &view.item;
    let express = item
        .express
        .scope
        .filter(|_| item.express.supported)
        .map(|scope| format!("{}{}", view.say("可以快递", "by courier: "), view.term(scope.code())));
    let ways = [
        item.appointment.then(|| view.say("可以预约", "by appointment").to_owned()),
        item.self_service_terminal.then(|| view.say("有自助终端", "self-service terminal").to_owned()),
        express.or_else(|| item.express.supported.then(|| view.say("可以快递", "by courier").to_owned())),
    ];
    let ways: Vec<_> = ways.into_iter().flatten().collect();
    (!ways.is_empty()).then(|| ways.join(view.comma()))
}
