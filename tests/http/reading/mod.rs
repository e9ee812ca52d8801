//! Reads by anyone: lists, search, records, their history, charts, fees and pages say what was published, as of now
//! or of then.

mod lists;
mod search;
mod walks;
mod records;
mod embedding;
mod history;
mod as_of;
mod fees;
mod charts;
mod register;
mod owner;
mod yearly;
mod pages;
mod guide;
mod check;
mod conditional;
mod problems;
mod properties;
