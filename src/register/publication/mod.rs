//! How changes become public: every step is checked against the register with the whole batch applied, then all of it is
//! appended to the log, or nothing.
//!
//! It may know the log, the catalog and the rules of quality. It must not know drafts, people or permissions.

mod step;
mod guards;
mod propose;
mod rules;
mod trial;
mod publish;

pub use guards::{allows, code_taken, still_current};
pub use publish::{current, publish};
pub use rules::called;
pub use step::{Step, unknown_kind};
pub use trial::{Rehearsal, check_batch, rehearse};
