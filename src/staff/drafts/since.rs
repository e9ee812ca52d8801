//! The changes that others made since the version of a draft, or the revision of a record, that a client saw. They are gathered and
//! compared after the transaction that refused because of them has ended: comparing long texts takes long, and no writer waits for it.

use std::{sync::LazyLock, time::Duration};

use serde_json::{Value, json};

use super::{
    model::Draft,
    open::{differing, kind_of, load_visible, stale},
    versions::{self, DraftVersion},
};
use crate::{
    base::{
        blocking,
        turns::{Place, Places},
    },
    model::kinds::Kind,
    problem::{Code, Problem},
    register::{
        catalog::{Catalog, Snapshot, instant},
        compare::{Room, compare_within},
        db::Db,
    },
    staff::requests::{Preconditions, RequestContext},
};

/// Drafts whose texts are held at a time to be checked, compared or previewed.
static PLACES: LazyLock<Places> = LazyLock::new(|| Places::new(4));
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// Differences that one answer tells at most, and about how many bytes of them.
const MOST_DIFFERENCES: usize = 1000;
const MOST_BYTES: usize = 256 << 10;

/// Room for the differences of one answer.
pub fn room() -> Room {
    Room::of(MOST_DIFFERENCES, MOST_BYTES)
}

/// A turn for work on the text of a draft, asked for before the text is loaded; 503 when there is none in time.
pub async fn turn() -> Result<Place, Problem> {
    PLACES.acquire(PATIENCE).await.ok_or_else(|| Code::Unavailable.into())
}

/// Adds to a refusal what others did since. `seen` is the draft that it is about, and the version that the client saw. Where that
/// cannot be told, the refusal stands as it is, and says that there is more.
pub async fn with_changes_since(
    problem: Problem,
    db: &Db,
    catalog: &Catalog,
    context: &RequestContext,
    seen: Option<&(String, Preconditions)>,
) -> Problem {
    let told = match (revised(&problem), seen) {
        (Some(revised), _) => with_differences(&problem, revised, db, catalog).await,
        (None, Some((id, seen))) if problem.code == Code::Stale => stale_with_changes(db, context, id, seen).await,
        _ => return problem,
    };
    told.unwrap_or_else(|untold| {
        log::warn!("what others did since is not told: {untold}");
        problem
    })
}

/// The record that a refusal is about because it was revised, and the two revisions: as `publication` says it.
fn revised(problem: &Problem) -> Option<(String, String, [i64; 2])> {
    let conflict = problem.conflict.as_deref()?;
    let (kind, key) = conflict.get("record")?.as_str()?.split_once('/')?;
    let revision = |name: &str| conflict.get(name)?.as_i64();
    Some((kind.to_owned(), key.to_owned(), [revision("base_revision")?, revision("current_revision")?]))
}

async fn with_differences(
    problem: &Problem,
    (kind, key, revisions): (String, String, [i64; 2]),
    db: &Db,
    catalog: &Catalog,
) -> Result<Problem, Problem> {
    let _turn = turn().await?;
    // The refusal may rest on a revision that this process does not show yet.
    catalog.catch_up(db).await;
    let register = catalog.snapshot();
    let compared = blocking::run_long(move || between_revisions(&register, &kind, &key, revisions)).await??;
    let Some((differences, more)) = compared else { return Ok(problem.clone()) };
    let mut told = problem.clone();
    if let Some(conflict) = told.conflict.as_deref_mut() {
        conflict["differences"] = differences;
        conflict["more"] = more.into();
    }
    Ok(told)
}

/// Compares two revisions of a record, and says whether there is more; `None` where one of both was erased.
fn between_revisions(
    register: &Snapshot,
    kind: &str,
    key: &str,
    revisions: [i64; 2],
) -> Result<Option<(Value, bool)>, Problem> {
    let kind = kind_of(register, kind)?;
    let entry = register.get(kind.name, key).ok_or(Code::NotFound)?;
    let mut bodies = Vec::with_capacity(revisions.len());
    for number in revisions {
        let text = entry.revision(number).map(|revision| revision.text()).transpose()?.flatten();
        let Some(text) = text else { return Ok(None) };
        bodies.push(serde_json::from_str::<Value>(&text)?);
    }
    let [from, to] = bodies.as_slice() else { return Ok(None) };
    let mut room = room();
    let differences = compare_within((kind.shape)(), from, to, &mut room);
    Ok(Some((serde_json::to_value(differences)?, room.more())))
}

/// The refusal of a step because the draft was changed, with who changed what.
async fn stale_with_changes(
    db: &Db,
    context: &RequestContext,
    id: &str,
    seen: &Preconditions,
) -> Result<Problem, Problem> {
    let _turn = turn().await?;
    let (context, id, seen) = (context.clone(), id.to_owned(), seen.clone());
    let gathered = db
        .read(move |conn| {
            let draft = load_visible(conn, &context, &id)?;
            let since = seen.seen().unwrap_or(draft.version);
            let (before, versions) = versions::since(conn, &id, since)?;
            Ok::<_, Problem>((kind_of(&context.register, &draft.kind)?, draft, before, versions))
        })
        .await?;
    let (kind, draft, before, versions) = gathered;
    blocking::run_long(move || stale_since(kind, &draft, before, &versions)).await?
}

/// Makes the refusal with the changes of these versions, each with its author; `before` is the text before them, where it is still kept.
fn stale_since(
    kind: &Kind,
    draft: &Draft,
    before: Option<String>,
    versions: &[DraftVersion],
) -> Result<Problem, Problem> {
    let mut room = room();
    let mut text: Option<Value> = before.map(|text| serde_json::from_str(&text)).transpose()?;
    let (mut changes, mut is_whole) = (Vec::with_capacity(versions.len()), true);
    for version in versions {
        let mut differences = Vec::new();
        if let Some(new) = version.content.as_deref().filter(|_| !room.more()) {
            let new: Value = serde_json::from_str(new)?;
            match &text {
                Some(old) => differences = differing(kind, old, &new, &mut room),
                // The text that it took the place of is not kept any more.
                None => is_whole = false,
            }
            text = Some(new);
        }
        changes.push(json!({
            "version": version.version, "by": version.by_name, "at": instant(version.at.and_utc()),
            "step": version.step, "differences": differences,
        }));
    }
    let by = versions.last().map_or(draft.author.name.as_str(), |version| version.by_name.as_str());
    Ok(stale(draft, Some(by), changes, room.more() || !is_whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_because_of_a_revision_names_what_is_to_be_compared() {
        let of = |conflict: Value| revised(&Problem::from(Code::StateConflict).because_of(conflict));
        let conflict = json!({ "record": "item/a/b", "base_revision": 1, "current_revision": 3 });
        assert_eq!(of(conflict), Some(("item".into(), "a/b".into(), [1, 3])));
        assert_eq!(of(json!({ "records": [] })), None);
        assert_eq!(of(json!({ "state": "draft", "version": 2 })), None);
    }
}
