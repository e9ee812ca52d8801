//! A whole SQLite store as one file, and back.

use std::{
    fs, io,
    io::Read,
    path::{Path, PathBuf},
};

use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_types::Text,
};
use tempfile::NamedTempFile;

use super::{Conn, DbError, files_of, lock_of, part_of};
use crate::base::secret_files;

/// How every file of SQLite begins.
const BEGINS: &[u8] = b"SQLite format 3\0";

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
    /// A file that nobody made as a backup.
    #[error("{0} is no database: nothing but a backup is written over")]
    NoBackup(String),
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

/// Makes sure that what is written over was a backup, which nobody has as a store.
pub fn must_be_spare(path: &Path) -> Result<(), CopyError> {
    let mut begins = Vec::new();
    file(path, regular(path).and_then(|found| found.take(BEGINS.len() as u64).read_to_end(&mut begins)))?;
    match begins.is_empty() || begins == BEGINS {
        true => must_be_idle(path),
        false => Err(CopyError::NoBackup(path.display().to_string())),
    }
}

/// A file of bytes: a pipe or a device would be read for ever.
fn regular(path: &Path) -> io::Result<fs::File> {
    match fs::metadata(path)?.is_file() {
        true => fs::File::open(path),
        false => Err(io::Error::other("it is no file")),
    }
}

/// Copies one state of the store into a file that is new, while others go on to read and write.
pub fn copy_out(store: &Path, new: &NamedTempFile) -> Result<(), CopyError> {
    let mut conn = plain(store)?;
    let query = |conn: &mut SqliteConnection| {
        conn.batch_execute("PRAGMA busy_timeout = 15000")?;
        diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(new.path().display().to_string()).execute(conn)
    };
    query(&mut conn).map_err(DbError::from)?;
    file(new.path(), new.as_file().sync_all())
}

/// A connection to a copy that changes nothing in it, not even beside it, after SQLite has found it whole.
pub fn open_copy(copy: &Path) -> Result<Conn, CopyError> {
    file(copy, regular(copy))?;
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

/// A new file beside the store with the bytes of a copy.
pub fn copy_in(copy: &Path, store: &Path) -> Result<NamedTempFile, CopyError> {
    let mut new = file(store, secret_files::beside(store))?;
    file(copy, regular(copy).and_then(|mut copy| io::copy(&mut copy, new.as_file_mut())))?;
    file(new.path(), new.as_file().sync_all())?;
    Ok(new)
}

/// Puts a new file in the place of a store that nobody has open, or that is damaged or absent. What was there is kept with what lies
/// beside it, which SQLite would take as a part of the new one: under the name that is given, or the first with a number behind it
/// that nothing has. Returns the name where there was anything.
pub fn put_in(new: NamedTempFile, store: &Path, aside: &Path) -> Result<Option<PathBuf>, CopyError> {
    let _alone = keep_others_out(store)?;
    if store.exists() {
        must_be_idle(store)?;
    }
    let aside = secret_files::unused(aside, |name| files_of(name).iter().any(|file| secret_files::is_there(file)));
    let (mut is_kept, mut has_two_names) = (false, false);
    for (there, kept) in files_of(store).iter().zip(files_of(&aside)).rev() {
        if secret_files::is_there(there) {
            // The store has two names until the copy takes one of them: whatever happens meanwhile, there is one.
            has_two_names = there == store && fs::hard_link(there, &kept).is_ok();
            file(&kept, if has_two_names { Ok(()) } else { move_to(there, &kept) })?;
            secret_files::close(&kept);
            is_kept = true;
        }
    }
    let put = if has_two_names { new.persist(store) } else { new.persist_noclobber(store) };
    file(store, put.map_err(io::Error::from))?;
    file(store, secret_files::sync_folder(store))?;
    Ok(is_kept.then_some(aside))
}

/// Keeps everybody from opening the store as long as the file is held; who comes meanwhile waits.
fn keep_others_out(store: &Path) -> Result<fs::File, CopyError> {
    let lock = file(store, secret_files::to_lock(&lock_of(store)))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => Err(CopyError::InUse(store.display().to_string())),
        Err(fs::TryLockError::Error(error)) => Err(CopyError::File(store.display().to_string(), error)),
    }
}

/// Gives a file another name, which is taken first, so that no other file has it.
fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    drop(secret_files::create(to)?);
    fs::rename(from, to).inspect_err(|_| drop(fs::remove_file(to)))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tempfile::tempdir;

    use super::*;
    use crate::{base::config::DatabaseUrl, register::db::Db};

    #[test]
    fn what_is_put_aside_takes_the_name_of_nothing_that_was_put_aside_before() {
        let folder = tempdir().expect("a folder");
        let [copy, store, aside] = ["copy", "store", "aside"].map(|name| folder.path().join(name));
        let written = |number: usize| format!("no database, number {number}");
        fs::write(&store, written(0)).expect("written");
        let mut kept = Vec::new();
        for number in 1..=3 {
            fs::write(&copy, written(number)).expect("written");
            let new = copy_in(&copy, &store).expect("it is copied");
            kept.push(put_in(new, &store, &aside).expect("it is put there").expect("there was one"));
        }
        assert_eq!(fs::read_to_string(&store).expect("readable"), written(3));
        for (number, kept) in kept.iter().enumerate() {
            assert_eq!(fs::read_to_string(kept).expect("readable"), written(number), "{}", kept.display());
        }
    }

    #[test]
    fn who_opens_a_store_while_another_takes_its_place_has_the_other_one_and_who_has_one_open_keeps_it() {
        let folder = tempdir().expect("a folder");
        let [new, store, aside] = ["new", "store", "aside"].map(|name| folder.path().join(name));
        for path in [&new, &store] {
            plain(path).expect("it opens").batch_execute("CREATE TABLE marks (mark TEXT)").expect("it is made");
        }
        let url = DatabaseUrl::Sqlite(store.display().to_string());
        let alone = keep_others_out(&store).expect("nobody has it open");
        let opening = thread::spawn(move || Db::open(&url));
        fs::rename(&store, &aside).expect("it is put aside");
        fs::rename(&new, &store).expect("it is put there");
        drop(alone);
        let db = opening.join().expect("it ends").expect("it opens");

        let has_register =
            |path: &Path| plain(path).expect("it opens").batch_execute("SELECT seq FROM changes").is_ok();
        assert!(has_register(&store) && !has_register(&aside));
        assert!(matches!(keep_others_out(&store), Err(CopyError::InUse(_))));
        drop(db);
    }

    #[test]
    fn a_part_of_a_store_is_kept_beside_no_other_one() {
        let folder = tempdir().expect("a folder");
        let [copy, store, aside] = ["copy", "store", "aside"].map(|name| folder.path().join(name));
        let [_, ahead, ..] = files_of(&store);
        fs::write(&copy, "no database").expect("written");
        fs::write(&ahead, "pages of one that is gone").expect("written");
        let put = || put_in(copy_in(&copy, &store).expect("it is copied"), &store, &aside).expect("it is put there");
        let (first, second) = (put().expect("there was a part"), put().expect("there was a store"));
        assert_ne!(first, second);
        let [_, kept, ..] = files_of(&first);
        assert_eq!(fs::read_to_string(kept).expect("readable"), "pages of one that is gone");
        assert!(part_of(&second).is_none());
    }

    #[test]
    fn only_what_may_be_a_backup_is_written_over() {
        let folder = tempdir().expect("a folder");
        let (text, none) = (folder.path().join("key.pem"), folder.path().join("none"));
        fs::write(&text, "-----BEGIN PRIVATE KEY-----").expect("written");
        assert!(matches!(must_be_spare(&text), Err(CopyError::NoBackup(_))));
        assert!(matches!(must_be_spare(folder.path()), Err(CopyError::File(..))));
        fs::write(&none, "").expect("written");
        assert!(must_be_spare(&none).is_ok());
    }
}
