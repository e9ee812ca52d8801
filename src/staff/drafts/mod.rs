//! Drafts: what staff propose, and how it becomes public (docs/DOMAIN.md §7). A draft proposes one revision of one record.
//!
//! Every action is one function over an open transaction that first locks its draft, then loads it: what is compared is
//! what is changed. Nothing of the public reading side imports this module, so a draft cannot leak.
//!
//! It may know requests, identity, publication and what is kept of imports. It must not know imports, webhooks or pages.

mod model;
mod store;
mod attached;
mod owner;
mod open;
mod since;
mod propose;
mod check;
mod review;
mod erase;
mod publish;
mod schedule;
mod transfer;

pub mod http;
pub mod describe;

pub use attached::may_read_file;
pub use check::{Affected, CheckContext, CheckFindings};
pub use model::{Approval, Draft, DraftContent, Person};
pub use open::load_visible;
pub use owner::{drafted, home, may_propose};
pub use propose::{NewDraft, Save, create, discard, propose_on, save, within_quota};
pub use publish::{Batch, PublicationRequest, publish, publish_due, unschedule};
pub use review::{Checked, approve, send_back, submit, withdraw};
pub use schedule::publish_what_is_due;
pub use store::is_file_drafted;
pub use transfer::{TransferRequest, transfer};
