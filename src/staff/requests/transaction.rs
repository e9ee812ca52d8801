//! The transaction of a request: one for each action, with one line in the audit trail, one more for each of many subjects, and one stored answer for each key of idempotency.

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderName},
    web::Bytes,
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    action::{ActionResult, RequestContext},
    answers::{replayed, written},
    audit_context::AuditContext,
    idempotency::{self, KeyState, Repeatable, Stored},
    request::Request,
};
use crate::{
    problem::{Code, FieldError, Problem, Wrong},
    register::db::{Conn, DbError},
    staff::audit::{self, Event},
    web::answer::REGISTRY_SEQ,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The end of a transaction of an action.
enum Ended {
    Done(Box<ActionResult>),
    Replayed(Stored),
    TakenMeanwhile,
}

impl Request {
    /// Does something: one transaction, one line in the trail, and with an `Idempotency-Key` one answer however often it
    /// is asked.
    pub async fn write(
        self,
        action: impl Fn(&mut Conn, &RequestContext) -> Result<ActionResult, Problem> + Clone + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let repeatable = self.repeatable()?;
        let context = self.context()?;
        loop {
            let (action, context, repeatable, trail) =
                (action.clone(), context.clone(), repeatable.clone(), self.trail());
            let (admission, share) = (self.admission()?.clone(), self.share.clone());
            let transaction = move |conn: &mut Conn| {
                let _share = share;
                admission.must_hold_at_first(conn)?;
                let ended =
                    claim_and_run(conn, repeatable.as_ref(), trail, &context, |conn, context| action(conn, context))?;
                // After a key that somebody else took meanwhile PostgreSQL answers nothing more in this transaction.
                if let Ended::Done(_) = ended {
                    admission.must_hold_at_last(conn)?;
                }
                Ok::<_, Problem>(ended)
            };
            match self.db.write(transaction).await? {
                Ended::TakenMeanwhile => {}
                Ended::Replayed(stored) => return Ok(replayed(stored)),
                Ended::Done(result) => {
                    if result.published {
                        self.catalog.catch_up(&self.db).await;
                    }
                    return Ok(self.answer_with(&result));
                }
            }
        }
    }

    /// Does something for which nobody needs to be signed in; the trail names `actor`.
    pub async fn write_as(
        self,
        actor: Option<String>,
        action: impl FnOnce(&mut Conn) -> Result<ActionResult, Problem> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let (now, mut trail) = (self.now, self.trail());
        trail.actor = actor;
        let transaction = move |conn: &mut Conn| {
            let result = action(conn)?;
            record_all(conn, now, trail.lines_of(&result))?;
            Ok::<_, Problem>(result)
        };
        let result = self.db.write(transaction).await?;
        Ok(self.answer_with(&result))
    }

    /// Refuses a caller who was shut out while the request was on its way, where nothing else of it asks the database.
    pub async fn must_still_hold(&self) -> Result<(), Problem> {
        self.fetch(|_, _| Ok(())).await
    }

    /// Reads something from the database.
    pub async fn fetch<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Conn, &RequestContext) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (context, admission, share) = (self.context()?, self.admission()?.clone(), self.share.clone());
        let reading = move |conn: &mut Conn| {
            let _share = share;
            admission.must_hold(conn)?;
            query(conn, &context)
        };
        self.db.read(reading).await
    }

    fn answer_with(&self, result: &ActionResult) -> HttpResponse {
        let mut answer = written(result.status, result.body.as_ref());
        let headers = answer.headers_mut();
        for (name, value) in [(header::LOCATION, &result.location), (header::ETAG, &result.tag)] {
            if let Some(value) = value.as_deref().and_then(|value| value.try_into().ok()) {
                headers.insert(name, value);
            }
        }
        if result.published {
            headers.insert(REGISTRY_SEQ, self.catalog.peek().seq_header().clone());
        }
        answer
    }

    fn repeatable(&self) -> Result<Option<Repeatable>, Problem> {
        let Some(key) = self.http.headers().get(IDEMPOTENCY_KEY).filter(|_| self.terms.repeatable) else {
            return Ok(None);
        };
        let key = key.to_str().ok().filter(|key| (1..=255).contains(&key.trim().len())).ok_or_else(|| {
            let mistake = FieldError::header("Idempotency-Key", Wrong::OutOfRange("1–255 ASCII".into()));
            Problem::from(Code::InvalidHeader).naming(mistake)
        })?;
        let address = self.http.uri().path_and_query().map_or("", |address| address.as_str());
        let header = |name: HeaderName| self.http.headers().get(name).map_or(&[] as &[u8], |value| value.as_bytes());
        let parts = [
            self.http.method().as_str().as_bytes(),
            address.as_bytes(),
            header(header::IF_MATCH),
            header(header::CONTENT_TYPE),
            &self.fingerprinted(),
        ];
        let (caller, need) = (self.caller()?, self.terms.need);
        let grants = caller.grants.iter().filter(|grant| need.rests_on(grant)).cloned().collect();
        Ok(Some(Repeatable::new(&caller.id, key.trim(), grants, &parts)))
    }

    /// The body as far as its hash may be stored: that of a password could be tried out quickly.
    fn fingerprinted(&self) -> Bytes {
        let hidden = self.terms.hidden;
        let body: Option<Value> = if hidden.is_empty() { None } else { serde_json::from_slice(&self.body).ok() };
        let Some(Value::Object(mut members)) = body else { return self.body.clone() };
        members.retain(|name, _| !hidden.contains(&name.as_str()));
        serde_json::to_vec(&members).map_or_else(|_| Bytes::new(), Bytes::from)
    }
}

/// Runs an action, unless its key was answered before, and writes its answer and its line of the trail.
fn claim_and_run(
    conn: &mut Conn,
    repeatable: Option<&Repeatable>,
    trail: AuditContext,
    context: &RequestContext,
    action: impl FnOnce(&mut Conn, &RequestContext) -> Result<ActionResult, Problem>,
) -> Result<Ended, Problem> {
    if let Some(repeatable) = repeatable {
        match idempotency::claim_key(conn, repeatable, context.now)? {
            KeyState::Fresh => {}
            KeyState::Answered(stored) => return Ok(Ended::Replayed(stored)),
            KeyState::TakenMeanwhile => return Ok(Ended::TakenMeanwhile),
        }
    }
    let result = action(conn, context)?;
    if let Some(repeatable) = repeatable {
        idempotency::store_answer(conn, repeatable, &result.stored(), result.record.as_deref())?;
    }
    record_all(conn, context.now, trail.lines_of(&result))?;
    Ok(Ended::Done(Box::new(result)))
}

fn record_all(conn: &mut Conn, now: DateTime<Utc>, lines: Vec<Event>) -> Result<(), DbError> {
    lines.into_iter().try_for_each(|line| audit::record(conn, now, line))
}
