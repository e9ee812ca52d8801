//! The latest changes: the log, newest first, by publication.

use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use maud::{Markup, html};

use super::{
    layout::{Frame, Section},
    text::{decision, moment},
    view::{Length, View, comparison_of},
};
use crate::{
    model::kinds::Kind,
    problem::Problem,
    register::{
        catalog::{Catalog, Entry, Snapshot},
        changes::{Change, Seq},
    },
    values::code_lists::Action,
    web::{answer::Written, query::Parameters},
};

/// Changes of a page.
const ROWS: usize = 50;
/// Lines of the log that are looked at for a page: a rare kind is looked for further on the next one.
const LOOKED_AT: usize = 20_000;

/// A line of the log and the record that it is about.
pub type LogLine<'a> = (&'static Kind, &'a Entry, &'a Change);

/// Returns the newest lines before a change that `is_wanted` selects, a page of them, and before which change the next page goes on.
pub fn newest(
    snapshot: &Snapshot,
    before: Option<Seq>,
    is_wanted: impl Fn(Seq) -> Result<bool, Problem>,
) -> Result<(Vec<LogLine<'_>>, Option<Seq>), Problem> {
    let from = before.map_or(snapshot.seq(), |before| (before - 1).min(snapshot.seq()));
    let (mut lines, mut last) = (Vec::new(), from + 1);
    for seq in (1..=from).rev().take(LOOKED_AT) {
        if lines.len() == ROWS {
            break;
        }
        last = seq;
        if is_wanted(seq)? {
            lines.extend(snapshot.change(seq));
        }
    }
    Ok((lines, (last > 1).then_some(last)))
}

/// `GET /changes`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let view = View::asked(request, catalog, Utc::now()).await?;
    let mut parameters = Parameters::read(request.query_string());
    let kind = parameters.one("kind");
    let kind = kind.as_deref().and_then(|kind| view.snapshot.kind(kind));
    let before = parameters.one("before").and_then(|text| text.parse().ok()).filter(|seq: &Seq| *seq > 1);
    let version = view.version();
    view.answer(request, version, Length::Long, move |view| written(view, kind, before)).await
}

fn written(view: &View, kind: Option<&'static Kind>, before: Option<Seq>) -> Result<Written, Problem> {
    let is_of_kind =
        |seq| view.snapshot.change(seq).is_some_and(|(own, ..)| kind.is_none_or(|kind| kind.name == own.name));
    let (lines, next) = newest(&view.snapshot, before, |seq| Ok(is_of_kind(seq)))?;
    let title = view.say("最近变化", "What changed lately");
    let about = view.say(
        "每一次公布：改了什么、为什么、依据什么文件、由谁公布。",
        "Every publication: what changed, why, on what decision, and who published it.",
    );
    let content = html! {
        h1 { (title) }
        p.soft { (about) }
        (kinds(view, kind))
        (publications(view, &lines))
        nav.pager aria-label=(view.say("翻页", "Pages")) {
            @if before.is_some() { a href=(view.at(&address(kind, None))) { (view.say("最新", "Newest")) } }
            @if next.is_some() {
                a rel="next" href=(view.at(&address(kind, next))) { (view.say("更早", "Earlier")) }
            }
        }
    };
    let own = address(kind, before);
    let frame = Frame { title, description: about, address: &own, section: Section::Changes, ..Frame::default() };
    Ok(view.page(&frame, &content))
}

fn address(kind: Option<&Kind>, before: Option<Seq>) -> String {
    let kind = kind.map(|kind| format!("kind={}", kind.name));
    let before = before.map(|before| format!("before={before}"));
    let parts: Vec<_> = kind.into_iter().chain(before).collect();
    if parts.is_empty() { "/changes".into() } else { format!("/changes?{}", parts.join("&")) }
}

fn kinds(view: &View, here: Option<&Kind>) -> Markup {
    let current = |is_here: bool| is_here.then_some("true");
    html! {
        nav.screen aria-label=(view.say("记录类别", "Kinds of records")) {
            ul.chips {
                li { a href=(view.at("/changes")) aria-current=[current(here.is_none())] { (view.say("全部", "All")) } }
                @for kind in view.snapshot.kinds() {
                    li { a href=(view.at(&address(Some(kind), None)))
                        aria-current=[current(here.is_some_and(|here| here.name == kind.name))] {
                        (view.say(kind.chinese, kind.english))
                    } }
                }
            }
        }
    }
}

fn publications(view: &View, lines: &[LogLine<'_>]) -> Markup {
    html! {
        @if lines.is_empty() { p { (view.say("这里没有变化。", "Nothing here.")) } }
        @for group in lines.chunk_by(|a, b| a.2.publication == b.2.publication) {
            @if let Some((.., first)) = group.first() {
                h2 { (moment(first.published_at)) " " (view.data(&first.by.name)) }
                ul.rows { @for (kind, entry, change) in group { (line(view, kind, entry, change)) } }
            }
        }
    }
}

fn line(view: &View, kind: &'static Kind, entry: &Entry, change: &Change) -> Markup {
    let class = match change.action {
        Action::Create | Action::Reinstate => "tag good",
        Action::Amend | Action::Delegate | Action::Renumber => "tag",
        Action::Suspend => "tag warn",
        Action::Cancel | Action::Merge | Action::Erase => "tag bad",
    };
    html! {
        li {
            span class=(class) { (view.term(change.action.code())) } " " (view.link_to(kind.name, entry)) " "
            span.soft.small { (view.say(kind.chinese, &kind.name.replace('_', " "))) " · " (view.say("第 ", "revision ")) (change.revision)
                (view.say(" 版", "")) " · " (view.say("序号 ", "change ")) (change.seq) }
            @if change.revision > 1 && change.action != Action::Erase {
                " " a.small href=(view.at(&comparison_of(kind, &entry.key, change.revision - 1, change.revision))) { (view.say("对比", "compare")) }
            }
            @if let Some(reason) = &change.reason { br; span.small { (view.say("原因：", "Reason: ")) (view.data(reason)) } }
            @if let Some(document) = &change.document {
                br; span.small { (view.say("文件：", "Decision: ")) (decision(view, document)) }
            }
            @if let Some(successor) = change.successor.as_ref().filter(|key| change.action != Action::Renumber || **key != *entry.key) {
                br; span.small { (view.say("由以下记录承接：", "Taken over by: ")) (view.link(kind.name, successor)) }
            }
            @if let Some(former) = entry.former_successor(change) {
                br; span.small { (view.say("恢复前由以下记录承接：", "Until then taken over by: ")) (view.link(kind.name, former)) }
            }
        }
    }
}
