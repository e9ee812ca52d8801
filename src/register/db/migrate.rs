//! How the schema is brought up to date.

use diesel::{Connection, RunQueryDsl, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{conn::Conn, connect::connect, error::DbError};
use crate::base::config::DatabaseUrl;

const COMMON: EmbeddedMigrations = embed_migrations!("migrations/common");
const FOR_SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const FOR_POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Held while migrations run, so that two replicas that start together do not collide. Any number will do.
const MIGRATION_LOCK: i64 = 0x71_69_6e_67_64_61_6e;

/// Whether migrations are still to run on a database that is there. Changes nothing.
pub fn is_behind(url: &DatabaseUrl) -> Result<bool, DbError> {
    let mut conn = match url {
        // The usual way would make a file, and change how it is written.
        DatabaseUrl::Sqlite(path) => Conn::Sqlite(SqliteConnection::establish(path)?),
        DatabaseUrl::Postgres(_) | DatabaseUrl::Memory => connect(url)?,
    };
    let (common, own) = match &mut conn {
        Conn::Postgres(conn) => (conn.has_pending_migration(COMMON), conn.has_pending_migration(FOR_POSTGRES)),
        Conn::Sqlite(conn) => (conn.has_pending_migration(COMMON), conn.has_pending_migration(FOR_SQLITE)),
    };
    Ok(common.map_err(DbError::Schema)? || own.map_err(DbError::Schema)?)
}

/// All migrations in one transaction under a lock: either the schema is up to date afterwards or nothing was done.
pub(super) fn migrate(conn: &mut Conn) -> Result<(), DbError> {
    match conn {
        Conn::Postgres(conn) => conn.transaction(|conn| {
            diesel::sql_query(format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).execute(conn)?;
            conn.run_pending_migrations(COMMON).map_err(DbError::Schema)?;
            conn.run_pending_migrations(FOR_POSTGRES).map_err(DbError::Schema)?;
            Ok(())
        }),
        Conn::Sqlite(conn) => conn.immediate_transaction(|conn| {
            conn.run_pending_migrations(COMMON).map_err(DbError::Schema)?;
            conn.run_pending_migrations(FOR_SQLITE).map_err(DbError::Schema)?;
            Ok(())
        }),
    }
}
