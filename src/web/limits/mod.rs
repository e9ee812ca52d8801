//! How much a client may ask for.
//!
//! It may know settings and who a client is. It must not know an endpoint but by its address, nor what an answer says.

mod prices;
mod buckets;
mod tokens;
mod rates;
mod seats;

pub use buckets::{Buckets, Drawn};
pub use prices::{RequestedWork, Work};
pub use rates::{Admission, Meter, Rates, Ready, Settlement};
pub use seats::{Seat, Seats};
