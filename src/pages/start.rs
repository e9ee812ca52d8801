//! The start page: the lists, the search, the documentation and the exports, for somebody who has never been here.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::layout;
use crate::{
    catalog::{Catalog, Snapshot, instant},
    items,
    problem::{Code, Language, Problem, Wrong},
    reading::{ListRequest, Parameters, Summary, Walk, list, summary},
};

/// Results on the page; the API shows the rest.
const RESULTS: usize = 50;

/// What the page was asked for.
struct Asked {
    language: Language,
    q: Option<String>,
    list: Option<String>,
}

/// `GET /`
pub fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let asked = read(request.query_string())?;
    let snapshot = catalog.snapshot();
    let summary = summary(&snapshot).ok_or(Code::Internal)?;
    let results = results(&snapshot, &asked)?;
    let say = |chinese, english| asked.language.choose(chinese, english);
    let content = html! {
        header {
            p { strong { "清单 qingdan" } }
            nav { a href=(say("/?lang=en", "/")) { (say("English", "中文")) } }
        }
        main {
            h1 { (say("权责清单和公共服务事项", "Powers, responsibilities and public services")) }
            p.soft { (say(
                "本登记簿公布权力清单、责任清单和公共服务事项清单：谁可以办、依据什么、要带什么、收不收费、多久办好、怎么办。",
                "This register publishes the power list, the responsibility list and the public service list: who may use an item, \
                 on what legal basis, with which papers, at what price, how long it takes and how it is handled.",
            )) }
            (search_form(&asked))
            @match &results {
                Some(results) => (result_list(&asked, results)),
                None => (overview(&asked, &summary)),
            }
            (for_programs(asked.language))
        }
        (footer(&asked, &snapshot))
    };
    let title = say("清单 qingdan · 权责清单和公共服务事项", "qingdan · powers, responsibilities and public services");
    Ok(layout::answer(request, &snapshot, layout::page(asked.language, title, &content)))
}

fn read(query: &str) -> Result<Asked, Problem> {
    // An empty search box is no mistake here: it leads back to the overview.
    let kept: Vec<_> = query.split('&').filter(|part| *part != "q=" && *part != "list=").collect();
    let mut parameters = Parameters::read(&kept.join("&"));
    let one_of = |text: &str, known: &[&str]| match known.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err(Wrong::NotInCodeList(known.join(", "))),
    };
    let language = parameters.parsed("lang", |text| one_of(text, &["zh", "en"]));
    let q = parameters.one("q");
    let list = parameters.parsed("list", |text| one_of(text, &["power", "responsibility", "service"]));
    parameters.finish()?;
    let language = if language.as_deref() == Some("en") { Language::English } else { Language::Chinese };
    Ok(Asked { language, q, list })
}

/// The page of the list that was asked for, if one was.
fn results(snapshot: &Snapshot, asked: &Asked) -> Result<Option<Value>, Problem> {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut query: Vec<String> = Vec::new();
    query.extend(asked.q.as_deref().map(|q| format!("q={}&highlight=true", encode(q))));
    query.extend(asked.list.as_deref().map(|list| format!("list={list}")));
    if query.is_empty() {
        return Ok(None);
    }
    let query = format!("{}&limit={RESULTS}", query.join("&"));
    let request = ListRequest::read(&items::KIND, &query)?;
    let shelf = snapshot.shelf(items::KIND.name).ok_or(Code::Internal)?;
    let page = list(snapshot, shelf, &request, &Walk::of("/v1/items", &query), None)?;
    Ok(Some(serde_json::from_slice(&page.json)?))
}

fn search_form(asked: &Asked) -> Markup {
    let say = |chinese, english| asked.language.choose(chinese, english);
    html! {
        form role="search" action="/" method="get" {
            input type="search" name="q" maxlength="200" value=[asked.q.as_deref()]
                aria-label=(say("搜索事项", "Search items")) placeholder=(say("低保、准生证、dibao、编码……", "低保, dibao, a code …"));
            @if asked.language == Language::English { input type="hidden" name="lang" value="en"; }
            button type="submit" { (say("搜索", "Search")) }
        }
    }
}

fn overview(asked: &Asked, summary: &Summary) -> Markup {
    let say = |chinese, english| asked.language.choose(chinese, english);
    let suffix = if asked.language == Language::English { "&lang=en" } else { "" };
    let count =
        |value: &str| summary.items.list.iter().find(|count| count.value == value).map_or(0, |count| count.count);
    let lists = [
        ("power", say("权力清单", "Power list")),
        ("responsibility", say("责任清单", "Responsibility list")),
        ("service", say("公共服务事项清单", "Public service list")),
    ];
    html! {
        h2 { (say("三张清单", "The three lists")) }
        ul.cards {
            @for (value, name) in lists {
                li { a href=(format!("/?list={value}{suffix}")) { (name) b { (count(value)) } } }
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
        @if rows.len() < usize::try_from(total).unwrap_or(usize::MAX) {
            p.soft { (say("这里显示前", "Shown here: the first")) " " (rows.len()) " " (say("项；全部结果见 API。", "; the API has them all.")) }
        }
        ul.rows { @for row in rows { (result_row(asked.language, row)) } }
        p { a href=(say("/", "/?lang=en")) { (say("返回首页", "Back to the start")) } }
    }
}

fn result_row(language: Language, row: &Value) -> Markup {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let own = format!("/v1/items/{}", text("code"));
    let category = crate::values::code_lists::Category::of(text("category")).map_or("", |category| category.label());
    let segments = row["highlight"]["name"].as_array();
    html! {
        li {
            a href=(own) {
                @match segments {
                    Some(segments) => @for segment in segments {
                        @if segment["match"] == true { mark { (segment["text"].as_str().unwrap_or_default()) } }
                        @else { (segment["text"].as_str().unwrap_or_default()) }
                    },
                    None => (text("name")),
                }
            }
            " " span.links { a href=(format!("{own}/chart.svg")) { (language.choose("流程图", "chart")) } }
            br;
            small { (category) " · " (row["organisation"]["name"].as_str().unwrap_or_default()) " · " code { (text("code")) } }
        }
    }
}

fn for_programs(language: Language) -> Markup {
    let say = |chinese, english| language.choose(chinese, english);
    html! {
        h2 { (say("接口文档", "Documentation")) }
        ul {
            li { a href="/docs/" { (say("交互式文档", "Interactive documentation")) } " · " a href="/openapi.json" { "OpenAPI 3.1" } }
            li { a href="/v1" { (say("服务说明", "Service document")) } " · " a href="/v1/summary" { (say("统计", "Summary")) }
                " · " a href="/v1/code-lists" { (say("代码表", "Code lists")) } " · " a href="/problems" { (say("错误代码", "Problem codes")) } }
            li { a href="/v1/schemas/item.json" { (say("事项的 JSON Schema", "JSON Schema of an item")) } }
        }
        h2 { (say("导出数据", "Taking the data along")) }
        p { (say(
            "按 next 逐页读取即可取走整个登记簿；一次遍历始终对应开始时的那一刻，期间的发布不会造成遗漏或者重复。",
            "Following `next` page by page takes the whole register along; a walk shows the register as it was when it began, \
             whatever is published meanwhile.",
        )) }
        pre { code { "curl '/v1/items?limit=200&fields=meta'\ncurl '/v1/items?changed_since=2025-01-01'" } }
        ul {
            li { a href="/v1/items?limit=200" { (say("全部事项（JSON）", "All items (JSON)")) } }
            li { a href="/v1/items?list=responsibility&limit=200" { (say("责任清单（JSON）", "Responsibility list (JSON)")) } }
            li { a href="/v1/fees?limit=200" { (say("收费目录清单（JSON）", "Fee list (JSON)")) } }
        }
    }
}

fn footer(asked: &Asked, snapshot: &Snapshot) -> Markup {
    let say = |chinese, english| asked.language.choose(chinese, english);
    html! {
        footer {
            (say("变更序号", "Change")) " " (snapshot.seq())
            @if snapshot.seq() > 0 { " · " (say("最近发布", "last published")) " " (instant(snapshot.at())) }
            " · qingdan " (env!("CARGO_PKG_VERSION"))
        }
    }
}
