//! Whom a page is written for: its language, its day, the state of the register that it shows.

use std::{borrow::Cow, sync::Arc};

use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use maud::{Markup, html};

pub use crate::web::one::body;

use super::layout::{self, Frame, in_language};
use crate::{
    base::blocking::{self, Length},
    model::kinds::Kind,
    problem::{Language, Problem},
    register::{
        catalog::{Catalog, Entry, Snapshot},
        changes::Seq,
    },
    values::{Period, code_lists::Code, local_time},
    web::{
        answer::{Version, Written},
        one::{must_not_be_erased, title_then},
        picture::Picture,
        query::Parameters,
        routes::{self, ReadError},
    },
};

/// What every page is written with.
#[derive(Clone)]
pub struct View {
    /// Of everything but the data.
    pub language: Language,
    /// The day in China: what has run out by then is said to have run out.
    pub today: NaiveDate,
    /// The register.
    pub snapshot: Arc<Snapshot>,
    /// Of which moment it is a picture.
    pub picture: Picture,
}

impl View {
    /// The view of a request. Pages are Chinese unless `lang=en`; what else their query says that they do not know is
    /// passed over, because links carry marks of where they were found.
    pub fn of(request: &HttpRequest, picture: Picture, now: DateTime<Utc>) -> Self {
        let today = picture.day(local_time(now).date());
        Self { language: language(request.query_string()), today, snapshot: picture.snapshot.clone(), picture }
    }

    /// The view of a request that may ask for the register as it was.
    pub async fn asked(request: &HttpRequest, catalog: &Catalog, now: DateTime<Utc>) -> Result<Self, Problem> {
        Ok(Self::of(request, Picture::of_page(catalog, request.query_string()).await?, now))
    }

    /// The one of two texts that is in the language of the page.
    pub fn say<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.language.choose(chinese, english)
    }

    /// A value of a code list.
    pub fn term(&self, code: &Code) -> Cow<'static, str> {
        match self.language {
            Language::Chinese => code.label.into(),
            Language::English => code.english().into(),
        }
    }

    /// Several values of a code list.
    pub fn terms<'a>(&self, codes: impl IntoIterator<Item = &'a Code>) -> String {
        let terms: Vec<_> = codes.into_iter().map(|code| self.term(code)).collect();
        terms.join(self.say("、", ", "))
    }

    /// A text of the register: Chinese, and marked as such on an English page.
    pub fn data(&self, text: &str) -> Markup {
        match self.language {
            Language::Chinese => html! { (text) },
            Language::English => html! { span lang="zh-CN" { (text) } },
        }
    }

    /// A length of time.
    pub fn period(&self, period: Period) -> String {
        match self.language {
            Language::Chinese => period.chinese(),
            Language::English => period.english(),
        }
    }

    /// The address of a page in the language of this one, and at the moment that this one shows.
    pub fn at(&self, address: &str) -> String {
        in_language(self.language, &self.picture.at(address))
    }

    /// The address of the page of a record.
    pub fn page_of(&self, kind: &str, key: &str) -> Option<String> {
        let shelf = self.snapshot.shelf(kind)?;
        Some(self.at(&path(shelf.kind, key)))
    }

    /// The name of a record with a link to its page; its key when the register knows no name.
    pub fn link(&self, kind: &str, key: &str) -> Markup {
        match self.snapshot.get(kind, key) {
            Some(entry) => self.link_to(kind, entry),
            None => html! { code { (key) } },
        }
    }

    /// The same with the name that the record had after change `seq`.
    pub fn link_as_of(&self, kind: &str, key: &str, seq: Seq) -> Markup {
        let named = self.snapshot.shelf(kind).and_then(|shelf| Some((shelf.kind, shelf.get(key)?)));
        let Some((kind, entry)) = named else { return html! { code { (key) } } };
        let name = title_then(kind, entry, seq).map_or_else(|| html! { code { (key) } }, |title| self.data(&title));
        html! { a href=[self.page_of(kind.name, &entry.key)] { (name) } }
    }

    /// The same of a record at hand.
    pub fn link_to(&self, kind: &str, entry: &Entry) -> Markup {
        let name = match entry.indexed.title.as_str() {
            "" => html! { code { (entry.key) } },
            title => self.data(title),
        };
        html! { a href=[self.page_of(kind, &entry.key)] { (name) } }
    }

    /// The version of a page that shows the register as a whole, on any day.
    pub fn version(&self) -> Version {
        self.picture.version_that_says_so(Version::of(&self.snapshot))
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
    /// may take its time: what it shows may be long.
    pub async fn answer(
        self,
        request: &HttpRequest,
        version: Version,
        write: impl FnOnce(&Self) -> Result<Written, Problem> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        self.answer_after(Length::Short, request, version, write).await
    }

    /// Answers as [`View::answer`] does with a page of many records, for which those of one need not wait.
    pub async fn answer_at_length(
        self,
        request: &HttpRequest,
        version: Version,
        write: impl FnOnce(&Self) -> Result<Written, Problem> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        self.answer_after(Length::Long, request, version, write).await
    }

    async fn answer_after(
        self,
        length: Length,
        request: &HttpRequest,
        version: Version,
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
        let page = Frame { address: &address, json: json.as_deref(), ..*frame };
        let page = page.page(&self.snapshot, &html! { (old) (content) });
        layout::written(&self.snapshot, page).cached(self.picture.caching())
    }
}

/// The language that a page is asked for in.
pub fn language(query: &str) -> Language {
    match Parameters::read(query).one("lang").as_deref() {
        Some("en") => Language::English,
        _ => Language::Chinese,
    }
}

/// The page of a record: of an item its guide.
pub fn path(kind: &Kind, key: &str) -> String {
    match kind.name {
        "item" => format!("/v1/items/{key}/guide"),
        _ => format!("/{}/{key}", kind.path),
    }
}

/// Answers with the page of the record that the path names, which `page` makes in the version that `version` says, or leads to where
/// the record is now.
pub async fn record_page(
    request: &HttpRequest,
    catalog: &Catalog,
    kind: &'static Kind,
    version: fn(&View) -> Version,
    page: fn(&View, &Entry) -> Result<Written, Problem>,
) -> Result<HttpResponse, ReadError> {
    let view = View::asked(request, catalog, Utc::now()).await?;
    let entry = named(kind, request, &view.snapshot)?.clone();
    let version = version(&view);
    Ok(view.answer(request, version, move |view| page(view, &entry)).await?)
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
