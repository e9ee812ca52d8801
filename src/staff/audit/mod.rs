//! The record of who did or tried what, when and from where, with which outcome: hash-chained and append-only.
//!
//! **Invariant:** only [`record`] writes it, in the transaction of what it tells of; what was refused is told in a
//! transaction of its own. Never a secret, a token or the text of a draft is in it.
//!
//! It may know the database. It must not know which actions there are, nor who may do them.

mod model;
mod store;
mod select;
mod verify;

pub use model::{AuditEntry, Event, Outcome};
pub use select::{AuditReach, AuditSelection, SelectedEntries, select};
pub use store::{Head, head, lines_after, record};
pub use verify::{Broken, Whole, verify};
