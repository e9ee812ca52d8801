//! Scheduled publications: they come about when their time comes, once, however many replicas look.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    model::Draft,
    open::kind_of,
    owner,
    publish::back_to_approved,
    release::{common, release, steps},
    review::must_still,
    since, store,
};
use crate::{
    problem::{Code, FieldError, Language, Problem},
    register::{
        catalog::{Catalog, Snapshot},
        changes::Change,
        db::{Conn, Db, DbError},
        publication,
    },
    staff::{
        audit::{self, Event, Outcome},
        identity::{Belongs, Caller, Permission},
        requests::{Quotas, RequestContext},
    },
    values::code_lists::DraftState,
};

/// Publishes every batch whose time has come by `now`; says how many. One that breaks rules by now goes back to its
/// publisher with an alert.
pub async fn publish_what_is_due(db: &Db, catalog: &Catalog, now: DateTime<Utc>) -> Result<usize, Problem> {
    let due = db.read(move |conn| store::due(conn, now)).await.map_err(|error: DbError| Problem::from(error))?;
    // In the order of the times that were set: what was to be first may be what the next one needs.
    let mut batches: Vec<String> = due.into_iter().map(|(batch, _)| batch).collect();
    batches.dedup();
    let (mut published, mut failed) = (0, None);
    for batch in batches {
        let context =
            RequestContext { caller: Caller::system(), now, register: catalog.snapshot(), quotas: Quotas::NONE };
        let (name, by) = (batch.clone(), context.clone());
        match db.write(move |conn| publish_due(conn, &by, &name)).await {
            Ok(None) => {}
            Ok(Some(_)) => {
                published += 1;
                catalog.catch_up(db).await;
            }
            // It passes by itself: the batch stays scheduled, and the next look finds it.
            Err(problem) if matches!(problem.code, Code::Unavailable | Code::Internal) => failed = Some(problem),
            Err(problem) => {
                log::warn!("the scheduled publication {batch} did not come about: {problem}");
                let problem = since::with_changes_since(problem, db, catalog, &context, None).await;
                db.write(move |conn| alert(conn, &context, &batch, &problem)).await?;
            }
        }
    }
    // One that fails keeps no other waiting.
    failed.map_or(Ok(published), Err)
}

/// Publishes one scheduled batch whose time has come; says whether it did. Several replicas may try at once: the drafts
/// are locked, and one of them finds them scheduled.
fn publish_due(conn: &mut Conn, context: &RequestContext, batch: &str) -> Result<Option<Vec<Change>>, Problem> {
    let mut drafts = Vec::new();
    for id in store::of_batch(conn, batch)? {
        drafts.extend(store::lock(conn, &id)?);
    }
    let due =
        |draft: &Draft| draft.state == DraftState::Scheduled && draft.effective_at.is_some_and(|at| at <= context.now);
    if drafts.is_empty() || !drafts.iter().all(due) {
        return Ok(None);
    }
    let office = |draft: &Draft| draft.scheduled_by.as_ref().map(|by| by.office.clone());
    let register = publication::current(conn, &context.register)?;
    for draft in &drafts {
        still_wanted(conn, context, &register, draft)?;
    }
    let steps = steps(&register, &drafts, office)?;
    let changes = release(conn, context, &mut drafts, &steps)?;
    audit::record(conn, context.now, by_the_clock(&drafts, Outcome::Done, None))?;
    Ok(Some(changes))
}

/// A scheduled batch that could not be published goes back to its publisher with an alert.
fn alert(conn: &mut Conn, context: &RequestContext, batch: &str, problem: &Problem) -> Result<(), Problem> {
    let mut drafts = Vec::new();
    for id in store::of_batch(conn, batch)? {
        drafts.extend(store::lock(conn, &id)?.filter(|draft| draft.state == DraftState::Scheduled));
    }
    // These still say who scheduled them, which is taken back below.
    let scheduled = drafts.clone();
    let in_common = drafts.windows(2).all(|pair| pair[0].belongs == pair[1].belongs);
    for (index, draft) in drafts.iter_mut().enumerate() {
        let told = if in_common { problem.clone() } else { of_one(problem, index) };
        draft.alert = Some(serde_json::to_value(told.document(Language::Chinese, "/v1/publications"))?);
        back_to_approved(conn, context, draft)?;
    }
    if !drafts.is_empty() {
        audit::record(conn, context.now, by_the_clock(&scheduled, Outcome::Refused, Some(problem)))?;
    }
    Ok(())
}

/// Checks again what a person who publishes at once answers for, since nobody is there when the time comes: those who wrote,
/// submitted and scheduled a draft have accounts that are open, and the scheduler may publish it still, everywhere.
fn still_wanted(conn: &mut Conn, context: &RequestContext, register: &Snapshot, draft: &Draft) -> Result<(), Problem> {
    let submitter = draft.submitter.iter().map(|person| &person.id);
    for account in draft.writers.iter().chain(submitter) {
        must_still(conn, account, None, &[])?;
    }
    let mut reach = owner::reach(conn, context, register, kind_of(register, &draft.kind)?, draft)?;
    reach.push(draft.belongs.clone());
    let scheduler = draft.scheduled_by.as_ref().ok_or(Code::Internal)?;
    must_still(conn, &scheduler.person.id, Some(Permission::ItemsPublish), &reach)
}

/// Reduces a problem of a batch to one of its drafts: not everybody who may see that one may see the others.
fn of_one(problem: &Problem, index: usize) -> Problem {
    let record = format!("/records/{index}/");
    let own = |error: &&FieldError| error.pointer().starts_with(&record);
    let errors: Vec<_> = problem.errors.iter().filter(own).cloned().collect();
    let told = match errors.is_empty() {
        true => Problem::with_detail(
            problem.code,
            "同批公布的草稿中有不能公布的，整批未公布。",
            "One of the drafts that were to be published together could not be, so that none was.",
        ),
        false => Problem::from(problem.code),
    };
    Problem { errors, ..told }
}

fn by_the_clock(drafts: &[Draft], outcome: Outcome, problem: Option<&Problem>) -> Event {
    let Belongs { organisation, division } = common(drafts);
    let subject = drafts.first().map(|draft| match &draft.batch {
        Some(batch) => format!("batch/{batch}"),
        None => draft.subject(),
    });
    Event {
        organisation,
        division,
        outcome,
        problem: problem.map(|problem| problem.code.spec().code.to_owned()),
        detail: Some(json!({
            "drafts": drafts.iter().map(|draft| &draft.id).collect::<Vec<_>>(),
            "scheduled_by": drafts.first().and_then(|draft| draft.scheduled_by.as_ref()).map(|by| &by.person.name),
            "no_longer": problem.and_then(|problem| problem.conflict.as_ref()?.get("no_longer").cloned()),
        })),
        ..Event::of_system("draft.publish", subject)
    }
}
