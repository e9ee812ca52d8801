//! intermediaries.

mod model;

pub use model::Intermediary;
