//! The start page: the lists, the search, the documentation and the exports, for somebody who has never been here.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, dev::ConnectionInfo};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::layout::{self, Frame, Section};
use crate::{
    answer::Version,
    catalog::{Catalog, Snapshot},
    items,
    problem::{Code, Language, Problem},
    reading::{
        Cursor, ListRequest, Parameters, Summary, Walk,
        http::{first_publication, pinned},
        list, summary,
    },
    values::code_lists::Category,
};

/// Results on the page.
const RESULTS: usize = 50;
/// The three lists: value, Chinese and English name.
const LISTS: [(&str, &str, &str); 3] = [
    ("power", "权力清单", "Power list"),
    ("responsibility", "责任清单", "Responsibility list"),
    ("service", "公共服务事项清单", "Public service list"),
];

/// What the page was asked for.
struct Asked {
    language: Language,
    q: Option<String>,
    list: Option<&'static str>,
    cursor: Option<String>,
}

/// `GET /`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let asked = Asked::read(request.query_string());
    let current = catalog.snapshot();
    let results = results(catalog, &current, &asked).await?;
    let summary = summary(&current).ok_or(Code::Internal)?;
    let say = |chinese, english| asked.language.choose(chinese, english);
    let content = html! {
            h1 { (say("权责清单和公共服务事项", "Powers, responsibilities and public services")) }
            p.soft { (say(
                "本登记簿公布权力清单、责任清单和公共服务事项清单：谁可以办、依据什么、要带什么、收不收费、多久办好、怎么办。",
                "This register publishes the power list, the responsibility list and the public service list: who may use an item, \
                 on what legal basis, with which papers, at what price, how long it takes and how it is handled.",
            )) }
            (first(asked.language, &current))
            (search_form(&asked))
            @match &results {
                Some(results) => (result_list(&asked, results)),
                None => (overview(&asked, &summary)),
            }
            (for_programs(asked.language, &request.connection_info()))
    };
    let frame = Frame {
        language: asked.language,
        title: say("权责清单和公共服务事项", "Powers, responsibilities and public services"),
        description: say(
            "权力清单、责任清单、公共服务事项清单",
            "Power list, responsibility list, public service list",
        ),
        address: &asked.address(Language::Chinese, None),
        json: Some("/v1/summary"),
        section: Section::None,
    };
    let page = frame.page(&current, &content);
    Ok(layout::answer(request, &current, Version::of(&current), page))
}

impl Asked {
    /// A page for people passes over what it does not know: links to it carry marks of where they were found.
    fn read(query: &str) -> Self {
        let mut parameters = Parameters::read(query);
        let english = parameters.one("lang").as_deref() == Some("en");
        let list = parameters.one("list");
        Self {
            language: if english { Language::English } else { Language::Chinese },
            q: parameters.one("q"),
            list: LISTS.iter().map(|(value, ..)| *value).find(|value| list.as_deref() == Some(value)),
            cursor: parameters.one("cursor"),
        }
    }

    /// The query of the list that is shown, if one is.
    fn query(&self) -> Option<String> {
        let text = self.q.as_deref().map(|q| format!("q={}&highlight=true", utf8_percent_encode(q, NON_ALPHANUMERIC)));
        let list = self.list.map(|list| format!("list={list}"));
        let parts: Vec<_> = text.into_iter().chain(list).collect();
        (!parts.is_empty()).then(|| parts.join("&"))
    }

    /// The address of the same page in a language, at a cursor.
    fn address(&self, language: Language, cursor: Option<&str>) -> String {
        let mut parts = Vec::new();
        parts.extend(self.q.as_deref().map(|q| format!("q={}", utf8_percent_encode(q, NON_ALPHANUMERIC))));
        parts.extend(self.list.map(|list| format!("list={list}")));
        parts.extend((language == Language::English).then(|| "lang=en".to_owned()));
        parts.extend(cursor.map(|cursor| format!("cursor={cursor}")));
        if parts.is_empty() { "/".into() } else { format!("/?{}", parts.join("&")) }
    }
}

/// The page of the list that was asked for, if one was. A cursor that is none begins at the first page.
async fn results(catalog: &Catalog, current: &Arc<Snapshot>, asked: &Asked) -> Result<Option<Value>, Problem> {
    let Some(query) = asked.query() else { return Ok(None) };
    let query = format!("{query}&limit={RESULTS}");
    let walk = Walk::of("/", &query);
    let mut request = ListRequest::read(&items::KIND, &query, &walk, current)?;
    request.cursor = asked.cursor.as_deref().and_then(|text| Cursor::read(text, &walk).ok());
    let snapshot = pinned(catalog, current.clone(), request.cursor.as_ref()).await?;
    let shelf = snapshot.shelf(items::KIND.name).ok_or(Code::Internal)?;
    Ok(Some(serde_json::from_slice(&list(&snapshot, shelf, &request, &walk)?.json)?))
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

fn search_form(asked: &Asked) -> Markup {
    let say = |chinese, english| asked.language.choose(chinese, english);
    html! {
        form.find role="search" action="/" method="get" {
            input type="search" name="q" maxlength="200" value=[asked.q.as_deref()]
                aria-label=(say("搜索事项", "Search items")) placeholder=(say("低保、准生证、dibao、编码……", "低保, dibao, a code …"));
            @if asked.language == Language::English { input type="hidden" name="lang" value="en"; }
            button type="submit" { (say("搜索", "Search")) }
        }
    }
}

fn overview(asked: &Asked, summary: &Summary) -> Markup {
    let say = |chinese, english| asked.language.choose(chinese, english);
    let count =
        |value: &str| summary.items.list.iter().find(|count| count.value == value).map_or(0, |count| count.count);
    let suffix = if asked.language == Language::English { "&lang=en" } else { "" };
    html! {
        h2 { (say("三张清单", "The three lists")) }
        ul.cards {
            @for (value, chinese, english) in LISTS {
                li { a href=(format!("/?list={value}{suffix}")) { (say(chinese, english)) b { (count(value)) } } }
            }
        }
        @if summary.seq == 0 {
            p { strong { (say("这里还没有公布任何内容。", "Nothing is published here yet.")) } " "
                (say("用 ", "Start with ")) code { "qingdan serve --demo" }
                (say(" 启动，可以先看示例登记簿。", " to look around in the demonstration register.")) }
        }
        h2 { (say("其他记录", "Other records")) }
        ul { @for record in summary.records.iter().filter(|record| record.kind != "item") {
            li { a href=(record.link) { (asked.language.choose(record.label, english(record.kind))) } " " span.soft { (record.listed) } }
        } }
    }
}

fn english(kind: &str) -> &'static str {
    match kind {
        "organisation" => "Organisations",
        "place" => "Places",
        "fee" => "Fee list",
        "legal_instrument" => "Legal instruments",
        "intermediary" => "Intermediaries",
        "clean_up" => "Clean-up rounds",
        _ => "Items",
    }
}

fn result_list(asked: &Asked, results: &Value) -> Markup {
    let say = |chinese, english| asked.language.choose(chinese, english);
    let total = results["total"].as_u64().unwrap_or_default();
    let rows = results["items"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        h2 { (say("找到", "Found")) " " (total) " " (say("项", "items")) }
        @if total == 0 {
            p { (say(
                "没有找到。换个说法试试：少写几个字，或者用拼音、首字母、编码。",
                "Nothing was found. Try fewer words, pinyin, initials or a code.",
            )) }
        }
        ul.rows { @for row in rows { (result_row(asked.language, row)) } }
        p {
            @if let Some(next) = results["next"].as_str() {
                a rel="next" href=(asked.address(asked.language, Some(next))) { (say("下一页", "Next page")) } " · "
            }
            a href=(say("/", "/?lang=en")) { (say("返回首页", "Back to the start")) }
        }
    }
}

fn result_row(language: Language, row: &Value) -> Markup {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let own = format!("/v1/items/{}", text("code"));
    let category = Category::of(text("category")).map_or("", Category::label);
    html! {
        li {
            a href=(own) { (marked(&row["highlight"]["name"], text("name"))) }
            @if row["highlight"]["aliases"].is_array() { " " small { "（" (marked(&row["highlight"]["aliases"], "")) "）" } }
            " " span.links { a href=(format!("{own}/chart.svg")) { (language.choose("流程图", "chart")) } " · " a href=(own) { "JSON" } }
            br;
            small { (category) " · " (row["organisation"]["name"].as_str().unwrap_or_default()) " · " code { (text("code")) } }
        }
    }
}

/// A text with what was found marked, or the text as it is.
fn marked(segments: &Value, text: &str) -> Markup {
    html! {
        @match segments.as_array() {
            Some(segments) => @for segment in segments {
                @let text = segment["text"].as_str().unwrap_or_default();
                @if segment["match"] == true { mark { (text) } } @else { (text) }
            },
            None => (text),
        }
    }
}

fn for_programs(language: Language, connection: &ConnectionInfo) -> Markup {
    let base = format!("{}://{}", connection.scheme(), connection.host());
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
        pre { code { "curl '" (base) "/v1/items?limit=200'\ncurl '" (base) "/v1/items?changed_since=2025-01-01'" } }
        ul {
            li { a href="/v1/items?limit=200" { (say("全部事项（JSON）", "All items (JSON)")) } }
            li { a href="/v1/items?list=responsibility&limit=200" { (say("责任清单（JSON）", "Responsibility list (JSON)")) } }
            li { a href="/v1/fees?limit=200" { (say("收费目录清单（JSON）", "Fee list (JSON)")) } }
        }
    }
}
