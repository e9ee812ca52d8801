//! What all requests of people and systems that signed in have in common: who asks, whether they may, one transaction for
//! each action, one line in the audit trail, one stored answer for each key of idempotency.
//!
//! It may know identity, the audit trail and `web`. It must not know any endpoint: a row of a table is handed in.

mod terms;
mod bodies;
mod quota;
mod idempotency;
mod strangers;
mod request;
mod endpoint;
mod mirror_refusal;

pub use bodies::Bodies;
pub use endpoint::{Endpoint, StaffPart, Verb, configure};
pub use idempotency::{forget_old, forget_record};
pub use mirror_refusal::configure as configure_mirror_refusal;
pub use quota::{Quotas, lock as lock_quotas, office, within};
pub use request::{ActionResult, Answering, Preconditions, Request, RequestContext, RequestOrigin, StaffSettings};
pub use strangers::Strangers;
pub use terms::{Need, Terms};
