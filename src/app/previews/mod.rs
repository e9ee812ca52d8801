//! Previews: what is not published, drawn as the public would see it. Only here do drafts and public pages meet.
//!
//! It may know drafts and public pages. It must not know other work of the staff part, and changes nothing.

pub mod chart_preview;
pub mod charts;
pub mod guides;

pub use chart_preview::ChartPreview;
