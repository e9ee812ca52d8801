//! places.

mod model;

pub use model::Place;
