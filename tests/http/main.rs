//! The specification, through the interface that clients use: one file per subject, on both databases.

#![allow(missing_docs, reason = "the names of tests are sentences")]

mod app;
mod cast;
mod architecture;
mod audit;
mod charts;
mod conditional;
mod check;
mod contract;
mod crash;
mod databases;
mod day;
mod drafts;
mod edge;
mod exports;
mod fees;
mod files;
mod guide;
mod hostile;
mod embedding;
mod history;
mod interleavings;
mod leaks;
mod limits;
mod lists;
mod matrix;
mod pages;
mod problems;
mod properties;
mod publishing;
mod quality;
mod races;
mod records;
mod register;
mod replicas;
mod search;
mod accounts;
mod external;
mod sessions;
mod tokens;
mod staff;
mod walks;
