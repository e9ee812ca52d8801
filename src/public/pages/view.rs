//! For whom a page is written: its language, its day, the state of the register that it shows.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use chrono::{DateTime, NaiveDate, Utc};
use maud::{Markup, html};

pub use crate::{base::blocking::Length, web::one::body};

use super::layout::{self, Frame, in_language};
use crate::{
    base::blocking,
    model::kinds::Kind,
    problem::{Language, Problem, Wrong},
    register::catalog::{Catalog, Entry, Snapshot},
    values::local_time,
    web::{
        answer::{Version, Written},
        one::must_not_be_erased,
        owner::Owner,
        picture::Picture,
        query::Parameters,
        routes::{self, ReadError},
    },
};

/// Both languages of one text: Chinese and English.
pub type BothLanguages = [&'static str; 2];

/// The circumstances with which every page is written.
#[derive(Clone)]
pub struct View {
    /// The language of everything but the data.
    pub language: Language,
    /// Who runs the site.
    pub owner: Data<Owner>,
    /// The day in China: what has run out by then is said to have run out.
    pub today: NaiveDate,
    /// The register.
    pub snapshot: Arc<Snapshot>,
    /// The state of the register, and the moment that was asked for.
    pub picture: Picture,
}

impl View {
    /// The view of a request. Pages are Chinese unless `lang=en`; what else their query says that they do not know is
    /// passed over, because links carry marks of where they were found.
    pub fn of(request: &HttpRequest, picture: Picture, now: DateTime<Utc>) -> Self {
        Self::new(request, language(request.query_string()), picture, now)
    }

    /// The view in a language that was read already.
    pub fn new(request: &HttpRequest, language: Language, picture: Picture, now: DateTime<Utc>) -> Self {
        let today = picture.day(local_time(now).date());
        Self { language, owner: Owner::of(request), today, snapshot: picture.snapshot.clone(), picture }
    }

    /// The view of a request that may ask for the register as it was.
    pub async fn asked(request: &HttpRequest, catalog: &Catalog, now: DateTime<Utc>) -> Result<Self, Problem> {
        Ok(Self::of(request, Picture::of_page(catalog, request.query_string()).await?, now))
    }

    /// The address of a page in the language of this one, and at the moment that this one shows.
    pub fn at(&self, address: &str) -> String {
        self.at_present(&self.picture.at(address))
    }

    /// The address of a page in the language of this one, about the present.
    pub fn at_present(&self, address: &str) -> String {
        in_language(self.language, address)
    }

    /// The version of a page that shows the register as a whole, on any day.
    pub fn version(&self) -> Version {
        self.of_owner(self.picture.version_that_says_so(Version::of(&self.snapshot)))
    }

    /// The version of a page that says who runs the site: what is set may change without a publication.
    pub fn of_owner(&self, version: Version) -> Version {
        if **self.owner == *<&Owner>::default() { version } else { version.depending_on(&**self.owner) }
    }

    /// 304 when the client has this version already.
    pub fn known(&self, request: &HttpRequest, version: Version) -> Option<HttpResponse> {
        self.picture.known(request, version)
    }

    /// The version of a page on which something is said that is true only today.
    pub fn version_of_today(&self) -> Version {
        self.version().depending_on(self.today)
    }

    /// Answers with the page that `write` makes, or with 304 when the client has this version already. A page is written where work
    /// may take its time; one of many records is [`Length::Long`], so that those of one record need not wait for it.
    pub async fn answer(
        self,
        request: &HttpRequest,
        version: Version,
        length: Length,
        write: impl FnOnce(&Self) -> Result<Written, Problem> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        if let Some(unchanged) = self.known(request, version) {
            return Ok(unchanged);
        }
        let snapshot = self.snapshot.clone();
        let page = blocking::run_as(length, move || write(&self)).await??;
        Ok(layout::send(request, &snapshot, page.version(version)))
    }

    /// The page, written to be sent.
    pub fn page(&self, frame: &Frame<'_>, content: &Markup) -> Written {
        let (address, json) = (self.picture.at(frame.address), frame.json.map(|json| self.picture.at(json)));
        let old = layout::then(self.language, &self.picture, frame.address);
        let page =
            Frame { language: self.language, owner: &self.owner, address: &address, json: json.as_deref(), ..*frame };
        let page = page.page(&self.snapshot, &html! { (old) (content) });
        layout::written(&self.snapshot, page).cached(self.picture.caching())
    }
}

/// Returns the language in which the query of a page asks for it, Chinese unless it says `en`.
pub fn language(query: &str) -> Language {
    match Parameters::read(query).one("lang").as_deref() {
        Some("en") => Language::English,
        _ => Language::Chinese,
    }
}

/// Reads the parameter `lang` of what the contract describes, which knows two languages.
pub fn read_language(text: &str) -> Result<Language, Wrong> {
    match text {
        "zh" | "zh-CN" => Ok(Language::Chinese),
        "en" => Ok(Language::English),
        _ => Err(Wrong::NotInCodeList("zh, en".into())),
    }
}

/// Returns the path of the page of a record: of an item its guide.
pub fn path(kind: &Kind, key: &str) -> String {
    match kind.name {
        "item" => format!("/v1/items/{key}/guide"),
        _ => format!("/{}/{key}", kind.path),
    }
}

/// Returns the path of the page of a record's revisions.
pub fn history_of(kind: &Kind, key: &str) -> String {
    format!("/{}/{key}/history", kind.path)
}

/// Returns the path of the page that compares two revisions of a record.
pub fn comparison_of(kind: &Kind, key: &str, from: i64, to: i64) -> String {
    format!("/{}/{key}/compare?from={from}&to={to}", kind.path)
}

/// Finds the record that the path of a page names, as [`routes::named`] does; 410 for one that was erased.
pub fn named<'a>(
    kind: &'static Kind,
    request: &HttpRequest,
    snapshot: &'a Snapshot,
) -> Result<&'a Arc<Entry>, ReadError> {
    let entry = routes::named(kind, request, snapshot)?;
    must_not_be_erased(entry)?;
    Ok(entry)
}
