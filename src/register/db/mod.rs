//! The one door to the database: [`Db::read`] and [`Db::write`].
//!
//! Both run their closure on a blocking thread inside one transaction. Nothing else in the crate opens a connection or a
//! transaction, so what belongs together is always visible as one closure. This is the only place that knows there are
//! two databases.
//!
//! It may know settings and threads. It must not know what a row means: queries stand with what they are about.

mod conn;
pub mod schema;
mod error;
mod sqlite_files;
mod connect;
mod migrate;
mod writers;
pub mod scrub;
pub mod copy;

use std::{
    error::Error,
    fs,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use diesel::{
    BoxableExpression, Connection, QueryResult, RunQueryDsl,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    r2d2::{self, ManageConnection, Pool},
    sql_types::{Bool, Nullable},
};

pub use conn::Conn;
use connect::{connect, with_limits};
pub use error::DbError;
pub use migrate::is_behind;
use migrate::migrate;
use scrub::Unscrubbed;
pub use sqlite_files::{files_of, lock_of, part_of};
use sqlite_files::{hold, make_directory};
use writers::{Place, Writers};

use crate::base::{config::DatabaseUrl, threads};

/// A condition of a query of `T`, in which columns may be null.
pub type OptionalCondition<T> = Box<dyn BoxableExpression<T, <Conn as Connection>::Backend, SqlType = Nullable<Bool>>>;

/// How long a request waits for a free connection, or a place among those who write, before it is told to come back.
const POOL_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections at most.
const CONNECTIONS: u32 = 8;
/// How many of them may write at a time: those wait for each other, and the others are left to who reads.
const WRITERS: usize = 6;
/// A reader holds nothing up but the end of what was erased, and may think for long between two statements: a dry run of an import.
const BEGIN_READ: &str =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = '10min'";
/// Lifts the limits of a session for a transaction.
const NO_LIMITS: &str = "SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
     SET LOCAL statement_timeout = 0";

/// A pool of connections to the register.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Manager>,
    writers: Writers,
    url: DatabaseUrl,
    unscrubbed: Arc<Mutex<Option<Unscrubbed>>>,
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

/// Runs `work` as a part of this transaction: nothing of it is kept if it returns `Err`, and what came before stays.
pub fn attempt<T, E: From<DbError>>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
    Conn::begin_transaction(conn).map_err(DbError::from)?;
    match work(conn) {
        Ok(value) => {
            Conn::commit_transaction(conn).map_err(DbError::from)?;
            Ok(value)
        }
        Err(error) => {
            // What the database itself could not do may have ended the connection, too: that is told then.
            Conn::rollback_transaction(conn).map_err(DbError::from)?;
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
