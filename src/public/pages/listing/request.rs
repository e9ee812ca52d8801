//! The list that a page asks for, as a request of the API, and the values that its form offers.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::{
    model::kinds::{Facet, Filter, Kind},
    problem::{Code, Problem},
    public::reading::{ListRequest, list},
    register::catalog::Snapshot,
    web::{cursor::Walk, page::MOST, query::Parameters},
};

/// Rows of a page, unless asked otherwise.
pub const ROWS: usize = 50;

/// A page that lists records: of which kind, by which filters.
pub struct Plan {
    /// The kind of its records.
    pub kind: &'static Kind,
    /// The path of the page.
    pub path: String,
    /// The filter that the page has chosen already.
    pub fixed: Option<(&'static str, String)>,
    /// The filters that its form always offers; any other is offered when it is used.
    pub filters: &'static [&'static str],
    /// Whether rows come only when something was asked for.
    pub waits: bool,
}

/// One value of a filter, and how many records of the list have it.
pub struct Count {
    /// The value.
    pub value: String,
    /// Its name in Chinese.
    pub label: String,
    /// How many records have it.
    pub count: u64,
}

/// A form as it was filled in.
pub struct ListingRequest {
    /// The page that has the form.
    pub plan: Plan,
    /// Filters and texts with their values.
    pub values: Vec<(&'static str, String)>,
    /// Rows of the page.
    pub limit: usize,
    /// The place at which the page begins.
    pub cursor: Option<String>,
    /// The moment that was asked for.
    pub as_of: Option<String>,
}

impl ListingRequest {
    /// Reads a query; what it does not know is passed over.
    pub fn read(plan: Plan, query: &str) -> Self {
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

    /// The value of a filter or text.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The query of the list in the API, without one of its filters.
    pub fn query(&self, without: &str) -> String {
        let fixed = self.plan.fixed.iter().map(|(name, value)| (*name, value.as_str()));
        let values = self.values.iter().map(|(name, value)| (*name, value.as_str()));
        let as_of = self.as_of.iter().map(|text| ("as_of", text.as_str())).filter(|(name, _)| *name != without);
        let pairs = fixed.chain(values.filter(|(name, _)| *name != without)).chain(as_of);
        pairs.map(|(name, value)| pair(name, value)).collect::<Vec<_>>().join("&")
    }

    /// The address of the page, at a cursor, with so many rows.
    pub fn address(&self, cursor: Option<&str>, limit: usize) -> String {
        let mut parts: Vec<_> = self.values.iter().map(|(name, value)| pair(name, value)).collect();
        parts.extend((limit != ROWS).then(|| format!("limit={limit}")));
        parts.extend(cursor.map(|cursor| pair("cursor", cursor)));
        match parts.is_empty() {
            true => self.plan.path.clone(),
            false => format!("{}?{}", self.plan.path, parts.join("&")),
        }
    }

    /// The filters that the form offers.
    pub fn filters(&self) -> Vec<&'static Filter> {
        let used = |filter: &&Filter| self.plan.filters.contains(&filter.name) || self.value(filter.name).is_some();
        self.plan.kind.filters.iter().filter(used).collect()
    }

    /// The values of a filter with their numbers under the other filters; the chosen one is always among them.
    pub fn counts(
        &self,
        snapshot: &Snapshot,
        walk: &Walk,
        filter: &'static Filter,
        found: &Value,
    ) -> Result<Vec<Count>, Problem> {
        let own;
        let counted = match self.value(filter.name) {
            None => &found["facets"][filter.name],
            Some(_) if filter.facet == Facet::None => &Value::Null,
            Some(_) => {
                let query = format!("{}&facets={}&fields=code&limit=1", self.query(filter.name), filter.name);
                let request = ListRequest::read(self.plan.kind, &query, walk, snapshot)?;
                own = answer(snapshot, self.plan.kind, &request, walk)?;
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
            let total = found["total"].as_u64().unwrap_or_default();
            counts.push(Count { value: chosen.into(), label: chosen.into(), count: total });
        }
        Ok(counts)
    }
}

fn pair(name: &str, value: &str) -> String {
    format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
}

/// The page of the list as the API gives it.
pub fn answer(snapshot: &Snapshot, kind: &Kind, request: &ListRequest, walk: &Walk) -> Result<Value, Problem> {
    let shelf = snapshot.shelf(kind.name).ok_or(Code::NotFound)?;
    Ok(serde_json::from_slice(&list(snapshot, shelf, request, walk)?.json)?)
}
