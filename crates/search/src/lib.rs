//! Full-text search over a register: Chinese as written, names also by pinyin and initials, codes by any part.
//!
//! A part of the snapshot that knows nothing of records: texts in ([`Document`] to [`Text`]), numbers out ([`Hits`]).
//! Both sides are folded (`fold`); grams give candidates (`postings`), which are then compared with the texts.
//!
//! **Invariant:** an index that grew by insertions and removals equals one that was built afresh.
//!
//! **Invariant:** Han characters are never matched by sound.

mod fold;
mod readings;
mod query;
mod rank;
mod text;
mod postings;
mod index;
mod highlight;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod golden;

pub use fold::fold;
pub use highlight::{Segment, highlight, snippet};
pub use index::{Hits, Index};
pub use query::{LONGEST_QUERY, MOST_WORDS, Query, QueryError};
pub use rank::{Rank, Tier};
pub use text::{Document, Text, matches, rank};
