//! A mirror: a read-only register that repeats what others publish, and believes none of it unchecked.
//!
//! **Invariant:** of one source, whole, the log is the source's, line by line; so is every public answer. Of a part of a
//! register, or of several, the log is its own, and each line says whose it repeats.
//! **Invariant:** what is stored was checked first ([`verify`]), and the cursor moves in the same transaction: after any
//! interruption the mirror goes on where it was.
//! **Invariant:** a source that contradicts what it said before is followed no further; what was verified is served on.
//!
//! It may know [`web`](crate::web) and what is below. It must not know `public` or `staff`: it has no drafts and no
//! accounts.

mod address;
pub mod verify;
mod source;
mod trust;
mod references;
mod store;
mod part;
mod store_lines;
mod turns;
mod pace;
mod gather;
mod files;
mod own_log;
mod follower;
mod follow;
mod walk;

pub use address::Address;
pub use follow::{Mirror, Of};
pub use source::SourceTrouble;
pub use store::{copied_under, kept_as};
pub use store_lines::OpenError;
pub use walk::{Seen, Walked, walk};
