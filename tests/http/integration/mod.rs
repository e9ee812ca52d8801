//! Other programs at the register: the contract holds for clients, imports, exports, the feed, webhooks and
//! mirrors.

mod contract;
mod clients;
mod day;
mod imports;
mod imports_offices;
mod imports_read;
mod exports;
mod feed;
mod webhooks;
mod mirror;
mod conformance;
