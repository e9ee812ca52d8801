//! How changes become public: every step is checked against the register with the whole batch applied, then all of it is
//! appended to the log, or nothing.
//!
//! It may know the log, the catalog and the rules of quality. It must not know drafts, people or permissions.

mod publish;

pub use publish::{Rehearsal, Step, allows, changed_since, check_batch, current, publish, rehearse};
