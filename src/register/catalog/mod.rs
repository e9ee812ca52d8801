//! The register as the public reads it: an immutable [`Snapshot`] in memory, behind [`Catalog`].
//!
//! **Invariant:** the snapshot is a pure function of the log and holds nothing that the log does not.
//! **Invariant:** a reader never waits, neither for a writer nor for the database, and sees each publication whole or not
//! at all.
//! **Invariant:** nothing tells the catalog what was written. It reads the log after the commit, on the server that wrote
//! and on every replica alike, so a transaction that was rolled back can never be seen.
//!
//! It may know the log and the kinds. It must not know publication, drafts or endpoints.

mod attached;
mod twins;
mod prepared;
mod entry;
mod render;
mod shelf;
mod line;
mod snapshot;
mod fold;
mod finish;
mod catch_up;
mod rollback;
mod alone;
mod past;
mod follow;

pub use attached::{FILES, files_named_in};
pub use entry::{Entry, Id, Moment, Revision};
pub use fold::Fold;
pub use follow::{Catalog, Lag};
pub use line::LineScope;
pub use prepared::{Prepared, entity_tag, http_date};
pub use render::{Meta, instant, links, meta, record, with_members};
pub use shelf::{DIVISION, Order, STATUS, Shelf};
pub use snapshot::Snapshot;
pub use twins::{Encoding, QUIET, Twins, shrink as shrink_twins};
