//! What anyone can ask of the register. Every answer comes from one snapshot.

mod query;
mod cursor;
mod picture;
mod request;
mod compare;
mod telling;
mod one;
mod select;
mod facets;
mod list;
mod page;
mod summary;
mod divisions;
mod interest;

pub mod http;
pub mod describe;

pub use compare::{Difference, compare};
pub use cursor::{Cursor, Walk};
pub use interest::Interest;
pub use list::{ListPage, list};
pub use one::{Found, find, must_not_be_erased, not_found, status_then};
pub use page::{PageRequest, Rows};
pub use picture::{Picture, as_of, take_as_of};
pub use query::{Parameters, escapes_are_whole, instant};
pub use request::{DEFAULT_LIMIT, ListRequest, MOST};
pub use select::{Selection, select};
pub use summary::{Summary, kind_counts, summary};
pub use telling::told;
