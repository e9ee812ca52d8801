//! The one door to the database: [`Db::read`] and [`Db::write`].
//!
//! Both run their closure on a blocking thread inside one transaction. Nothing else in the crate opens a connection or a
//! transaction, so what belongs together is always visible as one closure. This is the only place that knows there are
//! two databases.
//!
//! It may know settings and threads. It must not know what a row means: queries stand with what they are about.

mod conn;
pub mod copy;
pub mod schema;
pub mod scrub;
mod writers;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use diesel::{
    Connection, ConnectionError, ConnectionResult, PgConnection, QueryResult, RunQueryDsl, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    r2d2::{self, ManageConnection, Pool, PoolError},
    result::DatabaseErrorKind,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

pub use conn::Conn;
use scrub::Unscrubbed;
use writers::{Place, Writers};

use crate::{
    base::{config::DatabaseUrl, secret_files, threads},
    problem::{Code, Problem},
};

const COMMON: EmbeddedMigrations = embed_migrations!("migrations/common");
const FOR_SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const FOR_POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Held while migrations run, so that two replicas that start together do not collide. Any number will do.
const MIGRATION_LOCK: i64 = 0x71_69_6e_67_64_61_6e;
/// How long a request waits for a free connection, or a place among those who write, before it is told to come back.
const POOL_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections at most.
const CONNECTIONS: u32 = 8;
/// How many of them may write at a time: those wait for each other, and the others are left to who reads.
const WRITERS: usize = 6;
/// A reader holds nothing up but the end of what was erased, and may think for long between two statements: a dry run of an import.
const BEGIN_READ: &str =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = '10min'";
/// Lifts [`LIMITS`] for a transaction.
const NO_LIMITS: &str = "SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
     SET LOCAL statement_timeout = 0";
/// What a session of PostgreSQL waits for no longer, unless the URL, the role or the database says otherwise: a lock, as on SQLite; the
/// next statement of a process that was stopped inside a transaction, in which it may hold locks that all wait for; the end of a
/// statement; a client that can no longer be reached. A server that does not know one of them goes without.
const LIMITS: &str = "SELECT set_config(name, value, false) FROM (VALUES ('lock_timeout', '15s'), \
     ('idle_in_transaction_session_timeout', '60s'), ('statement_timeout', '5min'), ('tcp_user_timeout', '30s')) \
     AS ours (name, value) JOIN pg_settings USING (name) WHERE source = 'default'";

/// A pool of connections to the register.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Manager>,
    writers: Writers,
    url: DatabaseUrl,
    unscrubbed: Arc<Mutex<Option<Unscrubbed>>>,
}

/// The database could not do what was asked. Logged whole; clients learn only that it is our fault.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A statement failed.
    #[error("query: {0}")]
    Query(#[from] diesel::result::Error),
    /// No connection could be made.
    #[error("{0}")]
    Connection(#[from] ConnectionError),
    /// No connection was free or could be made in time.
    #[error("pool: {0}")]
    Pool(#[from] PoolError),
    /// Others who write did not end in time.
    #[error("no place among those who write was free in time")]
    HeldUp,
    /// The schema could not be brought up to date.
    #[error("schema: {0}")]
    Schema(Box<dyn Error + Send + Sync>),
    /// A stored document could not be read or written.
    #[error("stored document: {0}")]
    Document(#[from] serde_json::Error),
    /// The blocking thread ended early.
    #[error("worker: {0}")]
    Worker(#[from] tokio::task::JoinError),
    /// The operating system gave no random bytes.
    #[error("randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The log breaks one of its invariants.
    #[error("the log is damaged: {0}")]
    Damaged(String),
    /// What is stored of a file is not what it was.
    #[error("the stored file {0} is damaged")]
    DamagedFile(String),
    /// The directory of the database cannot be made.
    #[error("data directory {0}: {1}")]
    Directory(String, std::io::Error),
}

impl Db {
    /// Connects, brings the schema up to date and fails if either does not work.
    pub fn open(url: &DatabaseUrl) -> Result<Self, DbError> {
        let held = match url {
            DatabaseUrl::Sqlite(path) => {
                make_directory(path)?;
                hold(path)
            }
            DatabaseUrl::Postgres(_) | DatabaseUrl::Memory => None,
        };
        let in_memory = *url == DatabaseUrl::Memory;
        if !in_memory {
            migrate(&mut connect(url)?)?;
        }
        let pool = Pool::builder()
            .max_size(if in_memory { 1 } else { CONNECTIONS })
            .min_idle(Some(1))
            .idle_timeout(if in_memory { None } else { Some(Duration::from_secs(600)) })
            .max_lifetime(if in_memory { None } else { Some(Duration::from_secs(3600)) })
            .connection_timeout(POOL_TIMEOUT)
            .error_handler(Box::new(LogErrors))
            .build(Manager { url: url.clone(), _held: held })?;
        if in_memory {
            migrate(&mut *pool.get()?)?;
        }
        let writers = Writers::new(if in_memory { 1 } else { WRITERS });
        Ok(Self { pool, writers, url: url.clone(), unscrubbed: Arc::default() })
    }

    /// Runs `query` against one unchanging state of the database.
    pub async fn read<T, E>(&self, query: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.run(begin_read, Box::new(query), None).await
    }

    /// Runs `change` as one transaction: what it did is kept if it returns `Ok`, and nothing of it otherwise.
    pub async fn write<T, E>(&self, change: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let place = self.writers.place(POOL_TIMEOUT).await.ok_or(DbError::HeldUp)?;
        self.run(begin_write, Box::new(change), Some(place)).await
    }

    /// Whether something has been on its way to be written for so long that it waits for somebody, or others for it.
    pub fn is_held_up(&self) -> bool {
        self.writers.are_held_up(Instant::now())
    }

    /// Runs `work` on a thread that may block. It is boxed so that this is compiled, with a task of tokio, for each kind of answer
    /// and not for each of a hundred pieces of work.
    async fn run<T, E>(
        &self,
        begin: fn(&mut Conn) -> QueryResult<()>,
        work: Work<T, E>,
        place: Option<Place>,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let pool = self.pool.clone();
        let finished = threads::spawn(move || {
            // Given back after the connection.
            let _place = place;
            let mut conn = pool.get().map_err(DbError::from)?;
            in_transaction(&mut conn, begin, work)
        });
        finished.await.map_err(DbError::from)?
    }
}

/// Work for a transaction.
type Work<T, E> = Box<dyn FnOnce(&mut Conn) -> Result<T, E> + Send>;

fn in_transaction<T, E: From<DbError>>(
    conn: &mut Conn,
    begin: fn(&mut Conn) -> QueryResult<()>,
    work: Work<T, E>,
) -> Result<T, E> {
    begin(conn).map_err(DbError::from)?;
    match work(conn) {
        Ok(value) => {
            Conn::commit_transaction(conn).map_err(DbError::from)?;
            Ok(value)
        }
        Err(error) => {
            // The pool throws a connection away that has not left its transaction; why the work failed says more.
            if let Err(also) = Conn::rollback_transaction(conn) {
                log::warn!("database: a transaction ended with its connection: {also}");
            }
            Err(error)
        }
    }
}

fn begin_read(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(conn, BEGIN_READ),
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN DEFERRED"),
    }
}

/// SQLite takes its write lock here. A deferred transaction that turns into a writer later fails at once when another
/// writer got in between, however long the busy timeout is.
fn begin_write(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"),
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
    }
}

/// Has this transaction take as long as it takes: for what an operator does by hand, and a first publication.
pub fn without_limits(conn: &mut Conn) -> Result<(), DbError> {
    match conn {
        Conn::Postgres(conn) => Ok(conn.batch_execute(NO_LIMITS)?),
        Conn::Sqlite(_) => Ok(()),
    }
}

/// Opens by URL scheme. The `establish` that diesel derives tries one database after the other and would turn a mistyped
/// PostgreSQL URL into a new SQLite file of that name.
fn connect(url: &DatabaseUrl) -> ConnectionResult<Conn> {
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
fn with_limits(mut conn: Conn) -> ConnectionResult<Conn> {
    if let Conn::Postgres(conn) = &mut conn {
        conn.batch_execute(LIMITS).map_err(ConnectionError::CouldntSetupConfiguration)?;
    }
    Ok(conn)
}

/// The files that a SQLite store may have: itself, then what SQLite keeps beside it.
pub fn files_of(store: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-journal"].map(|ending| {
        let mut name = store.as_os_str().to_owned();
        name.push(ending);
        name.into()
    })
}

/// The file that whoever opens a SQLite store locks together with others, and whoever puts another one in its place locks alone. SQLite's
/// own locks are on the store, which is then another file: one that waited for them would go on with the one that was put aside.
pub fn lock_of(store: &Path) -> PathBuf {
    let mut name = fs::canonicalize(store).unwrap_or_else(|_| store.to_owned()).into_os_string();
    name.push(".lock");
    name.into()
}

/// Waits until nobody puts another store in the place of this one, and keeps them from it. Where no file can be made or locked, SQLite's
/// own locks are all there is.
fn hold(store: &str) -> Option<fs::File> {
    let lock = lock_of(Path::new(store));
    let held = secret_files::to_lock(&lock).and_then(|file| file.lock_shared().map(|()| file));
    held.inspect_err(|error| log::warn!("{} cannot be locked: {error}", lock.display())).ok()
}

/// Returns the file beside a SQLite store that holds a part of it: pages that are still to be taken in, or to be put back.
pub fn part_of(store: &Path) -> Option<PathBuf> {
    let [_, ahead, _, journal] = files_of(store);
    [ahead, journal].into_iter().find(|file| fs::metadata(file).is_ok_and(|found| found.len() > 0))
}

/// Where only a part of a store is there, SQLite would begin a new one, and remove that.
fn must_not_be_missing(store: &Path) -> ConnectionResult<()> {
    match part_of(store).filter(|_| !store.exists()) {
        Some(left) => Err(ConnectionError::BadConnection(format!(
            "{} is missing, but {} is there, which belongs to it: put it back, or restore a backup",
            store.display(),
            left.display()
        ))),
        None => Ok(()),
    }
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

fn make_directory(path: &str) -> Result<(), DbError> {
    match Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => secret_files::create_directory(folder)
            .map_err(|error| DbError::Directory(folder.display().to_string(), error)),
        None => Ok(()),
    }
}

/// All migrations in one transaction under a lock: either the schema is up to date afterwards or nothing was done.
fn migrate(conn: &mut Conn) -> Result<(), DbError> {
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

impl From<DbError> for Problem {
    /// What passes by itself is a 503, what another caller did first a 409, everything else ours to mend.
    fn from(error: DbError) -> Self {
        use diesel::result::Error as Query;
        log::error!("database: {error}");
        match error {
            DbError::Pool(_)
            | DbError::Connection(_)
            | DbError::HeldUp
            | DbError::Query(Query::BrokenTransactionManager) => Code::Unavailable.into(),
            DbError::Query(Query::DatabaseError(kind, about)) => match kind {
                DatabaseErrorKind::UniqueViolation => Code::StateConflict.into(),
                DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand => Code::Unavailable.into(),
                // Somebody else's transaction came first, or does not end: the same request works a moment later.
                _ if ["locked", "deadlock", "timeout", "死锁", "超时"]
                    .iter()
                    .any(|word| about.message().contains(word)) =>
                {
                    Code::Unavailable.into()
                }
                _ => Code::Internal.into(),
            },
            _ => Code::Internal.into(),
        }
    }
}

/// Opens connections for the pool.
#[derive(Debug)]
struct Manager {
    url: DatabaseUrl,
    /// As long as connections are opened, no other store takes the place of this one.
    _held: Option<fs::File>,
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<Conn, r2d2::Error> {
        connect(&self.url).and_then(with_limits).map_err(r2d2::Error::ConnectionError)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), r2d2::Error> {
        diesel::sql_query("SELECT 1").execute(conn).map(|_| ()).map_err(r2d2::Error::QueryError)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        use diesel::r2d2::R2D2Connection;
        match conn {
            Conn::Postgres(conn) => conn.is_broken(),
            Conn::Sqlite(conn) => conn.is_broken(),
        }
    }
}

/// One line for each failed attempt; r2d2 tries again by itself.
#[derive(Debug)]
struct LogErrors;

impl<E: Error> r2d2::HandleError<E> for LogErrors {
    fn handle_error(&self, error: E) {
        log::warn!("database connection: {error}");
    }
}
