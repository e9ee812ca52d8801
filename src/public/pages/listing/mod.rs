//! A list that people filter with a form and turn over page by page: a [`ListRequest`] as in the API, whose answer is shown.

mod request;
mod filters;

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use maud::{Markup, html};
use serde_json::Value;

use self::{
    filters::{label, select},
    request::{Count, ListingRequest, ROWS, answer},
};
use super::{
    components::hidden_language,
    layout::Frame,
    view::{Length, View},
};
use crate::{
    model::kinds::Filter,
    problem::{Code, Problem},
    public::reading::ListRequest,
    register::catalog::{Catalog, Entry},
    web::{
        answer::{Version, Written},
        cursor::{Cursor, Walk},
        page::MOST,
        picture::Picture,
    },
};

pub use request::Plan;

/// A page of a list that was asked for, before anything was looked up.
pub struct RequestedListing {
    /// The view of the register at which the walk began.
    pub view: View,
    asked: ListingRequest,
    request: ListRequest,
    walk: Walk,
}

/// A page of a list.
pub struct Listing {
    /// The view of the register at which the walk began.
    pub view: View,
    /// The records, each with where the text was found.
    pub rows: Vec<(Arc<Entry>, Value)>,
    /// How many there are on all pages; `None` while nothing was asked for.
    pub total: Option<u64>,
    /// Whether that is estimated.
    pub estimated: bool,
    /// Whether this is not the first page.
    pub is_later: bool,
    asked: ListingRequest,
    next: Option<String>,
    facets: Vec<(&'static Filter, Vec<Count>)>,
}

impl RequestedListing {
    /// Reads the list that `request` asks for. A value that a filter does not know is refused; a cursor that is none begins at the first page, for
    /// the form may have been changed under it.
    pub async fn read(request: &HttpRequest, catalog: &Catalog, plan: Plan) -> Result<Self, Problem> {
        let asked = ListingRequest::read(plan, request.query_string());
        let current = catalog.snapshot();
        let highlight = if asked.value("q").is_some() { "&highlight=true" } else { "" };
        let filters = asked.filters();
        let facets: Vec<_> = filters.into_iter().filter(|filter| asked.value(filter.name).is_none()).collect();
        let facets = match facets.is_empty() {
            true => String::new(),
            false => format!("&facets={}", facets.iter().map(|filter| filter.name).collect::<Vec<_>>().join(",")),
        };
        let base = asked.query("");
        let query = format!("{base}{highlight}{facets}&fields=code&limit={}", asked.limit);
        let walk = Walk::of(catalog.cursor_key(), &asked.plan.path, &base);
        let mut list_request = ListRequest::read(asked.plan.kind, &query, &walk, &current)?;
        list_request.cursor = asked.cursor.as_deref().and_then(|text| Cursor::read(text, &walk).ok());
        let (cursor, as_of) = (list_request.cursor.as_ref(), list_request.as_of);
        let picture = Picture::of(catalog, current, cursor, as_of).await?.asked_as(asked.as_of.clone());
        let view = View::of(request, picture, Utc::now());
        Ok(Self { view, asked, request: list_request, walk })
    }

    /// Answers with the page that `write` makes of what is found, or with 304 when the client has this version already.
    pub async fn answer(
        self,
        request: &HttpRequest,
        version: Version,
        write: impl FnOnce(Listing) -> Result<Written, Problem> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let Self { view, asked, request: wanted, walk } = self;
        view.answer(request, version, Length::Short, move |view| write(Listing::of(view, asked, &wanted, &walk)?)).await
    }
}

impl Listing {
    /// Finds the records of the page, and the numbers of the form.
    fn of(view: &View, asked: ListingRequest, wanted: &ListRequest, walk: &Walk) -> Result<Self, Problem> {
        let snapshot = &view.snapshot;
        let answer = answer(snapshot, asked.plan.kind, wanted, walk)?;
        let waiting = asked.plan.waits && asked.values.is_empty();
        let facets = asked.filters().into_iter();
        let facets = facets.map(|filter| Ok((filter, asked.counts(snapshot, walk, filter, &answer)?)));
        let facets = facets.collect::<Result<_, Problem>>()?;
        let shelf = snapshot.shelf(asked.plan.kind.name).ok_or(Code::NotFound)?;
        let rows = answer["items"].as_array().into_iter().flatten().filter_map(|row| {
            let entry = shelf.get(row["code"].as_str()?)?;
            Some((entry.clone(), row["highlight"].clone()))
        });
        let rows = if waiting { Vec::new() } else { rows.collect() };
        Ok(Self {
            rows,
            total: answer["total"].as_u64().filter(|_| !waiting),
            estimated: answer["total_estimated"] == true,
            is_later: wanted.cursor.is_some(),
            next: answer["next"].as_str().filter(|_| !waiting).map(str::to_owned),
            facets,
            asked,
            view: view.clone(),
        })
    }

    /// The text that somebody wrote into the form.
    pub fn q(&self) -> Option<&str> {
        self.asked.value("q")
    }

    /// The address of this page without its language.
    fn address(&self) -> String {
        self.asked.address(self.asked.cursor.as_deref(), self.asked.limit)
    }

    /// The address of the same list in the API, today.
    fn json(&self) -> String {
        let query = self.asked.query("as_of");
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/v1/{}{mark}{query}", self.asked.plan.kind.path)
    }

    /// The page in its frame, at the address of the list and with the list of the API as its JSON unless the frame names another.
    pub fn page(&self, frame: &Frame<'_>, content: &Markup) -> Written {
        let (address, json) = (self.address(), self.json());
        let json = frame.json.unwrap_or(&json);
        self.view.page(&Frame { address: &address, json: Some(json), ..*frame }, content)
    }

    /// The form with the filters and how many records each of their values would leave.
    pub fn form(&self) -> Markup {
        let view = &self.view;
        html! {
            form.filters role="search" method="get" action=(self.asked.plan.path) aria-label=(view.say("筛选", "Filter")) {
                label for="q" { (view.say("搜索词（中文、拼音、首字母、编码）", "Text: Chinese, pinyin, initials or a code")) }
                div.text {
                    input id="q" type="search" name="q" maxlength="200" value=[self.q()] autocomplete="off";
                    button type="submit" { (view.say("查询", "Show")) }
                }
                // Folded: what was found should be seen before what else could be asked. What was chosen stands on the fold.
                @if !self.facets.is_empty() {
                    details open[self.total.is_none()] {
                        summary { (view.say("筛选条件", "Filters")) (self.chosen()) }
                        div.selects { @for (filter, counts) in &self.facets { (select(view, filter, self.asked.value(filter.name), counts)) } }
                    }
                }
                (hidden_language(view.language))
                @if let Some(as_of) = &self.asked.as_of { input type="hidden" name="as_of" value=(as_of); }
                @if !self.asked.values.is_empty() {
                    p { a href=(view.at(&self.asked.plan.path)) { (view.say("清除条件", "Clear")) } }
                }
            }
        }
    }

    /// The values that were chosen, in words.
    fn chosen(&self) -> Markup {
        let view = &self.view;
        let values = self.facets.iter().filter_map(|(filter, counts)| {
            let value = self.asked.value(filter.name)?;
            counts.iter().find(|counted| counted.value == value).map(|counted| label(view, filter, counted))
        });
        html! { @for (place, label) in values.enumerate() {
            (if place == 0 { view.say("：", ": ") } else { view.comma() }) (label)
        } }
    }

    /// How many there are, and the ways to the other pages.
    pub fn pager(&self) -> Markup {
        let view = &self.view;
        let total = self.total.unwrap_or_default();
        html! {
            nav.pager aria-label=(view.say("翻页", "Pages")) {
                @if self.is_later { a href=(view.at(&self.asked.address(None, self.asked.limit))) { (view.say("第一页", "First page")) } }
                @if let Some(next) = &self.next {
                    a rel="next" href=(view.at(&self.asked.address(Some(next), self.asked.limit))) { (view.say("下一页", "Next page")) }
                }
                @if total > ROWS as u64 && self.asked.limit == ROWS {
                    a href=(view.at(&self.asked.address(None, MOST))) {
                        (view.say("每页 200 项（打印用）", "200 to a page, for printing"))
                    }
                }
            }
        }
    }

    /// The number of records, in words.
    pub fn count(&self) -> Markup {
        let view = &self.view;
        html! {
            @if let Some(total) = self.total {
                p.soft role="status" {
                    (view.say("共 ", "")) (if self.estimated { view.say("约 ", "about ") } else { "" }) (total)
                    (view.say(" 项", if total == 1 { " entry" } else { " entries" }))
                }
            }
        }
    }
}
