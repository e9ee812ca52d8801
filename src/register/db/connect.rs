//! How a connection is opened, and how long its session waits.

use std::path::Path;

use diesel::{
    Connection, ConnectionError, ConnectionResult, PgConnection, SqliteConnection, connection::SimpleConnection,
};

use super::{conn::Conn, sqlite_files::must_not_be_missing};
use crate::base::{config::DatabaseUrl, secret_files};

/// Limits of what a session of PostgreSQL waits for, unless the URL, the role or the database says otherwise: a lock, as on SQLite; the
/// next statement of a process that was stopped inside a transaction, in which it may hold locks that all wait for; the end of a
/// statement; a client that can no longer be reached. A server that does not know one of them goes without.
const LIMITS: &str = "SELECT set_config(name, value, false) FROM (VALUES ('lock_timeout', '15s'), \
     ('idle_in_transaction_session_timeout', '60s'), ('statement_timeout', '5min'), ('tcp_user_timeout', '30s')) \
     AS ours (name, value) JOIN pg_settings USING (name) WHERE source = 'default'";

/// Opens by URL scheme. The `establish` that diesel derives tries one database after the other and would turn a mistyped
/// PostgreSQL URL into a new SQLite file of that name.
pub(super) fn connect(url: &DatabaseUrl) -> ConnectionResult<Conn> {
    match url {
        DatabaseUrl::Postgres(url) => {
            PgConnection::establish(&with_timeouts(url)).map(Conn::Postgres).map_err(without_secrets)
        }
        DatabaseUrl::Sqlite(path) => open_sqlite(path),
        DatabaseUrl::Memory => open_sqlite(":memory:"),
    }
}

/// libpq repeats parts of a URL that it cannot read, and a badly encoded password with them.
fn without_secrets(error: ConnectionError) -> ConnectionError {
    match error {
        ConnectionError::BadConnection(text) if !text.contains("connection to server") => {
            ConnectionError::BadConnection("the URL is not well formed; is every part percent-encoded?".into())
        }
        other => other,
    }
}

/// libpq waits for ever for a host that does not answer, and long for one that no longer does, unless told.
fn with_timeouts(url: &str) -> String {
    let ours = [
        ("connect_timeout", "10"),
        ("keepalives_idle", "30"),
        ("keepalives_interval", "10"),
        ("keepalives_count", "3"),
        ("tcp_user_timeout", "30000"),
    ];
    ours.into_iter().fold(url.to_owned(), |url, (name, value)| {
        let mark = if url.contains('?') { '&' } else { '?' };
        if url.contains(&format!("{name}=")) { url } else { format!("{url}{mark}{name}={value}") }
    })
}

/// A session for requests. What maintains the whole database (migrations, writing it anew) takes as long as it takes.
pub(super) fn with_limits(mut conn: Conn) -> ConnectionResult<Conn> {
    if let Conn::Postgres(conn) = &mut conn {
        conn.batch_execute(LIMITS).map_err(ConnectionError::CouldntSetupConfiguration)?;
    }
    Ok(conn)
}

/// Each of the connections keeps half a megabyte of pages: the system keeps them all, and what the public reads is in memory.
fn open_sqlite(path: &str) -> ConnectionResult<Conn> {
    // SQLite gives files that it makes beside a store the store's permissions. Where this file cannot be made, SQLite says why.
    if path != ":memory:" && !path.starts_with("file:") {
        must_not_be_missing(Path::new(path))?;
        let _ = secret_files::create(Path::new(path));
    }
    let mut conn = SqliteConnection::establish(path)?;
    let pragmas = "PRAGMA busy_timeout = 15000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                   PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -512;";
    conn.batch_execute(pragmas).map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(Conn::Sqlite(conn))
}
