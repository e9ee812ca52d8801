//! Turns: who asks for much work waits behind its own, and not everybody else behind it.
//!
//! Places of which there are only so many are given to one client after another, in rounds: a client that had nothing in this round comes
//! before those who had, in the order in which they asked. So a client that comes to a long queue of another one waits until a place
//! is free, and not until that queue is done. What several wait for, made once for all, is done in the turn of whichever comes first.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{sync::oneshot, task::futures::TaskLocalFuture, task_local, time::timeout};

use crate::base::client::Client;

/// Clients of one round at most. It bounds what is kept, and how often others may come before somebody who had something.
const MOST_OF_A_ROUND: usize = 4096;

task_local! {
    /// The turn of what this task does.
    static TURN: Turn;
}

/// The client that asks for work; none is the process itself.
type Asker = Option<Client>;

/// In whose turn work is done.
#[derive(Clone, Debug)]
pub enum Turn {
    /// In the turn of one client, or, without one, of the process itself.
    Of(Asker),
    /// In the turn of any who wait for the same.
    OfAny(Together),
}

/// Those who wait for the same.
#[derive(Clone, Debug, Default)]
pub struct Together(Arc<Mutex<BTreeSet<Asker>>>);

/// Those who wait for the same, seen by somebody who does not.
#[derive(Clone, Debug)]
pub struct Waited(Weak<Mutex<BTreeSet<Asker>>>);

impl Turn {
    /// The turn of a client. The networks of one site take turns as one: who has a site has many of them.
    pub fn of(client: Client) -> Self {
        Self::Of(Some(client.site()))
    }

    /// The turn in which this task is at work.
    pub fn here() -> Self {
        TURN.try_with(Self::clone).unwrap_or(Self::Of(None))
    }

    /// Does all that `work` asks for in this turn.
    pub fn scope<F: Future>(self, work: F) -> TaskLocalFuture<Self, F> {
        TURN.scope(self, work)
    }

    /// Does `work` in this turn at once, for what is polled by hand.
    pub fn within<T>(self, work: impl FnOnce() -> T) -> T {
        TURN.sync_scope(self, work)
    }

    /// One of those whose turn it is, who had nothing in this round.
    fn asker_beside(&self, served: &BTreeSet<Asker>) -> Option<Asker> {
        let comes = |asker: &Asker| !served.contains(asker);
        match self {
            Self::Of(asker) => Some(*asker).filter(comes),
            Self::OfAny(together) => together.askers().iter().copied().find(comes),
        }
    }
}

impl Together {
    /// Waits with the others, in the turn in which this task is at work.
    pub fn join(&self) {
        let here = match Turn::here() {
            Turn::Of(asker) => BTreeSet::from([asker]),
            Turn::OfAny(others) if Arc::ptr_eq(&others.0, &self.0) => return,
            Turn::OfAny(others) => others.askers().clone(),
        };
        self.askers().extend(here);
    }

    /// Whether this is still waited for can be told by what this gives.
    pub fn waited(&self) -> Waited {
        Waited(Arc::downgrade(&self.0))
    }

    fn askers(&self) -> MutexGuard<'_, BTreeSet<Asker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waited {
    /// Those who wait, while there are any.
    pub fn together(&self) -> Option<Together> {
        self.0.upgrade().map(Together)
    }

    /// Whether nobody waits any more.
    pub fn is_over(&self) -> bool {
        self.0.strong_count() == 0
    }
}

/// Places for work, of which each client has its share.
#[derive(Clone, Debug)]
pub struct Places(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// Places that nobody has. There are none as long as anybody waits.
    free: usize,
    /// Those who wait, in the order in which they asked.
    waiting: BTreeMap<u64, Waiting>,
    next: u64,
    /// The clients that had a place in this round.
    served: BTreeSet<Asker>,
}

#[derive(Debug)]
struct Waiting {
    turn: Turn,
    told: oneshot::Sender<Place>,
}

/// A place; it is handed on when this is dropped.
#[derive(Debug)]
pub struct Place(Places);

/// Somebody who waits, until this is dropped.
struct Waiter {
    places: Places,
    number: u64,
    told: oneshot::Receiver<Place>,
}

impl Places {
    /// So many places.
    pub fn new(free: usize) -> Self {
        let state = State { free, waiting: BTreeMap::new(), next: 0, served: BTreeSet::new() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Acquires a place, as soon as it is this task's turn; none when that takes too long.
    pub async fn acquire(&self, patience: Duration) -> Option<Place> {
        let mut waiter = match self.acquire_or_wait(Turn::here()) {
            Ok(place) => return Some(place),
            Err(waiter) => waiter,
        };
        timeout(patience, &mut waiter.told).await.ok()?.ok()
    }

    fn acquire_or_wait(&self, turn: Turn) -> Result<Place, Waiter> {
        let mut state = self.state();
        if state.free > 0 {
            state.free -= 1;
            // Nobody waits: a new round begins.
            state.served.clear();
            if let Some(asker) = turn.asker_beside(&BTreeSet::new()) {
                state.served.insert(asker);
            }
            return Ok(Place(self.clone()));
        }
        let (number, (tell, told)) = (state.next, oneshot::channel());
        state.next += 1;
        state.waiting.insert(number, Waiting { turn, told: tell });
        Err(Waiter { places: self.clone(), number, told })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes whoever comes next out of the queue; when nobody waits, the place stays free.
    fn hand_on(&mut self) -> Option<oneshot::Sender<Place>> {
        match self.coming() {
            Some((number, asker)) => {
                self.served.extend(asker);
                self.waiting.remove(&number).map(|waiting| waiting.told)
            }
            None => {
                self.free += 1;
                None
            }
        }
    }

    /// Returns the next client: the first that had nothing in this round; when all of them had, the first of a new round.
    fn coming(&mut self) -> Option<(u64, Option<Asker>)> {
        if self.served.len() < MOST_OF_A_ROUND {
            let mut waiting = self.waiting.iter();
            let first = waiting.find_map(|(number, who)| Some((*number, who.turn.asker_beside(&self.served)?)));
            if let Some((number, asker)) = first {
                return Some((number, Some(asker)));
            }
        }
        self.served.clear();
        let (number, who) = self.waiting.first_key_value()?;
        Some((*number, who.turn.asker_beside(&self.served)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let next = self.0.state().hand_on();
        if let Some(told) = next {
            // A client that went away this very moment drops it again.
            let _ = told.send(Self(self.0.clone()));
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.places.state().waiting.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// Begins to wait in the turn of a client, so that it has asked when this returns.
    fn asks(places: &Places, client: u32) -> Waiter {
        places.acquire_or_wait(Turn::of(Client::V4(client))).expect_err("nothing is free")
    }

    /// Gives places back one after another, and tells which of those who wait had one, in this order.
    fn order(mut place: Place, mut waiting: Vec<(&'static str, Waiter)>) -> Vec<&'static str> {
        let mut order = Vec::new();
        while !waiting.is_empty() {
            drop(place);
            let ready = waiting.iter_mut().enumerate();
            let mut ready = ready.filter_map(|(at, (_, waiter))| Some((at, waiter.told.try_recv().ok()?)));
            let (at, taken) = ready.next().expect("one comes next");
            assert!(ready.next().is_none(), "and only one");
            order.push(waiting.remove(at).0);
            place = taken;
        }
        order
    }

    fn taken(places: &Places, client: u32) -> Place {
        places.acquire_or_wait(Turn::of(Client::V4(client))).ok().expect("a place is free")
    }

    #[test]
    fn who_comes_to_the_queue_of_another_waits_for_one_piece_of_its_work() {
        let places = Places::new(1);
        let at_work = taken(&places, 1);
        let mut waiting: Vec<_> = (0..4).map(|_| ("many", asks(&places, 1))).collect();
        waiting.push(("few", asks(&places, 2)));
        waiting.push(("few", asks(&places, 2)));
        waiting.push(("one", asks(&places, 3)));
        assert_eq!(order(at_work, waiting), ["few", "one", "many", "few", "many", "many", "many"]);
    }

    #[test]
    fn what_several_wait_for_is_done_in_the_turn_of_whoever_comes_first() {
        let places = Places::new(1);
        let at_work = taken(&places, 1);
        let mut waiting: Vec<_> = (0..3).map(|_| ("many", asks(&places, 1))).collect();
        let together = Together::default();
        Turn::of(Client::V4(1)).within(|| together.join());
        let theirs = places.acquire_or_wait(Turn::OfAny(together.clone())).expect_err("nothing is free");
        waiting.push(("theirs", theirs));
        waiting.push(("another", asks(&places, 3)));
        Turn::of(Client::V4(2)).within(|| together.join());
        assert_eq!(order(at_work, waiting), ["theirs", "another", "many", "many", "many"]);
        let waited = together.waited();
        drop(together);
        assert!(waited.is_over());
    }

    #[test]
    fn the_networks_of_a_site_take_turns_as_one() {
        let address = |text: &str| Client::from(text.parse::<std::net::IpAddr>().expect("an address"));
        let places = Places::new(1);
        let at_work = taken(&places, 1);
        let mut waiting = Vec::new();
        for network in ["2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:3::1"] {
            let turn = Turn::of(address(network));
            waiting.push(("site", places.acquire_or_wait(turn).expect_err("nothing is free")));
        }
        waiting.push(("other", asks(&places, 2)));
        assert_eq!(order(at_work, waiting), ["site", "other", "site", "site"]);
    }

    #[tokio::test]
    async fn who_goes_away_or_loses_patience_takes_no_place_with_it() {
        let places = Places::new(1);
        let at_work = taken(&places, 1);
        assert!(places.acquire(Duration::ZERO).await.is_none(), "it is at work");
        drop(asks(&places, 2));
        let told_and_gone = asks(&places, 3);
        drop(at_work);
        drop(told_and_gone);
        assert!(places.acquire(LONG).await.is_some());
        let state = places.state();
        assert_eq!((state.free, state.waiting.len()), (1, 0));
    }

    #[tokio::test]
    async fn a_place_is_handed_to_who_waits() {
        let places = Places::new(1);
        let at_work = taken(&places, 1);
        let waits = Turn::of(Client::V4(2)).scope(places.acquire(LONG));
        let (taken, ()) = tokio::join!(waits, async { drop(at_work) });
        assert!(taken.is_some());
        assert!(matches!(Turn::here(), Turn::Of(None)), "outside of it nothing is known of a client");
    }
}
