//! 政务服务事项: powers, with their responsibilities, and public services.

mod model;
mod references;
mod identity;
mod authority;
mod handling;
mod duties;
mod rules;
mod kind;
pub mod sheet;
mod shown;
mod paper;
mod format;
mod quotation;
mod chart_comparison;
pub mod fee_quote;
pub mod http;

pub use chart_comparison::{chart, chart_difference};
pub use kind::KIND;
pub use model::*;
pub use paper::{PaperCheck, PaperRevision, RevisedOther, Verdict, check_paper};
pub use quotation::*;
pub use sheet::{ChartDocument, Imprint, Sheet};
pub use shown::last_change_shown;
