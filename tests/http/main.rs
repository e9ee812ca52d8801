//! The specification, through the interface that clients use: one file per subject, on both databases.

#![allow(missing_docs, reason = "the names of tests are sentences")]

mod app;
mod cast;
mod architecture;
mod audit;
mod charts;
mod conditional;
mod contract;
mod databases;
mod day;
mod drafts;
mod edge;
mod files;
mod embedding;
mod history;
mod limits;
mod lists;
mod pages;
mod problems;
mod properties;
mod publishing;
mod quality;
mod records;
mod register;
mod replicas;
mod search;
mod staff;
mod walks;
