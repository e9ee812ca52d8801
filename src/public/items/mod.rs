//! Items alone, as anyone reads them: charts, quotations, and whether a printed guide is still valid.
//!
//! It may know items, fees and the catalog. It must not know pages: a guide is written by `pages` from what is read here.

pub mod chart_document;
mod embedded_records;
mod printed_check;
pub mod chart_format;
mod quotation;
mod chart_comparison;
mod item_fee;
mod asked_parameters;
pub mod fee_quote;
pub mod http;
pub mod describe;
mod endpoints;

pub use asked_parameters::{AskedParameter, OWN};
pub use chart_comparison::{chart, chart_difference};
pub use chart_document::{ChartDocument, ChartSheet, Imprint, Layout};
pub use embedded_records::last_change_shown;
pub use endpoints::{CHART, COMPARISON, FILES, describe_all};
pub use printed_check::{PrintedCheck, PrintedRevision, RevisedOther, Verdict, check_printed};
pub use quotation::*;
