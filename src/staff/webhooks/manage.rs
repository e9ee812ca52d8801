//! Actions of administrators on webhooks.

use actix_web::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    model::{Because, Disabled, Progress, Webhook},
    seal::Seal,
    secret::Secret,
    shapes::{NewWebhook, TestMessage, WebhookChange, WebhookDocument},
    store,
    transport::Reach,
};
use crate::{
    base::merge_patch,
    fields::Shape,
    model::kinds::Values,
    problem::{Code, FieldError, Problem, Wrong},
    register::{
        changes::{self, Seq},
        db::{Conn, DbError},
    },
    staff::{
        accounts::AdminScope,
        audit,
        identity::Belongs,
        requests::{ActionResult, Preconditions, RequestContext},
    },
    values::division,
    web::interest::Interest,
};

/// How long the secret before holds beside a new one.
pub const BOTH_HOLD: TimeDelta = TimeDelta::hours(24);

/// The member of an answer that is shown once.
const SECRETS: &[&str] = &["secret"];

/// The secret that somebody gave, or a new one.
pub fn secret_of(given: Option<&str>) -> Result<Secret, Problem> {
    match given {
        Some(text) => {
            Secret::parse(text).map_err(|wrong| Problem::invalid_body(vec![FieldError::at("/secret", wrong)]))
        }
        None => Ok(Secret::random()?),
    }
}

/// Makes a webhook, which is told of what is published, or done with drafts, from now on, and shows its secret this once.
pub fn create(
    conn: &mut Conn,
    context: &RequestContext,
    (reach, seal): (&Reach, &Seal),
    new: &NewWebhook,
    secret: &Secret,
) -> Result<ActionResult, Problem> {
    let change = WebhookChange {
        url: new.url.clone(),
        kinds: new.kinds.clone(),
        lists: new.lists.clone(),
        organisations: new.organisations.clone(),
        divisions: new.divisions.clone(),
        events: new.events.clone(),
    };
    let (url, interest) = checked(context, reach, &change)?;
    let head = head(conn, !change.events.is_empty())?;
    let id = uuid::Uuid::now_v7().simple().to_string();
    let kept = seal.close(&id, secret)?;
    let webhook = Webhook { events: change.events, ..Webhook::new((id, kept), &url, interest, head, context.now) };
    store::insert(conn, &webhook)?;
    let location = format!("/v1/webhooks/{}", webhook.id);
    let body = shown(context, &webhook, Some(secret))?;
    let result = ActionResult::created(webhook.subject(), Belongs::default(), body, location).version(webhook.version);
    Ok(ActionResult { detail: Some(detail(reach, &webhook)), secrets: SECRETS, ..result })
}

/// Every webhook that who asks may see.
pub fn all_seen(conn: &mut Conn, context: &RequestContext) -> Result<Vec<Webhook>, Problem> {
    let mut all = store::all(conn)?;
    all.retain(|webhook| may_see(context, webhook));
    Ok(all)
}

/// The webhook with this id, as far as who asks may see it: 404 otherwise.
pub fn seen(conn: &mut Conn, context: &RequestContext, id: &str) -> Result<Webhook, Problem> {
    visible(context, store::webhook(conn, id)?)
}

/// Changes a webhook by a merge patch (RFC 7396) on what its client saw.
pub fn change(
    conn: &mut Conn,
    context: &RequestContext,
    reach: &Reach,
    (id, seen_as): (&str, &Preconditions),
    patch: &Value,
) -> Result<ActionResult, Problem> {
    let mut webhook = locked(conn, context, id, Some(seen_as))?;
    let change = patched(&webhook, patch)?;
    let (url, interest) = checked(context, reach, &change)?;
    if change.events.is_empty() == webhook.tells_of_drafts() {
        // It has its place in another sequence from now on.
        let delivered_to = head(conn, !change.events.is_empty())?;
        webhook.progress = Progress { delivered_to, ..afresh(webhook.progress) };
    }
    if interest != webhook.interest || change.events != webhook.events {
        // A message for the same changes may have another content now.
        webhook.progress.replays += 1;
    }
    if url != webhook.url {
        webhook.progress = afresh(webhook.progress);
    }
    let webhook = Webhook { url, interest, events: change.events, ..webhook };
    let webhook = store(conn, context, webhook)?;
    let result = answered(context, &webhook)?;
    Ok(ActionResult { detail: Some(detail(reach, &webhook)), ..result })
}

/// Removes a webhook with all that is known of its deliveries.
pub fn delete(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen_as: &Preconditions,
) -> Result<ActionResult, Problem> {
    let webhook = locked(conn, context, id, Some(seen_as))?;
    store::delete(conn, &webhook.id)?;
    Ok(ActionResult::nothing(webhook.subject(), Belongs::default()))
}

/// Has a test message sent, once and soon, even by a webhook that is disabled.
pub fn test(conn: &mut Conn, context: &RequestContext, id: &str) -> Result<ActionResult, Problem> {
    let mut webhook = locked(conn, context, id, None)?;
    let new = || format!("msg_{}_test_{}", webhook.id, uuid::Uuid::now_v7().simple());
    let message = webhook.progress.test.clone().unwrap_or_else(new);
    webhook.progress.test = Some(message.clone());
    store::overwrite(conn, &webhook)?;
    let body = serde_json::to_value(TestMessage { message })?;
    Ok(ActionResult::with_status(StatusCode::ACCEPTED, webhook.subject(), Belongs::default(), Some(body)))
}

/// Has everything of interest after `since` sent, again or for the first time.
pub fn replay(conn: &mut Conn, context: &RequestContext, id: &str, since: Seq) -> Result<ActionResult, Problem> {
    let mut webhook = locked(conn, context, id, None)?;
    let head = head(conn, webhook.tells_of_drafts())?;
    if !(0..=head).contains(&since) {
        let mistake = FieldError::at("/since", Wrong::OutOfRange(format!("0–{head}")));
        return Err(Problem::invalid_body(vec![mistake]));
    }
    let from = webhook.progress.delivered_to;
    webhook.progress =
        Progress { delivered_to: since, replays: webhook.progress.replays + 1, ..afresh(webhook.progress) };
    store::overwrite(conn, &webhook)?;
    let result = answered(context, &webhook)?;
    Ok(ActionResult { detail: Some(json!({ "since": since, "delivered_to": from })), ..result })
}

/// Gives a webhook another secret and shows it this once. The one before holds beside it for a day.
pub fn rotate(
    conn: &mut Conn,
    context: &RequestContext,
    seal: &Seal,
    (id, seen_as): (&str, &Preconditions),
    secret: &Secret,
) -> Result<ActionResult, Problem> {
    let webhook = locked(conn, context, id, Some(seen_as))?;
    let previous = Some((webhook.secret, context.now + BOTH_HOLD));
    let kept = seal.close(&webhook.id, secret)?;
    let webhook = store(conn, context, Webhook { secret: kept, previous, ..webhook })?;
    let result = ActionResult::ok(webhook.subject(), Belongs::default(), shown(context, &webhook, Some(secret))?);
    Ok(ActionResult { secrets: SECRETS, ..result.version(webhook.version) })
}

/// Has a webhook go on where it stands, at once.
pub fn enable(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen_as: &Preconditions,
) -> Result<ActionResult, Problem> {
    let webhook = locked(conn, context, id, Some(seen_as))?;
    let progress = afresh(webhook.progress);
    let webhook = store(conn, context, Webhook { disabled: None, progress, ..webhook })?;
    answered(context, &webhook)
}

/// Has nothing sent until it is enabled; what is published meanwhile is sent then.
pub fn disable(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen_as: &Preconditions,
) -> Result<ActionResult, Problem> {
    let webhook = locked(conn, context, id, Some(seen_as))?;
    let disabled = Some(Disabled { because: Because::ByHand, at: context.now });
    let webhook = store(conn, context, Webhook { disabled, ..webhook })?;
    answered(context, &webhook)
}

/// The end of the log, or of the trail, where steps of drafts stand.
fn head(conn: &mut Conn, of_drafts: bool) -> Result<Seq, DbError> {
    match of_drafts {
        true => Ok(audit::head(conn)?.seq),
        false => Ok(changes::head(conn)?.0),
    }
}

fn visible(context: &RequestContext, webhook: Option<Webhook>) -> Result<Webhook, Problem> {
    webhook.filter(|webhook| may_see(context, webhook)).ok_or_else(|| Code::NotFound.into())
}

fn may_see(context: &RequestContext, webhook: &Webhook) -> bool {
    let Interest { organisations, divisions, .. } = &webhook.interest;
    AdminScope::of(&context.caller, &context.register).holds_selection(organisations, divisions)
}

fn locked(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen_as: Option<&Preconditions>,
) -> Result<Webhook, Problem> {
    let webhook = visible(context, store::lock(conn, id)?)?;
    match seen_as.is_none_or(|seen_as| seen_as.hold(webhook.version)) {
        true => Ok(webhook),
        false => Err(Problem::from(Code::Stale).because_of(json!({ "version": webhook.version }))),
    }
}

/// Writes what has changed of a webhook as its next version.
fn store(conn: &mut Conn, context: &RequestContext, webhook: Webhook) -> Result<Webhook, DbError> {
    let webhook = Webhook { version: webhook.version + 1, updated_at: context.now, ..webhook };
    store::overwrite(conn, &webhook)?;
    Ok(webhook)
}

/// Forgets failures.
fn afresh(progress: Progress) -> Progress {
    Progress { failures: 0, failing_since: None, due_at: None, ..progress }
}

fn answered(context: &RequestContext, webhook: &Webhook) -> Result<ActionResult, Problem> {
    let body = shown(context, webhook, None)?;
    Ok(ActionResult::ok(webhook.subject(), Belongs::default(), body).version(webhook.version))
}

fn shown(context: &RequestContext, webhook: &Webhook, secret: Option<&Secret>) -> Result<Value, Problem> {
    Ok(serde_json::to_value(WebhookDocument::new(webhook.clone(), secret.map(Secret::text), context.now))?)
}

/// Makes the detail for the trail: of the address only the host, because the rest may hold a secret of its receiver.
fn detail(reach: &Reach, webhook: &Webhook) -> Value {
    let host = reach.read(&webhook.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    json!({ "host": host, "interest": webhook.interest, "events": webhook.events })
}

fn patched(webhook: &Webhook, patch: &Value) -> Result<WebhookChange, Problem> {
    if !patch.is_object() {
        return Err(Problem::invalid_body(vec![FieldError::at("", Wrong::WrongType("object".into()))]));
    }
    let Interest { kinds, lists, organisations, divisions } = &webhook.interest;
    let mut document = json!({
        "url": webhook.url, "kinds": kinds, "lists": lists, "organisations": organisations, "divisions": divisions,
        "events": webhook.events,
    });
    merge_patch::merge(&mut document, patch);
    Shape::of::<WebhookChange>().read(&document).map_err(Problem::invalid_body)
}

/// Checks the address of a webhook and what it is to be told of: 422 with every mistake. Returns the address in its normal form
/// (WHATWG URL).
fn checked(context: &RequestContext, reach: &Reach, change: &WebhookChange) -> Result<(String, Interest), Problem> {
    let organisations: Vec<String> = change.organisations.iter().map(ToString::to_string).collect();
    let kinds: Vec<_> = context.register.kinds().map(|kind| kind.name).collect();
    let known_kind = |kind: &str| kinds.contains(&kind).then_some(()).ok_or_else(|| not_among(&kinds));
    let lists = lists(context);
    let known_list = |list: &str| lists.contains(&list).then_some(()).ok_or_else(|| not_among(&lists));
    let known_division = |code: &str| division::is_prefix(code).then_some(()).ok_or(Wrong::DivisionUnknown);
    let url = reach.read(&change.url);
    let mut mistakes: Vec<_> = url.clone().err().map(|wrong| FieldError::at("/url", wrong)).into_iter().collect();
    mistakes.extend(mistakes_in("/kinds", &change.kinds, known_kind));
    mistakes.extend(mistakes_in("/lists", &change.lists, known_list));
    mistakes.extend(mistakes_in("/divisions", &change.divisions, known_division));
    if !change.events.is_empty() && !change.lists.is_empty() {
        mistakes.push(FieldError::at("/lists", Wrong::NotWith("events")));
    }
    if mistakes.is_empty()
        && !AdminScope::of(&context.caller, &context.register).holds_selection(&organisations, &change.divisions)
    {
        mistakes.push(FieldError::at("/divisions", Wrong::OutsideGrant));
    }
    match url {
        Ok(url) if mistakes.is_empty() => {
            let (kinds, lists, divisions) = (change.kinds.clone(), change.lists.clone(), change.divisions.clone());
            Ok((url.into(), Interest { kinds, lists, organisations, divisions }))
        }
        _ => Err(Problem::invalid_body(mistakes)),
    }
}

/// The lists that records can stand in.
fn lists(context: &RequestContext) -> Vec<&'static str> {
    let filters = context.register.kinds().filter_map(|kind| kind.filter("list"));
    filters
        .flat_map(|filter| match filter.values {
            Values::Words(words) => words.to_vec(),
            Values::Listed(list) => list.codes.iter().map(|code| code.value).collect(),
            _ => Vec::new(),
        })
        .collect()
}

fn not_among(known: &[&str]) -> Wrong {
    Wrong::NotInCodeList(known.join(", "))
}

fn mistakes_in(pointer: &str, values: &[String], check: impl Fn(&str) -> Result<(), Wrong>) -> Vec<FieldError> {
    let wrong = |(index, value): (usize, &String)| {
        check(value).err().map(|wrong| FieldError::at(format!("{pointer}/{index}"), wrong))
    };
    values.iter().enumerate().filter_map(wrong).collect()
}
