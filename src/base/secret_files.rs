//! Files that only this process may read: how they are made, and how those are closed that others can read.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tempfile::NamedTempFile;

/// Permission bits of the group and of everybody else.
#[cfg(unix)]
const OTHERS: u32 = 0o077;
#[cfg(unix)]
const STICKY: u32 = 0o1000;
const PEM: (&str, &str) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");

/// The files of a directory whose names begin and end so; the directory is made where there is none.
pub fn list(directory: &Path, begin: &str, end: &str) -> io::Result<Vec<PathBuf>> {
    create_directory(directory)?;
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(begin) && name.ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a private key (PKCS #8, as PEM) into a new file.
pub fn write_key(path: &Path, pkcs8: &[u8]) -> io::Result<()> {
    let text = format!("{}\n{}\n{}\n", PEM.0, STANDARD.encode(pkcs8), PEM.1);
    create(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    })
}

/// Reads a private key (PKCS #8): `None` where the file is no PEM of one.
pub fn read_key(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let text = read(path)?;
    let inner = text.trim().strip_prefix(PEM.0).and_then(|text| text.strip_suffix(PEM.1));
    Ok(inner.and_then(|text| STANDARD.decode(text.split_whitespace().collect::<String>()).ok()))
}

/// Reads a file that nobody else should be able to read.
pub fn read(path: &Path) -> io::Result<String> {
    if is_open(path) {
        log::warn!("other users of this machine can read {}: run chmod 600 on it", path.display());
    }
    fs::read_to_string(path)
}

/// A file that processes with the same directory lock in turn; made where there is none.
pub fn lock(path: &Path) -> io::Result<fs::File> {
    let file = to_lock(path)?;
    file.lock()?;
    Ok(file)
}

/// A file that is there to be locked; made where there is none.
pub fn to_lock(path: &Path) -> io::Result<fs::File> {
    match create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::OpenOptions::new().write(true).open(path),
        made => made,
    }
}

/// Puts a text in the place of a file, whole or not at all, even where the machine stops meanwhile.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut new = beside(path)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(path)?;
    sync_folder(path)
}

/// A new file in the folder of another, that only this process may read, under a name that nobody chose: it is no file that was there
/// before. It is removed unless it is given a name.
pub fn beside(path: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix("qingdan-").suffix(".new").tempfile_in(folder_of(path))
}

/// The folder that a file is in, or would be.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes sure that what was given this name has it, even where the machine stops.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(folder_of(path))?.sync_all()
}

/// This name, or the first with a number behind it that is not taken.
pub fn unused(path: &Path, is_taken: impl Fn(&Path) -> bool) -> PathBuf {
    let (mut free, mut number) = (path.to_owned(), 1);
    while is_taken(&free) {
        number += 1;
        let mut numbered = path.as_os_str().to_owned();
        numbered.push(format!("-{number}"));
        free = numbered.into();
    }
    free
}

/// Whether anything has this name, be it a link that leads nowhere.
pub fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether two paths lead to one file, by whatever names; where there is none, whether it would be one.
pub fn is_one(one: &Path, other: &Path) -> bool {
    match (identity(one), identity(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => {
            let (folder, others) = (identity(folder_of(one)), identity(folder_of(other)));
            one.file_name() == other.file_name() && folder.is_some() && folder == others
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// The identity of a file, whatever its names.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// The name that a file has without links, as far as this system tells.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// A directory that only this process may enter, if there is none.
#[cfg(unix)]
pub fn create_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A directory, if there is none.
#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "there is no other way on this system")]
pub fn create_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// A new file that only this process may read.
#[cfg(unix)]
pub fn create(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// A new file.
#[cfg(not(unix))]
pub fn create(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)
}

/// Whether other users of the machine may do anything with a file or directory.
#[cfg(unix)]
pub fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & OTHERS != 0)
}

/// Whether other users of the machine may do anything with a file or directory, as far as this system tells.
#[cfg(not(unix))]
pub fn is_open(_: &Path) -> bool {
    false
}

/// Closes a file or directory to all other users of the machine. What cannot be closed, since it is somebody else's, is told.
/// A directory that is shared by design, such as `/tmp` (sticky), stays as it is.
#[cfg(unix)]
pub fn close(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(found) = fs::metadata(path) else { return };
    let mode = found.permissions().mode();
    if mode & OTHERS == 0 || (found.is_dir() && mode & STICKY != 0) {
        return;
    }
    match fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o7777 & !OTHERS)) {
        Ok(()) => log::info!("{} was open to other users of this machine and is closed now", path.display()),
        Err(error) => log::warn!("{} is open to other users of this machine: {error}", path.display()),
    }
}

/// Closes nothing: this system has no such permissions.
#[cfg(not(unix))]
pub fn close(_: &Path) {}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    #[test]
    fn a_text_takes_the_place_of_one_file_and_of_no_other() {
        let folder = tempdir().expect("a folder");
        let (seen, other) = (folder.path().join("seen.txt"), folder.path().join("seen.new"));
        fs::write(&other, "somebody's").expect("written");
        for text in ["first", "second"] {
            replace(&seen, text).expect("written");
            assert_eq!(fs::read_to_string(&seen).expect("readable"), text);
        }
        assert_eq!(fs::read_to_string(&other).expect("readable"), "somebody's");
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 2, "nothing is left beside");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_one_with_itself_under_all_its_names() {
        let folder = tempdir().expect("a folder");
        let [one, linked, symbolic, other] =
            ["one", "linked", "symbolic", "other"].map(|name| folder.path().join(name));
        fs::write(&one, "the same").expect("written");
        fs::write(&other, "the same").expect("written");
        fs::hard_link(&one, &linked).expect("linked");
        std::os::unix::fs::symlink("one", &symbolic).expect("linked");
        for same in [&one, &linked, &symbolic, &folder.path().join("./one")] {
            assert!(is_one(&one, same), "{}", same.display());
        }
        assert!(!is_one(&one, &other) && !is_one(&one, &folder.path().join("none")));
        assert!(is_one(&folder.path().join("none"), &folder.path().join("./none")), "it would be one");
        assert!(!is_one(&folder.path().join("none"), &folder.path().join("no")));
    }
}
