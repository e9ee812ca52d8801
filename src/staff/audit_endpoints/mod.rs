//! The endpoints that read the audit trail: who did or tried what.

mod http;

pub use http::{ENDPOINTS, TAG, describe};
