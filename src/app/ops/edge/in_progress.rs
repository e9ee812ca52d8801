//! The state of the edge, and a request while it goes through.

use std::{sync::Arc, time::Instant};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    web::Data,
};

use super::access_log::RequestLine;
use crate::{
    app::ops::metrics::{Metrics, MetricsAddress},
    base::{
        config::ServerSettings,
        network::{Networks, Origins},
        turns::Turn,
    },
    register::catalog::Catalog,
    web::{answer::RouteName, limits::Rates},
};

/// Status in the log of a request whose client went away before it had its answer; as nginx does.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// The state of the edge: its settings from the start, the buckets of its clients, and the metrics it counts in.
pub struct Edge {
    pub(super) catalog: Data<Catalog>,
    metrics: Data<Metrics>,
    pub(super) metrics_address: MetricsAddress,
    pub(super) rates: Arc<Rates>,
    trusted_proxies: Networks,
    pub(super) origins: Origins,
    pub(super) https_only: bool,
}

impl Edge {
    /// Makes the edge by the settings.
    pub fn new(
        settings: &ServerSettings,
        metrics: Data<Metrics>,
        metrics_address: MetricsAddress,
        catalog: Data<Catalog>,
    ) -> Self {
        Self {
            catalog,
            metrics,
            metrics_address,
            rates: Arc::new(Rates::new(&settings.limits)),
            trusted_proxies: settings.edge.trusted_proxies.clone(),
            origins: settings.edge.cors_origins.clone(),
            https_only: settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://")),
        }
    }

    /// Forgets clients that asked for nothing lately.
    pub fn forget_idle_clients(&self) {
        self.rates.forget_idle(Instant::now());
    }
}

/// A request while the edge handles it. Where the client goes away, the server drops the request wherever it is: then this tells of it.
pub struct RequestInProgress {
    edge: Data<Edge>,
    /// Its line in the log.
    pub line: RequestLine,
    /// The time at which it came.
    pub started: Instant,
    /// The turn in which its work is done.
    pub turn: Turn,
    /// The number of erasures before the state of the register that the answer shows.
    pub erasures: i64,
    /// Bytes that were sent of a body that is written while it is sent.
    pub sent: u64,
    /// Whether its answer was sent whole, or its line is written.
    pub is_over: bool,
}

impl RequestInProgress {
    /// Begins to handle a request.
    pub fn of(request: &ServiceRequest, edge: &Data<Edge>) -> Self {
        Self {
            edge: edge.clone(),
            line: RequestLine::of(request, &edge.trusted_proxies),
            started: Instant::now(),
            turn: Turn::here(),
            erasures: edge.catalog.erasures(),
            sent: 0,
            is_over: false,
        }
    }

    /// Whether something was erased since what the answer shows was read.
    pub fn is_outdated(&self) -> bool {
        self.edge.catalog.erasures() != self.erasures
    }

    /// Counts the answer and writes the line in the log.
    pub fn finish(&mut self, response: &ServiceResponse<BoxBody>) {
        self.is_over = true;
        let duration = self.started.elapsed();
        let status = response.status().as_u16();
        let route = response.request().app_data::<RouteName>().copied().unwrap_or(RouteName("other"));
        self.edge.metrics.count(route, status, duration);
        let bytes = match response.response().body().size() {
            BodySize::Sized(bytes) => bytes,
            BodySize::None | BodySize::Stream => 0,
        };
        self.line.log(status, bytes, duration, "");
    }
}

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        if !self.is_over {
            self.edge.metrics.count_aborted();
            self.line.log(CLIENT_CLOSED_REQUEST, self.sent, self.started.elapsed(), r#","outcome":"aborted""#);
        }
    }
}
