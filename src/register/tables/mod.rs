//! Tables: the columns on which exports and imports agree, and a value as a cell.
//!
//! It may know the kinds and the catalog. It must not know formats of files, nor how offices name their columns.

mod cell;
pub mod columns;

pub use cell::{Form, guarded, unguarded};
