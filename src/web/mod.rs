//! One request and one answer: what every endpoint needs, whoever asks.
//!
//! Negotiation, conditional requests, caching, limits, parameters, pages of rows, pictures of the register as it was, and the
//! contract as data. It may know the [`register`](crate::register). It must not know any endpoint, nor who has signed in.

pub mod limits;
pub mod answer;
pub mod rendered;
pub mod contract;
pub mod query;
pub mod cursor;
pub mod one;
pub mod picture;
pub mod page;
pub mod interest;
pub mod routes;
pub mod endpoint;
pub mod parameters;
pub mod owner;
