//! The three lists, as an office publishes them.

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
    problem::{Code, Problem},
    register::catalog::Catalog,
    web::{answer::Written, routes::part},
};

/// `GET /lists/{list}`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let value = part(request, "list")?;
    let (list, _, about) = LISTS.iter().find(|(known, ..)| *known == value).ok_or(Code::NotFound)?;
    let plan = Plan {
        kind: &items::KIND,
        path: format!("/lists/{list}"),
        fixed: Some(("list", (*list).to_owned())),
        filters: &["category", "organisation"],
        waits: false,
    };
    let wanted = RequestedListing::read(request, catalog, plan).await?;
    let version = wanted.view.version();
    wanted.answer(request, version, move |listing| page(&listing, list, *about)).await
}

fn page(listing: &Listing, list: &str, about: [&'static str; 2]) -> Result<Written, Problem> {
    let view = &listing.view;
    let (title, about) = (list_name(view.language, list), view.say(about[0], about[1]));
    let content = html! {
        h1 { (title) }
        p.soft { (about) }
        (tabs(view, list))
        (listing.form())
        (listing.count())
        (item_table(view, title, &listing.rows)?)
        (listing.pager())
    };
    let frame = Frame { title, description: about, section: Section::Lists, ..Frame::default() };
    Ok(listing.page(&frame, &content))
}

fn tabs(view: &View, here: &str) -> Markup {
    html! {
        nav.screen aria-label=(view.say("三张清单", "The three lists")) {
            ul.chips { @for (list, ..) in LISTS {
                li { a href=(view.at(&format!("/lists/{list}"))) aria-current=[(list == here).then_some("page")] {
                    (list_name(view.language, list))
                } }
            } }
        }
    }
}
