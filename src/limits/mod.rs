//! Who a client is, and how much it may ask for.

mod client;
mod prices;
mod buckets;
mod tokens;
mod rates;
mod seats;

pub use buckets::{Buckets, Drawn};
pub use client::{Client, client_address, told_by_proxy};
pub use prices::{Asked, Work};
pub use rates::{Admission, Meter, Rates, Ready, Settlement};
pub use seats::{Seat, Seats};
