//! How many connections a client may keep open at once: of all, and of those that never end by themselves.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::base::client::Client;

/// The open connections of each client.
pub struct Seats {
    most: Option<u32>,
    taken: Mutex<HashMap<Client, u32>>,
}

/// A connection that is open; the seat is free again when this is dropped.
pub struct Seat {
    seats: Arc<Seats>,
    client: Client,
}

impl Seats {
    /// Seats for so many connections of each client, or without limit.
    pub fn new(most: Option<u32>) -> Self {
        Self { most, taken: Mutex::default() }
    }

    /// Acquires a seat for `client`; `None` when it has all that it may have.
    pub fn acquire(self: &Arc<Self>, client: Client) -> Option<Seat> {
        let mut taken = self.counts();
        let own = taken.entry(client).or_default();
        if self.most.is_some_and(|most| *own >= most) {
            return None;
        }
        *own += 1;
        Some(Seat { seats: self.clone(), client })
    }

    /// How many are taken by all.
    pub fn taken(&self) -> u64 {
        self.counts().values().copied().map(u64::from).sum()
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Client, u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.counts();
        if let Some(own) = taken.get_mut(&self.client) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_so_many_seats_and_gets_them_back() {
        let seats = Arc::new(Seats::new(Some(2)));
        let (one, other) = (Client::V4(1), Client::V4(2));
        let first = seats.acquire(one);
        let second = seats.acquire(one);
        assert!(first.is_some() && second.is_some() && seats.acquire(one).is_none());
        assert!(seats.acquire(other).is_some(), "another client has its own");
        drop(first);
        assert!(seats.acquire(one).is_some());
        drop(second);
        assert_eq!(seats.taken(), 0, "and nobody is remembered");
    }
}
