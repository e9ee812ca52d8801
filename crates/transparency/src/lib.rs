//! The transparency log as mathematics: a Merkle tree over the lines of the log, proofs about it, and what is signed of it.
//! Pure: no clock, no network, no database, no file.
//!
//! Hashes and proofs are those of RFC 6962; tiles, notes, checkpoints and cosignatures those of C2SP (tlog-tiles,
//! signed-note, tlog-checkpoint, tlog-cosignature), so that tools of others can check everything.

mod hash;
mod edge;
mod tree;
mod proof;
mod tile;
mod note;
mod key;
mod checkpoint;
mod witness;

pub use checkpoint::{Checkpoint, NoCheckpoint};
pub use edge::Edge;
pub use hash::Hash;
pub use key::SigningKey;
pub use note::{Note, NoteSignature, Signs, Unsigned, VerifierKey, cosigned, is_name};
pub use proof::{is_consistent, root_of_inclusion};
pub use tile::{Content, TilePath, WIDTH, bundle, unbundle};
pub use tree::Tree;
pub use witness::{Quorum, TooFew, add_checkpoint, cosignature_in, cosigned_by};
