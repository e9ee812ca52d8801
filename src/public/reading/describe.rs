//! Describes the operations that every kind of record has.

use super::{parameters::list_parameters, schemas::name};
use crate::{
    model::kinds::Kind,
    problem::Code,
    web::{
        contract::{Operation, schema},
        parameters::{as_of_parameter, compared_parameters, key_parameter, page_parameters, revision_parameter},
    },
};

const BELOW: [Code; 2] = [Code::NotFound, Code::Gone];

/// An operation of a kind, named by what it does.
fn operation(kind: &'static Kind, what: &str, path: &str, answer: &str) -> Operation {
    Operation::json(format!("{what}_{}", kind.name), kind.path, path, schema(answer))
}

/// The address of the record that examples show.
fn example(kind: &Kind) -> String {
    format!("/v1/{}/{}", kind.path, kind.example)
}

/// Describes the list.
pub fn list(kind: &'static Kind, path: &str) -> Operation {
    let id = format!("list_{}", kind.path.replace('-', "_"));
    Operation::json(id, kind.path, path, schema(&format!("{}Page", name(kind))))
        .says(format!("{}列表 · List {}", kind.chinese, kind.english), list_description(kind))
        .takes(list_parameters(kind))
        .refuses(&[Code::InvalidCursor])
        .shown_by(format!("{path}?limit=2"))
}

fn list_description(kind: &Kind) -> String {
    let more = match kind.name {
        "item" => {
            "The three lists: `list=power`, `list=responsibility` (the powers, each with its `responsibilities` and \
             `accountability`) and `list=service`. "
        }
        "fee" => "The fee list (收费目录清单); each fee shows the items that charge it under `embedded.items`. ",
        _ => "",
    };
    format!(
        "{more}Rows are summaries, by code unless sorted otherwise; `fields` chooses other members. Without `status`, records \
         in force and suspended ones are listed."
    )
}

/// Describes one record.
pub fn record(kind: &'static Kind, path: &str) -> Operation {
    operation(kind, "get", path, &format!("{}Record", name(kind)))
        .says(
            format!("{}详情 · One of the {}", kind.chinese, kind.english),
            "The whole record: the body's own fields, and beside them `meta`, `embedded` (what it shows of others) and \
             `links`. Cancelled and merged records answer 200 with their status and successor; one that was renumbered \
             answers 308, an erased one 410.",
        )
        .takes([key_parameter(kind), as_of_parameter()])
        .refuses(&BELOW)
        .shown_by(example(kind))
}

/// Describes the revisions of a record.
pub fn revisions(kind: &'static Kind, path: &str) -> Operation {
    operation(kind, "list_revisions_of", path, "RevisionPage")
        .says(
            format!("{}修订记录 · Revisions", kind.chinese),
            "Every published revision, oldest first: which office published it, when, why, and on what document.",
        )
        .takes([key_parameter(kind), as_of_parameter()])
        .takes(page_parameters())
        .refuses(&BELOW)
        .refuses(&[Code::InvalidCursor])
        .shown_by(format!("{}/revisions", example(kind)))
}

/// Describes one revision.
pub fn revision(kind: &'static Kind, path: &str) -> Operation {
    operation(kind, "get_revision_of", path, &format!("{}Record", name(kind)))
        .says(
            format!("{}某次修订 · One revision", kind.chinese),
            "The body as that revision published it. It never changes.",
        )
        .takes([key_parameter(kind), revision_parameter(), as_of_parameter()])
        .refuses(&BELOW)
        .shown_by(format!("{}/revisions/1", example(kind)))
}

/// Describes the comparison of two revisions.
pub fn comparison(kind: &'static Kind, path: &str) -> Operation {
    operation(kind, "compare_revisions_of", path, "Comparison")
        .says(
            format!("{}修订比较 · Compare two revisions", kind.chinese),
            "Field by field, with the Chinese term of each; elements of lists are known again by what identifies them, \
             and one that only stands elsewhere is `moved`; changed texts have `spans`, unless they have little in common or there \
             are too many long ones. The first 5,000 differences, or 1 MB of them; `more` says that there are more. \
             Without parameters: the last revision and the one before.",
        )
        .takes([key_parameter(kind)])
        .takes(compared_parameters())
        .takes([as_of_parameter()])
        .refuses(&BELOW)
        .shown_by(format!("{}/compare", example(kind)))
}
