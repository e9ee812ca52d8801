//! Queries as people type them, and the records that they should find first, over the demonstration register before and after its history.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::*;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The items in force by code: as first published, and after all adjustments.
fn before_and_after() -> [BTreeMap<String, Value>; 2] {
    let register = json(include_str!("../../../demo/items.json"));
    let before: BTreeMap<String, Value> = register["items"].as_array().unwrap().iter().map(keyed).collect();
    let mut after = before.clone();
    let history = json(include_str!("../../../demo/history.json"));
    let records = history["adjustments"].as_array().unwrap().iter().flat_map(|one| one["records"].as_array().unwrap());
    for record in records.filter(|record| record["record"] == "item") {
        let key = record["key"].as_str().unwrap();
        match record["action"].as_str().unwrap() {
            "create" => after.extend([keyed(&record["body"])]),
            "amend" => patch(after.get_mut(key).unwrap(), record["patch"].as_object().unwrap()),
            "cancel" | "merge" => drop(after.remove(key)),
            "suspend" | "reinstate" => {}
            other => panic!("{other}"),
        }
    }
    [before, after]
}

fn keyed(item: &Value) -> (String, Value) {
    (item["code"].as_str().unwrap().to_owned(), item.clone())
}

/// Replaces whole members, which is enough for those that are searched.
fn patch(item: &mut Value, patch: &Map<String, Value>) {
    item.as_object_mut().unwrap().extend(patch.clone());
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(parts) => parts.iter().flat_map(texts).collect(),
        Value::Object(parts) => ["text", "name", "question", "answer", "value"]
            .iter()
            .filter_map(|part| parts.get(*part))
            .flat_map(texts)
            .collect(),
        _ => Vec::new(),
    }
}

fn document(item: &Value) -> Document {
    let all = |members: &[&str]| -> Vec<String> { members.iter().flat_map(|member| texts(&item[*member])).collect() };
    Document {
        names: all(&["name", "aliases"]),
        body: all(&["summary", "keywords", "handling_office", "conditions", "materials", "results", "faqs"]).join("\n"),
        codes: all(&["code", "catalogue_code", "handling_code", "identifiers"]),
    }
}

/// The best by rank, then by code; those found in the body only go last.
fn first(index: &Index, codes: &[&String], texts: &[Text], q: &str) -> Option<usize> {
    let hits = index.search(&Query::parse(q).unwrap(), None, |id| texts.get(id as usize));
    let (rank, _) = hits.ranked.first().copied().unzip();
    let best = hits.ranked.iter().take_while(|(other, _)| Some(*other) == rank).map(|(_, id)| *id);
    let best = best.min_by_key(|id| codes[*id as usize]).or_else(|| hits.all.min());
    best.map(|id| id as usize)
}

#[test]
fn people_find_first_what_they_look_for() {
    let golden = json(include_str!("../../../tests/http/reading/search_golden.json"));
    let golden = golden.as_array().unwrap();
    assert!(golden.len() >= 70);

    let mut wrong = Vec::new();
    for items in before_and_after() {
        let codes: Vec<&String> = items.keys().collect();
        let texts: Vec<Text> = items.values().map(|item| Text::of(&document(item))).collect();
        let index = Index::build((0..).zip(&texts));
        for entry in golden {
            let q = entry["q"].as_str().unwrap();
            let acceptable = entry["first"].as_array().unwrap();
            let found = first(&index, &codes, &texts, q);
            let is_right = match found {
                Some(place) => acceptable.iter().any(|code| *code == **codes[place]),
                None => acceptable.is_empty(),
            };
            if !is_right {
                let name = found.map(|place| &items[codes[place]]["name"]);
                wrong.push(format!("{q}: {name:?}, wanted {acceptable:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
