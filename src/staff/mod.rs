//! What all requests of people and systems that signed in have in common: who asks, whether they may, one transaction for
//! each action, one line in the audit trail, one stored answer for each key of idempotency.

mod endpoint;
mod idempotency;
mod request;

pub use endpoint::{Answering, Endpoint, Need, StaffPart, Verb, configure};
pub use idempotency::{forget_old, forget_record};
pub use request::{Act, Done, Passage, Preconditions, Request, StaffSettings};
