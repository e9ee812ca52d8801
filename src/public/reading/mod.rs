//! What anyone can ask of the register. Every answer comes from one snapshot.
//!
//! It may know the catalog and `web`. It must not know a kind of record by its name: a kind is handed in.

mod request;
mod select;
mod facets;
mod list;
mod kind_counts;
mod divisions;

pub mod http;
pub mod describe;

pub use facets::{FacetCount, counts};
pub use kind_counts::{KindCount, kind_counts};
pub use list::{ListPage, list};
pub use request::ListRequest;
pub use select::{Selection, select};
