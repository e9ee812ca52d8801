//! Running the service: logs, metrics, the edge through which every request passes, health.
//!
//! It may know every part that tells figures or is held to limits. It must not know which other routes exist.

pub mod listen;
pub mod logging;
pub mod metrics;
pub mod open_files;
mod addresses;
mod cors;
pub mod health;
pub mod edge;
pub mod security_txt;
