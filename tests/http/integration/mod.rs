//! Other programs at the register: the contract holds for clients, imports, exports, the feed, webhooks and
//! mirrors.

mod contract;
mod bruno;
mod clients;
mod day;
mod first_import;
mod imports;
mod imports_offices;
mod imports_read;
mod imports_printed;
mod imports_damaged;
mod imports_names;
mod exports;
mod feed;
mod webhooks;
mod mirror;
mod conformance;
