//! The log as others follow it: pages, long polls and a stream of events, all from the snapshot in memory.
//!
//! **Invariant:** a reader is only ever told to go on from the end of a publication, so whoever applies what it gets has
//! the register as it was published, whole.
//! **Invariant:** what is held for a reader does not grow with how slow it is.

mod page;
mod shared;
mod stream;

pub mod http;
pub mod describe;

pub use page::ChangePage;
pub use shared::{Feed, Stopping};
