//! The kind: what the machinery knows of a clean-up round.

use super::{
    model::CleanUp,
    rules::{CHECKED, SHAPE, references},
};
use crate::{
    model::kinds::{Facet, Filter, Indexed, Kind, Owner, Sites, Values, read_as},
    search::Document,
    values::code_lists::CleanUpAction,
};

/// 清理结果
pub const KIND: Kind = Kind {
    name: "clean_up",
    itself: &["clean_up"],
    path: "clean-ups",
    chinese: "清理结果",
    english: "clean-up rounds",
    example: "clean-up-2018",
    shape: || &SHAPE,
    read: |value| read_as::<CleanUp>(&SHAPE, value),
    index,
    check: |body, register, today| CHECKED.check(body, register, today),
    row: &["code", "title", "document_number", "decided_by", "decided", "entries"],
    short: &["code", "title", "document_number", "decided"],
    highlighted: &["title", "document_number"],
    filters: &[
        Filter::new(
            "action",
            ["清理结果", "a decision that it holds", "merged"],
            Values::Listed(&CleanUpAction::LIST),
            Facet::Multiple,
        ),
        Filter::new(
            "item",
            ["事项", "an item that it decided on", "12350121488101808K5352081002000"],
            Values::Key(&["item"]),
            Facet::None,
        ),
        Filter::new("year", ["年份", "the year of the decision", "2018"], Values::Year, Facet::Single),
    ],
    sites: Sites::None,
    shows_users: false,
    owner: Owner::Register,
    recode: None,
    links: &[],
};

fn index(body: &str) -> Result<Indexed, serde_json::Error> {
    let record: CleanUp = serde_json::from_str(body)?;
    let mut postings = vec![("year", record.decided.format("%Y").to_string())];
    for entry in &record.entries {
        postings.push(("action", entry.action.value().to_owned()));
        postings.push(("item", entry.item.to_string()));
    }
    postings.sort();
    postings.dedup();
    let notes: Vec<_> = record.entries.iter().filter_map(|entry| entry.note.clone()).collect();
    Ok(Indexed {
        title: record.title.clone(),
        document: Document {
            names: vec![record.title.clone()],
            body: notes.join("\n"),
            codes: vec![record.code.to_string(), record.document_number.clone()],
        },
        postings,
        references: references(&record),
        ..Indexed::default()
    })
}
