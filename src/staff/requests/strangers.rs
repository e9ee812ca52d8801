//! Refusals of callers without a known account. Anybody can have as many as they like, so the trail has no line for each: they are
//! counted, and recorded together.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use prometheus::{IntCounterVec, Opts, core::Collector};
use serde_json::json;

use crate::{
    problem::Code,
    register::db::{Db, DbError},
    staff::audit::{self, Event, Outcome},
};

/// Counts of refusals, by the code of the problem.
#[derive(Clone)]
pub struct Strangers {
    counted: IntCounterVec,
    untold: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl Strangers {
    /// None so far.
    pub fn new() -> Result<Self, prometheus::Error> {
        let counted =
            Opts::new("qingdan_strangers_refused_total", "Requests to the staff part refused without a known account.");
        Ok(Self { counted: IntCounterVec::new(counted, &["problem"])?, untold: Arc::default() })
    }

    /// Returns the figures of these refusals that the process shows.
    pub fn collectors(&self) -> [Box<dyn Collector>; 1] {
        [Box::new(self.counted.clone())]
    }

    /// Counts one.
    pub fn count(&self, problem: Code) {
        let code = problem.spec().code;
        self.counted.with_label_values(&[code]).inc();
        *self.untold().entry(code).or_default() += 1;
    }

    /// Records all since the last time in one line of the trail.
    pub async fn record_in_trail(&self, db: &Db, now: DateTime<Utc>) -> Result<Option<String>, DbError> {
        let counts = mem::take(&mut *self.untold());
        if counts.is_empty() {
            return Ok(None);
        }
        let event = Event {
            outcome: Outcome::Refused,
            detail: Some(json!({ "refused": counts })),
            ..Event::of_system("strangers.refuse", None)
        };
        let written = db.write(move |conn| audit::record(conn, now, event)).await;
        if let Err(error) = written {
            counts.iter().for_each(|(code, count)| *self.untold().entry(*code).or_default() += count);
            return Err(error);
        }
        Ok(Some(format!("{} refused", counts.values().sum::<u64>())))
    }

    fn untold(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_a_stranger_is_counted_by_its_problem() {
        let strangers = Strangers::new().expect("a counter");
        for code in [Code::Unauthenticated, Code::BadCredentials, Code::Unauthenticated] {
            strangers.count(code);
        }
        assert_eq!(strangers.counted.with_label_values(&["unauthenticated"]).get(), 2);
        assert_eq!(*strangers.untold(), BTreeMap::from([("bad-credentials", 1), ("unauthenticated", 2)]));
    }
}
