//! 机构: organisations that hold items, run places or are named by them.
//!
//! It may know the kinds and the shared checks of `model`. It must not know any other kind of record.

mod model;
mod rules;
mod kind;

pub use kind::KIND;
pub use model::Organisation;
