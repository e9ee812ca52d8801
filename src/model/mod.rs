//! The records: what each kind is, its rules and its arithmetic.
//!
//! It may know [`base`](crate::base) and the libraries. It must not know where records are kept, who asks for them or in which
//! form they are sent: its functions are pure.

pub mod kinds;
pub mod checks;
pub mod organisations;
pub mod places;
pub mod instruments;
pub mod intermediaries;
pub mod fees;
pub mod clean_ups;
pub mod items;
