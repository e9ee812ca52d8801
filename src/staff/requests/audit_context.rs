//! A request in the audit trail.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use actix_web::web::Data;
use chrono::{DateTime, Utc};

use super::{
    action::{ActionPart, ActionResult},
    strangers::Strangers,
    terms::Terms,
};
use crate::{
    problem::{Code, Problem},
    register::db::Db,
    staff::{
        audit::{self, Event, Outcome},
        identity::Belongs,
    },
};

/// The origin of a request, as the edge knows it.
#[derive(Clone, Debug)]
pub struct RequestOrigin {
    /// `X-Request-Id`
    pub id: String,
    /// The client, past trusted proxies.
    pub address: Option<IpAddr>,
}

/// The context of a line of the audit trail: what it says of the request.
pub struct AuditContext {
    /// The database.
    pub db: Data<Db>,
    /// Time of the request.
    pub now: DateTime<Utc>,
    /// Name of the account.
    pub actor: Option<String>,
    /// Name of the account as which somebody tries to sign in.
    pub tried: Arc<OnceLock<String>>,
    /// Organisation of the account.
    pub organisation: Option<String>,
    /// Origin of the request.
    pub origin: RequestOrigin,
    /// Terms of the endpoint.
    pub terms: Terms,
    /// Path of the request.
    pub path: String,
    /// Whether it came with a token.
    pub with_token: bool,
    /// Whether it only reads.
    pub reads: bool,
    /// The counts of refusals of who is not known.
    pub strangers: Option<Data<Strangers>>,
}

impl AuditContext {
    /// The lines of an action that was done: its own, then one for each of its parts.
    pub fn lines_of(self, result: &ActionResult) -> Vec<Event> {
        let usual = self.event(Outcome::Done);
        let Belongs { organisation, division } = result.belongs.clone();
        let whole = Event {
            subject: Some(result.subject.clone()),
            organisation,
            division,
            detail: result.detail.clone(),
            ..usual.clone()
        };
        std::iter::once(whole).chain(result.parts.iter().map(|part| part.line(&usual))).collect()
    }

    /// A line about the request, with this outcome.
    pub fn event(self, outcome: Outcome) -> Event {
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

    /// Writes a line of a refusal where it matters: of every attempt to write, and of reads that were not permitted. Refusals of strangers
    /// are only counted.
    pub async fn refused(self, problem: &Problem) {
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

impl ActionPart {
    /// The line of the part; `usual` is one of its request.
    fn line(&self, usual: &Event) -> Event {
        let line = Event { action: self.action.into(), subject: Some(self.subject.clone()), ..usual.clone() };
        match &self.outcome {
            Ok((belongs, detail)) => {
                let Belongs { organisation, division } = belongs.clone();
                Event { organisation, division, detail: detail.clone(), ..line }
            }
            Err(problem) => Event { outcome: Outcome::Refused, problem: Some(problem.spec().code.into()), ..line },
        }
    }
}
