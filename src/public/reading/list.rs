//! Use case: anyone lists records, page by page.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Map, Value, json, value::RawValue};

use super::{
    facets::facets,
    request::ListRequest,
    select::{Selection, select},
};
use crate::{
    model::kinds::Kind,
    problem::Problem,
    register::catalog::{Entry, Shelf, Snapshot},
    search,
    web::cursor::{Cursor, Walk},
};

/// Characters of an excerpt on either side of what was found.
const AROUND: usize = 30;

/// A page of a list.
pub struct ListPage {
    /// JSON: `items`, `next`, `total`, `seq`, and what was asked for beside them.
    pub json: Vec<u8>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// The page of `request`, which belongs to `walk`, over `snapshot`.
pub fn list(snapshot: &Snapshot, shelf: &Shelf, request: &ListRequest, walk: &Walk) -> Result<ListPage, Problem> {
    let selection = select(snapshot, shelf, request);
    let after = request.cursor.as_ref().map(|cursor| cursor.after.as_str());
    let page = selection.page(shelf, request.sort, after, request.limit)?;
    let next = page
        .entries
        .last()
        .filter(|_| page.has_more)
        .map(|last| Cursor { seq: snapshot.seq(), after: last.key.to_string() }.write(walk));
    let mut json = br#"{"items":["#.to_vec();
    for (index, entry) in page.entries.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        json.extend(row(shelf.kind, entry, request, &selection)?);
    }
    let mut tail = Map::new();
    tail.insert("next".into(), json!(next));
    tail.insert("total".into(), json!(selection.ids.len()));
    if selection.estimated {
        tail.insert("total_estimated".into(), json!(true));
    }
    tail.insert("seq".into(), json!(snapshot.seq()));
    if !request.facets.is_empty() {
        tail.insert("facets".into(), Value::Object(facets(snapshot, shelf, &selection.ids, &request.facets)?));
    }
    if !request.codes.is_empty() {
        tail.insert("missing".into(), json!(selection.missing));
    }
    json.extend(b"],");
    json.extend(&serde_json::to_vec(&tail)?[1..]);
    Ok(ListPage { json, next })
}

/// One row: as it was prepared, unless something else was asked for.
fn row(kind: &Kind, entry: &Arc<Entry>, request: &ListRequest, selection: &Selection) -> Result<Vec<u8>, Problem> {
    let query = request.q.as_ref().filter(|_| request.highlight);
    let has_duties = request.asks_for_duties() && request.fields.is_empty();
    let distance = selection.distance(entry.id);
    if request.fields.is_empty() && !has_duties && query.is_none() && distance.is_none() {
        return Ok(entry.row.to_vec());
    }
    let prepared = members_of(&entry.row)?;
    // The whole answer is read once at most: that is most of what a row costs.
    let is_in_row = |name: &String| member(&prepared, name).is_some();
    let is_enough = query.is_none() && !has_duties && request.fields.iter().all(is_in_row);
    let whole = if is_enough { Vec::new() } else { members_of(entry.answer.plain())? };
    let mut members = match request.fields.as_slice() {
        [] => prepared,
        fields => chosen(&prepared, &whole, fields),
    };
    if has_duties {
        for name in ["responsibilities", "accountability"] {
            members.push((name, member(&whole, name).map_or(Cow::Borrowed(RawValue::NULL), Cow::clone)));
        }
    }
    let mut add = |name, value: Value| -> Result<(), Problem> {
        members.push((name, Cow::Owned(serde_json::value::to_raw_value(&value)?)));
        Ok(())
    };
    if let Some(metres) = distance {
        add("distance_m", json!(metres.round() as i64))?;
    }
    if let Some(query) = query {
        add("highlight", highlight(kind, entry, &whole, query)?)?;
    }
    written(&members)
}

fn written(members: &[Member<'_>]) -> Result<Vec<u8>, Problem> {
    let mut row = b"{".to_vec();
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            row.push(b',');
        }
        serde_json::to_writer(&mut row, name)?;
        row.push(b':');
        row.extend(value.get().as_bytes());
    }
    row.push(b'}');
    Ok(row)
}

/// A member of a JSON object, its value unread.
type Member<'a> = (&'a str, Cow<'a, RawValue>);

/// The members of an object that the register wrote, in order: their names have no escapes.
fn members_of(json: &[u8]) -> Result<Vec<Member<'_>>, Problem> {
    struct Members;
    impl<'de> serde::de::Visitor<'de> for Members {
        type Value = Vec<Member<'de>>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((name, value)) = map.next_entry::<&'de str, &'de RawValue>()? {
                members.push((name, Cow::Borrowed(value)));
            }
            Ok(members)
        }
    }
    let mut reader = serde_json::Deserializer::from_slice(json);
    Ok(serde::Deserializer::deserialize_map(&mut reader, Members)?)
}

/// The members with these names, and the code before them: as they are in the row, or else in the whole record.
fn chosen<'a>(row: &[Member<'a>], whole: &[Member<'a>], fields: &'a [String]) -> Vec<Member<'a>> {
    let names = std::iter::once("code").chain(fields.iter().map(String::as_str).filter(|name| *name != "code"));
    names.filter_map(|name| Some((name, member(row, name).or_else(|| member(whole, name))?.clone()))).collect()
}

fn member<'a, 'm>(members: &'m [Member<'a>], name: &str) -> Option<&'m Cow<'a, RawValue>> {
    members.iter().find_map(|(known, value)| (*known == name).then_some(value))
}

/// Shows the places of the searched text: segments of the fields that hold it, or of the rest when none of them does.
fn highlight(kind: &Kind, entry: &Entry, whole: &[Member<'_>], query: &search::Query) -> Result<Value, Problem> {
    let mut shown = Map::new();
    for name in kind.highlighted {
        let texts: Vec<String> = match member(whole, name).map(|value| serde_json::from_str(value.get())).transpose()? {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(texts)) => texts.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect(),
            _ => continue,
        };
        if let Some(segments) = texts.iter().find_map(|text| search::highlight(query, &entry.text, text)) {
            shown.insert((*name).into(), segments_json(&segments));
        }
    }
    if shown.is_empty()
        && let Some(segments) = search::snippet(query, &entry.text, &entry.indexed.document.body, AROUND)
    {
        shown.insert("body".into(), segments_json(&segments));
    }
    Ok(Value::Object(shown))
}

fn segments_json(segments: &[search::Segment]) -> Value {
    let segment = |segment: &search::Segment| match segment.is_match {
        true => json!({ "text": segment.text, "match": true }),
        false => json!({ "text": segment.text }),
    };
    segments.iter().map(segment).collect()
}
