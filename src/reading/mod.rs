//! What anyone can ask of the register. Every answer comes from one snapshot.

mod query;
mod cursor;
mod telling;
mod spans;
mod compare;
mod one;
mod picture;
mod request;
mod select;
mod facets;
mod list;
mod page;
mod kind_counts;
mod divisions;
mod interest;

pub mod http;
pub mod describe;

pub use compare::{Difference, Kind as DifferenceKind, Room, compare_within, differ};
pub use cursor::{Cursor, Walk};
pub use facets::{FacetCount, counts};
pub use interest::Interest;
pub use kind_counts::{KindCount, kind_counts};
pub use list::{ListPage, list};
pub use one::{
    Comparison, Found, RevisionRow, Two, comparison, find, must_not_be_erased, not_found, revision_body, status_then,
    title_then,
};
pub use page::{PageRequest, Rows};
pub use picture::{Picture, Then, as_of, take_as_of};
pub use query::{Parameters, date, escapes_are_whole, instant, is_text};
pub use request::{DEFAULT_LIMIT, ListRequest, MOST};
pub use select::{Selection, select};
pub use spans::{Span, SpanKind};
pub use telling::told;
