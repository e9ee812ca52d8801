//! 法律法规文件: what items and fees rest on.

mod model;

pub use model::{Article, Basis, LegalInstrument};
