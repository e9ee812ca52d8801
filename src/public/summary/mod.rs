//! 概况和年度公开数据: what the register holds, and what was published in a year, counted (docs/DOMAIN.md §9).
//!
//! It may know the lists of `reading`, the catalog and the quality of records. It must not know pages or exports.

mod ratio;
mod published;
mod decisions;
mod newly;
mod handling;
mod services;
mod rounds;
mod findings;
mod year;
mod counts;
mod http;

pub use counts::{Summary, summary};
pub use http::{ENDPOINTS, describe};
