//! Figures of deliveries.

use prometheus::{IntCounterVec, IntGaugeVec, Opts, core::Collector};

use super::{
    model::{Because, Webhook},
    transport::Failure,
};

/// States of a webhook.
const STATES: [&str; 3] = ["enabled", "failing", "disabled"];

/// Figures of this process; those of states are of all processes together.
#[derive(Clone)]
pub struct Figures {
    attempts: IntCounterVec,
    disabled: IntCounterVec,
    webhooks: IntGaugeVec,
}

impl Figures {
    /// All at zero.
    pub fn new() -> Result<Self, prometheus::Error> {
        let attempts =
            Opts::new("qingdan_webhook_attempts_total", "Attempts to deliver a message, by what came of them.");
        let disabled = Opts::new("qingdan_webhooks_disabled_total", "Webhooks that were disabled by themselves.");
        let webhooks = Opts::new("qingdan_webhooks", "Webhooks by state, as last seen.");
        let figures = Self {
            attempts: IntCounterVec::new(attempts, &["outcome"])?,
            disabled: IntCounterVec::new(disabled, &["because"])?,
            webhooks: IntGaugeVec::new(webhooks, &["state"])?,
        };
        let outcomes = Failure::ALL.map(Failure::value);
        outcomes
            .into_iter()
            .chain(["delivered"])
            .for_each(|outcome| drop(figures.attempts.with_label_values(&[outcome])));
        for because in [Because::Gone, Because::Failing] {
            drop(figures.disabled.with_label_values(&[because.value()]));
        }
        Ok(figures)
    }

    /// Returns the collectors that the process shows.
    pub fn collectors(&self) -> [Box<dyn Collector>; 3] {
        [Box::new(self.attempts.clone()), Box::new(self.disabled.clone()), Box::new(self.webhooks.clone())]
    }

    /// Counts an attempt.
    pub fn attempted(&self, failure: Option<Failure>) {
        self.attempts.with_label_values(&[failure.map_or("delivered", Failure::value)]).inc();
    }

    /// Counts a webhook that was disabled by itself.
    pub fn disabled(&self, because: Because) {
        self.disabled.with_label_values(&[because.value()]).inc();
    }

    /// Counts webhooks by state.
    pub fn seen(&self, webhooks: &[Webhook]) {
        for state in STATES {
            let count = webhooks.iter().filter(|webhook| webhook.state() == state).count();
            self.webhooks.with_label_values(&[state]).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}
