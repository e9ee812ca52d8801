//! How many records of a list have each value of a field.

use roaring::RoaringBitmap;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    model::kinds::{Filter, Values},
    register::catalog::{STATUS, Shelf, Snapshot},
    values::{
        code_lists::{List, Status},
        division,
    },
};

/// 分面计数: one value of a field and how many records of the whole result have it.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FacetCount {
    /// 值
    #[schema(example = "administrative_benefit")]
    pub value: String,
    /// 中文名称
    #[schema(example = "行政给付")]
    pub label: String,
    /// 数量
    #[schema(example = 12)]
    pub count: u64,
}

/// The counts of the facets with these names over `ids`.
pub fn facets(
    snapshot: &Snapshot,
    shelf: &Shelf,
    ids: &RoaringBitmap,
    names: &[&'static str],
) -> serde_json::Result<Map<String, Value>> {
    let count =
        |name: &&'static str| Ok(((*name).to_owned(), serde_json::to_value(counts(snapshot, shelf, ids, name))?));
    names.iter().map(count).collect()
}

/// The counts of one facet, the greatest first, equal ones by value.
pub fn counts(snapshot: &Snapshot, shelf: &Shelf, ids: &RoaringBitmap, name: &'static str) -> Vec<FacetCount> {
    let mut counts: Vec<_> = shelf
        .postings(name, "")
        .map(|(value, posted)| FacetCount {
            value: value.to_string(),
            label: label(snapshot, shelf, name, value),
            count: posted.intersection_len(ids),
        })
        .filter(|counted| counted.count > 0)
        .collect();
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    counts
}

fn label(snapshot: &Snapshot, shelf: &Shelf, name: &'static str, value: &str) -> String {
    if name == STATUS {
        return Status::of(value).map_or_else(|| value.to_owned(), |status| status.label().to_owned());
    }
    shelf.kind.filter(name).and_then(|filter| label_of(snapshot, filter, value)).unwrap_or_else(|| value.to_owned())
}

fn label_of(snapshot: &Snapshot, filter: &Filter, value: &str) -> Option<String> {
    match filter.values {
        Values::Listed(list) => list.get(value).map(|code| code.label.to_owned()),
        Values::Words(_) => List::of(value).map(|list| list.label().to_owned()),
        Values::Boolean => Some(if value == "true" { "是" } else { "否" }.to_owned()),
        Values::Key(kinds) => {
            kinds.iter().find_map(|kind| snapshot.get(kind, value)).map(|entry| entry.indexed.title.clone())
        }
        Values::Division => division::named(value).map(|named| named.name.to_owned()),
        Values::Year | Values::Identifier | Values::Text => None,
    }
}
