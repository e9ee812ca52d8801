//! Files over HTTP: staff upload forms and samples, anyone reads those that are public.
//!
//! It may know requests, identity and stored files. It must not know drafts: whether one names a file is handed in.

mod upload;
pub mod http;

pub use upload::{AROUND, FORM, Offered, from_form};
