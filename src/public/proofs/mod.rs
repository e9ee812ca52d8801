//! The transparency log as others read it: checkpoints, tiles, proofs, and bundles that can be checked without the register.

mod members;
mod document;
pub mod http;
pub mod describe;

pub use document::{ProofDocument, Proven, TextStanding, Unproven};
