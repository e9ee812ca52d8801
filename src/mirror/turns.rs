//! Several sources into one log: the older publication first, as long as anything older may still come soon.
//!
//! **Invariant:** what has come of one source waits for what others were asked for no longer than the patience with them, and what
//! their lines have earned them; and for all that they have together no longer than [`LONGEST`] times as long.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

/// How long others wait altogether for what a source was asked for.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Time that each line that came adds to that, up to as much as there was at first: a source of many lines needs its time.
const FOR_A_LINE: Duration = Duration::from_millis(20);

/// How many times the patience with one source a publication waits at most, however many older lines the others send: lines of any time
/// can be made without end.
const LONGEST: u32 = 10;

/// Whose turn it is.
pub struct Turns {
    places: watch::Sender<Vec<Place>>,
    patience: Duration,
}

/// The place of a source in the order.
#[derive(Clone, Copy, Debug)]
struct Place {
    next: Next,
    /// How long the others still wait for it.
    patience: Duration,
}

/// The next publication of a source.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// Nothing that would have to be waited for: it has given everything, or cannot be reached.
    Nothing,
    /// A publication of this time, which has come.
    Come(DateTime<Utc>),
    /// Something of this time or later, for which it was asked at that moment.
    Asked(DateTime<Utc>, Instant),
}

/// The reason why a publication waits.
#[derive(Debug, PartialEq, Eq)]
enum Before {
    /// Nothing.
    Nothing,
    /// An older publication, which has come.
    Older,
    /// A publication that another source was asked for: until that moment, unless it comes.
    Asked(Instant),
}

impl Turns {
    /// Begins with so many sources, of which nothing is known yet; the others wait so long for each.
    pub fn of(sources: usize, patience: Duration) -> Self {
        let unknown = Place { next: Next::Asked(DateTime::<Utc>::MIN_UTC, Instant::now()), patience };
        Self { places: watch::Sender::new(vec![unknown; sources]), patience }
    }

    /// Lets the others wait for nothing older than what comes next from this source: it has given everything, or cannot be reached.
    pub fn pass(&self, source: usize) {
        self.set(source, |place| place.next = Next::Nothing);
    }

    /// Notes that this source is asked for what comes after its last publication.
    pub fn asks(&self, source: usize) {
        self.set(source, |place| {
            if let Next::Come(time) = place.next {
                place.next = Next::Asked(time, Instant::now());
            }
        });
    }

    /// Waits until no other source may still have a publication older than this one, of so many lines, or was waited for long
    /// enough: those are given.
    pub async fn wait(&self, source: usize, published_at: DateTime<Utc>, lines: usize) -> Vec<usize> {
        let earned = FOR_A_LINE.saturating_mul(u32::try_from(lines).unwrap_or(u32::MAX));
        self.set(source, |place| {
            place.next = Next::Come(published_at);
            place.patience = place.patience.saturating_add(earned).min(self.patience);
        });
        let (mut turns, own) = (self.places.subscribe(), (published_at, source));
        let longest = Instant::now() + self.patience.saturating_mul(LONGEST);
        loop {
            let places = turns.borrow_and_update().clone();
            // A change fails to come only when nobody can make one any more, which this one could.
            let now = Instant::now();
            let until = match before(&places, own, now) {
                Before::Nothing => now,
                Before::Older => longest,
                Before::Asked(until) => until.min(longest),
            };
            if until <= now {
                return older(&places, own).map(|(source, _)| source).collect();
            }
            let _ = timeout_at(until, turns.changed()).await;
        }
    }

    /// Changes the place of a source, which has kept the others waiting for as long as it was asked.
    fn set(&self, source: usize, change: impl FnOnce(&mut Place)) {
        self.places.send_modify(|places| {
            let Some(place) = places.get_mut(source) else { return };
            if let Next::Asked(time, since) = place.next {
                let now = Instant::now();
                place.patience = place.patience.saturating_sub(now.saturating_duration_since(since));
                place.next = Next::Asked(time, now);
            }
            change(place);
        });
    }
}

impl Place {
    fn is_before(&self, source: usize, own: (DateTime<Utc>, usize)) -> bool {
        match self.next {
            Next::Nothing => false,
            Next::Come(time) | Next::Asked(time, _) => (time, source) < own,
        }
    }

    /// The moment until which it is waited for, where it was asked for something.
    fn until(&self) -> Option<Instant> {
        match self.next {
            Next::Asked(_, since) => since.checked_add(self.patience),
            Next::Nothing | Next::Come(_) => None,
        }
    }
}

fn before(places: &[Place], own: (DateTime<Utc>, usize), now: Instant) -> Before {
    let asked = older(places, own).filter_map(|(_, place)| place.until()).filter(|until| *until > now).min();
    match asked {
        Some(until) => Before::Asked(until),
        None if older(places, own).any(|(_, place)| matches!(place.next, Next::Come(_))) => Before::Older,
        None => Before::Nothing,
    }
}

/// The sources that have something older, or may still have it.
fn older(places: &[Place], own: (DateTime<Utc>, usize)) -> impl Iterator<Item = (usize, &Place)> {
    places.iter().enumerate().filter(move |(source, place)| place.is_before(*source, own))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use tokio::time::timeout;

    use super::*;

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(number)
    }

    async fn may_go(turns: &Turns, source: usize, time: DateTime<Utc>) -> bool {
        timeout(Duration::from_millis(20), turns.wait(source, time, 1)).await.is_ok()
    }

    #[actix_web::test]
    async fn the_older_goes_first_and_nobody_waits_for_one_that_has_nothing() {
        let turns = Turns::of(2, Duration::from_secs(3600));
        assert!(!may_go(&turns, 0, day(2)).await, "nothing is known of the other one");
        assert!(may_go(&turns, 1, day(1)).await);
        assert!(!may_go(&turns, 1, day(3)).await);
        assert!(may_go(&turns, 0, day(2)).await);
        assert!(may_go(&turns, 0, day(3)).await, "at the same time the first one goes first");
        assert!(!may_go(&turns, 1, day(3)).await);
        turns.asks(0);
        assert!(!may_go(&turns, 1, day(3)).await, "it may have more of that day");
        turns.pass(0);
        assert!(may_go(&turns, 1, day(4)).await);
    }

    #[test]
    fn a_source_is_waited_for_as_long_as_the_patience_with_it_and_what_has_come_always() {
        let now = Instant::now();
        let asked = |seconds| Place { next: Next::Asked(day(1), now), patience: Duration::from_secs(seconds) };
        let come = Place { next: Next::Come(day(2)), patience: Duration::ZERO };
        let own = Place { next: Next::Come(day(3)), patience: Duration::ZERO };
        let at = |places: &[Place], seconds| {
            let moment = now + Duration::from_secs(seconds);
            before(places, (day(3), places.len() - 1), moment)
        };
        let until = |seconds| Before::Asked(now + Duration::from_secs(seconds));
        assert_eq!(at(&[asked(60), own], 59), until(60));
        assert_eq!(at(&[asked(60), own], 60), Before::Nothing);
        assert_eq!(at(&[asked(60), asked(30), own], 0), until(30));
        assert_eq!(at(&[asked(60), asked(30), own], 45), until(60));
        assert_eq!(at(&[asked(60), come, own], 60), Before::Older);
        assert_eq!(at(&[asked(60), Place { next: Next::Nothing, ..own }, own], 60), Before::Nothing);
    }

    #[actix_web::test]
    async fn who_was_waited_for_long_enough_is_named() {
        let turns = Turns::of(3, Duration::ZERO);
        turns.pass(2);
        assert_eq!(turns.wait(1, day(1), 0).await, [0]);
        turns.pass(0);
        assert_eq!(turns.wait(1, day(2), 0).await, Vec::<usize>::new());
    }

    #[actix_web::test]
    async fn lines_earn_patience_and_there_is_no_more_of_it_than_at_first() {
        let turns = Turns::of(1, Duration::from_secs(3600));
        let left = || turns.places.borrow()[0].patience;
        turns.wait(0, day(1), 1_000_000).await;
        assert_eq!(left(), Duration::from_secs(3600));
        turns.set(0, |place| place.patience = Duration::ZERO);
        turns.wait(0, day(2), 50).await;
        assert_eq!(left(), Duration::from_secs(1));
        turns.asks(0);
        turns.pass(0);
        assert!(left() <= Duration::from_secs(1), "what it was waited for is gone");
    }
}
