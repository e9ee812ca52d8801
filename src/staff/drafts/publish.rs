//! Use cases: approved drafts are published, all of a batch or none, at once or at a time that was set.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{
    model::{Draft, Scheduler},
    open::{kind_of, load_visible, must_be, open_for_step, person, response, save_version},
    owner,
    release::{common, release, steps},
    review::{four_eyes, must_be_approved},
    store,
};
use crate::{
    problem::{Code, FieldError, Place, Problem, Wrong},
    register::{
        catalog::{Snapshot, instant},
        changes::Change,
        db::Conn,
        publication,
    },
    staff::{
        identity::{Caller, Permission},
        requests::{ActionResult, Preconditions, RequestContext},
    },
    values::code_lists::{Action, DraftState},
};

/// How far ahead a publication may be scheduled.
const FURTHEST: TimeDelta = TimeDelta::days(366);

/// Drafts that become public together, all of them or none.
#[derive(Clone, Debug)]
pub struct PublicationRequest {
    /// Ids of approved drafts.
    pub drafts: Vec<String>,
    /// When, as the client says it: ahead, within a year; at once when absent or past.
    pub effective_at: Option<String>,
}

/// A request to publish, and the version of a single draft that its client saw.
pub struct Batch<'a> {
    /// The request.
    pub request: &'a PublicationRequest,
    /// The version that the client saw, when it is about one draft.
    pub seen: Option<&'a Preconditions>,
}

/// Publishes or schedules drafts as one. 409 when one is not approved or was overtaken, 422 with everything that is wrong.
pub fn publish(conn: &mut Conn, context: &RequestContext, batch: &Batch<'_>) -> Result<ActionResult, Problem> {
    let any = Preconditions::Any;
    let register = publication::current(conn, &context.register)?;
    // In the order of their ids, or two batches that share drafts could wait for each other.
    let ids: BTreeSet<&String> = batch.request.drafts.iter().collect();
    let mut drafts = Vec::with_capacity(ids.len());
    for id in ids {
        let draft = open_to_publish(conn, context, &register, id, batch.seen.unwrap_or(&any));
        drafts.push(draft.map_err(|problem| about(conn, problem, id, batch))?);
    }
    publish_opened(conn, context, &register, drafts, batch)
}

/// As [`publish`], of drafts that [`open_to_publish`] has opened in this transaction, in the order of their ids.
pub fn publish_opened(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    drafts: Vec<Draft>,
    batch: &Batch<'_>,
) -> Result<ActionResult, Problem> {
    let effective_at =
        batch.request.effective_at.as_deref().map(|text| ahead(text, context.now)).transpose()?.flatten();
    match effective_at {
        Some(at) => schedule(conn, context, register, drafts, at, batch),
        None => {
            let mut drafts = in_order(drafts, &batch.request.drafts);
            let steps = steps(register, &drafts, |_| context.caller.organisation.clone())?;
            let changes = release(conn, context, &mut drafts, &steps).map_err(|problem| placed(problem, batch))?;
            Ok(published(context, &drafts, &changes, batch))
        }
    }
}

/// Locks a draft that the caller may publish: approved, by others, and wherever it reaches.
pub fn open_to_publish(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    id: &str,
    seen: &Preconditions,
) -> Result<Draft, Problem> {
    let draft = open_for_step(conn, context, id, seen, Permission::ItemsPublish)?;
    may_publish(&draft, &context.caller)?;
    // A publisher who moves a record to another office answers for both.
    for belongs in owner::reach(conn, context, register, kind_of(register, &draft.kind)?, &draft)? {
        context.require(Permission::ItemsPublish, &belongs)?;
    }
    Ok(draft)
}

/// Takes a scheduled publication back, the whole batch of it.
pub fn unschedule(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen: &Preconditions,
) -> Result<ActionResult, Problem> {
    let batch = load_visible(conn, context, id)?.batch;
    let mut ids = batch.as_deref().map(|batch| store::of_batch(conn, batch)).transpose()?.unwrap_or_default();
    if !ids.iter().any(|other| other == id) {
        ids = vec![id.to_owned()];
    }
    // In the order of their ids, as everybody locks them, whichever of the batch was named.
    let mut drafts = Vec::with_capacity(ids.len());
    for other in &ids {
        let seen = if other == id { seen } else { &Preconditions::Any };
        let draft = open_for_step(conn, context, other, seen, Permission::ItemsPublish)?;
        must_be(&draft, &[DraftState::Scheduled])?;
        if draft.batch != batch {
            return Err(Code::StateConflict.into());
        }
        drafts.push(draft);
    }
    for draft in &mut drafts {
        back_to_approved(conn, context, draft)?;
    }
    let named = drafts.iter().find(|draft| draft.id == id).ok_or(Code::Internal)?;
    Ok(response(named))
}

/// Says where words belong that come with a publication: a draft alone adds some.
pub fn no_words(mut problem: Problem) -> Problem {
    let is_text = |error: &FieldError| {
        error.wrong.code() == Wrong::UnknownField.code()
            && ["/reason", "/document", "/channels"].contains(&error.pointer())
    };
    if problem.errors.iter().any(is_text) {
        let told = Problem::with_detail(
            problem.code,
            "reason、document、channels 属于经审查的文本，公布时不能补充。请退回草稿（return），写入草稿后重新提交、审查。",
            "`reason`, `document` and `channels` belong to the text that is approved and cannot be added now. Send the draft back \
             (`return`), have them written into it, submitted and approved.",
        );
        problem.detail = told.detail;
    }
    problem
}

fn may_publish(draft: &Draft, caller: &Caller) -> Result<(), Problem> {
    must_be(draft, &[DraftState::Approved])?;
    match draft.is_by(&caller.id) {
        true => Err(four_eyes("不能公布自己起草或者提交的草稿。", "Nobody publishes what they wrote or submitted.")),
        false => must_be_approved(draft),
    }
}

/// Names in a problem of a batch the draft that it is about, and its record.
fn about(conn: &mut Conn, problem: Problem, id: &str, batch: &Batch<'_>) -> Problem {
    match batch.request.drafts.iter().position(|other| other == id).filter(|_| batch.seen.is_none()) {
        Some(at) if problem.code == Code::NotFound => Problem::invalid_body(vec![FieldError::at(
            format!("/drafts/{at}"),
            Wrong::ReferenceUnknown { kind: "draft", key: id.to_owned() },
        )]),
        Some(_) => {
            let told = named(problem.code, &problem, id, name_of(conn, &problem, id).as_deref());
            Problem { errors: problem.errors, conflict: problem.conflict, ..told }
        }
        None => problem,
    }
}

/// The name of the record of a draft that was refused, unless it is one that the caller may not see.
pub fn name_of(conn: &mut Conn, problem: &Problem, id: &str) -> Option<String> {
    match problem.code {
        // A failed query has ended the transaction, and nothing more can be read.
        Code::NotFound | Code::Internal | Code::Unavailable => None,
        _ => store::load(conn, id).ok().flatten()?.name,
    }
}

/// Tells the refusal of one draft of many under a code, with its id and the name of its record.
pub fn named(code: Code, problem: &Problem, id: &str, name: Option<&str>) -> Problem {
    let spec = problem.code.spec();
    let (chinese, english) = match &problem.detail {
        Some(detail) => (detail.chinese.as_str(), detail.english.as_str()),
        None => (spec.remedy_chinese, spec.remedy_english),
    };
    let [of, of_english] =
        name.map_or([String::new(), String::new()], |name| [format!("“{name}”的"), format!(" of “{name}”")]);
    Problem::with_detail(code, format!("{of}草稿 {id}：{chinese}"), format!("Draft {id}{of_english}: {english}"))
}

/// The time of a scheduled publication; `None` when it has passed already.
fn ahead(text: &str, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Problem> {
    let wrong = || Problem::invalid_body(vec![FieldError::at("/effective_at", Wrong::NotAhead)]);
    let at = DateTime::parse_from_rfc3339(text.trim()).map_err(|_| wrong())?.to_utc();
    match at {
        at if at > now + FURTHEST => Err(wrong()),
        at if at <= now => Ok(None),
        at => Ok(Some(at)),
    }
}

fn schedule(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    mut drafts: Vec<Draft>,
    at: DateTime<Utc>,
    batch: &Batch<'_>,
) -> Result<ActionResult, Problem> {
    // Checked now, too: who schedules wants to know today what would stand in the way.
    let ordered = in_order(drafts.clone(), &batch.request.drafts);
    let steps = steps(register, &ordered, |_| context.caller.organisation.clone())?;
    publication::check_batch(register, &steps, context.now).map_err(|problem| placed(problem, batch))?;
    let name = Uuid::now_v7().to_string();
    for draft in &mut drafts {
        let step = ordered.iter().position(|other| other.id == draft.id).and_then(|at| steps.get(at));
        draft.state = DraftState::Scheduled;
        draft.effective_at = Some(at);
        draft.batch = Some(name.clone());
        draft.alert = None;
        draft.scheduled_by =
            step.map(|step| Scheduler { person: person(&context.caller), office: step.by.code.clone() });
        save_version(conn, context, draft, "schedule", false)?;
    }
    let mut detail = json!({ "effective_at": instant(at), "drafts": batch.request.drafts });
    let mut result = match (batch.seen, drafts.as_slice()) {
        (Some(_), [draft]) => {
            detail["kind"] = json!(draft.kind);
            detail["state"] = json!(draft.state);
            response(draft)
        }
        _ => {
            let views: Vec<_> = drafts.iter().map(Draft::summary).collect();
            let body = json!({ "batch": name, "effective_at": instant(at), "drafts": views });
            ActionResult::ok(format!("batch/{name}"), common(&drafts), body)
        }
    };
    result.status = StatusCode::ACCEPTED;
    result.detail = Some(detail);
    Ok(result)
}

/// Takes the schedule of a draft away, as its next version.
pub fn back_to_approved(conn: &mut Conn, context: &RequestContext, draft: &mut Draft) -> Result<(), Problem> {
    draft.state = DraftState::Approved;
    draft.effective_at = None;
    draft.batch = None;
    draft.scheduled_by = None;
    save_version(conn, context, draft, "unschedule", false)
}

/// Drafts in the order in which the request names them: that of the log.
fn in_order(drafts: Vec<Draft>, ids: &[String]) -> Vec<Draft> {
    let mut drafts = drafts;
    drafts.sort_by_key(|draft| ids.iter().position(|id| *id == draft.id));
    drafts
}

fn published(context: &RequestContext, drafts: &[Draft], changes: &[Change], batch: &Batch<'_>) -> ActionResult {
    let records: Vec<_> = changes
        .iter()
        .map(|change| {
            let kind = context.register.kind(&change.kind);
            let key = match change.action {
                Action::Renumber => change.successor.as_deref().unwrap_or(&change.key),
                _ => &change.key,
            };
            json!({
                "seq": change.seq, "kind": change.kind, "key": key, "revision": change.revision, "action": change.action,
                "url": kind.map(|kind| format!("/v1/{}/{key}", kind.path)),
            })
        })
        .collect();
    let location = records.first().and_then(|record| record["url"].as_str()).map(str::to_owned);
    let seq = changes.last().map_or(0, |change| change.seq);
    let mut result = match (batch.seen, drafts) {
        (Some(_), [draft]) => response(draft),
        _ => ActionResult::ok(format!("publication/{seq}"), common(drafts), json!({})),
    };
    if let Some(body) = result.body.as_mut() {
        body["seq"] = json!(seq);
        body["records"] = json!(records);
    }
    result.status = StatusCode::CREATED;
    result.location = location;
    result.published = true;
    result.detail = Some(json!({ "seq": seq, "drafts": drafts.iter().map(|draft| &draft.id).collect::<Vec<_>>() }));
    result
}

/// Mistakes of a batch, with pointers into the request: `/records/2/body/name` becomes `/drafts/2/body/name`.
fn placed(mut problem: Problem, batch: &Batch<'_>) -> Problem {
    for error in &mut problem.errors {
        if let Place::Pointer(pointer) = &mut error.place
            && let Some(rest) = pointer.strip_prefix("/records/")
        {
            *pointer = match (batch.seen, rest.split_once('/')) {
                (Some(_), Some((_, rest))) => format!("/{rest}"),
                _ => format!("/drafts/{rest}"),
            };
        }
    }
    problem
}
