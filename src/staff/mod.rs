//! What people and systems do who have signed in: accounts, drafts, imports, uploads, webhooks, reports, the audit trail.
//!
//! It may know [`web`](crate::web) and what is below. It must not know `public` or `mirror`.

pub mod audit;
pub mod identity;
pub mod requests;
pub mod accounts;
pub mod audit_endpoints;
pub mod webhooks;
pub mod kept_imports;
pub mod drafts;
pub mod quality;
pub mod files;
pub mod imports;
