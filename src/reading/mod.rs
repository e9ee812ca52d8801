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
mod yearly;
mod summary;
mod divisions;
mod interest;

pub mod http;
pub mod describe;

pub use compare::{Difference, Kind as DifferenceKind, compare};
pub use cursor::{Cursor, Walk};
pub use interest::Interest;
pub use list::{ListPage, list};
pub use one::{
    Comparison, Found, RevisionRow, Two, comparison, find, must_not_be_erased, not_found, revision_body, revisions,
    status_then,
};
pub use page::{PageRequest, Rows};
pub use picture::{Picture, Then, as_of, take_as_of};
pub use query::{Parameters, escapes_are_whole, instant};
pub use request::{DEFAULT_LIMIT, ListRequest, MOST};
pub use select::{Selection, select};
pub use spans::{Span, SpanKind};
pub use summary::{Summary, kind_counts, summary};
pub use telling::told;
pub use yearly::{Figures, YearFigures};
