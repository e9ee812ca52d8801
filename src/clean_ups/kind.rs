//! The kind: what the machinery knows of a clean-up round.

use std::sync::LazyLock;

use super::model::CleanUp;
use crate::{
    fields::Shape,
    kinds::{Facet, Filter, Indexed, Kind, Owner, Reference, Sites, Slot, Values, read_as},
    problem::{FieldError, Wrong},
    search::Document,
    values::code_lists::CleanUpAction,
};

static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<CleanUp>);

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
    rules,
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
    let mut references = Vec::new();
    for (index, entry) in record.entries.iter().enumerate() {
        let at = |name: &str| format!("/entries/{index}/{name}");
        postings.push(("action", entry.action.value().to_owned()));
        postings.push(("item", entry.item.to_string()));
        references.push(Reference::new(at("item"), &["item"], &entry.item, Slot::Items).loose());
        if let Some(successor) = &entry.successor {
            references.push(Reference::new(at("successor"), &["item"], successor, Slot::Items).loose());
        }
        if let Some(organisation) = &entry.to_organisation {
            let slot = Slot::Organisations;
            references.push(Reference::new(at("to_organisation"), &["organisation"], organisation, slot).loose());
        }
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
        references,
        ..Indexed::default()
    })
}

fn rules(body: &str) -> Result<Vec<FieldError>, serde_json::Error> {
    let record: CleanUp = serde_json::from_str(body)?;
    let mistakes = record.entries.iter().enumerate().filter_map(|(index, entry)| {
        let missing = match entry.action {
            CleanUpAction::Merged => entry.successor.is_none().then_some("successor"),
            CleanUpAction::Delegated => entry.to_organisation.is_none().then_some("to_organisation"),
            CleanUpAction::Retained | CleanUpAction::Cancelled | CleanUpAction::Adjusted | CleanUpAction::Suspended => {
                None
            }
        };
        missing.map(|name| FieldError::at(format!("/entries/{index}/{name}"), Wrong::CleanUpSuccessor))
    });
    Ok(mistakes.collect())
}
