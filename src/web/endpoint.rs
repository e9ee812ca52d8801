//! Public endpoints as rows of tables: where each is, which function answers, and what it promises in the contract.
//!
//! Anybody may ask them, with `GET` and `HEAD`; the path of a row is also the name of its figures. A row holds its handler as the
//! function that it is, so that a request is answered without a detour through a pointer.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use actix_web::{
    HttpRequest, HttpResponse, Resource, Route,
    guard::{self, Guard},
    http::{Method, header},
    web::{self, Data, ServiceConfig},
};

use crate::{
    model::kinds::Kind,
    problem::Problem,
    register::catalog::Catalog,
    web::{
        answer::RouteName,
        contract::Operation,
        routes::{ReadError, refuse_method},
    },
};

/// Describes an operation at the path of its row.
pub type Describe = fn(&str) -> Operation;

/// Describes an operation of a subject at its path.
pub type DescribeOf<T> = fn(&'static T, &str) -> Operation;

/// One public endpoint.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// Path with `{parameters}`.
    pub path: &'static str,
    read: &'static dyn Read,
    promises: &'static [Describe],
}

impl Endpoint {
    /// An endpoint that no contract mentions, such as a page.
    pub const fn get(path: &'static str, read: &'static dyn Read) -> Self {
        Self { path, read, promises: &[] }
    }

    /// Adds what the contract says of it: more than one operation where its path has several meanings.
    pub const fn promises(mut self, operations: &'static [Describe]) -> Self {
        self.promises = operations;
        self
    }

    /// Returns the resource that answers.
    pub fn resource(&self) -> Resource {
        resource(self.path, self.read.route())
    }
}

/// An endpoint that each of several subjects has: the kinds of record, the formats of a file.
pub struct EndpointOf<T: 'static> {
    /// Path, in which `*` stands for [`Subject::part`].
    path: &'static str,
    read: &'static dyn ReadOf<T>,
    promises: &'static [DescribeOf<T>],
}

impl<T: Subject> EndpointOf<T> {
    /// An endpoint of each subject that no contract mentions.
    pub const fn get(path: &'static str, read: &'static dyn ReadOf<T>) -> Self {
        Self { path, read, promises: &[] }
    }

    /// Adds what the contract says of it.
    pub const fn promises(mut self, operations: &'static [DescribeOf<T>]) -> Self {
        self.promises = operations;
        self
    }

    /// Returns the path of one subject; it is made once for the process.
    fn path_of(&self, subject: &T) -> &'static str {
        static PATHS: Mutex<BTreeMap<(&str, &str), &str>> = Mutex::new(BTreeMap::new());
        let mut known = PATHS.lock().unwrap_or_else(PoisonError::into_inner);
        let path = || &*Box::leak(self.path.replacen('*', subject.part(), 1).into_boxed_str());
        known.entry((self.path, subject.part())).or_insert_with(path)
    }
}

/// A subject of endpoints.
pub trait Subject {
    /// Returns the part of a path that names it.
    fn part(&self) -> &'static str;
}

impl Subject for Kind {
    fn part(&self) -> &'static str {
        self.path
    }
}

/// An `async fn` that answers reads.
pub trait Read {
    /// Returns the route to it.
    fn route(&self) -> Route;
}

impl<F, E> Read for F
where
    F: AsyncFn(&HttpRequest, &Catalog) -> Result<HttpResponse, E> + Copy + 'static,
    E: Into<ReadError> + 'static,
{
    fn route(&self) -> Route {
        let read = *self;
        let answer = move |request: HttpRequest, catalog: Data<Catalog>| async move {
            read(&request, &catalog).await.or_else(|error| redirection(error.into()))
        };
        verb_route(&Method::GET).to(answer)
    }
}

/// An `async fn` that answers reads about one of several subjects.
pub trait ReadOf<T> {
    /// Returns the route to it for this subject.
    fn route(&self, subject: &'static T) -> Route;
}

impl<F, T, E> ReadOf<T> for F
where
    F: AsyncFn(&'static T, &HttpRequest, &Catalog) -> Result<HttpResponse, E> + Copy + 'static,
    E: Into<ReadError> + 'static,
{
    fn route(&self, subject: &'static T) -> Route {
        let read = *self;
        let answer = move |request: HttpRequest, catalog: Data<Catalog>| async move {
            read(subject, &request, &catalog).await.or_else(|error| redirection(error.into()))
        };
        verb_route(&Method::GET).to(answer)
    }
}

/// Mounts endpoints in their order: the router tries them one after another.
pub fn configure(config: &mut ServiceConfig, endpoints: &[Endpoint]) {
    for endpoint in endpoints {
        config.service(endpoint.resource());
    }
}

/// Mounts the endpoints of each subject, in their order.
pub fn configure_each<T: Subject>(
    config: &mut ServiceConfig,
    subjects: impl IntoIterator<Item = &'static T>,
    endpoints: &[EndpointOf<T>],
) {
    for subject in subjects {
        for endpoint in endpoints {
            config.service(resource(endpoint.path_of(subject), endpoint.read.route(subject)));
        }
    }
}

/// Returns what endpoints promise, in their order.
pub fn operations(endpoints: &[Endpoint]) -> impl Iterator<Item = Operation> {
    endpoints.iter().flat_map(|endpoint| endpoint.promises.iter().map(|describe| describe(endpoint.path)))
}

/// Returns what the endpoints of each subject promise, in their order.
pub fn operations_of_each<T: Subject>(
    subjects: impl IntoIterator<Item = &'static T>,
    endpoints: &[EndpointOf<T>],
) -> impl Iterator<Item = Operation> {
    subjects.into_iter().flat_map(move |subject| {
        endpoints.iter().flat_map(move |endpoint| {
            endpoint.promises.iter().map(move |describe| describe(subject, endpoint.path_of(subject)))
        })
    })
}

/// Starts a route that takes one method; `GET` also means `HEAD`.
pub fn verb_route(method: &Method) -> Route {
    match *method {
        Method::GET => Route::new().guard(reading()),
        _ => Route::new().guard(guard::Method(method.clone())),
    }
}

fn reading() -> impl Guard {
    guard::Any(guard::Get()).or(guard::Head())
}

/// A resource with one route: 405 for every other method.
fn resource(path: &'static str, route: Route) -> Resource {
    web::resource(path).app_data(RouteName(path)).route(route).default_service(web::to(refuse_method))
}

/// Answers with the redirection to the new address of a record; a problem remains an error, which the edge answers.
fn redirection(error: ReadError) -> Result<HttpResponse, Problem> {
    match error {
        ReadError::Moved(location) => {
            Ok(HttpResponse::PermanentRedirect().insert_header((header::LOCATION, &*location)).finish())
        }
        ReadError::Problem(problem) => Err(problem),
    }
}
