//! The reasons for which the service does not start.

use std::io;

use crate::{
    base::config::Unusable,
    mirror::OpenError,
    register::{db::DbError, log_keys::LogKeyError, notary::Unfit},
    staff::{
        identity::AuthorityError,
        webhooks::{CourierError, SealError},
    },
};

/// The reason for which the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("DATABASE_URL: {0}")]
    Database(#[from] DbError),
    /// The keys of tokens, or the issuer of others.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The address.
    #[error("QINGDAN_LISTEN: {0}: {1}")]
    Listen(String, io::Error),
    /// The address of the figures.
    #[error("QINGDAN_METRICS_LISTEN: {0}")]
    MetricsListen(io::Error),
    /// The folder of the copies of files.
    #[error("QINGDAN_DATA_DIR: {0}")]
    Files(io::Error),
    /// The store is a mirror's, or cannot be one's.
    #[error("DATABASE_URL: {0}")]
    Mirror(#[from] OpenError),
    /// The keys of the log.
    #[error(transparent)]
    LogKeys(#[from] LogKeyError),
    /// The log is not the one that checkpoints were given out of.
    #[error("DATABASE_URL: {0}")]
    Unfit(#[from] Unfit),
    /// A setting.
    #[error(transparent)]
    Setting(#[from] Unusable),
    /// The client that asks witnesses cannot be made.
    #[error("QINGDAN_WITNESSES: {0}")]
    Witness(reqwest::Error),
    /// The metrics.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The key of the secrets of webhooks.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The courier of webhooks cannot be made.
    #[error(transparent)]
    Courier(#[from] CourierError),
}
