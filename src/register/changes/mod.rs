//! The log of changes: everything that was ever made public, in order, without gaps.
//!
//! **Invariant:** if `seq` n is visible to anybody, so are 1 to n. The head row is locked from the moment a number is
//! taken until the transaction ends, so numbers become visible in the order they were given out and an abandoned one is
//! used again. `published_at` never goes back. A log is written by [`append`], or, where it is a mirror's, only by [`copy`]
//! or only by [`gather`].
//!
//! It may know the database. It must not know the snapshot, nor a kind of record by its name.

mod model;
mod copied;
mod wire;
mod store;
mod verify;

pub use copied::{Broken, check_lines, must_be_as_written};
pub use model::{
    Change, ChangeContent, CursorKey, Document, Office, Origin, Proposal, Salt, Seq, body_digest, random_salt,
    take_whole,
};
pub use store::{
    CopyError, append, copy, edge, gather, head, keep_cursor_key, keep_edge, keep_origin, kept_cursor_key, kept_edge,
    leaf_hash, lock_head, must_be_of, origin, since,
};
pub use verify::{BrokenLog, WholeLog, verify};
pub use wire::{ChangeDocument, RecordName, WireError, leaf};
