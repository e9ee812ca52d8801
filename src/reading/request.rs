//! What a list is asked for: typed filters, text, order, and which parts of the rows.

use chrono::{DateTime, Utc};

use super::query::{Parameters, boolean, instant, point};
use crate::{
    changes::Seq,
    kinds::{Facet, Filter, Kind, Sites, Values},
    problem::{Problem, Wrong},
    search::{LONGEST_QUERY, MOST_WORDS, Query, QueryError},
    values::{
        code_lists::{IdentifierScheme, Status},
        division,
    },
};

/// Rows of a page, unless asked otherwise.
pub const DEFAULT_LIMIT: usize = 20;
/// Rows of a page at most, and codes asked for at once.
pub const MOST: usize = 200;

/// A list that was asked for.
pub struct ListRequest {
    /// Rows of a page.
    pub limit: usize,
    /// Where a walk stands, not yet read.
    pub cursor: Option<String>,
    /// Filters of the kind, each with the values of which any will do.
    pub filters: Vec<(&'static Filter, Vec<String>)>,
    /// States; empty means those that lists show.
    pub status: Vec<Status>,
    /// Records by key.
    pub codes: Vec<String>,
    /// Only what shows something new since then.
    pub changed_since: Option<Since>,
    /// Text.
    pub q: Option<Query>,
    /// A longitude and latitude.
    pub near: Option<(f64, f64)>,
    /// An instant.
    pub open_at: Option<DateTime<Utc>>,
    /// The order.
    pub sort: Sort,
    /// The members of a row; empty means the usual ones.
    pub fields: Vec<String>,
    /// What to count.
    pub facets: Vec<&'static str>,
    /// Whether to show where the text was found.
    pub highlight: bool,
}

/// A moment in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// After this change.
    Seq(Seq),
    /// At or after this instant.
    Time(DateTime<Utc>),
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// By key.
    Code,
    /// Newest publication first.
    Published,
    /// Best found first.
    Relevance,
    /// Nearest first.
    Distance,
}

impl Sort {
    /// As in the parameter.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("code", Self::Code),
        ("published_at", Self::Published),
        ("relevance", Self::Relevance),
        ("distance", Self::Distance),
    ];
}

impl ListRequest {
    /// Reads the query string of a list of `kind`.
    pub fn read(kind: &'static Kind, query: &str) -> Result<Self, Problem> {
        let mut parameters = Parameters::read(query);
        let limit = parameters.number("limit", 1, MOST);
        let cursor = parameters.one("cursor");
        let filters = kind.filters.iter().filter_map(|filter| read_filter(&mut parameters, filter)).collect();
        let status = read_status(&mut parameters);
        let codes = read_codes(&mut parameters);
        let changed_since = parameters.parsed("changed_since", since);
        let q = parameters.parsed("q", text);
        let near = if kind.sites == Sites::None { None } else { parameters.parsed("near", point) };
        let open_at = if kind.sites == Sites::None { None } else { parameters.parsed("open_at", instant) };
        let sort = read_sort(&mut parameters, q.is_some(), near.is_some());
        let fields = read_fields(&mut parameters, kind);
        let facets = read_facets(&mut parameters, kind);
        let highlight = parameters.boolean("highlight");
        parameters.finish()?;
        let default_limit = if codes.is_empty() { DEFAULT_LIMIT } else { MOST };
        let limit = limit.unwrap_or(default_limit);
        Ok(Self {
            limit,
            cursor,
            filters,
            status,
            codes,
            changed_since,
            q,
            near,
            open_at,
            sort,
            fields,
            facets,
            highlight,
        })
    }

    /// The values of the filter with this name.
    pub fn asked(&self, name: &str) -> Option<&[String]> {
        self.filters.iter().find(|(filter, _)| filter.name == name).map(|(_, values)| values.as_slice())
    }
}

fn text(text: &str) -> Result<Query, Wrong> {
    Query::parse(text).map_err(|error| match error {
        QueryError::Empty => Wrong::Required,
        QueryError::TooLong => Wrong::TooLong(LONGEST_QUERY as u64),
        QueryError::TooManyWords => Wrong::TooMany(MOST_WORDS as u64),
    })
}

fn read_filter(parameters: &mut Parameters, filter: &'static Filter) -> Option<(&'static Filter, Vec<String>)> {
    let values = parameters.all(filter.name);
    for wrong in values.iter().filter_map(|value| check(filter, value).err()).collect::<Vec<_>>() {
        parameters.wrong(filter.name, wrong);
    }
    (!values.is_empty()).then_some((filter, values))
}

fn check(filter: &Filter, value: &str) -> Result<(), Wrong> {
    let one_of =
        |known: bool, values: Vec<&str>| if known { Ok(()) } else { Err(Wrong::NotInCodeList(values.join(", "))) };
    match filter.values {
        Values::Listed(list) => one_of(list.get(value).is_some(), list.codes.iter().map(|code| code.value).collect()),
        Values::Words(words) => one_of(words.contains(&value), words.to_vec()),
        Values::Boolean => boolean(value).map(|_| ()),
        Values::Division if division::is_prefix(value) => Ok(()),
        Values::Division => Err(Wrong::DivisionUnknown),
        Values::Text if filter.name == "identifier" => check_identifier(value),
        // Whether a record with this key exists is known only where the list is made.
        Values::Key(_) | Values::Text => Ok(()),
    }
}

fn check_identifier(value: &str) -> Result<(), Wrong> {
    let scheme =
        value.split_once(':').and_then(|(scheme, rest)| IdentifierScheme::of(scheme).filter(|_| !rest.is_empty()));
    scheme.map(|_| ()).ok_or_else(|| Wrong::BadFormat("county:侯洋清010001".into()))
}

fn read_status(parameters: &mut Parameters) -> Vec<Status> {
    let values = parameters.all("status");
    let listed = Status::ALL.iter().filter(|status| **status != Status::Erased).map(|status| status.value());
    let listed: Vec<_> = listed.collect();
    let mut known = Vec::new();
    for value in values {
        match Status::of(&value).filter(|status| *status != Status::Erased) {
            Some(status) => known.push(status),
            None => parameters.wrong("status", Wrong::NotInCodeList(listed.join(", "))),
        }
    }
    known
}

fn read_codes(parameters: &mut Parameters) -> Vec<String> {
    let codes = parameters.all("code");
    if codes.len() > MOST {
        parameters.wrong("code", Wrong::TooMany(MOST as u64));
    }
    codes
}

fn since(text: &str) -> Result<Since, Wrong> {
    match text.parse() {
        Ok(seq) if seq >= 0 => Ok(Since::Seq(seq)),
        _ => instant(text).map(Since::Time).map_err(|_| Wrong::BadFormat("412, 2026-11-23T09:00:00+08:00".into())),
    }
}

fn read_sort(parameters: &mut Parameters, with_text: bool, with_point: bool) -> Sort {
    let usable = |sort: Sort| match sort {
        Sort::Code | Sort::Published => true,
        Sort::Relevance => with_text,
        Sort::Distance => with_point,
    };
    let default = match (with_text, with_point) {
        (true, _) => Sort::Relevance,
        (false, true) => Sort::Distance,
        (false, false) => Sort::Code,
    };
    let asked = parameters.parsed("sort", |text| {
        let known = Sort::NAMES.into_iter().find(|(name, sort)| *name == text && usable(*sort));
        let names: Vec<_> = Sort::NAMES.iter().filter(|(_, sort)| usable(*sort)).map(|(name, _)| *name).collect();
        known.map(|(_, sort)| sort).ok_or_else(|| Wrong::NotInCodeList(names.join(", ")))
    });
    asked.unwrap_or(default)
}

/// Members that a row can have beside the fields of the body.
const OWN_FIELDS: [&str; 6] = ["status", "revision", "published_at", "meta", "embedded", "links"];

/// The names that `fields` knows for a kind.
pub fn field_names(kind: &Kind) -> Vec<&'static str> {
    (kind.shape)().fields().map(|(name, _)| name).chain(OWN_FIELDS).collect()
}

fn read_fields(parameters: &mut Parameters, kind: &Kind) -> Vec<String> {
    let fields = parameters.list("fields");
    let known = field_names(kind);
    for _ in fields.iter().filter(|name| !known.contains(&name.as_str())) {
        parameters.wrong("fields", Wrong::NotInCodeList(known.join(", ")));
    }
    fields
}

/// The names that `facets` knows for a kind.
pub fn facet_names(kind: &Kind) -> Vec<&'static str> {
    kind.filters
        .iter()
        .filter(|filter| filter.facet != Facet::None)
        .map(|filter| filter.name)
        .chain(["status"])
        .collect()
}

fn read_facets(parameters: &mut Parameters, kind: &Kind) -> Vec<&'static str> {
    let known = facet_names(kind);
    let mut facets = Vec::new();
    for name in parameters.list("facets") {
        match known.iter().find(|known| **known == name) {
            Some(facet) if !facets.contains(facet) => facets.push(*facet),
            Some(_) => {}
            None => parameters.wrong("facets", Wrong::NotInCodeList(known.join(", "))),
        }
    }
    facets
}
