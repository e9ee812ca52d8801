//! A list that people filter with a form and turn over page by page. What is asked for is a [`ListRequest`] as in the API.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{
    components::hidden_language,
    layout::Frame,
    text::list_name,
    view::{Length, View},
};
use crate::{
    model::kinds::{Filter, Kind, Values},
    problem::{Code, Language, Problem},
    public::reading::{ListRequest, list},
    register::catalog::{Catalog, Entry, Snapshot},
    web::{
        answer::{Version, Written},
        cursor::{Cursor, Walk},
        page::MOST,
        picture::Picture,
        query::Parameters,
    },
};

/// Rows of a page, unless asked otherwise.
const ROWS: usize = 50;

/// What a page lists, and by what.
pub struct Plan {
    /// What.
    pub kind: &'static Kind,
    /// The path of the page.
    pub path: String,
    /// What the page has chosen already.
    pub fixed: Option<(&'static str, String)>,
    /// The filters that its form always offers; any other is offered when it is used.
    pub filters: &'static [&'static str],
    /// Whether rows come only when something was asked for.
    pub waits: bool,
}

/// A page of a list that was asked for, before anything was looked up.
pub struct RequestedListing {
    /// With the register at which the walk began.
    pub view: View,
    asked: ListingRequest,
    request: ListRequest,
    walk: Walk,
}

/// A page of a list.
pub struct Listing {
    /// With the register at which the walk began.
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

/// One value of a filter, and how many records of the list have it.
struct Count {
    value: String,
    label: String,
    count: u64,
}

/// What the form was filled in with.
struct ListingRequest {
    plan: Plan,
    values: Vec<(&'static str, String)>,
    limit: usize,
    cursor: Option<String>,
    as_of: Option<String>,
}

impl ListingRequest {
    fn read(plan: Plan, query: &str) -> Self {
        let mut parameters = Parameters::read(query);
        let names = std::iter::once("q").chain(plan.kind.filters.iter().map(|filter| filter.name));
        let free = |name: &&str| plan.fixed.as_ref().is_none_or(|(fixed, _)| fixed != name);
        let mut values = Vec::new();
        for name in names.filter(free) {
            values.extend(parameters.all(name).into_iter().map(|value| (name, value)));
        }
        let limit = parameters.one("limit").and_then(|text| text.parse().ok()).unwrap_or(ROWS).clamp(1, MOST);
        let (cursor, as_of) = (parameters.one("cursor"), parameters.one("as_of"));
        Self { plan, values, limit, cursor, as_of }
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// What the list is asked, without what one filter says.
    fn query(&self, without: &str) -> String {
        let fixed = self.plan.fixed.iter().map(|(name, value)| (*name, value.as_str()));
        let values = self.values.iter().map(|(name, value)| (*name, value.as_str()));
        let as_of = self.as_of.iter().map(|text| ("as_of", text.as_str())).filter(|(name, _)| *name != without);
        let pairs = fixed.chain(values.filter(|(name, _)| *name != without)).chain(as_of);
        pairs.map(|(name, value)| pair(name, value)).collect::<Vec<_>>().join("&")
    }

    /// The address of the page, at a cursor, with so many rows.
    fn address(&self, cursor: Option<&str>, limit: usize) -> String {
        let mut parts: Vec<_> = self.values.iter().map(|(name, value)| pair(name, value)).collect();
        parts.extend((limit != ROWS).then(|| format!("limit={limit}")));
        parts.extend(cursor.map(|cursor| pair("cursor", cursor)));
        match parts.is_empty() {
            true => self.plan.path.clone(),
            false => format!("{}?{}", self.plan.path, parts.join("&")),
        }
    }

    /// The filters that the form offers.
    fn filters(&self) -> Vec<&'static Filter> {
        let used = |filter: &&Filter| self.plan.filters.contains(&filter.name) || self.value(filter.name).is_some();
        self.plan.kind.filters.iter().filter(used).collect()
    }
}

fn pair(name: &str, value: &str) -> String {
    format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
}

impl RequestedListing {
    /// What `request` asks for. A value that a filter does not know is refused; a cursor that is none begins at the first page, for
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
    /// Finds what is wanted.
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

    /// What somebody wrote into the form as text.
    pub fn q(&self) -> Option<&str> {
        self.asked.value("q")
    }

    /// Whether anything but a text was asked for.
    fn is_filtered(&self) -> bool {
        self.asked.values.iter().any(|(name, _)| *name != "q")
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
                div.text {
                    label for="q" { (view.say("搜索词（中文、拼音、首字母、编码）", "Text: Chinese, pinyin, initials or a code")) }
                    input id="q" type="search" name="q" maxlength="200" value=[self.q()] autocomplete="off";
                }
                // Folded: on a phone what was found should be seen before what else could be asked.
                @if !self.facets.is_empty() {
                    details open[self.is_filtered() || self.total.is_none()] {
                        summary { (view.say("筛选条件", "Filters")) }
                        div.selects { @for (filter, counts) in &self.facets { (self.select(filter, counts)) } }
                    }
                }
                (hidden_language(view.language))
                @if let Some(as_of) = &self.asked.as_of { input type="hidden" name="as_of" value=(as_of); }
                p {
                    button type="submit" { (view.say("查询", "Show")) }
                    @if !self.asked.values.is_empty() {
                        a href=(view.at(&self.asked.plan.path)) { (view.say("清除条件", "Clear")) }
                    }
                }
            }
        }
    }

    fn select(&self, filter: &Filter, counts: &[Count]) -> Markup {
        let view = &self.view;
        let id = format!("f-{}", filter.name);
        let chosen = self.asked.value(filter.name);
        html! {
            div {
                label for=(id) { (view.say(filter.chinese, filter_name(filter))) }
                select id=(id) name=(filter.name) {
                    option value="" { (view.say("全部", "All")) }
                    @for counted in counts {
                        option value=(counted.value) selected[chosen == Some(counted.value.as_str())]
                            lang=[is_data(view, filter).then_some("zh-CN")] {
                            (option_label(view, filter, counted)) " (" (counted.count) ")"
                        }
                    }
                }
            }
        }
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

impl ListingRequest {
    /// The values of a filter with their numbers under what the others say; the chosen one is always among them.
    fn counts(
        &self,
        snapshot: &Snapshot,
        walk: &Walk,
        filter: &'static Filter,
        answer: &Value,
    ) -> Result<Vec<Count>, Problem> {
        let own;
        let counted = match self.value(filter.name) {
            None => &answer["facets"][filter.name],
            Some(_) if filter.facet == crate::model::kinds::Facet::None => &Value::Null,
            Some(_) => {
                let query = format!("{}&facets={}&fields=code&limit=1", self.query(filter.name), filter.name);
                let request = ListRequest::read(self.plan.kind, &query, walk, snapshot)?;
                own = self::answer(snapshot, self.plan.kind, &request, walk)?;
                &own["facets"][filter.name]
            }
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let count = |row: &Value| Count {
            value: text(&row["value"]),
            label: text(&row["label"]),
            count: row["count"].as_u64().unwrap_or_default(),
        };
        let mut counts: Vec<_> = counted.as_array().into_iter().flatten().map(count).collect();
        if let Some(chosen) = self.value(filter.name)
            && !counts.iter().any(|counted| counted.value == chosen)
        {
            let total = answer["total"].as_u64().unwrap_or_default();
            counts.push(Count { value: chosen.into(), label: chosen.into(), count: total });
        }
        Ok(counts)
    }
}

fn answer(snapshot: &Snapshot, kind: &Kind, request: &ListRequest, walk: &Walk) -> Result<Value, Problem> {
    let shelf = snapshot.shelf(kind.name).ok_or(Code::NotFound)?;
    Ok(serde_json::from_slice(&list(snapshot, shelf, request, walk)?.json)?)
}

fn filter_name(filter: &Filter) -> &'static str {
    match filter.name {
        "list" => "List",
        "category" => "Category",
        "organisation" => "Organisation",
        "audience" => "For whom",
        "theme" => "Theme",
        "charge" => "Charge",
        "handling" => "Handling",
        "level" => "Level",
        "kind" => "Kind",
        "nature" => "Nature",
        "issuer" => "Issued by",
        "repealed" => "Repealed",
        "pricing" => "Pricing",
        "payer" => "Who pays",
        "fund_management" => "Where the money goes",
        "qualification" => "Qualification",
        "service" => "Service",
        "year" => "Year",
        "action" => "Decision",
        "place" => "Place",
        "fee" => "Fee",
        "legal_instrument" => "Legal basis",
        "intermediary" => "Intermediary",
        _ => filter.english,
    }
}

/// Whether the values of a filter are texts of the register, in Chinese on any page.
fn is_data(view: &View, filter: &Filter) -> bool {
    let has_english = matches!(filter.values, Values::Listed(_) | Values::Words(_) | Values::Boolean | Values::Year);
    view.language == Language::English && !has_english
}

fn option_label(view: &View, filter: &Filter, counted: &Count) -> String {
    let known = || match view.language {
        Language::Chinese => None,
        Language::English => match (filter.values, counted.value.as_str()) {
            (Values::Listed(list), value) => list.get(value).map(|code| code.english()),
            (Values::Words(_), value) => Some(list_name(view.language, value).to_owned()),
            (Values::Boolean, "true") => Some("Yes".to_owned()),
            (Values::Boolean, _) => Some("No".to_owned()),
            (Values::Key(_) | Values::Division | Values::Year | Values::Identifier | Values::Text, _) => None,
        },
    };
    let title = || match filter.values {
        Values::Key(kinds) => {
            let entry = kinds.iter().find_map(|kind| view.snapshot.get(kind, &counted.value))?;
            Some(entry.indexed.title.clone())
        }
        _ => None,
    };
    known().or_else(title).unwrap_or_else(|| counted.label.clone())
}
