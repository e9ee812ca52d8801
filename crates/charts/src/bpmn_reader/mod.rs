//! Reads BPMN 2.0: elements, then nodes and lanes, then flows.

pub(super) mod elements;
mod source;
mod nodes;
mod flows;
mod read;

pub use read::{read_bpmn, read_bpmn_with_positions};
