//! The log as others follow it: pages, long polls and a stream of events, all from the snapshot in memory.
//!
//! **Invariant:** a page is bounded, in lines and in bytes, and says whether a publication ends with it: whoever gathers until
//! one does, and then applies it, has the register as it was published, whole.
//! **Invariant:** what is held for a reader does not grow with how slow it is.
//!
//! It may know the catalog and the log. It must not know a kind of record by its name, nor who reads.

mod page;
mod shared;
mod stream;

pub mod http;
pub mod describe;

pub use page::{ChangePage, FeedRequest};
pub use shared::{Feed, Stopping};
