//! A whole SQLite store as one file, and back.

use std::{fs, io, path::Path};

use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_types::Text,
};

use super::{Conn, DbError, files_of, part_of};
use crate::secret_files;

/// Phrases in the errors of SQLite about a file that is not what it wrote.
const DAMAGED: [&str; 2] = ["file is not a database", "disk image is malformed"];

/// Why a store is not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A file.
    #[error("{0}: {1}")]
    File(String, io::Error),
    /// Another process has the store open.
    #[error("another process has {0} open: stop it first")]
    InUse(String),
    /// A file beside the store belongs to it, and would be lost, or become part of another one.
    #[error(
        "beside {0} lies {1}, which belongs to it: the file alone is not the whole. `qingdan backup` makes one file of both"
    )]
    NotAlone(String, String),
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

/// Makes sure that nothing lies beside a file which SQLite would take as a part of it.
pub fn must_be_alone(path: &Path) -> Result<(), CopyError> {
    match part_of(path) {
        Some(part) => Err(CopyError::NotAlone(path.display().to_string(), part.display().to_string())),
        None => Ok(()),
    }
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
    must_be_alone(copy)?;
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

/// Makes sure that nobody has the store open, and that its one file has all of it. One that is damaged stays as it is.
pub fn must_be_idle(store: &Path) -> Result<(), CopyError> {
    let mut conn = plain(store)?;
    let alone = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;";
    match conn.batch_execute(alone) {
        Ok(()) => Ok(()),
        Err(error) if error.to_string().contains("locked") => Err(CopyError::InUse(store.display().to_string())),
        Err(error) if DAMAGED.iter().any(|said| error.to_string().contains(said)) => Ok(()),
        Err(error) => Err(DbError::from(error).into()),
    }
}

/// Puts a copy in the place of a store that is idle, damaged or absent. What was there is kept under the name that is given, with what
/// lies beside it: SQLite would take that as a part of the copy.
pub fn put_in(copy: &Path, store: &Path, aside: &Path) -> Result<(), CopyError> {
    let beside = store.with_extension("restoring");
    let _ = fs::remove_file(&beside);
    // Not `fs::copy`, which copies the permissions, too.
    let mut written = file(&beside, secret_files::create(&beside))?;
    file(copy, fs::File::open(copy).and_then(|mut copy| io::copy(&mut copy, &mut written)))?;
    file(&beside, written.sync_all())?;
    for (there, kept) in files_of(store).iter().zip(files_of(aside)).rev() {
        if there.exists() {
            // The store has two names until the copy takes one of them: whatever happens meanwhile, there is one.
            let is_linked = there == store && fs::hard_link(there, &kept).is_ok();
            file(there, if is_linked { Ok(()) } else { fs::rename(there, &kept) })?;
            secret_files::close(&kept);
        }
    }
    file(store, fs::rename(&beside, store))?;
    match store.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => file(folder, fs::File::open(folder).and_then(|folder| folder.sync_all())),
        None => Ok(()),
    }
}
