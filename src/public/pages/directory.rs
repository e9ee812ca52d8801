//! A list of records of one kind, as a table that can be filtered.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::{
    components::status,
    layout::{Frame, Section},
    listing::{Listing, Plan, RequestedListing},
    text::in_turn,
    view::View,
};
use crate::{
    model::kinds::Kind,
    problem::Problem,
    register::catalog::{Catalog, Entry},
    web::{answer::Written, endpoint::Subject},
};

/// Both languages of one text.
pub type BothLanguages = [&'static str; 2];

/// What a directory shows.
#[derive(Clone, Copy)]
pub struct Directory {
    /// Of what.
    pub kind: &'static Kind,
    /// Where it stands in the navigation.
    pub section: Section,
    /// Its heading.
    pub title: BothLanguages,
    /// One sentence about it.
    pub about: BothLanguages,
    /// By what it is filtered.
    pub filters: &'static [&'static str],
    /// The columns after the name.
    pub columns: &'static [BothLanguages],
    /// The cells of a row after the name.
    pub cells: fn(&View, &Entry) -> Result<Vec<Markup>, Problem>,
    /// Whether the order turns by the day, because those who are listed compete.
    pub in_turn: bool,
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
    // What runs out is said of many kinds, and the order may turn.
    let version = wanted.view.version_of_today();
    wanted.answer(request, version, move |listing| directory.page(listing)).await
}

impl Directory {
    fn page(self, mut listing: Listing) -> Result<Written, Problem> {
        if self.in_turn {
            listing.rows = in_turn(listing.rows, listing.view.today);
        }
        let view = &listing.view;
        let [title, about] = [self.title, self.about].map(|told| view.say(told[0], told[1]));
        let content = html! {
            h1 { (title) }
            p.soft { (about) }
            (listing.form())
            (listing.count())
            (self.table(&listing)?)
            (listing.pager())
        };
        let (address, json) = (listing.address(), listing.json());
        let frame = Frame {
            language: view.language,
            title,
            description: about,
            address: &address,
            json: Some(&json),
            section: self.section,
        };
        Ok(view.page(&frame, &content))
    }

    fn table(self, listing: &Listing) -> Result<Markup, Problem> {
        let view = &listing.view;
        let columns: Vec<_> = self.columns.iter().map(|told| view.say(told[0], told[1])).collect();
        let rows = listing.rows.iter().map(|(entry, _)| Ok((entry, (self.cells)(view, entry)?)));
        let rows = rows.collect::<Result<Vec<_>, Problem>>()?;
        Ok(html! {
            table.cards-on-phone {
                caption { (view.say(self.title[0], self.title[1])) }
                thead { tr {
                    th scope="col" { (view.say("名称", "Name")) }
                    @for name in &columns { th scope="col" { (name) } }
                } }
                tbody { @for (entry, cells) in rows {
                    tr {
                        th scope="row" { (view.link_to(self.kind.name, entry)) (status(view, entry)) }
                        @for (name, cell) in columns.iter().zip(cells) { td data-label=(name) { (cell) } }
                    }
                } }
            }
        })
    }
}
