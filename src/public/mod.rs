//! The public part: lists and records, the feed, proofs, the summary, exports and pages, which anyone reads.
//!
//! Every answer comes from one snapshot. It may know [`web`](crate::web) and what is below. It must not know `staff` or `mirror`, so that
//! a draft cannot leak.

pub mod reading;
pub mod proofs;
pub mod feed;
pub mod clean_up_results;
pub mod summary;
pub mod items;
pub mod pages;
pub mod exports;
