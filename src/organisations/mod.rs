//! organisations.

mod model;

pub use model::Organisation;
