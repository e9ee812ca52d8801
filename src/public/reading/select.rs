//! Which records a list holds, and in which order: postings are intersected, text is verified, then a page is cut.

use std::{cmp::Ordering, sync::Arc};

use roaring::RoaringBitmap;

use super::request::{ListRequest, Since, Sort};
use crate::{
    model::kinds::{Filter, Site, Sites, Values},
    problem::{Problem, Wrong},
    register::catalog::{DIVISION, Entry, Id, Order, Shelf, Snapshot},
    search::{self, Hits, Query},
    values::{code_lists::Status, division},
    web::one::{FoundRecord, find_record},
};

/// The records of a list.
pub struct Selection {
    /// All of them.
    pub ids: RoaringBitmap,
    /// Whether their number is estimated.
    pub estimated: bool,
    /// Codes that were asked for and are not among them.
    pub missing: Vec<String>,
    hits: Option<Hits>,
    /// The text, when some of `ids` were not compared with it: rows that are shown still are.
    unseen: Option<Query>,
    distances: Vec<(Id, f64)>,
}

/// Finds the records that `request` asks for.
pub fn select(snapshot: &Snapshot, shelf: &Shelf, request: &ListRequest) -> Selection {
    let mut ids = shelf.in_states(states(request));
    for (filter, values) in &request.filters {
        ids &= by_filter(shelf, filter, values);
    }
    if let Some(since) = request.changed_since {
        let seq = match since {
            Since::Seq(seq) => seq,
            Since::Time(at) => snapshot.seq_before(at),
        };
        ids &= shelf.shown_since(seq);
    }
    if let Some(instant) = request.open_at {
        let open = with_site(snapshot, shelf, |site| site.is_open(instant).then_some(0.0));
        ids &= open.iter().map(|(id, _)| *id).collect::<RoaringBitmap>();
    }
    if !request.codes.is_empty() {
        ids &= request.codes.iter().filter_map(|code| by_code(shelf, code)).collect::<RoaringBitmap>();
    }
    let mut distances =
        request.near.map_or_else(Vec::new, |point| with_site(snapshot, shelf, |site| site.distance(point)));
    if request.near.is_some() {
        ids &= distances.iter().map(|(id, _)| *id).collect::<RoaringBitmap>();
    }
    let hits = request
        .q
        .as_ref()
        .map(|query| shelf.text().search(query, Some(&ids), |id| shelf.by_id(id).map(|entry| &*entry.text)));
    if let Some(hits) = &hits {
        ids &= &hits.all;
    }
    distances.retain(|(id, _)| ids.contains(*id));
    let estimated = hits.as_ref().is_some_and(|hits| hits.is_estimated);
    let unseen = request.q.clone().filter(|_| estimated);
    let missing = missing(shelf, request, &ids);
    Selection { ids, estimated, missing, hits, unseen, distances }
}

/// Lists show what is in force or suspended. Who asks for records by code, or for what changed, is told of those that were
/// cancelled or merged, too: that is what became of them, and what changed.
fn states(request: &ListRequest) -> &[Status] {
    match request.status.as_slice() {
        [] if request.codes.is_empty() && request.changed_since.is_none() => &[Status::InForce, Status::Suspended],
        [] => &[Status::InForce, Status::Suspended, Status::Cancelled, Status::Merged],
        asked => asked,
    }
}

fn by_code(shelf: &Shelf, code: &str) -> Option<Id> {
    match find_record(shelf, code).ok()? {
        FoundRecord::Record(entry) | FoundRecord::Moved(entry) => Some(entry.id),
    }
}

/// The codes asked for that are not among the result, each once.
fn missing(shelf: &Shelf, request: &ListRequest, ids: &RoaringBitmap) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for code in &request.codes {
        let found = by_code(shelf, code).is_some_and(|id| ids.contains(id));
        if !found && !missing.contains(code) {
            missing.push(code.clone());
        }
    }
    missing
}

fn by_filter(shelf: &Shelf, filter: &Filter, values: &[String]) -> RoaringBitmap {
    let names = std::iter::once(filter.name).chain(filter.also);
    let mut any = RoaringBitmap::new();
    for name in names {
        for value in values {
            match filter.values {
                Values::Division => {
                    let below = shelf.postings(DIVISION, division::significant(value));
                    below.for_each(|(_, ids)| any |= &**ids);
                }
                _ => {
                    if let Some(ids) = shelf.posted(name, value) {
                        any |= &**ids;
                    }
                }
            }
        }
    }
    any
}

/// The records that have a site for which `measure` gives a figure, each with the smallest.
fn with_site(snapshot: &Snapshot, shelf: &Shelf, measure: impl Fn(&Site) -> Option<f64>) -> Vec<(Id, f64)> {
    let of = |entry: &Arc<Entry>| entry.indexed.site.as_ref().and_then(&measure);
    let mut measured: Vec<(Id, f64)> = match shelf.kind.sites {
        Sites::None => Vec::new(),
        Sites::Own => shelf.entries().filter_map(|entry| Some((entry.id, of(entry)?))).collect(),
        Sites::Through(kind) => {
            let places = snapshot.shelf(kind).into_iter().flat_map(|places| places.entries());
            let figures = places.filter(|place| place.is_listed()).filter_map(|place| Some((place, of(place)?)));
            figures
                .flat_map(|(place, figure)| place.keys().map(move |key| (key, figure)))
                .filter_map(|(key, figure)| Some((shelf.posted(kind, key)?, figure)))
                .flat_map(|(ids, figure)| ids.iter().map(move |id| (id, figure)))
                .collect()
        }
    };
    measured.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    measured.dedup_by_key(|(id, _)| *id);
    measured
}

/// One page of a selection.
pub struct SelectedPage<'a> {
    /// Its records.
    pub entries: Vec<&'a Arc<Entry>>,
    /// Whether there are more.
    pub has_more: bool,
}

impl Selection {
    /// How far a record is, in metres.
    pub fn distance(&self, id: Id) -> Option<f64> {
        let at = self.distances.binary_search_by_key(&id, |(other, _)| *other).ok()?;
        self.distances.get(at).map(|(_, metres)| *metres)
    }

    /// The page that follows the record with the key `after`.
    pub fn page<'a>(
        &self,
        shelf: &'a Shelf,
        sort: Sort,
        after: Option<&str>,
        limit: usize,
    ) -> Result<SelectedPage<'a>, Problem> {
        let after = match after {
            Some(key) => Some(shelf.get(key).ok_or_else(|| Problem::invalid_cursor(Wrong::NotACursor))?),
            None => None,
        };
        let mut entries: Vec<_> = match sort {
            Sort::Code => self.walked(shelf, Order::Key, after).take(limit + 1).collect(),
            Sort::Published => self.walked(shelf, Order::Published, after).take(limit + 1).collect(),
            Sort::Relevance => self.ranked(shelf, after, limit + 1),
            Sort::Distance => self.by_distance(shelf, after, limit + 1),
        };
        let has_more = entries.len() > limit;
        entries.truncate(limit);
        Ok(SelectedPage { entries, has_more })
    }

    /// All of them, by key.
    pub fn by_key(&self, shelf: &Shelf) -> Vec<Arc<Entry>> {
        self.walked(shelf, Order::Key, None).cloned().collect()
    }

    /// Whether a row may be shown: where not all of `ids` were compared with the text, each row still is.
    fn is_seen(&self, entry: &Entry) -> bool {
        self.unseen.as_ref().is_none_or(|query| search::matches(query, &entry.text))
    }

    fn walked<'s, 'a: 's>(
        &'s self,
        shelf: &'a Shelf,
        order: Order,
        after: Option<&Arc<Entry>>,
    ) -> Box<dyn Iterator<Item = &'a Arc<Entry>> + 's> {
        // A few of many are sorted; many of all are met soon enough on a walk.
        let few = self.ids.len().saturating_mul(16) < shelf.entries().len() as u64;
        if few && order == Order::Key {
            let after = after.map(|entry| entry.key.clone());
            let mut entries: Vec<_> = self.ids.iter().filter_map(|id| shelf.by_id(id)).collect();
            entries.retain(|entry| after.as_ref().is_none_or(|after| entry.key > *after));
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            return Box::new(entries.into_iter().filter(|entry| self.is_seen(entry)));
        }
        let walk = shelf.walk(order, after.map(|entry| &**entry)).filter(|entry| self.ids.contains(entry.id));
        Box::new(walk.filter(|entry| self.is_seen(entry)))
    }

    /// Orders by relevance: records found by name, best first and by key among equals; then those found in the body, by key.
    fn ranked<'a>(&self, shelf: &'a Shelf, after: Option<&Arc<Entry>>, count: usize) -> Vec<&'a Arc<Entry>> {
        let ranked = self.hits.as_ref().map_or(&[][..], |hits| hits.ranked.as_slice());
        let mut first: Vec<_> = ranked
            .iter()
            .filter(|(_, id)| self.ids.contains(*id))
            .filter_map(|(rank, id)| Some((rank, shelf.by_id(*id)?)))
            .filter(|(_, entry)| self.is_seen(entry))
            .collect();
        first.sort_by(|a, b| a.0.cmp(b.0).then_with(|| a.1.key.cmp(&b.1.key)));
        let by_name: RoaringBitmap = first.iter().map(|(_, entry)| entry.id).collect();
        let place = after.and_then(|after| first.iter().position(|(_, entry)| entry.id == after.id));
        let (skip, after_in_body) = match (place, after) {
            (Some(place), _) => (place + 1, None),
            (None, Some(after)) => (first.len(), Some(after)),
            (None, None) => (0, None),
        };
        let named = first.into_iter().skip(skip).map(|(_, entry)| entry);
        let in_body = self.walked(shelf, Order::Key, after_in_body).filter(|entry| !by_name.contains(entry.id));
        named.chain(in_body).take(count).collect()
    }

    fn by_distance<'a>(&self, shelf: &'a Shelf, after: Option<&Arc<Entry>>, count: usize) -> Vec<&'a Arc<Entry>> {
        let placed = self.distances.iter().filter_map(|(id, metres)| Some((*metres, shelf.by_id(*id)?)));
        let mut placed: Vec<_> = placed.filter(|(_, entry)| self.is_seen(entry)).collect();
        let nearer = |a: &(f64, &Arc<Entry>), b: &(f64, &Arc<Entry>)| -> Ordering {
            a.0.total_cmp(&b.0).then_with(|| a.1.key.cmp(&b.1.key))
        };
        placed.sort_by(nearer);
        let skip =
            after.and_then(|after| placed.iter().position(|(_, entry)| entry.id == after.id)).map_or(0, |at| at + 1);
        placed.into_iter().skip(skip).take(count).map(|(_, entry)| entry).collect()
    }
}
