//! One request of the staff part, from the token to the audit trail.

use std::{
    collections::BTreeMap,
    future::Future,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::{Bytes, Data, Payload},
};
use chrono::{DateTime, SubsecRound, Utc};
use memchr::memmem;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    bodies::{Bodies, Coming, Share, too_large, weight_of_json},
    idempotency::{self, KeyState, Repeatable, Stored},
    quota::Quotas,
    strangers::Strangers,
    terms::{Need, Terms},
};
use crate::{
    base::{blocking, client::Client},
    fields::{Shape, member},
    problem::{Code, FieldError, Problem, Wrong},
    register::{
        catalog::{Catalog, Snapshot},
        db::{Conn, Db},
    },
    staff::{
        audit::{self, Event, Outcome},
        identity::{Authority, Belongs, Caller, Permission, Proof, lock_accounts},
    },
    web::{
        answer::{REGISTRY_SEQ, has_tag},
        limits::Settlement,
        query::Parameters,
        routes::part,
    },
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Bytes of a body from which on it is read where work may take its time.
const LONG: usize = 32 << 10;
/// Texts with U+0000 that one answer names at most: more say nothing new.
const MOST_MISTAKES: usize = 100;
/// An answer for one person is kept nowhere: neither by what stands between nor on the disk of a machine that others use.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Media type of a form with a file, which is copied to be read.
const FORM: &str = "multipart/form-data";

/// What a handler gives back.
pub type Answering = Pin<Box<dyn Future<Output = Result<HttpResponse, Problem>>>>;

/// Where a request came from, as the edge knows it.
#[derive(Clone, Debug)]
pub struct RequestOrigin {
    /// `X-Request-Id`
    pub id: String,
    /// The client, past trusted proxies.
    pub address: Option<IpAddr>,
}

/// The limits that requests of the staff part have.
#[derive(Clone, Copy, Debug)]
pub struct StaffSettings {
    /// Bytes of a body at most, unless an endpoint says otherwise.
    pub body_limit: usize,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// The most that an office may have.
    pub quotas: Quotas,
}

impl Default for StaffSettings {
    fn default() -> Self {
        Self { body_limit: 1 << 20, body_time: Duration::from_secs(30), quotas: Quotas::NONE }
    }
}

/// One request.
#[derive(Clone)]
pub struct Request {
    /// What was asked.
    pub http: HttpRequest,
    /// The body, whole.
    pub body: Bytes,
    /// The database.
    pub db: Data<Db>,
    /// The register.
    pub catalog: Data<Catalog>,
    /// The time of the request.
    pub now: DateTime<Utc>,
    terms: Terms,
    origin: RequestOrigin,
    admission: Option<Admission>,
    tried: Arc<OnceLock<String>>,
    /// Its room, which work that goes on without it keeps.
    share: Arc<Share>,
}

/// As whom a request was let in, and by what.
#[derive(Clone)]
struct Admission {
    caller: Caller,
    proof: Proof,
    need: Need,
}

impl Admission {
    /// Refuses who has been shut out since the request was let in.
    fn must_hold(&self, conn: &mut Conn) -> Result<(), Problem> {
        self.proof.must_hold(conn, &self.caller, Utc::now())
    }

    /// The same at the beginning of what is done. Who changes accounts or ends sessions does so after all others who do: nobody is shut
    /// out meanwhile.
    fn must_hold_at_first(&self, conn: &mut Conn) -> Result<(), Problem> {
        if self.need.is_about_accounts() {
            lock_accounts(conn)?;
        }
        self.must_hold(conn)
    }

    /// The same at its end, where this transaction has the trail: whoever shuts somebody out writes a line, too, and so comes before,
    /// and is noticed here, or after it. What is done to one's own account is looked at once, at first.
    fn must_hold_at_last(&self, conn: &mut Conn) -> Result<(), Problem> {
        if self.need.is_about_accounts() { Ok(()) } else { self.must_hold(conn) }
    }
}

/// The context of a request: who acts, when, and on what state of the register. A use case has it beside its input.
#[derive(Clone)]
pub struct RequestContext {
    /// Who.
    pub caller: Caller,
    /// When.
    pub now: DateTime<Utc>,
    /// The register as this process knows it; it may be behind the log.
    pub register: Arc<Snapshot>,
    /// The most that an office may have.
    pub quotas: Quotas,
}

/// The result of an action, for the response and for the trail.
#[derive(Clone, Debug)]
pub struct ActionResult {
    /// HTTP status.
    pub status: StatusCode,
    /// JSON.
    pub body: Option<Value>,
    /// Where what was made is.
    pub location: Option<String>,
    /// Entity tag, with its quotes.
    pub tag: Option<String>,
    /// What it was done to, for the trail: `draft/0192…`.
    pub subject: String,
    /// What the subject belongs to.
    pub belongs: Belongs,
    /// More for the trail; nothing secret.
    pub detail: Option<Value>,
    /// Whether the log has grown: the answer then waits until this process shows it.
    pub published: bool,
    /// Members of the body that are shown once and never stored.
    pub secrets: &'static [&'static str],
    /// The one record that the body tells of: `item/1135…`.
    pub record: Option<String>,
}

/// The entity tags of `If-Match` (RFC 9110 §13.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preconditions {
    /// `*`: whatever is there.
    Any,
    /// One of these versions.
    Versions(Vec<i64>),
}

impl Preconditions {
    /// Whether `version` is what the client saw.
    pub fn hold(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }

    /// The latest version that the client saw, to tell what changed since.
    pub fn seen(&self) -> Option<i64> {
        match self {
            Self::Any => None,
            Self::Versions(versions) => versions.iter().max().copied(),
        }
    }
}

impl ActionResult {
    /// 200 with a body.
    pub fn ok(subject: impl Into<String>, belongs: Belongs, body: Value) -> Self {
        Self::with_status(StatusCode::OK, subject, belongs, Some(body))
    }

    /// 201 with a body and its address.
    pub fn created(subject: impl Into<String>, belongs: Belongs, body: Value, location: impl Into<String>) -> Self {
        let result = Self::with_status(StatusCode::CREATED, subject, belongs, Some(body));
        Self { location: Some(location.into()), ..result }
    }

    /// 204.
    pub fn nothing(subject: impl Into<String>, belongs: Belongs) -> Self {
        Self::with_status(StatusCode::NO_CONTENT, subject, belongs, None)
    }

    /// Any status.
    pub fn with_status(status: StatusCode, subject: impl Into<String>, belongs: Belongs, body: Option<Value>) -> Self {
        let subject = subject.into();
        Self {
            status,
            body,
            location: None,
            tag: None,
            subject,
            belongs,
            detail: None,
            published: false,
            secrets: &[],
            record: None,
        }
    }

    /// The same with a version as its entity tag.
    pub fn version(mut self, version: i64) -> Self {
        self.tag = Some(format!("\"{version}\""));
        self
    }

    fn stored(&self) -> Stored {
        let mut headers = BTreeMap::new();
        headers.extend(self.location.clone().map(|location| ("location".to_owned(), location)));
        headers.extend(self.tag.clone().map(|tag| ("etag".to_owned(), tag)));
        let mut body = self.body.clone();
        if let Some(Value::Object(members)) = &mut body {
            self.secrets.iter().for_each(|name| {
                members.remove(*name);
            });
        }
        Stored { status: self.status.as_u16(), headers, body }
    }
}

/// How a transaction of an action ended.
enum Ended {
    Done(Box<ActionResult>),
    Replayed(Stored),
    TakenMeanwhile,
}

impl Request {
    /// Takes a request through: who asks, may they, what do they send, what comes of it.
    pub async fn serve(
        terms: Terms,
        handler: fn(Self) -> Answering,
        http: HttpRequest,
        payload: Payload,
    ) -> Result<HttpResponse, Problem> {
        let db = needed::<Db>(&http, "database")?;
        let catalog = needed::<Catalog>(&http, "catalog")?;
        let authority = needed::<Authority>(&http, "authority")?;
        let origin = http.extensions().get::<RequestOrigin>().cloned();
        let origin =
            origin.unwrap_or(RequestOrigin { id: String::new(), address: http.peer_addr().map(|peer| peer.ip()) });
        // As fine as both databases keep it.
        let now = Utc::now().trunc_subsecs(3);
        let mut request = Self {
            http,
            body: Bytes::new(),
            share: Arc::default(),
            db,
            catalog,
            now,
            terms,
            origin,
            admission: None,
            tried: Arc::default(),
        };
        let refused = match request.admit(&authority, payload).await {
            Ok(()) => {
                let trail = request.trail();
                let answered = handler(request).await;
                answered.map_err(|problem| (problem, trail))
            }
            Err(problem) => Err((problem, request.trail())),
        };
        match refused {
            Ok(answer) => Ok(answer),
            Err((problem, trail)) => {
                trail.refused(&problem).await;
                Err(problem)
            }
        }
    }

    async fn admit(&mut self, authority: &Authority, payload: Payload) -> Result<(), Problem> {
        if self.terms.need != Need::Nobody {
            let token = bearer(&self.http)?;
            let (caller, proof) = authority.caller(&self.db, token, self.now).await?;
            let caller = &self.admission.insert(Admission { caller, proof, need: self.terms.need }).caller;
            self.http.extensions_mut().insert(Settlement::Held(Client::caller(&caller.id)));
            if caller.must_change_password && self.terms.need != Need::Session {
                return Err(Code::PasswordChangeRequired.into());
            }
            if let Need::OneOf(permissions) = self.terms.need
                && !permissions.iter().any(|permission| caller.ever_may(*permission))
                && let Some(first) = permissions.first()
            {
                caller.require_somewhere(*first)?;
            }
        }
        let settings = self.settings();
        let limit = self.terms.body_limit.unwrap_or(settings.body_limit);
        let said = declared_length(&self.http);
        if said.is_some_and(|length| length > limit) {
            return Err(too_large(limit));
        }
        // A form is copied out of what was sent.
        let is_form = self.http.content_type().eq_ignore_ascii_case(FORM);
        let coming = Coming { limit, said, times: if is_form { 2 } else { 1 } };
        let (bodies, mut share) = (needed::<Bodies>(&self.http, "room for bodies")?, Share::default());
        let arrived = tokio::time::timeout(settings.body_time, bodies.read(&mut share, payload, coming)).await;
        self.body = arrived.map_err(|_| Problem::from(Code::TooSlow))??;
        // Larger texts are read piece by piece.
        if self.terms.body_limit.is_none() && coming.times == 1 {
            bodies.hold(&mut share, weight_of_json(&self.body))?;
        }
        self.share = Arc::new(share);
        Ok(())
    }

    fn settings(&self) -> StaffSettings {
        self.http.app_data::<Data<StaffSettings>>().map(|settings| ***settings).unwrap_or_default()
    }

    /// Who asks.
    pub fn caller(&self) -> Result<&Caller, Problem> {
        Ok(&self.admission()?.caller)
    }

    fn admission(&self) -> Result<&Admission, Problem> {
        self.admission.as_ref().ok_or_else(|| Code::Unauthenticated.into())
    }

    /// The client's address.
    pub fn address(&self) -> Option<IpAddr> {
        self.origin.address
    }

    /// Notes under which name of an account somebody tries to sign in: the trail names it when that is refused.
    pub fn tried_as(&self, name: &str) {
        let _ = self.tried.set(name.into());
    }

    /// What the trail says of this request, for a use case that writes its line itself.
    pub fn event(&self, outcome: Outcome) -> Event {
        self.trail().event(outcome)
    }

    /// Tells the trail of a refusal that is answered in a form of its own.
    pub async fn tell_refusal(&self, problem: &Problem) {
        self.trail().refused(problem).await;
    }

    /// A part of the path, decoded.
    pub fn part(&self, name: &str) -> Result<String, Problem> {
        part(&self.http, name)
    }

    /// The parameters of the query.
    pub fn parameters(&self) -> Parameters {
        Parameters::read(self.http.query_string())
    }

    /// Refuses every query parameter.
    pub fn no_parameters(&self) -> Result<(), Problem> {
        self.parameters().finish()
    }

    /// Reads the body as `T`, or says everything that is wrong with it.
    pub async fn read<T: DeserializeOwned + Send + 'static>(&self, shape: &'static Shape) -> Result<T, Problem> {
        self.understood(move |json| shape.read(&json).map_err(Problem::invalid_body)).await
    }

    /// The body as JSON. An empty one counts as `{}` where something is done; where something is replaced or changed, one that
    /// says nothing is refused: it would be read as a wish to remove everything, or as a change. No text in it has U+0000, which
    /// PostgreSQL does not keep.
    pub async fn json(&self) -> Result<Value, Problem> {
        self.understood(Ok).await
    }

    /// Makes something of the body as JSON, of a long one where work may take its time.
    async fn understood<T: Send + 'static>(
        &self,
        understand: impl FnOnce(Value) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        if !self.body.is_empty() {
            self.must_be(&["application/json", "application/merge-patch+json"])?;
        }
        let changes = matches!(*self.http.method(), Method::PUT | Method::PATCH);
        let body = self.body.clone();
        let is_long = body.len() > LONG;
        let read = move || understand(json(&body, changes)?);
        if is_long { self.work(read).await? } else { read() }
    }

    /// The media type of the body, which must be one of these.
    pub fn must_be(&self, taken: &[&'static str]) -> Result<&'static str, Problem> {
        let given = self.http.content_type().to_ascii_lowercase();
        taken.iter().copied().find(|kind| *kind == given).ok_or_else(|| {
            let list = taken.join(", ");
            Problem::with_detail(
                Code::UnsupportedMediaType,
                format!("Content-Type 应为：{list}"),
                format!("The Content-Type must be one of: {list}"),
            )
        })
    }

    /// The version that the client saw: 428 when it does not say.
    pub fn preconditions(&self) -> Result<Preconditions, Problem> {
        let mut lines = self.http.headers().get_all(header::IF_MATCH).peekable();
        if lines.peek().is_none() {
            return Err(Code::PreconditionMissing.into());
        }
        let text: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
        let mut tags = text.iter().flat_map(|line| line.split(',')).map(str::trim);
        if tags.clone().any(|tag| tag == "*") {
            return Ok(Preconditions::Any);
        }
        // Tags of other representations, weak ones too, match nothing here (strong comparison).
        let version = |tag: &str| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok();
        let well_formed = |tag: &str| {
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            tag.len() >= 2 && tag.starts_with('"') && tag.ends_with('"')
        };
        let versions = tags.clone().filter_map(version).collect();
        match tags.all(well_formed) {
            true => Ok(Preconditions::Versions(versions)),
            false => {
                let mistake = FieldError::header("If-Match", Wrong::BadFormat("\"7\"".into()));
                Err(Problem::from(Code::InvalidHeader).naming(mistake))
            }
        }
    }

    /// The context for a use case.
    pub fn context(&self) -> Result<RequestContext, Problem> {
        let quotas = self.settings().quotas;
        Ok(RequestContext { caller: self.caller()?.clone(), now: self.now, register: self.catalog.snapshot(), quotas })
    }

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

    /// Does something for which nobody needs to be signed in: `actor` is who the trail names.
    pub async fn write_as(
        self,
        actor: Option<String>,
        action: impl FnOnce(&mut Conn) -> Result<ActionResult, Problem> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let (now, mut trail) = (self.now, self.trail());
        trail.actor = actor;
        let transaction = move |conn: &mut Conn| {
            let result = action(conn)?;
            audit::record(conn, now, trail.of_result(&result))?;
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

    /// Works on what was sent, as [`blocking::run_long`] does. The work keeps the request's room as long as it and what it made are held,
    /// also when the client has gone away.
    pub async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let share = self.share.clone();
        let (made, _share) = blocking::run_long(move || (work(), share)).await?;
        Ok(made)
    }

    /// An answer to a read, with 304 when the client has it.
    pub fn answer(&self, body: &impl serde::Serialize, tag: Option<&str>) -> Result<HttpResponse, Problem> {
        let tag: Option<HeaderValue> = tag.and_then(|tag| tag.try_into().ok());
        let mut answer = match tag.as_ref().filter(|tag| has_tag(&self.http, tag)) {
            Some(_) => HttpResponse::new(StatusCode::NOT_MODIFIED),
            None => HttpResponse::Ok().json(body),
        };
        answer.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
        if let Some(tag) = tag {
            answer.headers_mut().insert(header::ETAG, tag);
        }
        Ok(answer)
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

    fn trail(&self) -> AuditContext {
        let caller = self.caller().ok();
        AuditContext {
            db: self.db.clone(),
            now: self.now,
            actor: caller.map(|caller| caller.name.clone()),
            tried: self.tried.clone(),
            organisation: caller.and_then(|caller| caller.organisation.clone()),
            origin: self.origin.clone(),
            terms: self.terms,
            path: self.http.path().to_owned(),
            with_token: self.http.headers().contains_key(header::AUTHORIZATION),
            reads: matches!(*self.http.method(), Method::GET | Method::HEAD),
            strangers: self.http.app_data::<Data<Strangers>>().cloned(),
        }
    }
}

fn needed<T: 'static>(http: &HttpRequest, name: &str) -> Result<Data<T>, Problem> {
    http.app_data::<Data<T>>().cloned().ok_or_else(|| {
        log::error!("the server was started without its {name}");
        Code::Internal.into()
    })
}

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
    audit::record(conn, context.now, trail.of_result(&result))?;
    Ok(Ended::Done(Box::new(result)))
}

fn json(body: &[u8], changes: bool) -> Result<Value, Problem> {
    let value = match body.is_empty() {
        true => Value::Object(serde_json::Map::new()),
        false => parsed(body)?,
    };
    match changes && value.as_object().is_some_and(serde_json::Map::is_empty) {
        true => Err(Problem::with_detail(
            Code::UnreadableBody,
            "请求内容什么也没有写。请写明要改的成员；要去掉的成员写 null。",
            "The body says nothing. Name the members that are to change; `null` takes one away.",
        )),
        false => Ok(value),
    }
}

fn parsed(body: &[u8]) -> Result<Value, Problem> {
    let value = serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Problem::with_detail(
            Code::UnreadableBody,
            format!("第 {line} 行第 {column} 列不是合法的 JSON。"),
            format!("Line {line}, column {column} is not JSON: {error}"),
        )
    })?;
    let mut mistakes = Vec::new();
    // As it has to be written in JSON.
    if memmem::find(body, br"\u0000").is_some() {
        find_nul(&value, "", &mut mistakes);
    }
    if mistakes.is_empty() { Ok(value) } else { Err(Problem::invalid_body(mistakes)) }
}

/// How long the body will be, where that is said: who says too much is refused before any of it has come.
fn declared_length(http: &HttpRequest) -> Option<usize> {
    let length = http.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?;
    // The HTTP layer takes nothing but digits: what does not fit is too much.
    Some(length.trim().parse().unwrap_or(usize::MAX))
}

/// Where a text, or the name of a member, has U+0000.
fn find_nul(value: &Value, at: &str, found: &mut Vec<FieldError>) {
    match value {
        _ if found.len() == MOST_MISTAKES => {}
        Value::String(text) if text.contains('\0') => found.push(FieldError::at(at, Wrong::ControlCharacter)),
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, element)| find_nul(element, &format!("{at}/{index}"), found));
        }
        Value::Object(members) => {
            if members.keys().any(|name| name.contains('\0')) {
                found.push(FieldError::at(at, Wrong::ControlCharacter));
            }
            members.iter().for_each(|(name, inner)| find_nul(inner, &member(at, name), found));
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

/// The token of `Authorization: Bearer` (RFC 6750 §2.1).
fn bearer(http: &HttpRequest) -> Result<&str, Problem> {
    let value = http.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token =
        value.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    token.map(|(_, token)| token.trim()).ok_or_else(|| Code::Unauthenticated.into())
}

fn written(status: StatusCode, body: Option<&Value>) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((header::CACHE_CONTROL, NO_STORE));
    match body {
        Some(body) => answer.json(body),
        None => answer.finish(),
    }
}

fn replayed(stored: Stored) -> HttpResponse {
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
    let mut answer = written(status, stored.body.as_ref());
    for (name, value) in &stored.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str())) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer.headers_mut().insert(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
    answer
}

/// The context of a line of the audit trail: what it says of the request.
struct AuditContext {
    db: Data<Db>,
    now: DateTime<Utc>,
    actor: Option<String>,
    tried: Arc<OnceLock<String>>,
    organisation: Option<String>,
    origin: RequestOrigin,
    terms: Terms,
    path: String,
    with_token: bool,
    reads: bool,
    strangers: Option<Data<Strangers>>,
}

impl AuditContext {
    fn of_result(self, result: &ActionResult) -> Event {
        let Belongs { organisation, division } = result.belongs.clone();
        Event {
            subject: Some(result.subject.clone()),
            organisation,
            division,
            detail: result.detail.clone(),
            ..self.event(Outcome::Done)
        }
    }

    fn event(self, outcome: Outcome) -> Event {
        Event {
            actor: self.actor.or_else(|| self.tried.get().cloned()),
            address: self.origin.address.map(|address| address.to_string()),
            request_id: Some(self.origin.id).filter(|id| !id.is_empty()),
            action: self.terms.action.into(),
            subject: Some(self.path),
            organisation: self.organisation,
            division: None,
            outcome,
            problem: None,
            detail: None,
        }
    }

    /// Tells of what was refused, where it matters: every attempt to write, and reads that were not permitted. Who is known to nobody is
    /// only counted.
    async fn refused(self, problem: &Problem) {
        let told = match problem.code {
            // Anybody can ask without a token; that says nothing about anyone.
            Code::Unauthenticated => self.with_token,
            Code::Forbidden | Code::NotFound => true,
            Code::Internal | Code::Unavailable | Code::TooManyRequests => false,
            _ => !self.reads,
        };
        if !told {
            return;
        }
        if self.actor.is_none() && self.tried.get().is_none() {
            return self.strangers.iter().for_each(|strangers| strangers.count(problem.code));
        }
        let (db, now) = (self.db.clone(), self.now);
        let event = Event { problem: Some(problem.code.spec().code.into()), ..self.event(Outcome::Refused) };
        let written = db.write(move |conn| audit::record(conn, now, event)).await;
        if let Err(error) = written {
            log::error!("a refusal is missing in the audit trail: {error}");
        }
    }
}

impl RequestContext {
    /// Whether the caller may know of drafts that belong there: what is read, listed, named, applied before a check and told by a
    /// refusal is decided here alone.
    pub fn sees(&self, belongs: &Belongs) -> bool {
        self.caller.may(Permission::ItemsRead, belongs)
    }

    /// 404 for who must not know that it exists.
    pub fn must_see(&self, belongs: &Belongs) -> Result<(), Problem> {
        match self.sees(belongs) {
            true => Ok(()),
            false => Err(Code::NotFound.into()),
        }
    }
}
