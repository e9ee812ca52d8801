//! Figures for Prometheus. Handles are resolved once for each route, never per request.

use std::{cell::RefCell, net::SocketAddr, time::Duration};

use actix_web::HttpRequest;
use chrono::Utc;
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder, core::Collector,
};

use crate::{
    base::network::Listener,
    register::{catalog::Lag, db::scrub::Unscrubbed, upstream::Upstream, witnesses::Witnesses},
    web::{answer::RouteName, rendered::CacheFigures},
};

/// Classes of status, 1xx to 5xx.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// Bounds of the buckets, in seconds.
const BUCKETS: [f64; 12] = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

/// The address at which the figures are, as the only thing there; without it they are nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricsAddress(pub Option<SocketAddr>);

impl MetricsAddress {
    /// Whether this request came to it.
    pub fn is_asked(self, request: &HttpRequest) -> bool {
        self.0.is_some_and(|address| request.conn_data() == Some(&Listener(address)))
    }
}

/// Every figure of this process.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    aborted: IntCounter,
    seq: IntGauge,
    head: IntGauge,
    signed: IntGauge,
    renderings: IntCounter,
    rendered: IntGauge,
    rendered_bytes: IntGauge,
    streams: IntGauge,
    bodies: IntGauge,
    unscrubbed: IntGauge,
    unscrubbed_for: IntGauge,
    witnesses: IntGaugeVec,
    sources: Sources,
}

/// Figures that others in the process tell when they are asked.
pub struct ProcessFigures<'a> {
    /// How far the log is followed.
    pub lag: Lag,
    /// Lines of the checkpoint that is given out.
    pub signed: u64,
    /// Charts, guides and posters that are kept.
    pub held: CacheFigures,
    /// Streams of the feed that are open.
    pub streams: u64,
    /// Bytes of the bodies of requests that are held.
    pub bodies: u64,
    /// Erasures of which something is still on the disk.
    pub unscrubbed: Option<Unscrubbed>,
    /// The witnesses that cosign its log.
    pub witnesses: Option<&'a Witnesses>,
    /// The registers that it mirrors.
    pub upstream: Option<&'a Upstream>,
}

/// The figures that a mirror tells of each of its sources.
struct Sources {
    seq: IntGaugeVec,
    head: IntGaugeVec,
    silence: IntGaugeVec,
    sound: IntGaugeVec,
    refusals: IntGaugeVec,
    disputes: IntGauge,
}

/// The handles of one route.
#[derive(Clone)]
struct Route {
    requests: [IntCounter; 5],
    duration: Histogram,
}

thread_local! {
    /// Found by address, not by text: a route's name is one constant. The busiest come first.
    static ROUTES: RefCell<Vec<(&'static str, Route)>> = const { RefCell::new(Vec::new()) };
}

impl Metrics {
    /// Registers all figures of this process, at zero, and those of other parts of it.
    pub fn with(others: impl IntoIterator<Item = Box<dyn Collector>>) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        others.into_iter().try_for_each(|other| registry.register(other))?;
        let requests = Opts::new("qingdan_http_requests_total", "Requests by route and class of status.");
        let durations = HistogramOpts::new("qingdan_http_request_duration_seconds", "Time to an answer by route.");
        let durations = durations.buckets(BUCKETS.to_vec());
        let witnesses = Opts::new("qingdan_witness_cosigned", "Lines of the checkpoint that a witness cosigned last.");
        let counter = |name, help| registered(&registry, IntCounter::new(name, help));
        let gauge = |name, help| registered(&registry, IntGauge::new(name, help));
        Ok(Self {
            requests: registered(&registry, IntCounterVec::new(requests, &["route", "status"]))?,
            durations: registered(&registry, HistogramVec::new(durations, &["route"]))?,
            aborted: counter(
                "qingdan_http_aborted_total",
                "Requests whose client went away before it had its answer whole.",
            )?,
            seq: gauge("qingdan_registry_seq", "The last change that is read here.")?,
            head: gauge("qingdan_log_head", "The last change of the log, as far as is known here.")?,
            signed: gauge("qingdan_log_signed_size", "Lines of the checkpoint that is given out.")?,
            renderings: counter("qingdan_renderings_total", "Charts, guides and posters that were written.")?,
            rendered: gauge("qingdan_rendered", "Charts, guides and posters that are kept.")?,
            rendered_bytes: gauge("qingdan_rendered_bytes", "Memory that they take.")?,
            streams: gauge("qingdan_streams", "Streams, long polls and other requests that wait for a change.")?,
            bodies: gauge("qingdan_bodies_held_bytes", "What is held of large bodies of requests.")?,
            unscrubbed: gauge(
                "qingdan_erasures_unscrubbed",
                "Erasures of which something is still on the disk, as of the last attempt.",
            )?,
            unscrubbed_for: gauge(
                "qingdan_erasures_unscrubbed_seconds",
                "How long the oldest of them waits to be taken off the disk.",
            )?,
            witnesses: registered(&registry, IntGaugeVec::new(witnesses, &["witness"]))?,
            sources: Sources::registered(&registry)?,
            registry,
        })
    }

    /// Counts one answer.
    pub fn count(&self, route: RouteName, status: u16, duration: Duration) {
        ROUTES.with_borrow_mut(|routes| {
            let place = routes.iter().position(|(name, _)| std::ptr::eq(*name, route.0)).unwrap_or_else(|| {
                routes.push((route.0, self.route(route.0)));
                routes.len() - 1
            });
            let handles = &routes[place].1;
            let class = usize::from(status / 100).clamp(1, 5) - 1;
            handles.requests[class].inc();
            handles.duration.observe(duration.as_secs_f64());
        });
    }

    /// Counts one whose client went away.
    pub fn count_aborted(&self) {
        self.aborted.inc();
    }

    fn route(&self, name: &str) -> Route {
        Route {
            requests: CLASSES.map(|class| self.requests.with_label_values(&[name, class])),
            duration: self.durations.with_label_values(&[name]),
        }
    }

    /// The text format of Prometheus.
    pub fn text(&self, standing: ProcessFigures<'_>) -> Result<Vec<u8>, prometheus::Error> {
        let ProcessFigures { lag, signed, held, streams, bodies, unscrubbed, witnesses, upstream } = standing;
        for witness in witnesses.into_iter().flat_map(|witnesses| &witnesses.0) {
            self.witnesses.with_label_values(&[witness.name()]).set(witness.cosigned());
        }
        self.seq.set(lag.seq);
        self.head.set(lag.head);
        self.signed.set(i64::try_from(signed).unwrap_or(i64::MAX));
        self.renderings.inc_by(held.written.saturating_sub(self.renderings.get()));
        self.rendered.set(i64::try_from(held.answers).unwrap_or(i64::MAX));
        self.rendered_bytes.set(i64::try_from(held.bytes).unwrap_or(i64::MAX));
        self.streams.set(i64::try_from(streams).unwrap_or(i64::MAX));
        self.bodies.set(i64::try_from(bodies).unwrap_or(i64::MAX));
        self.unscrubbed.set(unscrubbed.map_or(0, |waiting| waiting.erasures));
        self.unscrubbed_for.set(unscrubbed.map_or(0, |waiting| (Utc::now() - waiting.since).num_seconds()));
        if let Some(upstream) = upstream {
            self.sources.set(upstream);
        }
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// Registers a figure that could be made.
fn registered<C: Collector + Clone + 'static>(
    registry: &Registry,
    figure: Result<C, prometheus::Error>,
) -> Result<C, prometheus::Error> {
    let figure = figure?;
    registry.register(Box::new(figure.clone()))?;
    Ok(figure)
}

impl Sources {
    fn registered(registry: &Registry) -> Result<Self, prometheus::Error> {
        let of_each =
            |name: &str, help: &str| registered(registry, IntGaugeVec::new(Opts::new(name, help), &["source"]));
        let disputes = IntGauge::new("qingdan_mirror_disputes", "Records that two sources claim.");
        Ok(Self {
            seq: of_each("qingdan_mirror_source_seq", "The last line that was taken from a source.")?,
            head: of_each("qingdan_mirror_source_head", "The last line of a source's log, as far as it has said.")?,
            silence: of_each(
                "qingdan_mirror_source_silence_seconds",
                "Time since a source last answered as it should.",
            )?,
            sound: of_each("qingdan_mirror_source_followed", "1 while a source is followed as it should be, else 0.")?,
            refusals: of_each("qingdan_mirror_source_refusals", "How often a source was refused since the start.")?,
            disputes: registered(registry, disputes)?,
        })
    }

    fn set(&self, upstream: &Upstream) {
        for source in upstream.sources() {
            let (address, standing) = ([source.address()], source.standing());
            let whole = |figure: u64| i64::try_from(figure).unwrap_or(i64::MAX);
            self.seq.with_label_values(&address).set(standing.seq);
            self.head.with_label_values(&address).set(standing.head);
            if let Some(contact) = standing.contact {
                self.silence.with_label_values(&address).set(whole(contact.elapsed().as_secs()));
            }
            self.sound.with_label_values(&address).set(i64::from(standing.is_sound()));
            self.refusals.with_label_values(&address).set(whole(standing.refusals));
        }
        self.disputes.set(upstream.readiness().disputed);
    }
}
