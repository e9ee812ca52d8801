//! Pages for people.
//!
//! It may know all that the public reads. It must not know exports, and writes nothing that the API does not say, too.

mod owner;
pub mod layout;
pub mod view;
mod text;
mod tariff;
mod differences;
mod components;
mod fee_quote;
mod listing;
mod lists;
mod search;
mod directory;
mod organisations;
mod places;
mod instruments;
mod intermediaries;
mod history;
mod clean_ups;
mod fees;
mod changes;
mod booklet;
mod refusal;
mod docs;
mod problems;
mod start;
mod developers;
mod verify;
mod check;
mod qr;
pub mod guide;
mod structured;
mod poster;
pub mod sheets;
mod atom;

mod endpoints;

pub use endpoints::{DIRECTORIES, ENDPOINTS, OF_DIRECTORIES, SHEETS, describe_all};
pub use refusal::refuse;
