//! Stage four: merged records are judged against the register, as it would be with the import in it. Nothing is written.
//!
//! It may know merged records and the register. It must not know formats of files, nor how offices write their columns.

mod register_with_import;
mod present;
mod outdated;
mod errors;
mod changes;
mod proposal;
mod record;

pub use outdated::leave_undone;
pub use present::PresentRecord;
pub use proposal::{Proposal, with_fields};
pub use record::{Importer, Judged, judge};
pub use register_with_import::RegisterWithImport;
