//! Several sources into one log: the older publication first, as long as anything older may still come.

use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// Whose turn it is.
pub struct Turns(watch::Sender<Vec<Option<DateTime<Utc>>>>);

impl Turns {
    /// So many sources, of which nothing is known yet.
    pub fn of(sources: usize) -> Self {
        Self(watch::Sender::new(vec![Some(DateTime::<Utc>::MIN_UTC); sources]))
    }

    /// Nothing older than what comes next has to be waited for from this one: it has given everything, or cannot be reached.
    pub fn pass(&self, source: usize) {
        self.set(source, None);
    }

    /// Waits until no other source may still have a publication older than this one.
    pub async fn wait(&self, source: usize, published_at: DateTime<Utc>) {
        self.set(source, Some(published_at));
        let is_first = |times: &Vec<Option<DateTime<Utc>>>| {
            let waiting = times.iter().enumerate().filter_map(|(source, time)| Some(((*time)?, source)));
            waiting.min().is_none_or(|first| first == (published_at, source))
        };
        // It fails only when nobody can set a time any more, which this one could.
        let _ = self.0.subscribe().wait_for(is_first).await;
    }

    fn set(&self, source: usize, time: Option<DateTime<Utc>>) {
        self.0.send_modify(|times| times.iter_mut().skip(source).take(1).for_each(|own| *own = time));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::TimeDelta;
    use tokio::time::timeout;

    use super::*;

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(number)
    }

    async fn may_go(turns: &Turns, source: usize, time: DateTime<Utc>) -> bool {
        timeout(Duration::from_millis(20), turns.wait(source, time)).await.is_ok()
    }

    #[actix_web::test]
    async fn the_older_goes_first_and_nobody_waits_for_one_that_has_nothing() {
        let turns = Turns::of(2);
        assert!(!may_go(&turns, 0, day(2)).await, "nothing is known of the other one");
        assert!(may_go(&turns, 1, day(1)).await);
        assert!(!may_go(&turns, 1, day(3)).await);
        assert!(may_go(&turns, 0, day(2)).await);
        assert!(may_go(&turns, 0, day(3)).await, "at the same time the first one goes first");
        assert!(!may_go(&turns, 1, day(3)).await);
        turns.pass(0);
        assert!(may_go(&turns, 1, day(4)).await);
    }
}
