//! Use case: anyone lists records, page by page.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Map, Value, json, value::RawValue};

use super::{
    cursor::{Cursor, Walk},
    facets::facets,
    request::ListRequest,
    select::{Selection, select},
};
use crate::{
    catalog::{Entry, Shelf, Snapshot},
    kinds::Kind,
    problem::Problem,
    search,
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
    let extra = extra(kind, entry, request, selection)?;
    if request.fields.is_empty() && extra.is_empty() {
        return Ok(entry.row.to_vec());
    }
    let mut members = match request.fields.as_slice() {
        [] => members_of(&entry.row)?,
        fields => chosen(entry, fields)?,
    };
    members.extend(extra);
    let mut row = b"{".to_vec();
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            row.push(b',');
        }
        row.extend(serde_json::to_vec(name)?);
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

fn chosen<'a>(entry: &'a Entry, fields: &'a [String]) -> Result<Vec<Member<'a>>, Problem> {
    let (row, whole) = (members_of(&entry.row)?, members_of(entry.answer.plain())?);
    let names = std::iter::once("code").chain(fields.iter().map(String::as_str).filter(|name| *name != "code"));
    Ok(names.filter_map(|name| Some((name, member(&row, name).or_else(|| member(&whole, name))?.clone()))).collect())
}

fn member<'a, 'm>(members: &'m [Member<'a>], name: &str) -> Option<&'m Cow<'a, RawValue>> {
    members.iter().find_map(|(known, value)| (*known == name).then_some(value))
}

/// What a row has beside its usual members: duties on the responsibility list, distance, highlights.
fn extra<'a>(
    kind: &Kind,
    entry: &'a Entry,
    request: &ListRequest,
    selection: &Selection,
) -> Result<Vec<Member<'a>>, Problem> {
    let mut extra = Vec::new();
    let duties = request.asked("list").is_some_and(|lists| lists.iter().any(|list| list == "responsibility"));
    if duties && request.fields.is_empty() {
        let whole = members_of(entry.answer.plain())?;
        for name in ["responsibilities", "accountability"] {
            extra.push((name, member(&whole, name).map_or(Cow::Borrowed(RawValue::NULL), Cow::clone)));
        }
    }
    let mut add = |name, value: Value| -> Result<(), Problem> {
        extra.push((name, Cow::Owned(serde_json::value::to_raw_value(&value)?)));
        Ok(())
    };
    if let Some(metres) = selection.distance(entry.id) {
        add("distance_m", json!(metres.round() as i64))?;
    }
    if let Some(query) = request.q.as_ref().filter(|_| request.highlight) {
        add("highlight", highlight(kind, entry, query)?)?;
    }
    Ok(extra)
}

/// Where the text was found: segments of the fields that hold it, or of the rest when none of them does.
fn highlight(kind: &Kind, entry: &Entry, query: &search::Query) -> Result<Value, Problem> {
    let whole = members_of(entry.answer.plain())?;
    let mut shown = Map::new();
    for name in kind.highlighted {
        let texts: Vec<String> =
            match member(&whole, name).map(|value| serde_json::from_str(value.get())).transpose()? {
                Some(Value::String(text)) => vec![text],
                Some(Value::Array(texts)) => texts.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect(),
                _ => continue,
            };
        if let Some(segments) = texts.iter().find_map(|text| search::highlight(query, text)) {
            shown.insert((*name).into(), segments_json(&segments));
        }
    }
    if shown.is_empty()
        && let Some(segments) = search::snippet(query, &entry.indexed.document.body, AROUND)
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
