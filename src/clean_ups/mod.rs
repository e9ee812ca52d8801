//! clean_ups.

mod model;

pub use model::CleanUp;
