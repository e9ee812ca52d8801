//! Reads JSON against the schema of its type, collecting every mistake.
//!
//! The struct of a record says everything once: its derived schema carries types, limits and formats. [`Shape`] walks a
//! document along that schema, brings each text into its normal form, and notes whatever is wrong with its RFC 6901
//! pointer; a document without mistakes is then read by serde. The same schema is the published JSON Schema.

mod schema;
mod shape;
mod contents;
mod normal;
mod tidied;
mod filling;
mod read;

pub use schema::{COMPONENTS, member, without_usual_limits};
pub use shape::Shape;
