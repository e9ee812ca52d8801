//! The tokens that held when they were last looked at, so that the edge knows whose bucket a request draws from before anybody has
//! looked again.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::base::client::Client;

/// How long it is remembered that a token held, in nanoseconds: ten minutes.
const REMEMBERED: u64 = 600_000_000_000;
/// Tokens that are remembered at most. Only tokens that hold take room.
const MOST: usize = 16_384;

/// Tokens that held, by a hash that nobody outside can reckon.
#[derive(Default)]
pub struct Tokens {
    hasher: RandomState,
    held: Mutex<HashMap<u64, Held>>,
}

struct Held {
    caller: Client,
    until: u64,
}

impl Tokens {
    /// The hash by which a token is remembered.
    pub fn hash(&self, token: &[u8]) -> u64 {
        self.hasher.hash_one(token)
    }

    /// The caller whose token this was when it was last looked at, unless that is too long ago.
    pub fn caller(&self, token: u64, now: u64) -> Option<Client> {
        self.held().get(&token).filter(|held| held.until > now).map(|held| held.caller)
    }

    /// Remembers that a token holds.
    pub fn remember(&self, token: u64, caller: Client, now: u64) {
        let mut held = self.held();
        if held.len() >= MOST && !held.contains_key(&token) {
            held.retain(|_, held| held.until > now);
        }
        if held.len() < MOST || held.contains_key(&token) {
            held.insert(token, Held { caller, until: now + REMEMBERED });
        }
    }

    /// Forgets a token that holds no more.
    pub fn forget(&self, token: u64) {
        self.held().remove(&token);
    }

    /// Forgets those that were not looked at for long.
    pub fn forget_old(&self, now: u64) {
        self.held().retain(|_, held| held.until > now);
    }

    fn held(&self) -> MutexGuard<'_, HashMap<u64, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_its_callers_until_it_is_forgotten_or_too_long_ago() {
        let (tokens, caller) = (Tokens::default(), Client::Caller(1));
        let token = tokens.hash(b"Bearer a");
        assert_eq!(tokens.caller(token, 0), None);
        tokens.remember(token, caller, 0);
        assert_eq!(tokens.caller(token, REMEMBERED - 1), Some(caller));
        assert_eq!(tokens.caller(tokens.hash(b"Bearer b"), 0), None);
        assert_eq!(tokens.caller(token, REMEMBERED), None, "long ago");
        tokens.remember(token, caller, 0);
        tokens.forget(token);
        assert_eq!(tokens.caller(token, 0), None);
    }

    #[test]
    fn there_is_room_for_so_many_and_it_comes_back() {
        let tokens = Tokens::default();
        let many = u64::try_from(MOST).expect("small");
        (0..many + 10).for_each(|token| tokens.remember(token, Client::Caller(token), 0));
        assert_eq!(tokens.caller(many + 5, 0), None);
        tokens.remember(many + 5, Client::Caller(7), REMEMBERED);
        assert_eq!(tokens.caller(many + 5, REMEMBERED), Some(Client::Caller(7)));
    }
}
