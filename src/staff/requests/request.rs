//! One request of the staff part, from the token to the audit trail.

use std::{
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
        header::{self, HeaderValue},
    },
    web::{Bytes, Data, Payload},
};
use chrono::{DateTime, SubsecRound, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    action::RequestContext,
    admission::{Admission, bearer},
    answers::NO_STORE,
    audit_context::{AuditContext, RequestOrigin},
    bodies::{Bodies, Coming, Share, too_large, weight_of_json},
    json_body::json,
    lacking::nowhere,
    preconditions::Preconditions,
    quota::Quotas,
    strangers::Strangers,
    terms::{Need, Terms},
};
use crate::{
    base::{blocking, client::Client},
    fields::Shape,
    problem::{Code, Problem},
    register::{catalog::Catalog, db::Db},
    staff::{
        audit::{Event, Outcome},
        identity::{Authority, Caller},
    },
    web::{
        answer::{has_tag, unkept},
        limits::Settlement,
        query::Parameters,
        routes::part,
    },
};

/// Bytes of a body from which on it is read where work may take its time.
const LONG: usize = 32 << 10;

/// Media type of a form with a file, which is copied to be read.
const FORM: &str = "multipart/form-data";

/// The media types of JSON that is sent, changes among it.
pub const JSON_TYPES: [&str; 2] = ["application/json", "application/merge-patch+json"];

/// The answer of a handler, to come.
pub type Answering = Pin<Box<dyn Future<Output = Result<HttpResponse, Problem>>>>;

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
    /// The HTTP request, without its body.
    pub http: HttpRequest,
    /// The body, whole.
    pub body: Bytes,
    /// The database.
    pub db: Data<Db>,
    /// The register.
    pub catalog: Data<Catalog>,
    /// The time of the request.
    pub now: DateTime<Utc>,
    pub(super) terms: Terms,
    origin: RequestOrigin,
    admission: Option<Admission>,
    tried: Arc<OnceLock<String>>,
    /// Room for the body, which work that outlives the request keeps.
    pub(super) share: Arc<Share>,
}

impl Request {
    /// Serves a request: finds its caller, asks whether they may, reads the body, calls the handler and records a refusal.
    pub async fn serve(
        terms: Terms,
        handler: fn(Self) -> Answering,
        http: HttpRequest,
        payload: Payload,
    ) -> Result<HttpResponse, Problem> {
        let mut request = Self::of(terms, http.clone())?;
        let (trail, answered) = match request.admit(payload).await {
            Ok(()) => (request.trail(), handler(request).await),
            Err(problem) => (request.trail(), Err(problem)),
        };
        if let Err(problem) = &answered {
            trail.refused(problem).await;
        }
        match answered {
            Ok(answer) if terms.compressed => Ok(unkept(&http, answer).await),
            answered => answered,
        }
    }

    fn of(terms: Terms, http: HttpRequest) -> Result<Self, Problem> {
        let (db, catalog) = (needed::<Db>(&http, "database")?, needed::<Catalog>(&http, "catalog")?);
        let origin = http.extensions().get::<RequestOrigin>().cloned();
        let origin =
            origin.unwrap_or(RequestOrigin { id: String::new(), address: http.peer_addr().map(|peer| peer.ip()) });
        Ok(Self {
            http,
            body: Bytes::new(),
            db,
            catalog,
            // As fine as both databases keep it.
            now: Utc::now().trunc_subsecs(3),
            terms,
            origin,
            admission: None,
            tried: Arc::default(),
            share: Arc::default(),
        })
    }

    /// Lets the request in, if its caller may be where it asks, and reads its body.
    async fn admit(&mut self, payload: Payload) -> Result<(), Problem> {
        let authority = needed::<Authority>(&self.http, "authority")?;
        if self.terms.need != Need::Nobody {
            self.identify(&authority).await?;
        }
        self.receive(payload).await
    }

    /// Finds the caller, and refuses one who holds the permission nowhere.
    async fn identify(&mut self, authority: &Authority) -> Result<(), Problem> {
        let need = self.terms.need;
        let token = bearer(&self.http)?;
        let (caller, proof) = authority.caller(&self.db, token, self.now).await?;
        let caller = &self.admission.insert(Admission { caller, proof, need }).caller;
        self.http.extensions_mut().insert(Settlement::Held(Client::caller(&caller.id)));
        if caller.must_change_password && need != Need::Session {
            return Err(Code::PasswordChangeRequired.into());
        }
        if let Need::OneOf(permissions) = need
            && !permissions.iter().any(|permission| caller.ever_may(*permission))
        {
            return Err(nowhere(permissions));
        }
        Ok(())
    }

    /// Reads the body, if there is room for it.
    async fn receive(&mut self, payload: Payload) -> Result<(), Problem> {
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

    /// The caller.
    pub fn caller(&self) -> Result<&Caller, Problem> {
        Ok(&self.admission()?.caller)
    }

    /// The admission of the caller; 401 where nobody is signed in.
    pub(super) fn admission(&self) -> Result<&Admission, Problem> {
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

    /// A line of the trail about this request, for a use case that writes it itself.
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
    pub async fn understood<T: Send + 'static>(
        &self,
        understand: impl FnOnce(Value) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        if !self.body.is_empty() {
            self.must_be(&JSON_TYPES)?;
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
        Preconditions::read(self.http.headers())
    }

    /// The context for a use case.
    pub fn context(&self) -> Result<RequestContext, Problem> {
        let quotas = self.settings().quotas;
        Ok(RequestContext { caller: self.caller()?.clone(), now: self.now, register: self.catalog.snapshot(), quotas })
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

    /// The request as the trail tells of it.
    pub(super) fn trail(&self) -> AuditContext {
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

/// The length of the body, where it is declared: one that is too long is refused before any of it has come.
fn declared_length(http: &HttpRequest) -> Option<usize> {
    let length = http.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?;
    // The HTTP layer takes nothing but digits: what does not fit is too much.
    Some(length.trim().parse().unwrap_or(usize::MAX))
}

fn needed<T: 'static>(http: &HttpRequest, name: &str) -> Result<Data<T>, Problem> {
    http.app_data::<Data<T>>().cloned().ok_or_else(|| {
        log::error!("the server was started without its {name}");
        Code::Internal.into()
    })
}
