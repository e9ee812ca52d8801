//! The start page, for citizens: the search, themes, the three lists, where to go, what changed lately, lists to take away. What is for
//! programs stands on a page of its own (`developers.rs`).

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::{
    changes::newest,
    components::{hidden_view, item_table},
    layout::Frame,
    listing::{Listing, Plan, RequestedListing},
    search::hints,
    text::{LISTS, hours, iso_date, list_name, on_a_map},
    view::{View, body},
};
use crate::{
    model::{items, places::Place},
    problem::{Code, Language, Problem},
    public::{
        reading::first_publication,
        summary::{Summary, summary},
    },
    register::catalog::{Catalog, Snapshot},
    values::{code_lists::Theme, local_time},
    web::answer::Written,
};

/// Places that are shown; their own page has the others.
const PLACES: usize = 3;
/// Changes that are shown.
const CHANGES: usize = 5;

/// `GET /`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let plan = Plan { kind: &items::KIND, path: "/".into(), fixed: None, filters: &[], waits: true };
    let wanted = RequestedListing::read(request, catalog, plan).await?;
    let version = wanted.view.version();
    wanted.answer(request, version, |listing| page(&listing)).await
}

fn page(listing: &Listing) -> Result<Written, Problem> {
    let view = &listing.view;
    let summary = summary(&view.snapshot).ok_or(Code::Internal)?;
    let title = view.say("要办什么事？", "What do you need?");
    let about = view.say(
        "这里查得到：谁可以办、带什么材料、要不要钱、多久办好、到哪里办，以及每一件事的法律依据。",
        "What is found here: who may use an item, what to bring, what it costs, how long it takes, where to go, and the law behind it.",
    );
    let content = html! {
        h1 { (title) }
        (search_form(listing))
        p.soft { (about) }
        (first(view.language, &view.snapshot))
        @match listing.total {
            None => (overview(view, &summary)?),
            Some(total) => (results(listing, total)?),
        }
    };
    let frame = Frame {
        title: if listing.total.is_none() { "" } else { title },
        description: about,
        json: Some("/v1/summary"),
        ..Frame::default()
    };
    Ok(listing.page(&frame, &content))
}

fn search_form(listing: &Listing) -> Markup {
    let view = &listing.view;
    html! {
        form.find role="search" action="/search" method="get" {
            input type="search" name="q" maxlength="200" value=[listing.q()]
                aria-label=(view.say("搜索事项", "Search items"))
                placeholder=(view.say("低保、准生证、dibao、编码……", "低保, dibao, a code …"));
            (hidden_view(view))
            button type="submit" { (view.say("搜索", "Search")) }
        }
    }
}

fn results(listing: &Listing, total: u64) -> Result<Markup, Problem> {
    let view = &listing.view;
    Ok(html! {
        h2 { (view.say("找到", "Found")) " " (total) " " (view.say("项", "items")) }
        @if total == 0 {
            p { (view.say("没有找到。", "Nothing was found.")) }
            (hints(view))
        } @else {
            (item_table(view, view.say("事项", "Items"), &listing.rows)?)
            (listing.pager())
        }
        p { a href=(view.at("/")) { (view.say("返回首页", "Back to the start")) } }
    })
}

fn overview(view: &View, summary: &Summary) -> Result<Markup, Problem> {
    Ok(html! {
        @if summary.seq == 0 {
            p { strong { (view.say("这里还没有公布任何内容。", "Nothing is published here yet.")) } " "
                (view.say("用 ", "Start with ")) code { "qingdan serve --demo" }
                (view.say(" 启动，可以先看示例登记簿。", " to look around in the demonstration register.")) }
        }
        (themes(view, summary))
        (lists(view, summary))
        (places(view)?)
        (changes(view)?)
        (downloads(view))
    })
}

fn themes(view: &View, summary: &Summary) -> Markup {
    html! { @if !summary.items.theme.is_empty() {
        h2 { (view.say("按主题查找", "By theme")) }
        ul.chips { @for theme in &summary.items.theme {
            @let name = Theme::of(&theme.value).map(|theme| view.term(theme.code()));
            li { a href=(view.at(&format!("/search?theme={}", theme.value))) {
                (name.unwrap_or_default()) " " span.soft { (theme.count) }
            } }
        } }
    } }
}

fn lists(view: &View, summary: &Summary) -> Markup {
    let count =
        |value: &str| summary.items.list.iter().find(|count| count.value == value).map_or(0, |count| count.count);
    html! {
        h2 { (view.say("三张清单", "The three lists")) }
        ul.cards { @for (list, ..) in LISTS {
            li { a href=(view.at(&format!("/lists/{list}"))) { (list_name(view.language, list)) b { (count(list)) } } }
        } }
    }
}

/// Where to go: some of the places, with their hours.
fn places(view: &View) -> Result<Markup, Problem> {
    let Some(shelf) = view.snapshot.shelf("place") else { return Ok(Markup::default()) };
    let listed = shelf.listed();
    let shown = listed.iter().take(PLACES).filter_map(|id| shelf.by_id(id));
    let shown = shown.map(|entry| Ok((entry, body::<Place>(entry)?))).collect::<Result<Vec<_>, Problem>>()?;
    Ok(html! { @if !shown.is_empty() {
        h2 { (view.say("去哪里办", "Where to go")) }
        ul.rows { @for (entry, place) in &shown {
            li { (view.link_to("place", entry)) br; (view.data(&place.address)) " " (on_a_map(view, place)) (hours(view, &place.hours)) }
        } }
        p { a href=(view.at("/places")) { (view.say("全部办事场所", "All places")) } }
    } })
}

/// What changed lately.
fn changes(view: &View) -> Result<Markup, Problem> {
    let (lines, _) = newest(&view.snapshot, None, |_| Ok(true))?;
    Ok(html! { @if !lines.is_empty() {
        h2 { (view.say("最近变化", "What changed lately")) }
        ul.plain { @for (kind, entry, change) in lines.iter().take(CHANGES) {
            li { (iso_date(local_time(change.published_at).date())) " " (view.term(change.action.code())) " " (view.link_to(kind.name, entry)) }
        } }
        p { a href=(view.at("/changes")) { (view.say("全部变化", "All changes")) } }
    } })
}

/// The lists as files for a spreadsheet.
fn downloads(view: &View) -> Markup {
    let of_a_list = LISTS.iter().map(|(list, ..)| (list_name(view.language, list), format!("items.xlsx?list={list}")));
    let fees = (view.say("收费目录清单", "Fee list"), "fees.xlsx".to_owned());
    html! {
        h2 { (view.say("下载清单（Excel 表格）", "Lists to take away (Excel)")) }
        ul.plain { @for (name, file) in of_a_list.chain([fees]) {
            li { a href=(view.picture.at(&format!("/v1/exports/{file}"))) { (name) (view.say("（xlsx）", " (xlsx)")) } }
        } }
    }
}

/// How the register began: a demonstration register says here that it is one.
fn first(language: Language, snapshot: &Snapshot) -> Markup {
    let first = first_publication(snapshot);
    html! {
        @if let Some(first) = first {
            p.notice { (language.choose("首次公布", "First published")) " " (first.published_at.get(..10).unwrap_or_default()) " · " (first.by.name)
                @if let Some(reason) = first.reason { " · " (reason) } }
        }
    }
}
