//! Places for those who write: only so many transactions at a time, since they wait for each other.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// A transaction that has been at work for so long waits for another one, or others wait for it.
const LONG: Duration = Duration::from_secs(15);

/// The places of transactions that may write.
#[derive(Clone)]
pub(super) struct Writers {
    places: Arc<Semaphore>,
    begun: Arc<Mutex<Begun>>,
}

/// When each transaction that has not ended began, by its number.
#[derive(Default)]
struct Begun {
    next: u64,
    at: BTreeMap<u64, Instant>,
}

/// The place of one transaction, up to its end.
pub(super) struct Place {
    number: u64,
    begun: Arc<Mutex<Begun>>,
    _permit: OwnedSemaphorePermit,
}

impl Writers {
    pub(super) fn new(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), begun: Arc::default() }
    }

    /// Waits for a place, in the order of those who ask; none where none was free in time.
    pub(super) async fn place(&self, patience: Duration) -> Option<Place> {
        let permit = timeout(patience, self.places.clone().acquire_owned()).await.ok()?.ok()?;
        let mut begun = lock(&self.begun);
        let number = begun.next;
        begun.next += 1;
        begun.at.insert(number, Instant::now());
        Some(Place { number, begun: self.begun.clone(), _permit: permit })
    }

    /// Whether a transaction has been at work for long.
    pub(super) fn are_held_up(&self, now: Instant) -> bool {
        lock(&self.begun).at.values().any(|began| now.saturating_duration_since(*began) >= LONG)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.begun).at.remove(&self.number);
    }
}

fn lock(begun: &Mutex<Begun>) -> MutexGuard<'_, Begun> {
    begun.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn so_many_write_at_a_time_and_it_is_told_while_one_takes_long() {
        let writers = Writers::new(1);
        let (place, now) = (writers.place(Duration::ZERO).await.expect("it is free"), Instant::now());

        assert!(writers.place(Duration::ZERO).await.is_none());
        assert!(!writers.are_held_up(now) && writers.are_held_up(now + LONG));

        drop(place);
        assert!(!writers.are_held_up(now + LONG));
        assert!(writers.place(Duration::ZERO).await.is_some());
    }
}
