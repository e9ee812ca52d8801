//! What anyone reads of items alone: charts, quotations, and whether a printed guide is still valid.

pub mod sheet;
mod shown;
mod paper;
pub mod format;
mod quotation;
mod chart_comparison;
pub mod fee_quote;
pub mod http;

pub use chart_comparison::{chart, chart_difference};
pub use paper::{PaperCheck, PaperRevision, RevisedOther, Verdict, check_paper};
pub use quotation::*;
pub use sheet::{ChartDocument, Imprint, Sheet};
pub use shown::last_change_shown;
