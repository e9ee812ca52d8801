//! How much a client may ask for.

mod prices;
mod buckets;
mod tokens;
mod rates;
mod seats;

pub use buckets::{Buckets, Drawn};
pub use prices::{RequestedWork, Work};
pub use rates::{Admission, Meter, Rates, Ready, Settlement};
pub use seats::{Seat, Seats};
