//! Pages of the records of one kind: a table that can be filtered ([`Directory`]), and a page of each ([`RecordPage`]).

use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use maud::{Markup, html};

use super::{
    components::{crumbs, imprint, notice, status, table},
    layout::{Frame, Section},
    listing::{Listing, Plan, RequestedListing},
    text::in_turn,
    view::{BothLanguages, Length, View, named, path},
};
use crate::{
    model::kinds::Kind,
    problem::Problem,
    register::catalog::{Catalog, Entry},
    web::{answer::Written, endpoint::Subject, routes::ReadError},
};

/// The table of the records of a kind.
#[derive(Clone, Copy)]
pub struct Directory {
    /// The kind of its records.
    pub kind: &'static Kind,
    /// Its part of the navigation.
    pub section: Section,
    /// Its heading.
    pub title: BothLanguages,
    /// One sentence about it.
    pub about: BothLanguages,
    /// The filters that its form offers.
    pub filters: &'static [&'static str],
    /// The columns after the name.
    pub columns: &'static [BothLanguages],
    /// The cells of a row after the name.
    pub cells: fn(&View, &Entry) -> Result<Vec<Markup>, Problem>,
    /// In which order the records of a page stand.
    pub order: Order,
    /// The page of each record.
    pub record: RecordPage,
}

/// The order of the records of one page of a table.
#[derive(Clone, Copy)]
pub enum Order {
    /// As the list has them.
    Listed,
    /// Turned by the day, because those who are listed compete.
    InTurn,
    /// As the list has them, but those last of which this is true.
    Last(fn(&View, &Entry) -> bool),
}

/// The page of each record of a kind, below the table: the frame, the way back to the table, the heading, what became of the record,
/// its parts, and its code and revision at the foot.
#[derive(Clone, Copy)]
pub struct RecordPage {
    /// Whether it says what is true only today.
    pub is_of_today: bool,
    /// Writes what its kind adds to the frame.
    pub parts: fn(&View, &Entry) -> Result<RecordParts, Problem>,
}

/// The content of the page of one record, inside the frame.
pub struct RecordParts {
    /// The name of the record.
    pub title: String,
    /// One sentence about it, for search engines.
    pub description: String,
    /// The parts of the page, from top to bottom.
    pub content: Markup,
}

impl Subject for Directory {
    fn part(&self) -> &'static str {
        self.kind.path
    }
}

/// `GET /{kind}`
pub async fn get(
    directory: &'static Directory,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, Problem> {
    let path = format!("/{}", directory.kind.path);
    let plan = Plan { kind: directory.kind, path, fixed: None, filters: directory.filters, waits: false };
    let wanted = RequestedListing::read(request, catalog, plan).await?;
    // Rows of many kinds say whether they have run out, and the order may turn.
    let version = wanted.view.version_of_today();
    wanted.answer(request, version, move |listing| directory.page(listing)).await
}

impl Directory {
    fn page(self, mut listing: Listing) -> Result<Written, Problem> {
        match self.order {
            Order::Listed => {}
            Order::InTurn => listing.rows = in_turn(listing.rows, listing.view.today),
            Order::Last(is_last) => listing.rows.sort_by_key(|(entry, _)| is_last(&listing.view, entry)),
        }
        let view = &listing.view;
        let (title, about) = (view.choose(self.title), view.choose(self.about));
        let content = html! {
            h1 { (title) }
            p.soft { (about) }
            (listing.form())
            (listing.count())
            (self.table(&listing)?)
            (listing.pager())
        };
        Ok(listing.page(&Frame { title, description: about, section: self.section, ..Frame::default() }, &content))
    }

    fn table(self, listing: &Listing) -> Result<Markup, Problem> {
        let view = &listing.view;
        let row = |entry: &Entry| {
            let name = html! { (view.link_to(self.kind.name, entry)) (status(view, entry)) };
            Ok((name, (self.cells)(view, entry)?))
        };
        let rows = listing.rows.iter().map(|(entry, _)| row(entry)).collect::<Result<_, Problem>>()?;
        Ok(table(view, self.title, ["名称", "Name"], self.columns, rows))
    }

    fn record_page(self, view: &View, entry: &Entry) -> Result<Written, Problem> {
        let RecordParts { title, description, content } = (self.record.parts)(view, entry)?;
        let (above, own) = (format!("/{}", self.kind.path), path(self.kind, &entry.key));
        let content = html! {
            (crumbs(view, &above, view.choose(self.title)))
            h1 { (view.data(&title)) }
            (notice(view, self.kind, entry))
            (content)
            (imprint(view, self.kind, entry))
        };
        let (json, section) = (format!("/v1{own}"), self.section);
        let frame = Frame {
            title: &title,
            description: &description,
            address: &own,
            json: Some(&json),
            section,
            ..Frame::default()
        };
        Ok(view.page(&frame, &content))
    }
}

/// `GET /{kind}/{key}`
pub async fn get_record(
    directory: &'static Directory,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, ReadError> {
    let view = View::asked(request, catalog, Utc::now()).await?;
    let entry = named(directory.kind, request, &view.snapshot)?.clone();
    let version = if directory.record.is_of_today { view.version_of_today() } else { view.version() };
    let write = move |view: &View| directory.record_page(view, &entry);
    Ok(view.answer(request, version, Length::Short, write).await?)
}
