//! The start page: the lists, the search, the documentation and the exports, for somebody who has never been here.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::{
    components::{hidden_view, item_table},
    layout::Frame,
    listing::{Listing, Plan, RequestedListing},
    search::hints,
    text::{LISTS, list_name},
    view::View,
};
use crate::{
    base::public_address::public_base,
    model::items,
    problem::{Code, Language, Problem},
    public::{
        reading::first_publication,
        summary::{Summary, summary},
    },
    register::catalog::{Catalog, Snapshot},
    values::code_lists::Theme,
    web::answer::Written,
};

/// `GET /`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let plan = Plan { kind: &items::KIND, path: "/".into(), fixed: None, filters: &[], waits: true };
    let wanted = RequestedListing::read(request, catalog, plan).await?;
    let base = public_base(request);
    let version = wanted.view.version().naming(&base);
    wanted.answer(request, version, move |listing| page(&listing, &base)).await
}

fn page(listing: &Listing, base: &str) -> Result<Written, Problem> {
    let view = &listing.view;
    let summary = summary(&view.snapshot).ok_or(Code::Internal)?;
    let title = view.say("权责清单和公共服务事项", "Powers, responsibilities and public services");
    let about = view.say(
        "本登记簿公布权力清单、责任清单和公共服务事项清单：谁可以办、依据什么、要带什么、收不收费、多久办好、怎么办。",
        "This register publishes the power list, the responsibility list and the public service list: who may use an item, \
         on what legal basis, with which papers, at what price, how long it takes and how it is handled.",
    );
    let content = html! {
        h1 { (title) }
        p.soft { (about) }
        (first(view.language, &view.snapshot))
        (search_form(listing))
        @match listing.total {
            None => (overview(view, &summary)),
            Some(total) => (results(listing, total)?),
        }
        (for_programs(view.language, base))
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

fn overview(view: &View, summary: &Summary) -> Markup {
    let count =
        |value: &str| summary.items.list.iter().find(|count| count.value == value).map_or(0, |count| count.count);
    html! {
        h2 { (view.say("三张清单", "The three lists")) }
        ul.cards { @for (list, ..) in LISTS {
            li { a href=(view.at(&format!("/lists/{list}"))) { (list_name(view.language, list)) b { (count(list)) } } }
        } }
        @if summary.seq == 0 {
            p { strong { (view.say("这里还没有公布任何内容。", "Nothing is published here yet.")) } " "
                (view.say("用 ", "Start with ")) code { "qingdan serve --demo" }
                (view.say(" 启动，可以先看示例登记簿。", " to look around in the demonstration register.")) }
        }
        @if !summary.items.theme.is_empty() {
            h2 { (view.say("按主题查找", "By theme")) }
            ul.chips { @for theme in &summary.items.theme {
                @let name = Theme::of(&theme.value).map(|theme| view.term(theme.code()));
                li { a href=(view.at(&format!("/search?theme={}", theme.value))) {
                    (name.unwrap_or_default()) " " span.soft { (theme.count) }
                } }
            } }
        }
        h2 { (view.say("其他记录", "Other records")) }
        ul.chips { @for kind in view.snapshot.kinds().filter(|kind| kind.name != "item") {
            @let listed = summary.records.iter().find(|record| record.kind == kind.name).map_or(0, |record| record.listed);
            li { a href=(view.at(&format!("/{}", kind.path))) { (view.say(kind.chinese, kind.english)) " " span.soft { (listed) } } }
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

fn for_programs(language: Language, base: &str) -> Markup {
    let say = |chinese, english| language.choose(chinese, english);
    html! {
        h2 { (say("接口文档", "Documentation")) }
        ul {
            li { a href="/docs/" { (say("交互式文档", "Interactive documentation")) } " · " a href="/openapi.json" { "OpenAPI 3.1" } }
            li { a href="/v1" { (say("服务说明", "Service document")) } " · " a href="/v1/summary" { (say("统计", "Summary")) }
                " · " a href="/v1/code-lists" { (say("代码表", "Code lists")) } " · " a href="/problems" { (say("错误代码", "Problem codes")) } }
            li { a href="/v1/schemas/item.json" { (say("事项的 JSON Schema", "JSON Schema of an item")) } }
        }
        h2 { (say("导出数据", "Download the data")) }
        p { (say(
            "按 next 逐页读取即可取走整份清单；一次遍历始终对应开始时的那一刻，期间的发布不会造成遗漏或者重复。",
            "Follow next page by page to download a whole list; a walk shows the register as it was when it began, whatever is \
             published meanwhile.",
        )) }
        pre tabindex="0" { code { "curl '" (base) "/v1/items?limit=200'\ncurl '" (base) "/v1/items?changed_since=2025-01-01'" } }
        ul {
            li { a href="/v1/items?limit=200" { (say("全部事项（JSON）", "All items (JSON)")) } }
            li { a href="/v1/items?list=responsibility&limit=200" { (say("责任清单（JSON）", "Responsibility list (JSON)")) } }
            li { a href="/v1/fees?limit=200" { (say("收费目录清单（JSON）", "Fee list (JSON)")) } }
        }
    }
}
