//! The endpoints of drafts.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

use actix_web::{HttpResponse, http::header};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    check::{CheckContext, CheckFindings},
    model::Draft,
    open::{differing, kind_of, load_visible},
    propose::{self, NewDraft, Save},
    publish::{self, Batch, PublicationRequest},
    review::{self, Checked},
    since,
    store::{self, Outline},
    transfer::{self, TransferRequest},
};
use crate::{
    base::blocking,
    fields::Shape,
    problem::{Code, FieldError, Language, Problem, Wrong},
    register::{catalog::Snapshot, db::Conn, publication, quality::Finding},
    staff::{
        identity::Permission,
        requests::{ActionResult, Endpoint, Need, Preconditions, Request, RequestContext, Verb},
    },
    values::code_lists::{Action, DraftState, Review},
    web::{
        answer::language,
        cursor::{Cursor, Walk},
        query::Parameters,
        routes::with_next,
    },
};

const READ: Need = Need::OneOf(&[Permission::ItemsRead]);
const EDIT: Need = Need::OneOf(&[Permission::ItemsEdit]);
const REVIEW: Need = Need::OneOf(&[Permission::ItemsReview]);
const RETURN: Need = Need::OneOf(&[Permission::ItemsReview, Permission::ItemsPublish]);
const PUBLISH: Need = Need::OneOf(&[Permission::ItemsPublish]);

/// The endpoints.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(Verb::Get, "/v1/drafts", "draft.list", READ, |request| Box::pin(list(request))),
    Endpoint::new(Verb::Post, "/v1/drafts", "draft.create", EDIT, |request| Box::pin(create(request))),
    Endpoint::new(Verb::Get, "/v1/drafts/{id}", "draft.read", READ, |request| Box::pin(read(request))),
    Endpoint::new(Verb::Put, "/v1/drafts/{id}", "draft.replace", EDIT, |request| Box::pin(replace(request))),
    Endpoint::new(Verb::Patch, "/v1/drafts/{id}", "draft.amend", EDIT, |request| Box::pin(merge(request))),
    Endpoint::new(Verb::Delete, "/v1/drafts/{id}", "draft.discard", EDIT, |request| Box::pin(discard(request))),
    Endpoint::new(Verb::Get, "/v1/drafts/{id}/check", "draft.check", READ, |request| Box::pin(get_check(request))),
    Endpoint::new(Verb::Get, "/v1/drafts/{id}/compare", "draft.compare", READ, |request| Box::pin(compare(request))),
    Endpoint::new(Verb::Get, "/v1/drafts/{id}/preview/record", "draft.preview", READ, |request| {
        Box::pin(preview(request))
    }),
    Endpoint::new(Verb::Post, "/v1/drafts/{id}/submit", "draft.submit", EDIT, |request| Box::pin(submit(request))),
    Endpoint::new(Verb::Post, "/v1/drafts/{id}/withdraw", "draft.withdraw", EDIT, |request| {
        Box::pin(withdraw(request))
    }),
    Endpoint::new(Verb::Post, "/v1/drafts/{id}/return", "draft.return", RETURN, |request| Box::pin(send_back(request))),
    Endpoint::new(Verb::Post, "/v1/drafts/{id}/approve", "draft.approve", REVIEW, |request| Box::pin(approve(request))),
    Endpoint::new(Verb::Post, "/v1/drafts/{id}/publish", "draft.publish", PUBLISH, |request| {
        Box::pin(publish_one(request))
    }),
    Endpoint::new(Verb::Post, "/v1/drafts/{id}/unschedule", "draft.unschedule", PUBLISH, |request| {
        Box::pin(unschedule(request))
    }),
    Endpoint::new(Verb::Post, "/v1/publications", "publication.create", PUBLISH, |request| {
        Box::pin(publish_many(request))
    }),
    Endpoint::new(Verb::Post, "/v1/transfers", "transfer.create", EDIT, |request| Box::pin(post_transfer(request))),
];

/// 步骤说明
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DraftStep)]
pub struct Said {
    /// 意见
    #[serde(default)]
    #[schema(max_length = 2000, example = "办理时限与依据不符，请核对")]
    pub comment: Option<String>,
}

/// 审查意见
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApprovalRequest)]
pub struct Approving {
    /// 审查类别
    pub kind: Review,
    /// 意见
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub comment: Option<String>,
}

/// 公布
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PublishRequest)]
pub struct Publishing {
    /// 公布时间: ahead, within a year; at once when absent or past.
    #[serde(default)]
    #[schema(max_length = 40, example = "2026-12-01T00:00:00+08:00")]
    pub effective_at: Option<String>,
}

/// How often a draft is checked for one submission, when something is published meanwhile: the last time while others wait.
const CHECKS: usize = 4;

static SAID: LazyLock<Shape> = LazyLock::new(Shape::of::<Said>);
static APPROVING: LazyLock<Shape> = LazyLock::new(Shape::of::<Approving>);
static PUBLISHING: LazyLock<Shape> = LazyLock::new(Shape::of::<Publishing>);

async fn create(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let new: NewDraft = request.read(&propose::SHAPE).await?;
    run_step(request, None, move |conn, context| propose::create(conn, context, &new)).await
}

/// Takes a step in one transaction. A refusal because somebody else came first is told what they did when that has ended; `seen` is the
/// draft that the step is about, and the version that the client saw.
async fn run_step(
    request: Request,
    seen: Option<(String, Preconditions)>,
    step: impl Fn(&mut Conn, &RequestContext) -> Result<ActionResult, Problem> + Clone + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let (db, catalog, context) = (request.db.clone(), request.catalog.clone(), request.context()?);
    match request.write(step).await {
        Err(problem) => Err(since::with_changes_since(problem, &db, &catalog, &context, seen.as_ref()).await),
        result => result,
    }
}

/// Takes a step of one draft, which is told its id and the version that the client saw.
async fn run_step_on(
    request: Request,
    (id, seen): (String, Preconditions),
    step: impl Fn(&mut Conn, &RequestContext, &str, &Preconditions) -> Result<ActionResult, Problem>
    + Clone
    + Send
    + 'static,
) -> Result<HttpResponse, Problem> {
    let about = (id.clone(), seen.clone());
    run_step(request, Some(about), move |conn, context| step(conn, context, &id, &seen)).await
}

async fn read(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let id = request.part("id")?;
    let draft = request.fetch(move |conn, context| load_visible(conn, context, &id)).await?;
    request.answer(&draft.view(), Some(&format!("\"{}\"", draft.version)))
}

async fn replace(request: Request) -> Result<HttpResponse, Problem> {
    save(request, Save::Replace).await
}

async fn merge(request: Request) -> Result<HttpResponse, Problem> {
    save(request, Save::Merge).await
}

async fn save(request: Request, how: fn(Value) -> Save) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let (id, seen) = (request.part("id")?, request.preconditions()?);
    let save = how(request.json().await?);
    run_step_on(request, (id, seen), move |conn, context, id, seen| propose::save(conn, context, id, seen, &save)).await
}

async fn discard(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let (id, seen) = (request.part("id")?, request.preconditions()?);
    run_step_on(request, (id, seen), propose::discard).await
}

async fn submit(request: Request) -> Result<HttpResponse, Problem> {
    let (id, seen, said) = step(&request).await?;
    for _ in 1..CHECKS {
        let checked = check_ahead(&request, &id, &seen).await?;
        let outdated = Arc::new(AtomicBool::new(false));
        let (said, noted) = (said.clone(), outdated.clone());
        let result = run_step_on(request.clone(), (id.clone(), seen.clone()), move |conn, context, id, seen| {
            if checked.as_ref().map(|checked| checked.is_outdated(conn)).transpose()? == Some(true) {
                noted.store(true, Ordering::SeqCst);
                return Err(Code::Unavailable.into());
            }
            review::submit(conn, context, id, seen, said.clone(), checked.as_ref())
        });
        let result = result.await;
        if !outdated.load(Ordering::SeqCst) {
            return result;
        }
    }
    // So much is published that no check lasts: this one is made where nothing can be.
    let checked = check_ahead(&request, &id, &seen).await?;
    run_step_on(request, (id, seen), move |conn, context, id, seen| {
        review::submit(conn, context, id, seen, said.clone(), checked.as_ref())
    })
    .await
}

/// Checks a draft before the transaction that submits it; `None` where that will be refused whatever a check finds.
async fn check_ahead(request: &Request, id: &str, seen: &Preconditions) -> Result<Option<Checked>, Problem> {
    let _turn = since::turn().await?;
    let (id, seen) = (id.to_owned(), seen.clone());
    let found = request
        .fetch(move |conn, context| {
            let Some(draft) = review::submittable(conn, context, &id, &seen)? else { return Ok(None) };
            let surroundings = CheckContext::of(conn, context, &draft)?;
            Ok(Some((draft, surroundings)))
        })
        .await?;
    let Some((draft, surroundings)) = found else { return Ok(None) };
    let checked = blocking::run(move || Checked::of(&draft, &surroundings)).await?;
    // What forbids a check forbids the submission, and is told by it.
    Ok(checked.ok())
}

async fn withdraw(request: Request) -> Result<HttpResponse, Problem> {
    let (id, seen, said) = step(&request).await?;
    run_step_on(request, (id, seen), move |conn, context, id, seen| {
        review::withdraw(conn, context, id, seen, said.clone())
    })
    .await
}

async fn send_back(request: Request) -> Result<HttpResponse, Problem> {
    let (id, seen, said) = step(&request).await?;
    run_step_on(request, (id, seen), move |conn, context, id, seen| {
        review::send_back(conn, context, id, seen, said.clone())
    })
    .await
}

async fn approve(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let (id, seen) = (request.part("id")?, request.preconditions()?);
    let Approving { kind, comment } = request.read(&APPROVING).await?;
    run_step_on(request, (id, seen), move |conn, context, id, seen| {
        review::approve(conn, context, id, seen, kind, comment.clone())
    })
    .await
}

async fn publish_one(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let (id, seen) = (request.part("id")?, request.preconditions()?);
    let Publishing { effective_at } = request.read(&PUBLISHING).await.map_err(publish::no_words)?;
    let asked = PublicationRequest { drafts: vec![id.clone()], effective_at };
    run_step_on(request, (id, seen), move |conn, context, _, seen| {
        publish::publish(conn, context, &Batch { request: &asked, seen: Some(seen) })
    })
    .await
}

async fn publish_many(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let asked: PublicationRequest = request.read(&publish::SHAPE).await.map_err(publish::no_words)?;
    run_step(request, None, move |conn, context| {
        publish::publish(conn, context, &Batch { request: &asked, seen: None })
    })
    .await
}

async fn unschedule(request: Request) -> Result<HttpResponse, Problem> {
    let (id, seen, _) = step(&request).await?;
    run_step_on(request, (id, seen), publish::unschedule).await
}

async fn post_transfer(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let asked: TransferRequest = request.read(&transfer::SHAPE).await?;
    if asked.dry_run {
        // Nobody who writes waits for what is only looked at.
        let told = request.fetch(move |conn, context| transfer::transfer(conn, context, &asked)).await?;
        return request.write(move |_, _| Ok(told.clone())).await;
    }
    request.write(move |conn, context| transfer::transfer(conn, context, &asked)).await
}

async fn step(request: &Request) -> Result<(String, Preconditions, Option<String>), Problem> {
    request.no_parameters()?;
    let Said { comment } = request.read(&SAID).await?;
    Ok((request.part("id")?, request.preconditions()?, comment))
}

async fn get_check(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let (id, language) = (request.part("id")?, language(&request.http));
    let _turn = since::turn().await?;
    let (draft, surroundings) = fetch_with_surroundings(&request, id).await?;
    let report = blocking::run(move || {
        let mut report = report(&surroundings.check(&draft)?, language);
        report["version"] = json!(draft.version);
        Ok::<_, Problem>(report)
    })
    .await??;
    // What a check says depends on the register, too: it has no version of its own.
    request.answer(&report, None)
}

/// An open draft, and what it is checked against.
async fn fetch_with_surroundings(request: &Request, id: String) -> Result<(Draft, CheckContext), Problem> {
    let fetched = request.fetch(move |conn, context| {
        let draft = load_visible(conn, context, &id)?;
        must_be_open(&draft)?;
        let surroundings = CheckContext::of(conn, context, &draft)?;
        Ok((draft, surroundings))
    });
    fetched.await
}

fn report(found: &CheckFindings, language: Language) -> Value {
    let findings = |errors: &[FieldError]| errors.iter().map(|error| Finding::of(error, language)).collect::<Vec<_>>();
    let blocking = found.findings.iter().filter(|error| error.blocks()).count();
    let affects: Vec<_> = found
        .affects
        .iter()
        .map(|one| {
            json!({ "kind": one.kind.name, "key": one.key, "name": one.name, "findings": findings(&one.findings) })
        })
        .collect();
    json!({
        "submittable": blocking == 0, "errors": blocking, "findings": findings(&found.findings), "affects": affects,
    })
}

async fn compare(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let id = request.part("id")?;
    let _turn = since::turn().await?;
    let (register, draft) = request
        .fetch(move |conn, context| {
            let draft = load_visible(conn, context, &id)?;
            must_be_open(&draft)?;
            Ok((publication::current(conn, &context.register)?, draft))
        })
        .await?;
    let comparison = blocking::run(move || difference(&register, &draft)).await??;
    request.answer(&comparison, None)
}

/// How a draft differs from what is public now.
fn difference(register: &Snapshot, draft: &Draft) -> Result<Value, Problem> {
    let kind = kind_of(register, &draft.kind)?;
    let entry = draft.key.as_deref().and_then(|key| register.get(kind.name, key));
    let public = entry.map(|entry| entry.body()).transpose()?.flatten();
    let public: Option<Value> = public.map(|body| serde_json::from_str(&body)).transpose()?;
    let current = entry.and_then(|entry| entry.current()).map(|revision| revision.change.revision);
    let proposed = draft.content.json();
    let body =
        if propose::has_body(draft.action) { proposed["body"].clone() } else { public.clone().unwrap_or_default() };
    let text = json!({ "body": body });
    let mut room = since::room();
    let differences = differing(kind, &json!({ "body": public }), &text, &mut room);
    Ok(json!({
        "draft": draft.id, "version": draft.version, "base_revision": draft.base_revision, "current_revision": current,
        "differences": differences, "more": room.more(),
    }))
}

async fn preview(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let id = request.part("id")?;
    let _turn = since::turn().await?;
    let (draft, surroundings) = fetch_with_surroundings(&request, id).await?;
    let bytes = blocking::run(move || {
        let found = surroundings.check(&draft)?;
        let Some(after) = found.after else { return Err(Problem::invalid_body(found.findings)) };
        let after = after.finish()?;
        let key = match (draft.action, &draft.content.body) {
            (Action::Renumber, Some(body)) => body["code"].as_str().map(str::to_owned),
            _ => draft.key.clone(),
        };
        let entry = key.and_then(|key| after.get(&draft.kind, &key).cloned()).ok_or(Code::NotFound)?;
        Ok(entry.answer.plain().clone())
    })
    .await??;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_TYPE, "application/json")).insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(answer.body(bytes))
}

/// 409 for what was published or given up: its text is gone from here.
pub fn must_be_open(draft: &Draft) -> Result<(), Problem> {
    match draft.is_open() {
        true => Ok(()),
        false => Err(Problem::with_detail(
            Code::StateConflict,
            format!("草稿{}，不再保存文本；请查看已公布的记录。", draft.state.label()),
            format!("The draft is {} and keeps no text; look at the published record.", draft.state.value()),
        )),
    }
}

/// What a list of drafts is asked for.
struct DraftsRequest {
    limit: usize,
    after: Option<String>,
    states: Vec<String>,
    kinds: Vec<String>,
    actions: Vec<String>,
    keys: Vec<String>,
    organisations: Vec<String>,
    authors: Vec<String>,
}

impl DraftsRequest {
    fn read(request: &Request, walk: &Walk) -> Result<Self, Problem> {
        let mut parameters = Parameters::read(request.http.query_string());
        let limit = parameters.number("limit", 1, 200).unwrap_or(20);
        let after = parameters.parsed("cursor", |text| Cursor::read(text, walk)).map(|cursor| cursor.after);
        let snapshot = request.catalog.snapshot();
        let kinds: Vec<&str> = snapshot.kinds().map(|kind| kind.name).collect();
        let states: Vec<&str> = DraftState::ALL.iter().map(|state| state.value()).collect();
        let actions: Vec<&str> = Action::ALL.iter().map(|action| action.value()).collect();
        let mut listed = |name: &str, known: &[&str]| {
            let values = parameters.all(name);
            for value in values.iter().filter(|value| !known.contains(&value.as_str())) {
                parameters.wrong(name, value, Wrong::NotInCodeList(known.join(", ")));
            }
            values
        };
        let (states, kinds, actions) = (listed("state", &states), listed("kind", &kinds), listed("action", &actions));
        let (keys, organisations, authors) =
            (parameters.all("key"), parameters.all("organisation"), parameters.all("author"));
        parameters.finish()?;
        Ok(Self { limit, after, states, kinds, actions, keys, organisations, authors })
    }

    fn takes(&self, draft: &Outline) -> bool {
        let any = |asked: &[String], value: Option<&str>| {
            asked.is_empty() || value.is_some_and(|value| asked.iter().any(|one| one == value))
        };
        any(&self.states, Some(&draft.state))
            && any(&self.kinds, Some(&draft.kind))
            && any(&self.actions, Some(&draft.action))
            && any(&self.keys, draft.key.as_deref())
            && any(&self.organisations, draft.belongs.organisation.as_deref())
            && any(&self.authors, Some(&draft.author))
    }
}

async fn list(request: Request) -> Result<HttpResponse, Problem> {
    let walk = Walk::of(request.catalog.cursor_key(), request.http.path(), request.http.query_string());
    let asked = DraftsRequest::read(&request, &walk)?;
    let seq = request.catalog.peek().seq();
    let page = request
        .fetch(move |conn, context| {
            let drafts = store::outlines(conn)?;
            let seen = drafts.iter().filter(|draft| context.sees(&draft.belongs) && asked.takes(draft));
            let seen: Vec<_> = seen.collect();
            // Ids grow with time, so drafts made meanwhile come before the pages that are still to be read.
            let below = seen.iter().filter(|draft| asked.after.as_ref().is_none_or(|after| draft.id < *after));
            let mut ids: Vec<_> = below.take(asked.limit + 1).map(|draft| draft.id.clone()).collect();
            let more = ids.len() > asked.limit;
            ids.truncate(asked.limit);
            let next = ids.last().filter(|_| more).map(|after| Cursor { seq, after: after.clone() }.write(&walk));
            let items: Vec<_> = store::of_ids(conn, &ids)?.iter().rev().map(Draft::summary).collect();
            Ok(json!({ "items": items, "next": next, "total": seen.len(), "seq": seq }))
        })
        .await?;
    let next = page["next"].as_str();
    Ok(with_next(&request.http, request.answer(&page, None)?, next))
}
