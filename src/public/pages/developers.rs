//! What is for programs and those who write them: documentation, formats, how to take away whole lists.

use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use maud::{Markup, html};

use super::{
    layout::{Frame, Section},
    view::{Length, View},
};
use crate::{
    base::public_address::public_base,
    problem::Problem,
    register::catalog::Catalog,
    web::{answer::Written, picture::Picture},
};

/// `GET /developers`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let view = View::of(request, Picture::of_today(catalog.snapshot()), Utc::now());
    let base = public_base(request);
    let version = view.version().naming(&base);
    view.answer(request, version, Length::Short, move |view| Ok(page(view, &base))).await
}

fn page(view: &View, base: &str) -> Written {
    let title = view.say("开放数据和接口", "Open data and API");
    let description = view.say(
        "登记簿的全部内容都可以由程序读取：接口文档、数据格式、整份下载。",
        "All that the register says can be read by programs: documentation, formats, whole lists.",
    );
    let content = html! { h1 { (title) } p.soft { (description) } (documentation(view)) (data(view, base)) };
    let frame = Frame {
        title,
        description,
        address: "/developers",
        json: Some("/v1"),
        section: Section::Developers,
        ..Frame::default()
    };
    view.page(&frame, &content)
}

fn documentation(view: &View) -> Markup {
    html! {
        h2 { (view.say("接口文档", "Documentation")) }
        ul {
            li { a href="/docs/" { (view.say("交互式文档", "Interactive documentation")) } " · " a href="/openapi.json" { "OpenAPI 3.1" } }
            li { a href="/v1" { (view.say("服务说明", "Service document")) } " · " a href="/v1/summary" { (view.say("统计", "Summary")) }
                " · " a href="/v1/code-lists" { (view.say("代码表", "Code lists")) }
                " · " a href=(view.at("/problems")) { (view.say("错误代码", "Problem codes")) } }
            li { a href="/v1/schemas/item.json" { (view.say("事项的 JSON Schema", "JSON Schema of an item")) } }
        }
    }
}

fn data(view: &View, base: &str) -> Markup {
    html! {
        h2 { (view.say("导出数据", "Download the data")) }
        p { (view.say(
            "按 next 逐页读取即可取走整份清单；一次遍历始终对应开始时的那一刻，期间的发布不会造成遗漏或者重复。",
            "Follow next page by page to download a whole list; a walk shows the register as it was when it began, whatever is \
             published meanwhile.",
        )) }
        pre tabindex="0" { code { "curl '" (base) "/v1/items?limit=200'\ncurl '" (base) "/v1/items?changed_since=2025-01-01'" } }
        ul {
            li { a href="/v1/items?limit=200" { (view.say("全部事项（JSON）", "All items (JSON)")) } }
            li { a href="/v1/items?list=responsibility&limit=200" { (view.say("责任清单（JSON）", "Responsibility list (JSON)")) } }
            li { a href="/v1/fees?limit=200" { (view.say("收费目录清单（JSON）", "Fee list (JSON)")) } }
            li { a href="/v1/catalog.jsonld" { (view.say("数据目录（DCAT）", "Catalogue of the data (DCAT)")) }
                " · " a href="/v1/changes.atom" { (view.say("变化订阅（Atom）", "Feed of changes (Atom)")) } }
        }
    }
}
