//! The specification, through the interface that clients use: one file per subject, on both databases.

#![allow(missing_docs, reason = "the names of tests are sentences")]

mod app;
mod architecture;
mod charts;
mod conditional;
mod contract;
mod databases;
mod edge;
mod files;
mod embedding;
mod history;
mod lists;
mod pages;
mod problems;
mod properties;
mod publishing;
mod records;
mod register;
mod replicas;
mod search;
mod walks;
