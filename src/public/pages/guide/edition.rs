//! The edition, and how anybody can tell that it is the register's: revision, dates, line of the log, QR.

use maud::{Markup, html};

use super::item_view::{Edition, ItemView};
use crate::{
    model::items::KIND,
    public::pages::{components::fact, qr, view::history_of},
    values::local_time,
};

/// 版本和核验
pub fn section(view: &ItemView<'_>, base: &str) -> Markup {
    let item = &view.item;
    let own = view.own();
    let content = html! {
        dl.facts.edition {
            @match view.edition {
                Some(edition) => (published(view, edition, base)),
                None => (fact(view.say("版本", "Revision"), &html! { (view.say("尚未公布", "not published")) })),
            }
            (fact(view.say("生效日期", "In force from"), &html! { (view.filled_or_noted("/effective_from", || view.time(item.effective_from)))
                @if let Some(until) = item.effective_until { (view.say("至", " until ")) (view.time(until)) } }))
            @if let Some(verified) = item.verified_on {
                (fact(view.say("最近核验", "Verified"), &html! { (view.time(verified)) @if let Some(by) = &item.verified_by { " " span lang=[view.zh()] { (by) } }
                    @if let Some(due) = item.review_due { (view.say("，下次核验", ", next ")) (view.time(due)) } }))
            }
            (fact(view.say("编码", "Codes"), &html! { (view.filled_or_noted("/code", || html! { code { (item.code) } }))
                @for identifier in &item.identifiers { (view.comma()) (view.term(identifier.scheme.code())) " " code { (identifier.value) } } }))
        }
        @if let Some(edition) = view.edition {
            p.links.screen {
                a href=(view.at_present(&check_path(view, edition))) { (view.say("核对本指南是否有效", "Check that this is in force")) }
                a href=(format!("{own}/revisions/{}/proof", edition.change.revision)) { (view.say("本版存证（JSON）", "Proof of this revision (JSON)")) }
                a href=(view.at(&history_of(&KIND, &edition.entry.key))) { (view.say("历次修订", "History")) }
                a href=(view.at(&format!("{own}/poster"))) { (view.say("张贴版（A3）", "Poster (A3)")) }
                a href=(view.picture.at(&own)) { "JSON" }
            }
        }
    };
    view.section("edition", view.say("版本和核验", "Version and proof"), &content)
}

fn published(view: &ItemView<'_>, edition: Edition<'_>, base: &str) -> Markup {
    let change = edition.change;
    html! {
        (fact(view.say("版本", "Revision"), &html! { (view.say("第", "")) b { (change.revision) } (view.say("版，", ", published "))
            (view.time(local_time(change.published_at).date())) (view.say("由", " by ")) span lang=[view.zh()] { (change.by.name) } (view.say("公布", ""))
            @if let Some(reason) = &change.reason { (view.say("（", " (")) span lang=[view.zh()] { (change.action.label()) "：" (reason) } (view.say("）", ")")) } }))
        (fact(view.say("登记簿日志", "Log of the register"), &html! { (view.say("第", "line ")) b { (change.seq) } (view.say("条，核对网址：", "; check it at ")) code.address { (base) (check_path(view, edition)) } }))
    }
}

/// The path that checks this edition.
pub fn check_path(view: &ItemView<'_>, edition: Edition<'_>) -> String {
    format!("{}/check?revision={}&seq={}", view.own(), edition.change.revision, edition.seq)
}

/// The code that opens the check of this edition; none for a draft.
pub fn code(view: &ItemView<'_>, base: &str) -> Markup {
    let Some(edition) = view.edition else { return html! {} };
    let title = view.say("二维码：核对本指南是否有效", "QR code: check that this guide is in force");
    html! {
        @if let Some(svg) = qr::svg(&format!("{base}{}", check_path(view, edition)), title) {
            div.code { (svg) p { (view.say("扫码核对是否有效", "Scan to check")) } }
        }
    }
}
