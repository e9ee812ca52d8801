//! 法律法规文件: what items and fees rest on.
//!
//! It may know the kinds and the shared checks of `model`. It must not know the records that rest on an instrument.

mod model;
mod rules;
mod kind;

pub use kind::{KIND, cited};
pub use model::{Article, Basis, LegalInstrument};
pub use rules::{instrument, not_yet_effective, repealed, short_texts};
