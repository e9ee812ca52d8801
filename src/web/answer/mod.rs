//! The parts that all answers share: negotiation, conditional requests (RFC 9110 §12, §13), caching and compressed bytes.

mod negotiation;
mod tags;
mod conditions;
mod head;
mod version;
mod body;
mod written;
mod unkept;

pub use body::{body, compressed, is_uncompressed};
pub use conditions::{has_tag, has_tag_of_what_is_ready};
pub use head::{Caching, REGISTRY_SEQ, REGISTRY_SEQ_MIN};
pub use negotiation::{JSON, PNG, language, must_accept_json, negotiate, wanted_encoding};
pub use tags::as_sent;
pub use unkept::unkept;
pub use version::Version;
pub use written::{Written, prepared, streamed};

/// The pattern of a route, for figures about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteName(pub &'static str);

/// The number of erasures after which the content of an answer was read from the register, where that was long after the request.
#[derive(Clone, Copy, Debug)]
pub struct MadeAfter(pub i64);
