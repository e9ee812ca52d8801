//! The check of many drafts before the transaction that submits them: it takes long, and nobody who writes waits for it.
//!
//! Drafts that are handed in together count as on their way for each other: an import makes an organisation and the items that name it.
//! One in whose way something stands counts for no other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    bulk_choice::Choice,
    bulk_words::Words,
    check::CheckContext,
    model::Draft,
    review::{self, Checked},
    since,
};
use crate::{
    base::blocking,
    problem::Problem,
    register::db::{Conn, DbError},
    staff::requests::Request,
};

/// How often drafts are checked again because one that they name was refused; then none counts for another any more.
const ROUNDS: usize = 4;

/// What checks found, by draft.
#[derive(Clone, Debug, Default)]
pub struct Ahead(Arc<BTreeMap<String, Checked>>);

impl Ahead {
    /// What was found of a draft.
    pub fn of(&self, id: &str) -> Option<&Checked> {
        self.0.get(id)
    }

    /// Whether something was published since.
    pub fn is_outdated(&self, conn: &mut Conn) -> Result<bool, DbError> {
        self.0.values().next().map_or(Ok(false), |checked| checked.is_outdated(conn))
    }
}

/// Checks those drafts that may be submitted as far as that is known, as they will be with these words. What else is wrong with the
/// request, the transaction says.
pub async fn check_ahead(request: &Request, choice: &Choice, words: &Words) -> Result<Ahead, Problem> {
    let _turn = since::turn().await?;
    let mut peers = Arc::new(submittable(request, choice, words).await?);
    let (mut found, mut names) = (BTreeMap::new(), BTreeMap::new());
    let mut open: Vec<Draft> = peers.to_vec();
    for round in 0..=ROUNDS {
        let mut refused = BTreeSet::new();
        for draft in open.drain(..) {
            let id = draft.id.clone();
            match check(request, draft, peers.clone()).await? {
                Some((checked, named)) => {
                    if !checked.is_sound() {
                        refused.insert(id.clone());
                    }
                    names.insert(id.clone(), named);
                    found.insert(id, checked);
                }
                // The submission meets the same problem, and tells of it.
                None => {
                    found.remove(&id);
                    refused.insert(id);
                }
            }
        }
        let rests_on = |draft: &&Draft| names.get(&draft.id).is_some_and(|of| of.iter().any(|id| refused.contains(id)));
        open = peers.iter().filter(|draft| !refused.contains(&draft.id)).filter(rests_on).cloned().collect();
        if open.is_empty() {
            break;
        }
        let sound = peers.iter().filter(|draft| round + 1 < ROUNDS && !refused.contains(&draft.id)).cloned();
        peers = Arc::new(sound.collect());
    }
    Ok(Ahead(Arc::new(found)))
}

/// The drafts that are worth a check: none where the choice itself is refused.
async fn submittable(request: &Request, choice: &Choice, words: &Words) -> Result<Vec<Draft>, Problem> {
    let (choice, words) = (choice.clone(), words.clone());
    request
        .fetch(move |conn, context| {
            let Ok(chosen) = choice.find(conn, context) else { return Ok(Vec::new()) };
            let mut drafts = Vec::with_capacity(chosen.len());
            for (id, seen) in chosen {
                let draft = review::submittable(conn, context, &id, &seen)?;
                drafts.extend(draft.map(|draft| words.in_draft(draft, &context.caller.id)));
            }
            Ok(drafts)
        })
        .await
}

/// Checks one draft among its peers; `None` where it cannot even be checked.
async fn check(
    request: &Request,
    draft: Draft,
    peers: Arc<Vec<Draft>>,
) -> Result<Option<(Checked, Vec<String>)>, Problem> {
    let (draft, surroundings) = request
        .fetch(move |conn, context| {
            let surroundings = CheckContext::among(conn, context, &draft, &peers)?;
            Ok((draft, surroundings))
        })
        .await?;
    let named = surroundings.named().to_vec();
    let checked = blocking::run(move || Checked::of(&draft, &surroundings)).await?;
    Ok(checked.ok().map(|checked| (checked, named)))
}
