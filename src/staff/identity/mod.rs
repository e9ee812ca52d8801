//! People, clients, roles and grants; passwords, sessions, keys and tokens.
//!
//! **Invariant:** a password, a client's secret and a refresh token are stored only as hashes, and never shown but once. A
//! token is worth nothing without an account and a session that are open in the database at the moment it is used: when a
//! request is let in, and again in the transaction of what it does ([`Proof`]).
//!
//! It may know the database and the audit trail. It must not know endpoints, drafts or records.

mod model;
mod account;
mod store;
pub mod password;
mod backoff;
mod session;
mod keys;
mod token;
mod external;
mod proof;
mod authority;

pub use account::{Account, AccountKind, Hidden, permissions_of};
pub use authority::{Authority, AuthorityError};
pub use backoff::{Attempt, failed};
pub use keys::{KeyError, rotate};
pub use model::{Belongs, Caller, Grant, PendingGrant, Permission, is_for_persons, permissions};
pub use proof::Proof;
pub use session::{
    ACCESS, ClientSignIn, IDLE, Refreshed, SESSION, SignedIn, fingerprint, forget_old, no_longer, open, random_secret,
    refresh, sign_in, sign_in_client, trying,
};
pub use store::{account, administrators_watch, all, end_session, end_sessions, insert, lock_accounts, named, update};
pub use token::AUDIENCE;
