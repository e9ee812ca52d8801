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

mod http;
mod describe;
mod endpoints;

pub use describe::{TAG, filters};
pub use endpoints::{ENDPOINTS, describe_all};
pub use http::EVENT_STREAM;
pub use page::{ChangePage, FeedRequest};
pub use shared::{Feed, Stopping};
