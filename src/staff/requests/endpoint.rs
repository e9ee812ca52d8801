//! An endpoint of the staff part: its address, what it needs, and how it is mounted.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse, Route,
    http::{Method, header},
    web::{self, Payload, ServiceConfig},
};

use serde_json::Value;

use super::{
    request::{Answering, Request},
    terms::{Need, Terms},
};
use crate::{
    problem::{Code, Problem},
    web::{answer::RouteName, contract::Operation, endpoint::verb_route},
};

/// One endpoint of the staff part.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// `GET`, …
    pub verb: Verb,
    /// Path with `{parameters}`.
    pub path: &'static str,
    /// The terms for its requests.
    pub terms: Terms,
    /// Its handler.
    pub handler: fn(Request) -> Answering,
}

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Does something.
    Post,
    /// Replaces.
    Put,
    /// Changes in part.
    Patch,
    /// Removes.
    Delete,
}

impl Verb {
    /// The HTTP method.
    pub const fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }

    /// The method as an OpenAPI document writes it.
    pub const fn lower(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

impl Endpoint {
    /// An endpoint with the usual limits.
    pub const fn new(
        verb: Verb,
        path: &'static str,
        action: &'static str,
        need: Need,
        handler: fn(Request) -> Answering,
    ) -> Self {
        let repeatable = matches!(verb, Verb::Post);
        let terms = Terms { action, need, body_limit: None, repeatable, hidden: &[], compressed: true };
        Self { verb, path, terms, handler }
    }

    /// Sets the bytes that a body has at most.
    pub const fn taking(mut self, bytes: usize) -> Self {
        self.terms.body_limit = Some(bytes);
        self
    }

    /// Keeps these members of the body out of everything that is stored.
    pub const fn hiding(mut self, members: &'static [&'static str]) -> Self {
        self.terms.hidden = members;
        self
    }

    /// Stores no answers for requests that come again.
    pub const fn not_repeatable(mut self) -> Self {
        self.terms.repeatable = false;
        self
    }

    /// Never compresses its answers, which may tell a token, a secret or an address that holds one.
    pub const fn telling_secrets(mut self) -> Self {
        self.terms.compressed = false;
        self
    }

    /// The id of its operation.
    pub fn operation_id(&self) -> String {
        self.terms.action.replace('.', "_")
    }

    /// Describes the endpoint with the permissions that it needs; `answer` is the schema of its answer.
    pub fn operation(&self, tag: &'static str, answer: Value) -> Operation {
        let operation = Operation::staff(self.operation_id(), tag, self.verb.lower(), self.path, answer);
        let operation = match self.terms.need {
            Need::Nobody => operation.open(),
            Need::Session | Need::Account => operation,
            Need::OneOf(permissions) => operation.needing(permissions.iter().map(|permission| permission.value())),
        };
        match self.terms.repeatable {
            true => operation.refuses(&[Code::IdempotencyMismatch]),
            false => operation,
        }
    }
}

/// Marks the resources of the staff part, for the edge: not every web page may use them.
#[derive(Clone, Copy, Debug)]
pub struct StaffPart;

/// Mounts endpoints: those of one path together, so that other methods are answered with 405 and `Allow`.
pub fn configure(config: &mut ServiceConfig, endpoints: &[Endpoint]) {
    let mut paths: BTreeMap<&'static str, Vec<Endpoint>> = BTreeMap::new();
    // Registered longest first: `/drafts/{id}` must not catch what is below a fixed name.
    for endpoint in endpoints {
        paths.entry(endpoint.path).or_default().push(*endpoint);
    }
    let mut paths: Vec<_> = paths.into_iter().collect();
    // A name before a parameter in its place.
    paths.sort_by_key(|(path, _)| std::cmp::Reverse(path.replace('{', "\0")));
    for (path, endpoints) in paths {
        let allow = allowed(&endpoints);
        let mut resource = web::resource(path).app_data(RouteName(path)).app_data(StaffPart);
        for endpoint in endpoints {
            resource = resource.route(route(endpoint));
        }
        config.service(resource.default_service(web::to(move || refuse(allow.clone()))));
    }
}

fn route(endpoint: Endpoint) -> Route {
    let serve = move |request: HttpRequest, payload: Payload| {
        Request::serve(endpoint.terms, endpoint.handler, request, payload)
    };
    verb_route(&endpoint.verb.method()).to(serve)
}

fn allowed(endpoints: &[Endpoint]) -> String {
    let mut methods = Vec::new();
    for Endpoint { verb, .. } in endpoints {
        methods.push(verb.method().as_str().to_owned());
        methods.extend((*verb == Verb::Get).then(|| Method::HEAD.as_str().to_owned()));
    }
    methods.push(Method::OPTIONS.as_str().to_owned());
    methods.join(", ")
}

async fn refuse(allow: String) -> HttpResponse {
    let mut answer = HttpResponse::from_error(Problem::from(Code::MethodNotAllowed));
    if let Ok(allow) = allow.try_into() {
        answer.headers_mut().insert(header::ALLOW, allow);
    }
    answer
}
