//! Webhooks: telling other systems of publications, and systems of the office of steps of drafts, by the Standard Webhooks specification.
//!
//! The log is the outbox. It is written in the transaction of each publication, in order and without gaps, so a webhook
//! needs nothing but the place up to which everything was delivered: a crash loses nothing (it may send a message again), order
//! comes by itself, and a replay sets the place back. The audit trail is that of steps of drafts.
//!
//! It may know requests, the catalog and the log. It must not know drafts: a message is made of what is public, or of what
//! the trail says of a step: the id of the draft.

mod pace;
mod secret;
mod seal;
mod transport;
mod event;
mod model;
mod message;
mod steps;
mod store;
mod deliver;
mod figures;
mod courier;
mod shapes;
mod manage;

pub mod http;
pub mod describe;

pub use courier::{Courier, CourierError, Means};
pub use figures::Figures;
pub use pace::{Failures, Pace};
pub use seal::{Seal, SealError};
pub use store::{forget_old, seal_all};
pub use transport::{LookedUp, Lookup, Reach, SystemLookup};
