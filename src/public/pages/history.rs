//! The revisions of a record, and how two of them differ: who published what, when, why, by which decision.

use std::{cell::RefCell, sync::Arc};

use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use maud::{Markup, PreEscaped, html};

use super::{
    components::{crumbs, fact, hidden_view, more_differences},
    differences::{self, DisplayOptions},
    layout::Frame,
    text::{decision, moment},
    view::{self, Length, View, comparison_of, history_of},
};
use crate::{
    model::kinds::Kind,
    problem::{Code, Language, Problem},
    public::items::chart_difference,
    register::{
        catalog::{Catalog, Entry},
        changes::Change,
        compare::Difference,
    },
    values::{code_lists::Action, local_time},
    web::{
        answer::Written,
        one::{Comparison, TwoRevisions, comparison},
        query::Parameters,
        routes::{self, ReadError, part},
    },
};

/// `/{kind}/{key}/history`
pub const HISTORY: &str = "/{kind:[a-z-]+}/{key}/history";
/// `/{kind}/{key}/compare`
pub const COMPARE: &str = "/{kind:[a-z-]+}/{key}/compare";

/// The record that the path names, also when its text was erased: its revisions stay.
fn named(request: &HttpRequest, view: &View) -> Result<(&'static Kind, Arc<Entry>), ReadError> {
    let path = part(request, "kind")?;
    let kind = view.snapshot.kind_at(&path).ok_or(Code::NotFound)?;
    Ok((kind, routes::named(kind, request, &view.snapshot)?.clone()))
}

/// The name of a record; its key when its text was erased.
fn name(entry: &Entry) -> &str {
    if entry.indexed.title.is_empty() { &entry.key } else { &entry.indexed.title }
}

/// `GET /{kind}/{key}/history`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    let view = View::asked(request, catalog, Utc::now()).await?;
    let (kind, entry) = named(request, &view)?;
    let version = view.version();
    Ok(view.answer(request, version, Length::Short, move |view| Ok(history(view, kind, &entry))).await?)
}

fn history(view: &View, kind: &'static Kind, entry: &Entry) -> Written {
    let heading = view.say("历次修订", "Revisions");
    let content = html! {
        (crumbs(view, &view::path(kind, &entry.key), name(entry)))
        h1 { (heading) }
        p { (view.say(kind.chinese, kind.english)) "：" (view.data(name(entry))) " " code.soft { (entry.key) } }
        ol.rows reversed { @for revision in entry.revisions.iter().rev() { (row(view, kind, entry, &revision.change)) } }
    };
    let json = format!("/v1/{}/{}/revisions", kind.path, entry.key);
    framed(view, &format!("{heading} · {}", name(entry)), (&history_of(kind, &entry.key), &json), &content)
}

/// A page about the revisions of a record, at an address, with the address of the same as JSON.
fn framed(view: &View, title: &str, (address, json): (&str, &str), content: &Markup) -> Written {
    view.page(&Frame { title, description: title, address, json: Some(json), ..Frame::default() }, content)
}

fn row(view: &View, kind: &'static Kind, entry: &Entry, change: &Change) -> Markup {
    let number = change.revision;
    let last = entry.current().map_or(number, |current| current.change.revision);
    let can_be_read = |number: i64| entry.revision(number).is_some_and(|revision| revision.body.is_some());
    html! {
        li id=(format!("revision-{number}")) value=(number) {
            p { b { (edition(view, number)) } " " span.tag { (view.term(change.action.code())) } " "
                @if number == last { span.tag.good { (view.say("最新", "latest")) } " " }
                (moment(change.published_at)) " · " (view.data(&change.by.name)) }
            (why(view, kind, entry, change))
            @if let Some(erasure) = entry.tombstone(number) {
                p.notice.bad { b { (view.say("内容已删除", "The text was erased")) } " " (moment(erasure.published_at)) " · " (view.data(&erasure.by.name))
                    @if let Some(reason) = &erasure.reason { " · " (view.data(reason)) } }
            } @else {
                p.links.screen {
                    @if number > 1 && can_be_read(number - 1) {
                        a href=(view.at(&comparison_of(kind, &entry.key, number - 1, number))) { (view.say("与上一版对比", "Compare with the one before")) } " "
                    }
                    @if number < last && can_be_read(last) {
                        a href=(view.at(&comparison_of(kind, &entry.key, number, last))) { (view.say("与最新一版对比", "Compare with the latest")) } " "
                    }
                    @if number < last {
                        a href=(view.at_present(&then(kind, entry, change))) { (view.say("查看当时的页面", "As it was then")) } " "
                    }
                    a href=(format!("/v1/{}/{}/revisions/{number}", kind.path, entry.key)) { "JSON" }
                }
            }
        }
    }
}

/// The page of the record right after a change.
fn then(kind: &'static Kind, entry: &Entry, change: &Change) -> String {
    format!("{}?as_of={}", view::path(kind, entry.key_at(change.seq)), change.seq)
}

fn edition(view: &View, number: i64) -> String {
    match view.language {
        Language::Chinese => format!("第 {number} 版"),
        Language::English => format!("Revision {number}"),
    }
}

/// Reason, decision and successor of a change; of one that brings the record back, what it undoes.
fn why(view: &View, kind: &Kind, entry: &Entry, change: &Change) -> Markup {
    html! {
        @if let Some(reason) = &change.reason { p.small { (view.say("原因：", "Reason: ")) (view.data(reason)) } }
        @if let Some(document) = &change.document { p.small { (view.say("文件：", "Decision: ")) (decision(view, document)) } }
        @if let Some(successor) = &change.successor {
            p.small {
                (if change.action == Action::Renumber { view.say("新编码：", "New code: ") } else { view.say("承接：", "Taken over by: ") })
                (view.link_as_of(kind.name, successor, change.publication))
            }
        }
        @if let Some(undone) = entry.undone_by(change) {
            p.small {
                (view.say("恢复自：", "Brought back from: ")) (edition(view, undone.revision)) " " (view.term(undone.action.code()))
                @if let Some(former) = &undone.successor {
                    (view.say("，恢复前承接：", ", until then taken over by: ")) (view.link_as_of(kind.name, former, undone.publication))
                }
            }
        }
    }
}

/// `GET /{kind}/{key}/compare`
pub async fn compare(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    let mut parameters = Parameters::read(&without_chats(request.query_string()));
    let two = TwoRevisions::from_query(&mut parameters);
    parameters.only_what_is_wrong()?;
    let view = View::asked(request, catalog, Utc::now()).await?;
    let (kind, entry) = named(request, &view)?;
    let (from, to) = two.of(&entry);
    let version = view.version().depending_on((from, to));
    Ok(view.answer(request, version, Length::Short, move |view| compared(view, kind, &entry, (from, to))).await?)
}

/// The query without what chats write into `from`: where a link was found, and not a revision.
fn without_chats(query: &str) -> String {
    let is_of_a_chat = |pair: &str| {
        let from = pair.strip_prefix("from=");
        from.is_some_and(|value| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphabetic()))
    };
    query.split('&').filter(|pair| !is_of_a_chat(pair)).collect::<Vec<_>>().join("&")
}

fn compared(view: &View, kind: &'static Kind, entry: &Entry, (from, to): (i64, i64)) -> Result<Written, Problem> {
    let comparison = comparison(kind, entry, from, to)?;
    let heading = view.say("修订对比", "What changed");
    let content = html! {
        (crumbs(view, &history_of(kind, &entry.key), view.say("历次修订", "Revisions")))
        h1 { (heading) }
        p { a href=(view.at(&view::path(kind, &entry.key))) { (view.data(name(entry))) } " " code.soft { (entry.key) } }
        (choice(view, kind, entry, from, to))
        dl.facts {
            @for number in [from, to] {
                @if let Some(revision) = entry.revision(number) {
                    (fact(&edition(view, number), &html! {
                        (moment(revision.change.published_at)) " · " (view.data(&revision.change.by.name)) " · " (view.term(revision.change.action.code()))
                        (why(view, kind, entry, &revision.change))
                    }))
                }
            }
        }
        p.small.soft { del { (view.say("删去的文字", "deleted text")) } "　" ins { (view.say("新增的文字", "inserted text")) } }
        (found(view, kind, entry, &comparison)?)
        @if comparison.more { (more_differences(view)) }
    };
    let own = comparison_of(kind, &entry.key, from, to);
    let json = format!("/v1/{}/{}/compare?from={from}&to={to}", kind.path, entry.key);
    Ok(framed(view, &format!("{heading} · {}", name(entry)), (&own, &json), &content))
}

/// Which two revisions.
fn choice(view: &View, kind: &Kind, entry: &Entry, from: i64, to: i64) -> Markup {
    html! {
        form.filters method="get" action=(format!("/{}/{}/compare", kind.path, entry.key)) {
            div.selects {
                @for (name, label, chosen) in [("from", view.say("原来", "From"), from), ("to", view.say("后来", "To"), to)] {
                    div {
                        label for=(name) { (label) }
                        select id=(name) name=(name) { @for revision in &entry.revisions {
                            @let number = revision.change.revision;
                            option value=(number) selected[number == chosen] disabled[revision.body.is_none()] {
                                (edition(view, number)) " · " (local_time(revision.change.published_at).date())
                            }
                        } }
                    }
                }
            }
            (hidden_view(view))
            p { button type="submit" { (view.say("对比", "Compare")) } }
        }
    }
}

/// The differences by the field of the record, and those of its chart as a picture before.
fn found(view: &View, kind: &'static Kind, entry: &Entry, comparison: &Comparison<'_>) -> Result<Markup, Problem> {
    let all = &comparison.differences;
    let field = |one: &Difference| one.pointer.split('/').nth(1).unwrap_or_default().to_owned();
    let groups: Vec<_> = all.chunk_by(|a, b| field(a) == field(b)).collect();
    let title = |group: &[Difference]| -> String {
        let field = group.first().map(field).unwrap_or_default();
        let term = (kind.shape)().term(&format!("/{field}")).unwrap_or_default();
        if term.is_empty() { group.first().map(|one| one.label.clone()).unwrap_or_default() } else { term.to_owned() }
    };
    let (from, to) = (comparison.from.revision, comparison.to.revision);
    // Records that a revision names have the names of when it was published.
    let moments = [comparison.from.publication, comparison.to.publication];
    let is_chart = |group: &[Difference]| group.first().is_some_and(|one| kind.name == "item" && field(one) == "chart");
    let picture = match groups.iter().any(|group| is_chart(group)) {
        true => chart_difference(entry, from, to)?,
        false => None,
    };
    Ok(html! {
        @if all.is_empty() { p.notice { (view.say("两版内容相同。", "Both revisions say the same.")) } }
        @for group in groups {
            section.difference {
                @let heading = title(group);
                @let shown = DisplayOptions {
                    language: view.language, snapshot: &view.snapshot, moments, kind, longest: None, heading: &heading,
                    titles: RefCell::default(),
                };
                h2 lang="zh-CN" { (heading) }
                @match &picture {
                    Some(svg) if is_chart(group) => {
                        div.chart-difference tabindex="0" { (PreEscaped(svg)) }
                        details { summary { (view.say("逐项列出", "One by one")) " (" (group.len()) ")" } (differences::list(&shown, group)) }
                    },
                    _ => (differences::list(&shown, group)),
                }
            }
        }
    })
}
