//! The drafts that a request about many of them means: those that it lists, or those of an import.

use std::collections::BTreeSet;

use super::store;
use crate::{
    problem::{Code, FieldError, Problem, Wrong},
    register::db::Conn,
    staff::{
        kept_imports,
        requests::{Preconditions, RequestContext},
    },
    values::code_lists::DraftState,
};

/// Drafts of an import that one request takes at most; `max_items` of lists say the same.
const MOST: usize = 500;

/// The drafts that a client means: a list, or an import.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Ids of drafts.
    pub drafts: Option<Vec<String>>,
    /// The versions that the client saw, one for each id.
    pub versions: Option<Vec<i64>>,
    /// Id of an import.
    pub import: Option<String>,
}

/// A draft that is meant, and the version of it that the client saw.
pub type Chosen = (String, Preconditions);

impl Choice {
    /// Refuses a choice that says nothing, or two things: before anything is looked up.
    pub fn must_be_clear(&self) -> Result<(), Problem> {
        let mistake = match (&self.drafts, &self.versions, &self.import) {
            (None, _, None) => Some(FieldError::at("/drafts", Wrong::Required)),
            (Some(_), _, Some(_)) => {
                return Err(Problem::with_detail(
                    Code::InvalidBody,
                    "drafts 和 import 只写一个：写 drafts 办理列出的草稿，写 import 办理该导入的全部草稿。",
                    "Give either `drafts` or `import`: the drafts that are listed, or all of the import.",
                )
                .naming(FieldError::at("/import", Wrong::UnknownField)));
            }
            (None, Some(_), Some(_)) => Some(FieldError::at("/versions", Wrong::UnknownField)),
            (Some(drafts), Some(versions), None) if versions.len() < drafts.len() => {
                Some(FieldError::at("/versions", Wrong::TooFew(length(drafts))))
            }
            (Some(drafts), Some(versions), None) if versions.len() > drafts.len() => {
                Some(FieldError::at("/versions", Wrong::TooMany(length(drafts))))
            }
            _ => None,
        };
        mistake.map_or(Ok(()), |mistake| Err(Problem::invalid_body(vec![mistake])))
    }

    /// Refuses a list of drafts without their versions, for a step that is about one text: an approval, as `If-Match` is asked for
    /// where it is given alone. Who names an import means all of it as it is.
    pub fn must_name_versions(&self) -> Result<(), Problem> {
        match (&self.drafts, &self.versions) {
            (Some(_), None) => Err(Problem::invalid_body(vec![FieldError::at("/versions", Wrong::Required)])),
            _ => Ok(()),
        }
    }

    /// The subject of the request, for the trail.
    pub fn subject(&self) -> String {
        self.import.as_ref().map_or_else(|| "drafts".to_owned(), |import| format!("import/{import}"))
    }

    /// Finds the drafts, each once: of a list in its order, whether there are such drafts or not; of an import those that are open
    /// and that the caller may see, in the order in which they were made.
    pub fn find(&self, conn: &mut Conn, context: &RequestContext) -> Result<Vec<Chosen>, Problem> {
        self.must_be_clear()?;
        if let Some(import) = &self.import {
            let ids = of_import(conn, context, import)?;
            return Ok(ids.into_iter().map(|id| (id, Preconditions::Any)).collect());
        }
        let (drafts, versions) = (self.drafts.as_deref().unwrap_or_default(), self.versions.as_deref());
        let mut met = BTreeSet::new();
        let seen = |index: usize| {
            let version = versions.and_then(|versions| versions.get(index));
            version.map_or(Preconditions::Any, |version| Preconditions::Versions(vec![*version]))
        };
        let numbered = drafts.iter().enumerate().filter(|(_, id)| met.insert(id.as_str()));
        Ok(numbered.map(|(index, id)| (id.clone(), seen(index))).collect())
    }
}

/// The ids of the open drafts of an import that the caller may see. Who sees none of its drafts, and has not made it, is not told of it.
fn of_import(conn: &mut Conn, context: &RequestContext, import: &str) -> Result<Vec<String>, Problem> {
    let unknown = || {
        let wrong = Wrong::ReferenceUnknown { kind: "import", key: import.to_owned() };
        Problem::invalid_body(vec![FieldError::at("/import", wrong)])
    };
    let made = store::of_import(conn, import)?;
    let visible: Vec<_> = made.into_iter().filter(|(.., belongs)| context.sees(belongs)).collect();
    if visible.is_empty() {
        let own = kept_imports::load(conn, import)?.filter(|kept| kept.account == context.caller.id);
        return Err(match own.map(|own| own.applied_at.is_some()) {
            None => unknown(),
            Some(false) => not_applied(),
            Some(true) => none_open(),
        });
    }
    let is_open = |state: DraftState| !matches!(state, DraftState::Published | DraftState::Discarded);
    let open: Vec<_> = visible.into_iter().filter(|(_, state, _)| is_open(*state)).map(|(id, ..)| id).collect();
    match open.len() {
        0 => Err(none_open()),
        1..=MOST => Ok(open),
        found => Err(too_many(found)),
    }
}

fn length(drafts: &[String]) -> u64 {
    drafts.len() as u64
}

fn not_applied() -> Problem {
    Problem::with_detail(
        Code::StateConflict,
        "该导入还没有生成草稿；请先 POST /v1/imports/{id}/apply。",
        "The import has made no drafts yet: `POST /v1/imports/{id}/apply` comes first.",
    )
}

fn none_open() -> Problem {
    Problem::with_detail(
        Code::StateConflict,
        "该导入没有您可以办理的未办结草稿：都已公布或者作废。",
        "No draft of the import is open that you may see: all were published or discarded.",
    )
}

fn too_many(found: usize) -> Problem {
    Problem::with_detail(
        Code::InvalidBody,
        format!("该导入有 {found} 份未办结的草稿，一次至多办理 {MOST} 份；请在 drafts 中分批列出。"),
        format!(
            "The import has {found} open drafts; one request takes at most {MOST}. List them in `drafts`, in parts."
        ),
    )
    .naming(FieldError::at("/import", Wrong::TooMany(MOST as u64)))
}
