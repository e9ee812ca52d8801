//! Token buckets, one for each client, in bounded memory.
//!
//! Of a bucket only the instant is kept at which it is full again (the generic cell rate algorithm). A bucket that is full
//! says nothing that a new one would not: it is forgotten, and what is kept grows with what was asked lately, never with
//! how many clients there ever were.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};

use crate::base::client::Client;

/// The time in which an empty bucket becomes full, in nanoseconds: a minute.
const WINDOW: u64 = 60_000_000_000;
/// A power of two: the first bits of a hash choose.
const SHARDS: usize = 64;
/// Clients of one shard at most: a quarter of a million in all, some 7 MB.
const MOST: usize = 4096;
/// How often a full shard is searched for buckets to forget, in nanoseconds.
const SWEEP_EVERY: u64 = 1_000_000_000;

/// Buckets of one size.
pub struct Buckets {
    /// Tokens of a full bucket.
    size: u64,
    /// Nanoseconds in which a token comes back.
    interval: u64,
    most: usize,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Default)]
struct Shard {
    /// When each bucket is full again.
    full_at: HashMap<Client, u64>,
    /// The bucket that all share for whom there is no room.
    strangers: u64,
    swept_at: u64,
}

/// The outcome of drawing from a bucket. Times are in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// A token was there.
    Allowed {
        /// Tokens that are left.
        left: u64,
        /// Until the bucket is full again.
        full_in: u64,
    },
    /// The bucket is empty.
    Refused {
        /// Until there is a token.
        retry_in: u64,
        /// Until the bucket is full again.
        full_in: u64,
    },
}

impl Buckets {
    /// Buckets for so many requests a minute.
    pub fn new(per_minute: NonZeroU32) -> Self {
        Self::holding(per_minute, MOST)
    }

    fn holding(per_minute: NonZeroU32, most: usize) -> Self {
        let size = u64::from(per_minute.get());
        let shards = std::array::from_fn(|_| Mutex::default());
        Self { size, interval: WINDOW / size, most, hasher: RandomState::new(), shards }
    }

    /// Tokens of a full bucket.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes so many tokens, all of them where a full bucket holds fewer. `now` is in nanoseconds since any beginning, the same for
    /// all.
    pub fn draw(&self, client: Client, tokens: u64, now: u64) -> Drawn {
        self.with(client, now, |full_at| {
            let debt = full_at.saturating_sub(now);
            let (owed, whole) = (debt + self.interval * tokens.min(self.size), self.whole());
            if owed > whole {
                return Drawn::Refused { retry_in: owed - whole, full_in: debt };
            }
            *full_at = now + owed;
            self.allowed(owed)
        })
    }

    /// Gives so many tokens back.
    pub fn give_back(&self, client: Client, tokens: u64, now: u64) -> Drawn {
        self.with(client, now, |full_at| {
            *full_at = full_at.saturating_sub(self.interval * tokens.min(self.size));
            self.allowed(full_at.saturating_sub(now))
        })
    }

    /// Charges so many tokens whether they are there or not; what is not there is not owed.
    pub fn charge(&self, client: Client, tokens: u64, now: u64) -> Drawn {
        self.with(client, now, |full_at| {
            let debt = full_at.saturating_sub(now) + self.interval * tokens.min(self.size);
            let owed = debt.min(self.whole());
            *full_at = now + owed;
            self.allowed(owed)
        })
    }

    /// Nanoseconds in which an empty bucket becomes full.
    fn whole(&self) -> u64 {
        self.interval * self.size
    }

    fn allowed(&self, owed: u64) -> Drawn {
        Drawn::Allowed { left: self.whole().saturating_sub(owed) / self.interval, full_in: owed }
    }

    /// Forgets every bucket that is full.
    pub fn forget_full(&self, now: u64) {
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).forget_full(now);
        }
    }

    /// Clients that are remembered.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).full_at.len()).sum()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn with<T>(&self, client: Client, now: u64, change: impl FnOnce(&mut u64) -> T) -> T {
        let place = (self.hasher.hash_one(client) >> 58) as usize;
        let mut shard = self.shards[place].lock().unwrap_or_else(PoisonError::into_inner);
        change(shard.bucket(client, self.most, now))
    }
}

impl Shard {
    fn bucket(&mut self, client: Client, most: usize, now: u64) -> &mut u64 {
        if self.full_at.len() >= most && !self.full_at.contains_key(&client) {
            if now >= self.swept_at + SWEEP_EVERY {
                self.forget_full(now);
            }
            if self.full_at.len() >= most {
                return &mut self.strangers;
            }
        }
        self.full_at.entry(client).or_default()
    }

    fn forget_full(&mut self, now: u64) {
        self.swept_at = now;
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.capacity() > 4 * self.full_at.len() + 64 {
            self.full_at.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn buckets(per_minute: u32) -> Buckets {
        Buckets::new(NonZeroU32::new(per_minute).expect("more than none"))
    }

    fn allowed(drawn: Drawn) -> bool {
        matches!(drawn, Drawn::Allowed { .. })
    }

    #[test]
    fn a_bucket_gives_what_it_holds_and_then_one_token_at_a_time() {
        let (buckets, client) = (buckets(60), Client::V4(1));
        for left in (0..60).rev() {
            assert_eq!(buckets.draw(client, 1, 0), Drawn::Allowed { left, full_in: (60 - left) * SECOND });
        }
        assert_eq!(buckets.draw(client, 1, 0), Drawn::Refused { retry_in: SECOND, full_in: 60 * SECOND });
        assert_eq!(
            buckets.draw(client, 1, SECOND / 2),
            Drawn::Refused { retry_in: SECOND / 2, full_in: 59 * SECOND + SECOND / 2 }
        );
        assert!(allowed(buckets.draw(client, 1, SECOND)));
        assert!(!allowed(buckets.draw(client, 1, SECOND)));
        assert!(allowed(buckets.draw(Client::V4(2), 1, 0)), "another client has a bucket of its own");
        assert_eq!(
            buckets.draw(client, 1, 1000 * SECOND),
            Drawn::Allowed { left: 59, full_in: SECOND },
            "full, not fuller"
        );
    }

    #[test]
    fn a_token_can_be_given_back_or_taken_with_others() {
        let (buckets, client) = (buckets(10), Client::V6(7));
        for _ in 0..1000 {
            assert_eq!(buckets.draw(client, 1, SECOND), Drawn::Allowed { left: 9, full_in: 6 * SECOND });
            buckets.give_back(client, 1, SECOND);
        }
        buckets.charge(client, 3, SECOND);
        assert_eq!(buckets.draw(client, 1, SECOND), Drawn::Allowed { left: 6, full_in: 24 * SECOND });
        assert_eq!(buckets.charge(client, u64::MAX, SECOND), Drawn::Allowed { left: 0, full_in: 60 * SECOND });
        assert_eq!(buckets.draw(client, 1, SECOND), Drawn::Refused { retry_in: 6 * SECOND, full_in: 60 * SECOND });
    }

    #[test]
    fn what_costs_more_takes_more_and_never_more_than_there_can_be() {
        let (buckets, client) = (buckets(10), Client::V4(1));
        assert_eq!(buckets.draw(client, 4, 0), Drawn::Allowed { left: 6, full_in: 24 * SECOND });
        assert_eq!(buckets.draw(client, 7, 0), Drawn::Refused { retry_in: 6 * SECOND, full_in: 24 * SECOND });
        assert_eq!(buckets.give_back(client, 4, 0), Drawn::Allowed { left: 10, full_in: 0 });
        assert_eq!(buckets.draw(client, 50, 0), Drawn::Allowed { left: 0, full_in: 60 * SECOND });
        assert_eq!(buckets.draw(client, 50, SECOND), Drawn::Refused { retry_in: 59 * SECOND, full_in: 59 * SECOND });
    }

    #[test]
    fn full_buckets_are_forgotten_and_others_kept() {
        let buckets = buckets(60);
        buckets.draw(Client::V4(1), 1, 0);
        buckets.charge(Client::V4(2), 30, 0);
        buckets.forget_full(SECOND);
        assert_eq!(buckets.len(), 1);
        assert_eq!(buckets.draw(Client::V4(2), 1, SECOND), Drawn::Allowed { left: 30, full_in: 30 * SECOND });
        buckets.forget_full(60 * SECOND);
        assert!(buckets.is_empty());
    }

    #[test]
    fn a_flood_of_clients_takes_bounded_memory_and_does_not_touch_those_who_were_there() {
        let buckets = Buckets::holding(NonZeroU32::new(2).expect("two"), 8);
        let known = Client::V4(0);
        buckets.draw(known, 1, 0);
        let flood = (1..100_000).filter(|n| allowed(buckets.draw(Client::V6(*n), 1, 0))).count();
        assert!(buckets.len() <= 8 * SHARDS, "{}", buckets.len());
        assert!(flood <= 8 * SHARDS + 2 * SHARDS, "those without a bucket of their own share one: {flood}");
        assert!(allowed(buckets.draw(known, 1, 0)));
        assert!(allowed(buckets.draw(Client::V6(99_999), 1, 61 * SECOND)), "room comes back by itself");
        assert!(buckets.len() <= 8 * SHARDS);
    }

    proptest! {
        /// In any stretch of time nobody gets more than a full bucket and what comes back meanwhile.
        #[test]
        fn nobody_gets_more_than_the_policy_says(per_minute in 1u32..200, steps in prop::collection::vec(0u64..3_000, 1..400)) {
            let (buckets, client) = (buckets(per_minute), Client::V4(9));
            let (mut now, mut given) = (0, 0u64);
            for step in steps {
                now += step * 1_000_000;
                given += u64::from(allowed(buckets.draw(client, 1, now)));
                let most = u64::from(per_minute) + now / (60 * SECOND / u64::from(per_minute));
                prop_assert!(given <= most, "{given} of {most}");
            }
        }
    }
}
