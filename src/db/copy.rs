//! A whole SQLite store as one file, and back.

use std::{fs, io, path::Path};

use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_types::Text,
};

use super::{Conn, DbError};
use crate::secret_files;

/// Why a store is not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A file.
    #[error("{0}: {1}")]
    File(String, io::Error),
    /// Another process has the store open.
    #[error("another process has {0} open: stop it first")]
    InUse(String),
    /// SQLite found that the file is not what it wrote.
    #[error("{0} is damaged: {1}")]
    Damaged(String, String),
    /// SQLite.
    #[error(transparent)]
    Database(#[from] DbError),
}

#[derive(QueryableByName)]
struct Check {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

fn file<T>(path: &Path, done: io::Result<T>) -> Result<T, CopyError> {
    done.map_err(|error| CopyError::File(path.display().to_string(), error))
}

fn plain(path: &Path) -> Result<SqliteConnection, CopyError> {
    SqliteConnection::establish(&path.display().to_string()).map_err(|error| DbError::from(error).into())
}

/// Copies one state of the store into a new file that only its owner may read, while others go on to read and write.
pub fn copy_out(store: &Path, to: &Path) -> Result<(), CopyError> {
    file(to, secret_files::create(to))?;
    let mut conn = plain(store)?;
    let query = |conn: &mut SqliteConnection| {
        conn.batch_execute("PRAGMA busy_timeout = 15000")?;
        diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(to.display().to_string()).execute(conn)
    };
    query(&mut conn).map_err(DbError::from)?;
    file(to, fs::File::open(to).and_then(|copy| copy.sync_all()))
}

/// A connection to a copy that changes nothing in it, not even beside it, after SQLite has found it whole.
pub fn open_copy(copy: &Path) -> Result<Conn, CopyError> {
    file(copy, fs::File::open(copy))?;
    let shown = copy.display().to_string();
    let address: String =
        shown.chars().map(|c| if "?#%".contains(c) { format!("%{:02X}", u32::from(c)) } else { c.into() }).collect();
    let mut conn = plain(Path::new(&format!("file:{address}?mode=ro&immutable=1")))?;
    let found: Result<Vec<Check>, _> = diesel::sql_query("PRAGMA integrity_check").load(&mut conn);
    let found = found.map_err(|error| CopyError::Damaged(shown.clone(), error.to_string()))?;
    match found.first() {
        Some(check) if check.integrity_check != "ok" => Err(CopyError::Damaged(shown, check.integrity_check.clone())),
        _ => Ok(Conn::Sqlite(conn)),
    }
}

/// Makes sure that nobody has the store open, and that its one file has all of it.
pub fn must_be_idle(store: &Path) -> Result<(), CopyError> {
    let mut conn = plain(store)?;
    let alone = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;";
    match conn.batch_execute(alone) {
        Ok(()) => Ok(()),
        Err(error) if error.to_string().contains("locked") => Err(CopyError::InUse(store.display().to_string())),
        Err(error) => Err(DbError::from(error).into()),
    }
}

/// Puts a copy in the place of a store that is idle or absent. What was there is kept under the name that is given back.
pub fn put_in(copy: &Path, store: &Path, aside: &Path) -> Result<(), CopyError> {
    let beside = store.with_extension("restoring");
    let _ = fs::remove_file(&beside);
    // Not `fs::copy`, which copies the permissions, too.
    let mut written = file(&beside, secret_files::create(&beside))?;
    file(copy, fs::File::open(copy).and_then(|mut copy| io::copy(&mut copy, &mut written)))?;
    file(&beside, written.sync_all())?;
    if store.exists() {
        file(store, fs::rename(store, aside))?;
        secret_files::close(aside);
    }
    file(store, fs::rename(&beside, store))?;
    match store.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => file(folder, fs::File::open(folder).and_then(|folder| folder.sync_all())),
        None => Ok(()),
    }
}
