//! The transparency log as others read it: checkpoints, tiles, proofs, and bundles that can be checked without the register.

mod members;
mod document;
mod http;
mod describe;
mod endpoints;

pub use describe::TAG;
pub use document::{ProofDocument, Proven, TextStanding, Unproven};
pub use endpoints::{ENDPOINTS, OF_KINDS, describe_all};
