//! Files over HTTP: staff upload forms and samples, anyone reads those that are public.

mod upload;
pub mod http;

pub use upload::{AROUND, FORM, Offered, from_form};
