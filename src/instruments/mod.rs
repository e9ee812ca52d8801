//! 法律法规文件: what items and fees rest on.

mod model;
mod kind;

pub use kind::{KIND, cited};
pub use model::{Article, Basis, LegalInstrument};
