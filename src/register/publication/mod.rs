//! How changes become public: every step is checked against the register with the whole batch applied, then all of it is
//! appended to the log, or nothing.

mod publish;

pub use publish::{Rehearsal, Step, allows, check_batch, current, publish, rehearse, still_current};
