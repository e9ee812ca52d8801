//! What the register exchanges with others as files: exports, and the columns that exports and imports agree on.

mod cell;
pub mod columns;

pub use cell::{Form, guarded, unguarded};
