//! The records: what each kind is, its rules and its arithmetic.
//!
//! It may know [`base`](crate::base) and the libraries. It must not know where records are kept, who asks for them or in which
//! form they are sent: its functions are pure.

pub mod kinds;
pub mod persons;
pub mod checks;
pub mod organisations;
pub mod places;
pub mod instruments;
pub mod intermediaries;
pub mod fees;
pub mod clean_ups;
pub mod items;

use kinds::Kind;

/// Every kind of record, the most read first.
pub const KINDS: [&Kind; 7] = [
    &items::KIND,
    &organisations::KIND,
    &places::KIND,
    &fees::KIND,
    &instruments::KIND,
    &intermediaries::KIND,
    &clean_ups::KIND,
];
