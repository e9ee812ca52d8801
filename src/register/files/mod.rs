//! 附件: blank forms, samples and annexes of records, stored by their content.
//!
//! **Invariant:** a file is known by the SHA-256 of its bytes and never changes. What is stored is of one of a few types
//! that can be told by their content and run nothing, and it is always sent as an attachment.
//! **Invariant:** which files are public is said by the snapshot alone, and those are read without the database, from a
//! copy of this process ([`Copies`]).
//!
//! It may know the database and which files the catalog names. It must not know who uploads or asks for one.

mod media;
mod compound;
mod archive;
mod xml;
mod open_xml;
mod open_document;
mod pdf;
mod sniff;
mod svg;
pub mod name;
mod model;
pub mod store;
mod copies;
pub mod range;

pub use archive::{ArchivePart, has_part, kind as kind_of_archive, measure, parts};
pub use copies::Copies;
pub use media::MediaType;
pub use model::{FileContent, StoredFile, hash_of, named_in};
pub use sniff::sniff;
pub use store::{absent, forget, hold, holders, load, missing, store, sweep};
pub use svg::{LARGEST as LARGEST_SVG, plain_svg};
