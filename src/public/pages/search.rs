//! Search over all items.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::{
    components::item_table,
    layout::{Frame, Section},
    listing::{Listing, Plan, RequestedListing},
    text::{LISTS, list_name},
    view::View,
};
use crate::{
    model::items,
    problem::{Language, Problem},
    register::catalog::Catalog,
    web::answer::Written,
};

/// `GET /search`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let plan = Plan {
        kind: &items::KIND,
        path: "/search".into(),
        fixed: None,
        filters: &["list", "category", "organisation", "audience", "theme", "charge", "handling"],
        waits: true,
    };
    let wanted = RequestedListing::read(request, catalog, plan).await?;
    let version = wanted.view.version();
    wanted.answer(request, version, |listing| page(&listing)).await
}

fn page(listing: &Listing) -> Result<Written, Problem> {
    let view = &listing.view;
    let heading = view.say("搜索事项", "Search items");
    let title = match listing.q() {
        Some(q) => format!("{heading}：{q}"),
        None => heading.to_owned(),
    };
    let content = html! {
        h1 { (heading) }
        (listing.form())
        (listing.count())
        @match listing.total {
            None => (hints(view)),
            Some(0) => { p { strong { (view.say("没有找到符合条件的事项。", "Nothing was found.")) } } (hints(view)) },
            Some(_) => (item_table(view, heading, &listing.rows)?),
        }
        (listing.pager())
    };
    let frame = Frame {
        title: &title,
        description: view.say(
            "按名称、别名、拼音、编码或者内容查找事项，可按清单、类型、机构、对象、主题、收费和办件类型筛选。",
            "Find items by name, alias, pinyin, code or content; filter by list, category, organisation and more.",
        ),
        section: Section::Search,
        ..Frame::default()
    };
    Ok(listing.page(&frame, &content))
}

/// How to find something.
pub fn hints(view: &View) -> Markup {
    let chinese = [
        "少写几个字：“低保”比“怎么申请最低生活保障”更容易找到。",
        "可以用平常的叫法、拼音（dibao）、拼音首字母（zdshbz）或者事项编码。",
        "几个词之间加空格，表示都要包含。",
        "去掉一些筛选条件。",
    ];
    let english = [
        "Write less: a word or two finds more than a sentence.",
        "Common names, pinyin (dibao), initials of pinyin (zdshbz) and codes are understood.",
        "Words with spaces between them must all be there.",
        "Leave out some of the filters.",
    ];
    let hints = match view.language {
        Language::Chinese => chinese,
        Language::English => english,
    };
    html! {
        ul.plain { @for hint in hints { li { (hint) } } }
        p { (view.say("也可以从清单开始：", "Or begin with a list: "))
            @for (list, ..) in LISTS {
                a href=(view.at(&format!("/lists/{list}"))) { (list_name(view.language, list)) } " "
            }
        }
    }
}
