//! Why the database could not do what was asked, and what clients learn of it.

use std::error::Error;

use diesel::{ConnectionError, r2d2::PoolError, result::DatabaseErrorKind};

use crate::problem::{Code, Problem};

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
    /// A stored file has other bytes than it had.
    #[error("the stored file {0} is damaged")]
    DamagedFile(String),
    /// The directory of the database cannot be made.
    #[error("data directory {0}: {1}")]
    Directory(String, std::io::Error),
}

impl From<DbError> for Problem {
    /// Answers 503 where it passes by itself, 409 where another caller came first, and 500 for everything else, which is ours to mend.
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
