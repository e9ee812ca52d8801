//! The endpoints of drafts.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

use actix_web::{HttpResponse, http::header};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    check::CheckContext,
    discuss::{self, Saying},
    inspect,
    list::list,
    my_tasks::my_tasks,
    open::load_visible,
    propose,
    publish::{self, Batch, PublicationRequest},
    review::{self, Checked},
    sent::{Save, SentDraft, refusal},
    since,
    transfer::{self, TransferRequest},
};
use crate::{
    base::blocking,
    fields::Shape,
    problem::{Code, Problem},
    register::{db::Conn, publication},
    staff::{
        identity::Permission,
        requests::{ActionResult, Endpoint, Need, Preconditions, Request, RequestContext, Verb},
    },
    values::code_lists::Review,
};

const READ: Need = Need::OneOf(&[Permission::ItemsRead]);
/// The need of changing and submitting drafts.
pub const EDIT: Need = Need::OneOf(&[Permission::ItemsEdit]);
/// The need of reviewing them.
pub const REVIEW: Need = Need::OneOf(&[Permission::ItemsReview]);
/// The need of sending them back.
pub const RETURN: Need = Need::OneOf(&[Permission::ItemsReview, Permission::ItemsPublish]);
/// The need of publishing them.
pub const PUBLISH: Need = Need::OneOf(&[Permission::ItemsPublish]);

/// The endpoints.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(Verb::Get, "/v1/drafts", "draft.list", READ, |request| Box::pin(list(request))),
    Endpoint::new(Verb::Get, "/v1/me/tasks", "me.tasks", Need::Account, |request| Box::pin(my_tasks(request))),
    Endpoint::new(Verb::Post, "/v1/drafts", "draft.create", EDIT, |request| Box::pin(create(request))),
    Endpoint::new(Verb::Get, "/v1/drafts/{id}", "draft.read", READ, |request| Box::pin(read(request))),
    Endpoint::new(Verb::Put, "/v1/drafts/{id}", "draft.replace", EDIT, |request| Box::pin(replace(request))),
    Endpoint::new(Verb::Patch, "/v1/drafts/{id}", "draft.amend", EDIT, |request| Box::pin(merge(request))),
    Endpoint::new(Verb::Delete, "/v1/drafts/{id}", "draft.discard", EDIT, |request| Box::pin(discard(request))),
    Endpoint::new(Verb::Get, "/v1/drafts/{id}/check", "draft.check", READ, |request| Box::pin(inspect::check(request))),
    Endpoint::new(Verb::Get, "/v1/drafts/{id}/compare", "draft.compare", READ, |request| {
        Box::pin(inspect::compare(request))
    }),
    Endpoint::new(Verb::Get, "/v1/drafts/{id}/preview/record", "draft.preview", READ, |request| {
        Box::pin(inspect::preview(request))
    }),
    Endpoint::new(Verb::Post, "/v1/drafts/{id}/comments", "draft.comment", READ, |request| Box::pin(say(request))),
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

static SAYING: LazyLock<Shape> = LazyLock::new(Shape::of::<Saying>);
static SAID: LazyLock<Shape> = LazyLock::new(Shape::of::<Said>);
static APPROVING: LazyLock<Shape> = LazyLock::new(Shape::of::<Approving>);
static PUBLISHING: LazyLock<Shape> = LazyLock::new(Shape::of::<Publishing>);

async fn create(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let sent = request.understood(|json| SentDraft::read(&json)).await?;
    if !sent.mistakes.is_empty() {
        return Err(request
            .fetch(move |conn, context| Ok(refusal(&publication::current(conn, &context.register)?, sent)))
            .await?);
    }
    let new = sent.new;
    run_step(request, None, move |conn, context| propose::create(conn, context, &new)).await
}

/// Takes a step in one transaction. To a refusal because somebody else came first it adds what they did, when the transaction has ended;
/// `seen` is the draft that the step is about, and the version that the client saw.
pub async fn run_step(
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

/// Takes a step of one draft, given its id and the version that the client saw.
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
    // The submission meets the same problem, and its refusal tells of it.
    Ok(checked.ok())
}

async fn withdraw(request: Request) -> Result<HttpResponse, Problem> {
    with_comment(request, review::withdraw).await
}

async fn send_back(request: Request) -> Result<HttpResponse, Problem> {
    with_comment(request, review::send_back).await
}

/// A step of the draft with this id, with what is said to it.
type StepWithComment =
    fn(&mut Conn, &RequestContext, &str, &Preconditions, Option<String>) -> Result<ActionResult, Problem>;

/// Takes a step of one draft to which somebody may say something.
async fn with_comment(request: Request, take: StepWithComment) -> Result<HttpResponse, Problem> {
    let (id, seen, said) = step(&request).await?;
    run_step_on(request, (id, seen), move |conn, context, id, seen| take(conn, context, id, seen, said.clone())).await
}

/// A comment takes nothing away from what others say meanwhile, so `If-Match` may be left out.
async fn say(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let says = request.http.headers().contains_key(header::IF_MATCH);
    let seen = if says { request.preconditions()? } else { Preconditions::Any };
    let (id, Saying { comment }) = (request.part("id")?, request.read(&SAYING).await?);
    run_step_on(request, (id, seen), move |conn, context, id, seen| {
        discuss::say(conn, context, id, seen, comment.clone())
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
