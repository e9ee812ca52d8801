//! The endpoints that read the audit trail: who did or tried what.
//!
//! It may know requests, identity and the audit trail. It must not know what the actions mean.

mod http;

pub use http::{ENDPOINTS, TAG, describe};
