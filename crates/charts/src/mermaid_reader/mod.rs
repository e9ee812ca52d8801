//! Reads Mermaid flowcharts: words, then statements, then a chart.

mod words;
mod cursor;
mod arrows;
mod statements;
mod read;

pub use read::{read_mermaid, read_mermaid_with_positions};
