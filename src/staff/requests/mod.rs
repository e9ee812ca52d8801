//! The way that all requests of people and systems take who signed in: the caller is found and permitted; each action has one
//! transaction, one line in the audit trail, and one stored answer for each key of idempotency.
//!
//! It may know identity, the audit trail and `web`. It must not know any endpoint: a row of a table is handed in.

mod terms;
mod bodies;
mod quota;
mod idempotency;
mod strangers;
mod preconditions;
mod lacking;
mod action;
mod json_body;
mod audit_context;
mod admission;
mod answers;
mod request;
mod transaction;
mod endpoint;
mod promise;
mod mirror_refusal;

pub use action::{ActionPart, ActionResult, RequestContext};
pub use admission::bearer;
pub use audit_context::RequestOrigin;
pub use bodies::Bodies;
pub use endpoint::{Endpoint, StaffPart, Verb, configure};
pub use idempotency::{forget_old, forget_record};
pub use lacking::owner;
pub use mirror_refusal::configure as configure_mirror_refusal;
pub use preconditions::Preconditions;
pub use promise::Promise;
pub use quota::{Quotas, lock as lock_quotas, office, within};
pub use request::{Answering, JSON_TYPES, Request, StaffSettings};
pub use strangers::Strangers;
pub use terms::{Need, Terms};
