//! Use cases: approved drafts are published, all of a batch or none, at once or at a time that was set.

use std::{collections::BTreeSet, sync::LazyLock};

use actix_web::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    attached,
    check::not_stored,
    erase,
    model::{Draft, DraftContent, Scheduler, below, forget_texts},
    open::{kind_of, load_visible, must_be, open_for_step, person, response, save_version},
    owner,
    review::{four_eyes, must_be_approved, must_still},
    store,
};
use crate::{
    fields::Shape,
    model::kinds::Owner,
    problem::{Code, FieldError, Language, Problem, Wrong},
    register::{
        catalog::{Snapshot, instant},
        changes::{Change, Office, random_salt},
        db::Conn,
        files,
        publication::{self, Step},
    },
    staff::{
        audit::{self, Event, Outcome},
        identity::{Belongs, Caller, Permission},
        requests::{ActionResult, Preconditions, RequestContext},
    },
    values::{
        code_lists::{Action, DraftState, Status},
        division,
    },
};

/// How far ahead a publication may be scheduled.
const FURTHEST: TimeDelta = TimeDelta::days(366);

/// 批量公布: drafts that become public together, all of them or none.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicationRequest {
    /// 草稿: ids of approved drafts.
    #[schema(min_items = 1, max_items = 1000)]
    pub drafts: Vec<String>,
    /// 公布时间: ahead, within a year; at once when absent or past.
    #[serde(default)]
    #[schema(max_length = 40, example = "2026-12-01T00:00:00+08:00")]
    pub effective_at: Option<String>,
}

/// The schema of [`PublicationRequest`].
pub static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<PublicationRequest>);

/// What is published, and by whom the version of a single draft was seen.
pub struct Batch<'a> {
    /// What was asked.
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
        let draft = open_for_step(conn, context, id, batch.seen.unwrap_or(&any), Permission::ItemsPublish)
            .map_err(|problem| about(problem, id, batch))?;
        may_publish(&draft, &context.caller).map_err(|problem| about(problem, id, batch))?;
        // Whoever moves a record to another office answers for both.
        for belongs in owner::reach(conn, context, &register, kind_of(&register, &draft.kind)?, &draft)? {
            context.caller.require(Permission::ItemsPublish, &belongs).map_err(|problem| about(problem, id, batch))?;
        }
        drafts.push(draft);
    }
    let effective_at =
        batch.request.effective_at.as_deref().map(|text| ahead(text, context.now)).transpose()?.flatten();
    match effective_at {
        Some(at) => schedule(conn, context, &register, drafts, at, batch),
        None => {
            let mut drafts = in_order(drafts, &batch.request.drafts);
            let steps = steps(&register, &drafts, |_| context.caller.organisation.clone())?;
            let changes = release(conn, context, &mut drafts, &steps).map_err(|problem| placed(problem, batch))?;
            Ok(published(context, &drafts, &changes, batch))
        }
    }
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

/// Publishes one scheduled batch whose time has come; says whether it did. Several replicas may try at once: the drafts
/// are locked, and one of them finds them scheduled.
pub fn publish_due(conn: &mut Conn, context: &RequestContext, batch: &str) -> Result<Option<Vec<Change>>, Problem> {
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
pub fn alert(conn: &mut Conn, context: &RequestContext, batch: &str, problem: &Problem) -> Result<(), Problem> {
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

/// Words are added by a draft alone: whoever gives some with a publication is told where they belong.
pub fn no_words(mut problem: Problem) -> Problem {
    let is_text = |error: &FieldError| {
        error.wrong == Wrong::UnknownField && ["/reason", "/document", "/channels"].contains(&error.pointer())
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

/// Of a batch, a problem tells which draft it is about.
fn about(problem: Problem, id: &str, batch: &Batch<'_>) -> Problem {
    match batch.request.drafts.iter().position(|other| other == id).filter(|_| batch.seen.is_none()) {
        Some(at) if problem.code == Code::NotFound => Problem::invalid_body(vec![FieldError::at(
            format!("/drafts/{at}"),
            Wrong::ReferenceUnknown { kind: "draft", key: id.to_owned() },
        )]),
        Some(_) => {
            let spec = problem.code.spec();
            let detail = problem.detail.clone();
            let (chinese, english) = detail.map_or_else(
                || (spec.remedy_chinese.to_owned(), spec.remedy_english.to_owned()),
                |detail| (detail.chinese, detail.english),
            );
            let told =
                Problem::with_detail(problem.code, format!("草稿 {id}：{chinese}"), format!("Draft {id}: {english}"));
            Problem { errors: problem.errors, conflict: problem.conflict, ..told }
        }
        None => problem,
    }
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
    let detail = json!({ "effective_at": instant(at), "drafts": batch.request.drafts });
    let mut result = match (batch.seen, drafts.as_slice()) {
        (Some(_), [draft]) => response(draft),
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

fn back_to_approved(conn: &mut Conn, context: &RequestContext, draft: &mut Draft) -> Result<(), Problem> {
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

/// The steps of a batch, each in the name of the publisher's office, else of the record's own.
fn steps(
    register: &Snapshot,
    drafts: &[Draft],
    office: impl Fn(&Draft) -> Option<String>,
) -> Result<Vec<Step>, Problem> {
    let mut steps = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut by = office_of(register, draft, office(draft).as_deref())?;
        if drafts.iter().any(|other| erases_office(register, other, &by)) {
            // Its name may be what has to go, and the log keeps what it is told.
            by.name.clone_from(&by.code);
        }
        steps.push(draft.step(&by));
    }
    Ok(steps)
}

/// Whether a draft erases a text of the office itself.
fn erases_office(register: &Snapshot, draft: &Draft, office: &Office) -> bool {
    let is_organisation = register.kinds().any(|kind| kind.name == draft.kind && kind.owner == Owner::Itself);
    is_organisation && draft.action == Action::Erase && draft.key.as_ref() == Some(&office.code)
}

/// The office in whose name something is published.
fn office_of(register: &Snapshot, draft: &Draft, publisher: Option<&str>) -> Result<Office, Problem> {
    let organisations = register.kinds().find(|kind| kind.owner == Owner::Itself).map_or("", |kind| kind.name);
    let named = |code: &str| {
        let entry = register.get(organisations, code).filter(|entry| entry.status != Status::Erased)?;
        Some(Office { code: code.to_owned(), name: entry.indexed.title.clone() })
    };
    let own = draft.belongs.organisation.as_deref();
    if let Some(office) = publisher.and_then(named).or_else(|| own.and_then(named)) {
        return Ok(office);
    }
    // An organisation that is being published now speaks for itself.
    let kind = kind_of(register, &draft.kind)?;
    let body = draft.content.body.as_ref();
    if let (Owner::Itself, Some(code), Some(name)) =
        (kind.owner, own, body.and_then(|body| body.get("name")).and_then(Value::as_str))
    {
        return Ok(Office { code: code.to_owned(), name: name.to_owned() });
    }
    let code = publisher.or(own).or(draft.belongs.division.as_deref()).unwrap_or_default().to_owned();
    let name = division::named(&code).map_or_else(|| code.clone(), |named| named.name.to_owned());
    Ok(Office { code, name })
}

/// Publishes locked drafts, and does to them what publication does.
fn release(
    conn: &mut Conn,
    context: &RequestContext,
    drafts: &mut [Draft],
    steps: &[Step],
) -> Result<Vec<Change>, Problem> {
    for draft in drafts.iter() {
        must_be_approved(draft)?;
        for approval in &draft.approvals {
            must_still(conn, &approval.by.id, Some(Permission::ItemsReview), std::slice::from_ref(&draft.belongs))?;
        }
    }
    let register = publication::current(conn, &context.register)?;
    files_must_be_stored(conn, &register, drafts)?;
    let changes = publication::publish(conn, &context.register, steps, context.now, random_salt)?;
    let publication = changes.last().map(|change| change.publication);
    if drafts.iter().any(|draft| draft.action == Action::Erase) {
        // Read once for all: after an erasure the whole register is folded again.
        let after = publication::current(conn, &context.register)?;
        for draft in drafts.iter().filter(|draft| draft.action == Action::Erase) {
            erase::forget(conn, &register, &after, draft)?;
        }
    }
    for draft in drafts {
        if draft.action == Action::Erase {
            // What was said of an erasure may quote what had to go.
            forget_texts(&mut draft.comments);
        }
        draft.state = DraftState::Published;
        draft.publication = publication;
        let text = std::mem::take(&mut draft.content);
        // The body is in the log now. Here it would only be one more copy to find when it has to be erased.
        draft.content = DraftContent { body: None, ..text.clone() };
        save_version(conn, context, draft, "publish", false)?;
        draft.content = text;
    }
    Ok(changes)
}

/// Locks the files that become public, so that none of them is swept meanwhile, and those that an erasure takes away: a publication
/// that names one of them comes before it, or finds it gone.
fn files_must_be_stored(conn: &mut Conn, register: &Snapshot, drafts: &[Draft]) -> Result<(), Problem> {
    let bodies = drafts.iter().filter_map(|draft| draft.content.body.as_ref());
    let mut named: Vec<_> = bodies.flat_map(|body| files::named_in(&body.to_string())).collect();
    for draft in drafts.iter().filter(|draft| draft.action == Action::Erase) {
        named.extend(erase::files_of(register, draft)?);
    }
    files::missing(conn, &named)?;
    let mut mistakes = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        let Some(body) = &draft.content.body else { continue };
        let found = not_stored(body, &attached::absent(conn, register, draft)?);
        mistakes.extend(below(&format!("/records/{index}"), found));
    }
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(Problem::invalid_body(mistakes)),
    }
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
pub fn placed(mut problem: Problem, batch: &Batch<'_>) -> Problem {
    use crate::problem::Place;
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

/// What the drafts of a batch belong to in common.
fn common(drafts: &[Draft]) -> Belongs {
    match drafts.split_first() {
        Some((first, rest)) if rest.iter().all(|draft| draft.belongs == first.belongs) => first.belongs.clone(),
        _ => Belongs::default(),
    }
}

fn by_the_clock(drafts: &[Draft], outcome: Outcome, problem: Option<&Problem>) -> Event {
    let Belongs { organisation, division } = common(drafts);
    Event {
        actor: Some("system".into()),
        address: None,
        request_id: None,
        action: "draft.publish".into(),
        subject: drafts.first().map(|draft| match &draft.batch {
            Some(batch) => format!("batch/{batch}"),
            None => draft.subject(),
        }),
        organisation,
        division,
        outcome,
        problem: problem.map(|problem| problem.code.spec().code.to_owned()),
        detail: Some(json!({
            "drafts": drafts.iter().map(|draft| &draft.id).collect::<Vec<_>>(),
            "scheduled_by": drafts.first().and_then(|draft| draft.scheduled_by.as_ref()).map(|by| &by.person.name),
            "no_longer": problem.and_then(|problem| problem.conflict.as_ref()?.get("no_longer").cloned()),
        })),
    }
}
