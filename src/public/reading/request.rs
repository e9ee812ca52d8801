//! The request for a list, typed: filters, text, order, and which parts of the rows.

use chrono::{DateTime, Utc};

use crate::{
    model::kinds::{Facet, Filter, Kind, Sites, Values},
    problem::{Problem, Wrong},
    register::{catalog::Snapshot, changes::Seq},
    search::Query,
    values::{
        code_lists::{IdentifierScheme, Status},
        division,
    },
    web::{
        cursor::{Cursor, Walk},
        page::{DEFAULT_LIMIT, MOST},
        picture::take_as_of,
        query::{Parameters, boolean, date, instant, point, words},
    },
};

/// A list that was asked for.
pub struct ListRequest {
    /// Rows of a page.
    pub limit: usize,
    /// The place from which a walk goes on.
    pub cursor: Option<Cursor>,
    /// The last change of the register that is asked about, when it is not the current one.
    pub as_of: Option<Seq>,
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
    /// The fields to count.
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
    /// Reads the query string of a list of `kind` in `walk`; keys that are asked for must be known to `register`.
    pub fn read(kind: &'static Kind, query: &str, walk: &Walk, register: &Snapshot) -> Result<Self, Problem> {
        let mut parameters = Parameters::read(query);
        let limit = parameters.number("limit", 1, MOST);
        let cursor = parameters.parsed("cursor", |text| Cursor::read(text, walk));
        let filtered = Self::filters(kind, &mut parameters, register);
        let sort = read_sort(&mut parameters, filtered.q.is_some(), filtered.near.is_some());
        let fields = read_fields(&mut parameters, kind);
        let facets = read_facets(&mut parameters, kind);
        let highlight = parameters.parsed("highlight", |text| match boolean(text)? {
            true if filtered.q.is_none() => Err(Wrong::OnlyWith("q")),
            asked => Ok(asked),
        });
        parameters.finish()?;
        let default_limit = if filtered.codes.is_empty() { DEFAULT_LIMIT } else { MOST };
        let (limit, highlight) = (limit.unwrap_or(default_limit), highlight.unwrap_or(false));
        Ok(Self { limit, cursor, sort, fields, facets, highlight, ..filtered })
    }

    /// Takes what says which records are asked for, and nothing that says how they are shown.
    pub fn filters(kind: &'static Kind, parameters: &mut Parameters, register: &Snapshot) -> Self {
        let as_of = take_as_of(parameters, register);
        let filters = kind.filters.iter().filter_map(|filter| read_filter(parameters, filter, register)).collect();
        let status = read_status(parameters);
        let codes = read_codes(parameters);
        let changed_since = parameters.parsed("changed_since", |text| since(text, register));
        let q = parameters.parsed("q", words);
        let near = if kind.sites == Sites::None { None } else { parameters.parsed("near", point) };
        let open_at = if kind.sites == Sites::None { None } else { parameters.parsed("open_at", instant) };
        Self {
            limit: DEFAULT_LIMIT,
            cursor: None,
            as_of,
            filters,
            status,
            codes,
            changed_since,
            q,
            near,
            open_at,
            sort: Sort::Code,
            fields: Vec::new(),
            facets: Vec::new(),
            highlight: false,
        }
    }

    /// The values of the filter with this name.
    pub fn asked(&self, name: &str) -> Option<&[String]> {
        self.filters.iter().find(|(filter, _)| filter.name == name).map(|(_, values)| values.as_slice())
    }

    /// Whether the responsibility list is asked for, whose rows have the duties beside their usual members.
    pub fn asks_for_duties(&self) -> bool {
        self.asked("list").is_some_and(|lists| lists.iter().any(|list| list == "responsibility"))
    }

    /// Whether its page is made of rows as they stand ready, and nothing is searched, measured or counted: a little work, however much
    /// the register holds.
    pub fn is_ready(&self) -> bool {
        let is_found_by_filters = self.q.is_none() && self.near.is_none() && self.open_at.is_none();
        is_found_by_filters && self.fields.is_empty() && self.facets.is_empty() && !self.asks_for_duties()
    }
}

fn read_filter(
    parameters: &mut Parameters,
    filter: &'static Filter,
    register: &Snapshot,
) -> Option<(&'static Filter, Vec<String>)> {
    let values = parameters.all(filter.name);
    for value in &values {
        if let Err(wrong) = check(filter, value, register) {
            parameters.wrong(filter.name, value, wrong);
        }
    }
    (!values.is_empty()).then_some((filter, values))
}

fn check(filter: &Filter, value: &str, register: &Snapshot) -> Result<(), Wrong> {
    let one_of = |known: bool, values: Vec<&str>| match known {
        true => Ok(()),
        false => Err(Wrong::NotInCodeList(values.join(", "))),
    };
    match filter.values {
        Values::Listed(list) => one_of(list.get(value).is_some(), list.codes.iter().map(|code| code.value).collect()),
        Values::Words(words) => one_of(words.contains(&value), words.to_vec()),
        Values::Boolean => boolean(value).map(|_| ()),
        Values::Division if division::is_prefix(value) => Ok(()),
        Values::Division => Err(Wrong::DivisionUnknown),
        Values::Year => match value.len() == 4 && value.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(()),
            false => Err(Wrong::YearForm),
        },
        Values::Identifier => check_identifier(value),
        // A key that names no record is a mistake, not an empty list.
        Values::Key(kinds) => match kinds.iter().any(|kind| register.get(kind, value).is_some()) {
            true => Ok(()),
            false => {
                Err(Wrong::ReferenceUnknown { kind: kinds.first().copied().unwrap_or_default(), key: value.to_owned() })
            }
        },
        Values::Text => Ok(()),
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
            None => parameters.wrong("status", &value, Wrong::NotInCodeList(listed.join(", "))),
        }
    }
    known
}

fn read_codes(parameters: &mut Parameters) -> Vec<String> {
    let codes = parameters.all("code");
    if codes.len() > MOST {
        parameters.wrong("code", "", Wrong::TooMany(MOST as u64));
    }
    codes
}

fn since(text: &str, register: &Snapshot) -> Result<Since, Wrong> {
    match text.parse() {
        Ok(seq) if seq > register.seq() => Err(Wrong::NotYet(register.seq())),
        Ok(seq) if seq >= 0 => Ok(Since::Seq(seq)),
        _ => date(text).or_else(|_| instant(text)).map(Since::Time).map_err(|_| Wrong::ChangeOrInstant),
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
        let known = Sort::NAMES.into_iter().find(|(name, _)| *name == text);
        match known {
            Some((_, Sort::Relevance)) if !with_text => return Err(Wrong::OnlyWith("q")),
            Some((_, Sort::Distance)) if !with_point => return Err(Wrong::OnlyWith("near")),
            _ => {}
        }
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
    let known = field_names(kind);
    known_names(parameters, "fields", &known).into_iter().map(str::to_owned).collect()
}

/// The names of a list parameter that are known; those that are not are one mistake together.
fn known_names(parameters: &mut Parameters, parameter: &str, known: &[&'static str]) -> Vec<&'static str> {
    let asked = parameters.list(parameter);
    let (names, unknown): (Vec<_>, Vec<_>) = asked
        .iter()
        .map(|name| known.iter().find(|known| *known == name).copied().ok_or(name.as_str()))
        .partition(Result::is_ok);
    let unknown: Vec<_> = unknown.into_iter().filter_map(Result::err).collect();
    if !unknown.is_empty() {
        parameters.wrong(parameter, &unknown.join(","), Wrong::NotInCodeList(known.join(", ")));
    }
    names.into_iter().filter_map(Result::ok).collect()
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
    known_names(parameters, "facets", &known)
}
