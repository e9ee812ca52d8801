//! The endpoints of many drafts at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use actix_web::{HttpMessage, HttpResponse};
use serde::de::DeserializeOwned;

use super::{
    bulk::{Many, publish_many, take},
    bulk_ahead::{Ahead, check_ahead},
    bulk_choice::Choice,
    bulk_request::{
        DISCARDING, Discarding, OfMany, PUBLISHING_MANY, PublishingMany, RETURNING, REVIEWING, Returning, Reviewing,
        SUBMITTING, Submitting, WITHDRAWING, Withdrawing,
    },
    bulk_words::Words,
    http::{EDIT, PUBLISH, RETURN, REVIEW, run_step},
    propose,
    publish::no_words,
    review,
};
use crate::{
    fields::Shape,
    problem::{Code, Problem},
    register::db::Conn,
    staff::requests::{ActionResult, Endpoint, Preconditions, Request, RequestContext, Verb},
    web::{
        answer,
        limits::{Meter, Work},
    },
};

/// The endpoints.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(Verb::Post, "/v1/submissions", "submission.create", EDIT, |request| Box::pin(submit(request))),
    Endpoint::new(Verb::Post, "/v1/reviews", "review.create", REVIEW, |request| Box::pin(approve(request))),
    Endpoint::new(Verb::Post, "/v1/returns", "return.create", RETURN, |request| Box::pin(send_back(request))),
    Endpoint::new(Verb::Post, "/v1/withdrawals", "withdrawal.create", EDIT, |request| Box::pin(withdraw(request))),
    Endpoint::new(Verb::Post, "/v1/discards", "discard.create", EDIT, |request| Box::pin(discard(request))),
    Endpoint::new(Verb::Post, "/v1/publications", "publication.create", PUBLISH, |request| Box::pin(publish(request))),
];

/// How often drafts are checked for one submission, when something is published meanwhile.
const CHECKS: usize = 4;

/// Reads a request about many drafts, and draws for as many as it is about.
async fn read<T: OfMany + DeserializeOwned + Send + 'static>(
    request: &Request,
    shape: &'static Shape,
    action: &'static str,
) -> Result<(T, Many), Problem> {
    request.no_parameters()?;
    let asked: T = request.read(shape).await?;
    let choice = asked.choice();
    choice.must_be_clear()?;
    pay(request, &choice).await?;
    let language = answer::language(&request.http);
    let many = Many { choice, is_atomic: asked.is_atomic(), language, action };
    Ok((asked, many))
}

/// Draws the price of the drafts beyond those for which the address was paid. A choice that cannot be found costs nothing more: it may be
/// that of a request that comes again.
async fn pay(request: &Request, choice: &Choice) -> Result<(), Problem> {
    let count = match &choice.drafts {
        Some(drafts) => drafts.len(),
        None => {
            let choice = choice.clone();
            request.fetch(move |conn, context| Ok(choice.find(conn, context).map_or(0, |found| found.len()))).await?
        }
    };
    let meter = request.http.extensions().get::<Meter>().cloned();
    meter.map_or(Ok(()), |meter| meter.pay(Work::price_of_more(count), Instant::now()))
}

async fn submit(request: Request) -> Result<HttpResponse, Problem> {
    let (asked, many): (Submitting, _) = read(&request, &SUBMITTING, "draft.submit").await?;
    let words = Words { reason: asked.reason, document: asked.document };
    for _ in 0..CHECKS {
        let ahead = check_ahead(&request, &many.choice, &words).await?;
        let outdated = Arc::new(AtomicBool::new(false));
        let (many, words, comment, noted) = (many.clone(), words.clone(), asked.comment.clone(), outdated.clone());
        let result = request.clone().write(move |conn, context| {
            if ahead.is_outdated(conn)? {
                noted.store(true, Ordering::SeqCst);
                return Err(Code::Unavailable.into());
            }
            take(conn, context, &many, |conn, context, id, seen| {
                submit_one(conn, context, (id, seen), &words, comment.clone(), &ahead)
            })
        });
        let result = result.await;
        if !outdated.load(Ordering::SeqCst) {
            return result;
        }
    }
    // So much is published that no check lasts, and checking many where nothing can be would keep all who write waiting.
    Err(Code::Unavailable.into())
}

fn submit_one(
    conn: &mut Conn,
    context: &RequestContext,
    (id, seen): (&str, &Preconditions),
    words: &Words,
    comment: Option<String>,
    ahead: &Ahead,
) -> Result<ActionResult, Problem> {
    let is_written = words.write_into(conn, context, id, seen)?;
    let seen = if is_written { &Preconditions::Any } else { seen };
    review::submit(conn, context, id, seen, comment, ahead.of(id))
}

/// Takes a step of every draft that the request is about.
async fn run(
    request: Request,
    many: Many,
    step: impl Fn(&mut Conn, &RequestContext, &str, &Preconditions) -> Result<ActionResult, Problem>
    + Clone
    + Send
    + 'static,
) -> Result<HttpResponse, Problem> {
    request.write(move |conn, context| take(conn, context, &many, &step)).await
}

async fn approve(request: Request) -> Result<HttpResponse, Problem> {
    let (asked, many): (Reviewing, _) = read(&request, &REVIEWING, "draft.approve").await?;
    many.choice.must_name_versions()?;
    run(request, many, move |conn, context, id, seen| {
        review::approve(conn, context, id, seen, asked.kind, asked.comment.clone())
    })
    .await
}

async fn send_back(request: Request) -> Result<HttpResponse, Problem> {
    let (asked, many): (Returning, _) = read(&request, &RETURNING, "draft.return").await?;
    run(request, many, move |conn, context, id, seen| {
        review::send_back(conn, context, id, seen, Some(asked.comment.clone()))
    })
    .await
}

async fn withdraw(request: Request) -> Result<HttpResponse, Problem> {
    let (asked, many): (Withdrawing, _) = read(&request, &WITHDRAWING, "draft.withdraw").await?;
    run(request, many, move |conn, context, id, seen| review::withdraw(conn, context, id, seen, asked.comment.clone()))
        .await
}

async fn discard(request: Request) -> Result<HttpResponse, Problem> {
    let (_, many): (Discarding, _) = read(&request, &DISCARDING, "draft.discard").await?;
    run(request, many, propose::discard).await
}

async fn publish(request: Request) -> Result<HttpResponse, Problem> {
    let read = read(&request, &PUBLISHING_MANY, "draft.publish").await;
    let (asked, many): (PublishingMany, _) = read.map_err(no_words)?;
    run_step(request, None, move |conn, context| publish_many(conn, context, &many, asked.effective_at.clone())).await
}
