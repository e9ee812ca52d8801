//! Drafts: what staff propose, and how it becomes public (docs/DOMAIN.md §7). A draft proposes one revision of one record.
//!
//! Every action is one function over an open transaction that first locks its draft, then loads it: what is compared is
//! what is changed. Nothing of the public reading side imports this module, so a draft cannot leak.
//!
//! It may know requests, identity, publication and what is kept of imports. It must not know imports, webhooks or pages.

mod model;
mod sought;
mod row;
mod versions;
mod store;
mod conditions;
mod order;
mod tasks;
mod select;
mod attached;
mod owner;
mod open;
mod since;
mod content;
mod copied;
mod sent;
mod propose;
mod check;
mod review;
mod discuss;
mod erase;
mod release;
mod publish;
mod schedule;
mod transfer;
mod list;
mod my_tasks;
mod inspect;

pub mod http;
mod bulk_choice;
mod bulk_request;
mod bulk_words;
mod bulk;
mod bulk_ahead;
pub mod bulk_endpoints;
mod bulk_shapes;
mod shapes;
mod bulk_describe;
pub mod describe;

pub use attached::may_read_file;
pub use check::mistakes_of_words;
pub use content::NewDraft;
pub use model::Draft;
pub use open::{load_visible, must_be_open};
pub use owner::{drafted, home, outside};
pub use propose::{create, discard, propose_on, save, within_quota};
pub use publish::{Batch, PublicationRequest, publish, unschedule};
pub use review::{approve, send_back, submit, withdraw};
pub use schedule::publish_what_is_due;
pub use sent::{ADDED, Save};
pub use store::{is_file_drafted, make_findable};
