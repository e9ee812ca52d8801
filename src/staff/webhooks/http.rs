//! Webhooks over HTTP, for administrators.

use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    http::header::{ETAG, HeaderValue},
};
use serde_json::json;

use super::{
    courier::Courier,
    manage,
    shapes::{AttemptDocument, AttemptPage, NewWebhook, Replay, SecretChange, WebhookDocument},
    store,
};
use crate::{
    fields::Shape,
    problem::{FieldError, Problem, Wrong},
    register::{changes::Seq, db::Conn},
    staff::{
        identity::Permission,
        requests::{ActionResult, Endpoint, Need, Preconditions, Request, RequestContext, Verb},
    },
    web::{
        cursor::Walk,
        page::{LinesRequest, PageRequest},
        routes::{shared, with_next},
    },
};

/// The permissions that these endpoints need.
pub const NEEDS: &[Permission] = &[Permission::Admin];
const ADMIN: Need = Need::OneOf(NEEDS);
/// The member of a body that is stored nowhere but in its own column.
const SECRET: &[&str] = &["secret"];

/// The endpoints.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(Verb::Get, "/v1/webhooks", "webhook.list", ADMIN, |request| Box::pin(list(request)))
        .telling_secrets(),
    Endpoint::new(Verb::Post, "/v1/webhooks", "webhook.create", ADMIN, |request| Box::pin(post(request)))
        .hiding(SECRET)
        .telling_secrets(),
    Endpoint::new(Verb::Get, "/v1/webhooks/{id}", "webhook.read", ADMIN, |request| Box::pin(read(request)))
        .telling_secrets(),
    Endpoint::new(Verb::Patch, "/v1/webhooks/{id}", "webhook.change", ADMIN, |request| Box::pin(patch(request)))
        .telling_secrets(),
    Endpoint::new(Verb::Delete, "/v1/webhooks/{id}", "webhook.delete", ADMIN, |request| {
        Box::pin(step(request, manage::delete))
    }),
    Endpoint::new(Verb::Post, "/v1/webhooks/{id}/test", "webhook.test", ADMIN, |request| Box::pin(post_test(request))),
    Endpoint::new(Verb::Post, "/v1/webhooks/{id}/replay", "webhook.replay", ADMIN, |request| {
        Box::pin(post_replay(request))
    })
    .telling_secrets(),
    Endpoint::new(Verb::Post, "/v1/webhooks/{id}/rotate", "webhook.rotate", ADMIN, |request| {
        Box::pin(post_rotate(request))
    })
    .hiding(SECRET)
    .telling_secrets(),
    Endpoint::new(Verb::Post, "/v1/webhooks/{id}/enable", "webhook.enable", ADMIN, |request| {
        Box::pin(step(request, manage::enable))
    })
    .telling_secrets(),
    Endpoint::new(Verb::Post, "/v1/webhooks/{id}/disable", "webhook.disable", ADMIN, |request| {
        Box::pin(step(request, manage::disable))
    })
    .telling_secrets(),
    Endpoint::new(Verb::Get, "/v1/webhooks/{id}/deliveries", "webhook.deliveries", ADMIN, |request| {
        Box::pin(deliveries(request))
    }),
];

/// Does something, and has the courier look at what has become of it.
async fn write(
    request: Request,
    action: impl Fn(&mut Conn, &RequestContext) -> Result<ActionResult, Problem> + Clone + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let courier = shared::<Courier>(&request.http)?.clone();
    let answer = request.write(action).await?;
    courier.nudge();
    Ok(answer)
}

/// A step without input, on the version that its client saw.
async fn step(
    request: Request,
    take: fn(&mut Conn, &RequestContext, &str, &Preconditions) -> Result<ActionResult, Problem>,
) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    no_members(&request).await?;
    let (id, seen_as) = (request.part("id")?, request.preconditions()?);
    write(request, move |conn, context| take(conn, context, &id, &seen_as)).await
}

async fn no_members(request: &Request) -> Result<(), Problem> {
    match request.json().await? == json!({}) {
        true => Ok(()),
        false => Err(Problem::invalid_body(vec![FieldError::at("", Wrong::UnknownField)])),
    }
}

async fn list(request: Request) -> Result<HttpResponse, Problem> {
    let walk = Walk::of(request.catalog.cursor_key(), request.http.path(), request.http.query_string());
    let mut parameters = request.parameters();
    let page = PageRequest::from_query(&mut parameters, &walk);
    parameters.finish()?;
    let (all, now) = (request.fetch(manage::all_seen).await?, request.now);
    let rows = all.into_iter().map(|webhook| WebhookDocument::new(webhook, None, now)).collect();
    let seq = page.cursor.as_ref().map_or(request.catalog.peek().seq(), |cursor| cursor.seq);
    let rows = page.of(rows, &walk, seq)?;
    Ok(with_next(&request.http, request.answer(&rows, None)?, rows.next()))
}

/// Its entity tag is that of what can be changed; how far deliveries are changes without it, so nothing is answered by 304.
async fn read(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let id = request.part("id")?;
    let webhook = request.fetch(move |conn, context| manage::seen(conn, context, &id)).await?;
    let tag = HeaderValue::try_from(format!("\"{}\"", webhook.version));
    let mut answer = request.answer(&WebhookDocument::new(webhook, None, request.now), None)?;
    if let Ok(tag) = tag {
        answer.headers_mut().insert(ETAG, tag);
    }
    Ok(answer)
}

async fn post(request: Request) -> Result<HttpResponse, Problem> {
    static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<NewWebhook>);
    request.no_parameters()?;
    let new: NewWebhook = request.read(&SHAPE).await?;
    let (secret, courier) = (manage::secret_of(new.secret.as_deref())?, shared::<Courier>(&request.http)?);
    let (reach, seal) = (courier.reach().clone(), courier.seal().clone());
    write(request, move |conn, context| manage::create(conn, context, (&reach, &seal), &new, &secret)).await
}

async fn patch(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let (id, seen_as, patch) = (request.part("id")?, request.preconditions()?, request.json().await?);
    let reach = shared::<Courier>(&request.http)?.reach().clone();
    write(request, move |conn, context| manage::change(conn, context, &reach, (&id, &seen_as), &patch)).await
}

async fn post_test(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    no_members(&request).await?;
    let id = request.part("id")?;
    write(request, move |conn, context| manage::test(conn, context, &id)).await
}

async fn post_replay(request: Request) -> Result<HttpResponse, Problem> {
    static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Replay>);
    request.no_parameters()?;
    let (id, Replay { since }) = (request.part("id")?, request.read(&SHAPE).await?);
    write(request, move |conn, context| manage::replay(conn, context, &id, since)).await
}

async fn post_rotate(request: Request) -> Result<HttpResponse, Problem> {
    static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<SecretChange>);
    request.no_parameters()?;
    let SecretChange { secret } = request.read(&SHAPE).await?;
    let (id, seen_as, secret) = (request.part("id")?, request.preconditions()?, manage::secret_of(secret.as_deref())?);
    let seal = shared::<Courier>(&request.http)?.seal().clone();
    write(request, move |conn, context| manage::rotate(conn, context, &seal, (&id, &seen_as), &secret)).await
}

async fn deliveries(request: Request) -> Result<HttpResponse, Problem> {
    let walk = Walk::of(request.catalog.cursor_key(), request.http.path(), request.http.query_string());
    let mut parameters = request.parameters();
    let asked = LinesRequest::from_query(&mut parameters, &walk);
    parameters.finish()?;
    let head = request.catalog.peek().seq();
    let id = request.part("id")?;
    let page = request.fetch(move |conn, context| page(conn, context, &id, (&asked, &walk), head)).await?;
    Ok(with_next(&request.http, request.answer(&page, None)?, page.next.as_deref()))
}

fn page(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    (asked, walk): (&LinesRequest, &Walk),
    head: Seq,
) -> Result<AttemptPage, Problem> {
    let webhook = manage::seen(conn, context, id)?;
    let (seq, before) = asked.place.unwrap_or((head, i64::MAX));
    let (mut found, total) = store::attempts_before(conn, &webhook.id, before, asked.to_read())?;
    let next = asked.cut(&mut found, |attempt| attempt.number, seq, walk);
    Ok(AttemptPage { items: found.into_iter().map(AttemptDocument::from).collect(), next, total, seq })
}
