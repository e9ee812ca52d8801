//! The base of every part of qingdan: values of the standards, problems in two languages, and reading JSON by its schema.
//!
//! Knows of HTTP no more than that a problem is an answer and what its headers prefer, and of a register no more than the
//! names that its tables need: kinds of records, and what can be refused.

pub mod preference;
pub mod problem;
pub mod values;
pub mod fields;
