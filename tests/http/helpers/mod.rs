//! Helpers of tests in several areas. A test file imports from here and from no other test file; a helper holds no test.

/// How often a test repeats what is random or long.
pub mod effort;
/// Databases, as copies of templates that are made once.
pub mod stores;
/// What a server answered.
pub mod answer;
/// The OpenAPI document as clients read it.
pub mod document;
/// Every answer is held to the document.
pub mod promises;
/// A real server on a free port, and waiting for what must come.
pub mod app;
/// People and systems with their tokens, and what they do with drafts.
pub mod people;
/// Accounts with passwords, and signing in to them.
pub mod accounts;
/// A server with the smallest endpoints that staff could have, and its trail.
pub mod things;
/// Publications of small registers, and files that they name.
pub mod publications;
/// Numbers and publications that look random and are the same each time.
pub mod random;
/// A register's log: signed, read, and altered as nobody may.
pub mod logs;
/// Whether a mirror has all of its source, and how it stands.
pub mod mirrors;
/// A server in front of a register that lies where it is told to.
pub mod lying_proxy;
/// The verifier in another language, which knows the public specifications alone.
pub mod verifier;
/// A page of the feed, and the stream.
pub mod feed;
/// The program as a process: started, read, stopped.
pub mod processes;
/// A real nginx in front of a register.
pub mod nginx;
/// Answers of two registers, without what has to differ.
pub mod comparison;
/// Workbooks that an office edits, and a register of a few items.
pub mod workbooks;
/// Charts that an editor sends to be read.
pub mod charts;
