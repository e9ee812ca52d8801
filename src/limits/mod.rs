//! Who a client is, and how much it may ask for.

mod client;
mod buckets;
mod rates;
mod seats;

pub use buckets::{Buckets, Drawn};
pub use client::{Client, client_address};
pub use rates::{Admission, Class, Rates};
pub use seats::{Seat, Seats};
