//! The transparency log as others read it: checkpoints, tiles, proofs, and bundles that can be checked without the register.
//!
//! It may know the catalog, the log and its notary. It must not know a kind of record by its name, nor any private key.

mod members;
mod document;
mod http;
mod describe;
mod endpoints;

pub use describe::TAG;
pub use document::{ProofDocument, Proven, TextStanding, Unproven};
pub use endpoints::{ENDPOINTS, OF_KINDS, describe_all};
