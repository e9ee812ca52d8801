//! Tables: the columns on which exports and imports agree, and a value as a cell.

mod cell;
pub mod columns;

pub use cell::{Form, guarded, unguarded};
