//! The state of the register that an answer shows: the one that is current, the one at which a walk began, or, with `as_of`, the
//! one that was public then.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header::CACHE_CONTROL};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{
    cursor::Cursor,
    one::{FoundRecord, find_record},
    query::{Parameters, date, instant},
};
use crate::{
    model::kinds::Kind,
    problem::{Code, Problem, Wrong},
    register::{
        catalog::{Catalog, Snapshot},
        changes::Seq,
    },
    values::local_time,
    web::answer::{Caching, Version},
};

/// How long an answer about an earlier state may be used: it never changes, but for an erasure.
const PINNED: Caching = Caching::Seconds(60);
/// How far the clock of a client may be ahead.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// The state of the register that one answer shows.
#[derive(Clone)]
pub struct Picture {
    /// The register.
    pub snapshot: Arc<Snapshot>,
    /// Whether it is one that was asked for.
    is_pinned: bool,
    /// The last erasure that is known.
    erased: Seq,
    /// The moment that was asked for, by those who show it to people.
    then: Option<Then>,
}

/// 历史时点: a moment that was asked for with `as_of`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Then {
    /// The text with which it was asked for.
    pub text: String,
    /// The day in China: what has run out by then is said to have run out.
    pub day: NaiveDate,
}

impl Picture {
    /// The register at which a walk began, else as it was at `as_of`, else the `current` one.
    pub async fn of(
        catalog: &Catalog,
        current: Arc<Snapshot>,
        cursor: Option<&Cursor>,
        as_of: Option<Seq>,
    ) -> Result<Self, Problem> {
        let erased = current.erased();
        let is_pinned = cursor.is_some() || as_of.is_some();
        let snapshot = match (cursor, as_of) {
            (None, Some(seq)) => catalog.at(seq).await?,
            _ => pinned(catalog, current, cursor).await?,
        };
        Ok(Self { snapshot, is_pinned, erased, then: None })
    }

    /// The picture that these parameters ask for, which know nothing else but what was taken from them before.
    pub async fn asked(catalog: &Catalog, mut parameters: Parameters) -> Result<Self, Problem> {
        let current = catalog.snapshot();
        let text = parameters.peek("as_of").map(str::to_owned);
        let as_of = take_as_of(&mut parameters, &current);
        parameters.finish()?;
        Ok(Self::of(catalog, current, None, as_of).await?.asked_as(text))
    }

    /// The picture that these parameters ask for of one record; cheaper where only that record is looked at.
    pub async fn of_record(
        catalog: &Catalog,
        kind: &'static Kind,
        key: &str,
        mut parameters: Parameters,
    ) -> Result<Self, Problem> {
        let current = catalog.snapshot();
        let as_of = take_as_of(&mut parameters, &current);
        parameters.finish()?;
        let Some(seq) = as_of else { return Ok(Self::of_today(current)) };
        let shelf = current.shelf(kind.name).ok_or(Code::NotFound)?;
        let entry = match find_record(shelf, key)? {
            FoundRecord::Record(entry) | FoundRecord::Moved(entry) => entry.clone(),
        };
        let snapshot = catalog.at_for(kind, &entry, seq).await?;
        Ok(Self { snapshot, is_pinned: true, erased: current.erased(), then: None })
    }

    /// The picture that the query of a page asks for, which may say whatever else.
    pub async fn of_page(catalog: &Catalog, query: &str) -> Result<Self, Problem> {
        let own = query.split('&').filter(|pair| pair.split('=').next() == Some("as_of"));
        Self::asked(catalog, Parameters::read(&own.collect::<Vec<_>>().join("&"))).await
    }

    /// The register as it stands.
    pub fn of_today(snapshot: Arc<Snapshot>) -> Self {
        let erased = snapshot.erased();
        Self { snapshot, is_pinned: false, erased, then: None }
    }

    /// Adds the words in which the moment was asked for.
    pub fn asked_as(self, text: Option<String>) -> Self {
        let day = |text: &str| match (date(text), instant(text)) {
            (Ok(day), _) => local_time(day).date(),
            (_, Ok(at)) => local_time(at).date(),
            _ => local_time(self.snapshot.at()).date(),
        };
        let then = text.map(|text| Then { day: day(&text), text });
        Self { then, ..self }
    }

    /// The moment that was asked for; `None` for the register of today.
    pub fn then(&self) -> Option<&Then> {
        self.then.as_ref()
    }

    /// The day on which it is looked at: today, or the one that was asked for.
    pub fn day(&self, today: NaiveDate) -> NaiveDate {
        self.then.as_ref().map_or(today, |then| then.day.min(today))
    }

    /// An address with the moment that was asked for, so that who follows it stays there.
    pub fn at(&self, address: &str) -> String {
        match &self.then {
            Some(then) => with_as_of(address, &then.text),
            None => address.to_owned(),
        }
    }

    /// The version of an answer that says of which moment it is a picture.
    pub fn version_that_says_so(&self, version: Version) -> Version {
        let version = self.version(version);
        match &self.then {
            Some(then) => version.depending_on(&then.text),
            None => version,
        }
    }

    /// 304 when the client has this version already.
    pub fn known(&self, request: &HttpRequest, version: Version) -> Option<HttpResponse> {
        let mut unchanged = version.known(request, &self.snapshot)?;
        unchanged.headers_mut().insert(CACHE_CONTROL, version.cache_control(self.caching()));
        Some(unchanged)
    }

    /// The version of an answer: what was erased since then makes it another one.
    pub fn version(&self, version: Version) -> Version {
        match self.erased > self.snapshot.seq() {
            true => version.depending_on(self.erased),
            false => version,
        }
    }

    /// How long an answer may be used.
    pub fn caching(&self) -> Caching {
        if self.is_pinned { PINNED } else { Caching::Revalidate }
    }
}

/// An address with `as_of`, before its fragment.
fn with_as_of(address: &str, text: &str) -> String {
    let (page, fragment) = match address.split_once('#') {
        Some((page, fragment)) => (page, format!("#{fragment}")),
        None => (address, String::new()),
    };
    let mark = if page.contains('?') { '&' } else { '?' };
    let text: String = url_escaped(text);
    format!("{page}{mark}as_of={text}{fragment}")
}

/// Escapes all characters of an instant that may not stand in a query as they are.
fn url_escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string().replace("%2D", "-")
}

/// Takes `as_of`, as the last change of the state that it names.
pub fn take_as_of(parameters: &mut Parameters, register: &Snapshot) -> Option<Seq> {
    parameters.parsed("as_of", |text| as_of(text, register))
}

/// After the publication to which a change belongs, or at an instant, or at the end of a day in China. Nobody knows what is still
/// to come.
pub fn as_of(text: &str, register: &Snapshot) -> Result<Seq, Wrong> {
    let now = Utc::now();
    let until = |from: DateTime<Utc>, at: DateTime<Utc>| match from > now + SKEW {
        true => Err(Wrong::OutOfRange(format!("≤ {}", local_time(now).date()))),
        false => Ok(register.seq_before(at)),
    };
    match text.parse::<Seq>() {
        Ok(seq) if seq > register.seq() => Err(Wrong::NotYet(register.seq())),
        Ok(0) => Ok(0),
        Ok(seq) if seq > 0 => Ok(register.publication_of(seq).unwrap_or(register.seq())),
        _ => match (date(text), instant(text)) {
            (Ok(day), _) => until(day, day + TimeDelta::days(1)),
            (_, Ok(at)) => until(at, at.checked_add_signed(TimeDelta::nanoseconds(1)).unwrap_or(at)),
            _ => Err(Wrong::ChangeOrInstant),
        },
    }
}

/// The register at which a walk began; the `current` one when it begins now.
pub async fn pinned(
    catalog: &Catalog,
    current: Arc<Snapshot>,
    cursor: Option<&Cursor>,
) -> Result<Arc<Snapshot>, Problem> {
    let Some(cursor) = cursor else { return Ok(current) };
    if cursor.seq > current.seq() {
        catalog.reach(cursor.seq).await?;
    }
    match catalog.snapshot().is_publication(cursor.seq) {
        true => catalog.at(cursor.seq).await,
        false => Err(Problem::invalid_cursor(Wrong::NotACursor)),
    }
}
