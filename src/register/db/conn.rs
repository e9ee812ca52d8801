//! The connection to either database.

#![allow(missing_docs, reason = "the derive writes undocumented items")]

use diesel::{MultiConnection, PgConnection, SqliteConnection};

/// A connection to either database. Queries through it use only what both understand.
#[derive(MultiConnection)]
pub enum Conn {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}
