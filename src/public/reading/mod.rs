//! Lists and records, and the register as a whole, as anyone reads them. Every answer comes from one snapshot.
//!
//! It may know the catalog and `web`. It must not know a kind of record by its name: a kind is handed in.

mod request;
mod select;
mod facets;
mod list;
mod kind_counts;
mod divisions;

mod http;
mod service;
mod reference;
mod parameters;
mod schemas;
mod describe;
mod describe_register;
mod endpoints;

pub use endpoints::{OF_KINDS, OF_REGISTER, TAGS, describe_of_kinds, describe_of_register};
pub use facets::{FacetCount, counts};
pub use kind_counts::{KindCount, kind_counts};
pub use list::{ListPage, list};
pub use parameters::filter_parameters;
pub use request::ListRequest;
pub use select::{Selection, select};
pub use service::first_publication;
