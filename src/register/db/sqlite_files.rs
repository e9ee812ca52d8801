//! The files of a SQLite store: itself, those that SQLite keeps beside it, and the lock that keeps other stores from its place.

use std::{
    fs,
    path::{Path, PathBuf},
};

use diesel::{ConnectionError, ConnectionResult};

use super::error::DbError;
use crate::base::secret_files;

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
pub(super) fn hold(store: &str) -> Option<fs::File> {
    let lock = lock_of(Path::new(store));
    let held = secret_files::to_lock(&lock).and_then(|file| file.lock_shared().map(|()| file));
    held.inspect_err(|error| log::warn!("{} cannot be locked: {error}", lock.display())).ok()
}

/// Returns the file beside a SQLite store that holds a part of it: pages that are still to be taken in, or to be put back.
pub fn part_of(store: &Path) -> Option<PathBuf> {
    let [_, ahead, _, journal] = files_of(store);
    [ahead, journal].into_iter().find(|file| fs::metadata(file).is_ok_and(|found| found.len() > 0))
}

/// Refuses a store of which only a part is there: SQLite would begin a new one, and remove that part.
pub(super) fn must_not_be_missing(store: &Path) -> ConnectionResult<()> {
    match part_of(store).filter(|_| !store.exists()) {
        Some(left) => Err(ConnectionError::BadConnection(format!(
            "{} is missing, but {} is there, which belongs to it: put it back, or restore a backup",
            store.display(),
            left.display()
        ))),
        None => Ok(()),
    }
}

/// Makes the directory of a store, where it has none.
pub(super) fn make_directory(path: &str) -> Result<(), DbError> {
    match Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => secret_files::create_directory(folder)
            .map_err(|error| DbError::Directory(folder.display().to_string(), error)),
        None => Ok(()),
    }
}
