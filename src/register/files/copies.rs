//! The copies of public files that this process has: in a folder, or in memory where the database is in memory, too.

use std::{
    collections::{HashMap, VecDeque},
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use actix_web::web::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::{media::MediaType, model::FileContent, store};
use crate::{
    base::{secret_files, threads},
    problem::{Code, Problem},
    register::{
        catalog::{Catalog, Snapshot},
        changes::Seq,
        db::{Db, DbError},
    },
    values::is_sha256,
};

/// Bytes of recently read files that are kept in memory beside the folder.
const RECENT: usize = 64 << 20;
/// Files that are read from the folder at a time, and from the database.
const AT_A_TIME: usize = 4;
/// How long a reader waits until others have read theirs from the database.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of the line before the content at most.
const LONGEST_LINE: usize = 4096;
/// After this long an unfinished copy was left behind by a process that ended.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// The copies of public files. Any number of readers of one file share its bytes.
pub struct Copies {
    folder: Option<PathBuf>,
    memory: Mutex<Memory>,
    from_folder: Semaphore,
    from_database: Semaphore,
}

/// The files in memory: each once, as long as somebody reads it or it is recent.
#[derive(Default)]
struct Memory {
    all: HashMap<String, Weak<FileContent>>,
    recent: VecDeque<Arc<FileContent>>,
    bytes: usize,
}

/// The first line of a copy; the content follows.
#[derive(Serialize, Deserialize)]
struct CopyHead {
    media_type: String,
}

impl Copies {
    /// Copies in memory only: for a database that is there, too.
    pub fn in_memory() -> Self {
        Self {
            folder: None,
            memory: Mutex::default(),
            from_folder: Semaphore::new(AT_A_TIME),
            from_database: Semaphore::new(AT_A_TIME),
        }
    }

    /// Copies in this folder, which is made.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        secret_files::create_directory(folder)?;
        Ok(Self { folder: Some(folder.to_owned()), ..Self::in_memory() })
    }

    /// Returns a public file: from memory, else from the folder, else from the database, of which a copy is then kept. `None`
    /// when it is not stored, 503 when it is nowhere but in a database that cannot be reached.
    pub async fn get(&self, db: &Db, catalog: &Catalog, hash: &str) -> Result<Option<Arc<FileContent>>, Problem> {
        if let Some(held) = self.held(hash).await {
            return Ok(Some(held));
        }
        let waited = tokio::time::timeout(PATIENCE, self.from_database.acquire()).await;
        let _one_of_few = waited.map_err(|_| Problem::from(Code::Unavailable))?;
        if let Some(held) = self.held(hash).await {
            return Ok(Some(held));
        }
        let fetched = self.fetch(db, hash).await?;
        // Erased meanwhile: whoever tidied up may not have seen this copy.
        if !catalog.peek().names_file(hash) {
            self.drop_copy(hash).await;
        }
        Ok(fetched)
    }

    /// Keeps up with the register for ever: copies what became public, drops what no longer is.
    pub async fn follow_for_ever(&self, db: &Db, catalog: &Catalog, interval: Duration) {
        let mut seen: Option<Seq> = None;
        loop {
            let snapshot = catalog.snapshot();
            if seen != Some(snapshot.seq()) {
                match self.keep_up(db, &snapshot).await {
                    Ok(()) => seen = Some(snapshot.seq()),
                    Err(error) => log::error!("copies of files stay behind change {}: {error}", snapshot.seq()),
                }
            }
            tokio::time::sleep(interval).await;
        }
    }

    /// Drops the copies of files that are no longer public in `register`, and makes those that lack.
    pub async fn keep_up(&self, db: &Db, register: &Arc<Snapshot>) -> Result<(), DbError> {
        self.memory().drop_unless(|hash| register.names_file(hash));
        let lacking = match self.folder.clone() {
            Some(folder) => {
                let register = register.clone();
                threads::spawn(move || tidy(&folder, &register)).await?
            }
            None => register.named_files().filter(|hash| self.memory().get(hash).is_none()).cloned().collect(),
        };
        for hash in lacking {
            let _one_of_few = self.from_database.acquire().await;
            match self.fetch(db, &hash).await {
                Ok(_) => {}
                Err(DbError::DamagedFile(hash)) => log::error!("the stored file {hash} is damaged"),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads a file from memory or from the folder; a copy with another hash than its name counts for nothing.
    async fn held(&self, hash: &str) -> Option<Arc<FileContent>> {
        if let Some(file) = self.memory().get(hash) {
            return Some(file);
        }
        let folder = self.folder.clone()?;
        let _one_of_few = self.from_folder.acquire().await;
        if let Some(file) = self.memory().get(hash) {
            return Some(file);
        }
        let asked = hash.to_owned();
        let read = threads::spawn(move || read(&folder, &asked)).await;
        let file = read.map_err(|error| log::error!("reading the copy of file {hash}: {error}")).ok()??;
        Some(self.share(file))
    }

    async fn fetch(&self, db: &Db, hash: &str) -> Result<Option<Arc<FileContent>>, DbError> {
        let asked = hash.to_owned();
        let Some(file) = db.read(move |conn| store::load(conn, &asked)).await? else { return Ok(None) };
        let file = self.share(file);
        if let Some(folder) = self.folder.clone() {
            let copied = file.clone();
            let written = threads::spawn(move || write(&folder, &copied)).await?;
            // It is served all the same, and asked of the database the next time.
            written.unwrap_or_else(|error| log::error!("no copy of file {hash}: {error}"));
        }
        Ok(Some(file))
    }

    fn share(&self, file: FileContent) -> Arc<FileContent> {
        let most = if self.folder.is_some() { RECENT } else { usize::MAX };
        self.memory().put(file, most)
    }

    async fn drop_copy(&self, hash: &str) {
        self.memory().drop_unless(|held| held != hash);
        if let Some(folder) = &self.folder {
            remove(&folder.join(hash));
        }
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn get(&self, hash: &str) -> Option<Arc<FileContent>> {
        self.all.get(hash)?.upgrade()
    }

    /// Keeps a file among the recent ones, which have `most` bytes together unless it is the only one.
    fn put(&mut self, file: FileContent, most: usize) -> Arc<FileContent> {
        if let Some(held) = self.get(&file.hash) {
            return held;
        }
        let file = Arc::new(file);
        self.all.insert(file.hash.clone(), Arc::downgrade(&file));
        self.bytes += file.bytes.len();
        self.recent.push_back(file.clone());
        while self.bytes > most
            && self.recent.len() > 1
            && let Some(oldest) = self.recent.pop_front()
        {
            self.bytes -= oldest.bytes.len();
        }
        self.all.retain(|_, held| held.strong_count() > 0);
        file
    }

    fn drop_unless(&mut self, public: impl Fn(&str) -> bool) {
        self.all.retain(|hash, held| public(hash) && held.strong_count() > 0);
        self.recent.retain(|file| public(&file.hash));
        self.bytes = self.recent.iter().map(|file| file.bytes.len()).sum();
    }
}

/// Drops the copies that are not public; says which public files have none.
fn tidy(folder: &Path, register: &Snapshot) -> Vec<Arc<str>> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let superfluous = match name.strip_suffix(".part") {
            // Somebody else's file may end so, too.
            Some(begun) => {
                begun.split('-').next().is_some_and(is_sha256) && age(&path).is_some_and(|age| age > LEFT_BEHIND)
            }
            None => is_sha256(name) && !register.names_file(name),
        };
        if superfluous {
            remove(&path);
        }
    }
    register.named_files().filter(|hash| !folder.join(&***hash).exists()).cloned().collect()
}

fn age(path: &Path) -> Option<Duration> {
    SystemTime::now().duration_since(fs::metadata(path).ok()?.modified().ok()?).ok()
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            log::error!("{} cannot be removed: {error}", path.display());
        }
        Ok(()) | Err(_) => {}
    }
}

/// The copy of a file, when there is one and it has the hash that it is called by.
fn read(folder: &Path, hash: &str) -> Option<FileContent> {
    let path = folder.join(hash);
    let bytes = match fs::read(&path) {
        Ok(bytes) => Bytes::from(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            log::error!("{} cannot be read: {error}", path.display());
            return None;
        }
    };
    let file = parse(hash, &bytes);
    if file.is_none() {
        log::error!("the copy {} is damaged and removed", path.display());
        remove(&path);
    }
    file
}

fn parse(hash: &str, bytes: &Bytes) -> Option<FileContent> {
    let end = memchr::memchr(b'\n', bytes.get(..bytes.len().min(LONGEST_LINE))?)?;
    let line: CopyHead = serde_json::from_slice(bytes.get(..end)?).ok()?;
    FileContent::verified(hash, MediaType::of(&line.media_type)?, bytes.slice(end + 1..))
}

/// Writes aside and renames: a copy is there whole or not at all.
fn write(folder: &Path, file: &FileContent) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let aside = folder.join(format!("{}-{}-{number}.part", file.hash, std::process::id()));
    let line = CopyHead { media_type: file.kind.value().into() };
    let mut bytes = serde_json::to_vec(&line)?;
    bytes.push(b'\n');
    bytes.extend_from_slice(&file.bytes);
    let written = secret_files::create(&aside)
        .and_then(|mut file| file.write_all(&bytes))
        .and_then(|()| fs::rename(&aside, folder.join(&file.hash)));
    if written.is_err() {
        remove(&aside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &str) -> FileContent {
        FileContent::new(MediaType::Text, content.to_owned().into())
    }

    #[test]
    fn a_copy_is_read_as_it_was_written_and_not_when_it_was_altered() {
        let folder = tempfile::tempdir().expect("a folder");
        let written = file("第一行\n第二行");
        write(folder.path(), &written).expect("it is written");
        assert_eq!(read(folder.path(), &written.hash), Some(written.clone()));

        let path = folder.path().join(&written.hash);
        let mut bytes = fs::read(&path).expect("it is there");
        *bytes.last_mut().expect("a byte") ^= 1;
        fs::write(&path, bytes).expect("it is altered");
        assert_eq!(read(folder.path(), &written.hash), None);
        assert!(!path.exists(), "and it is removed, so that it is fetched again");
        for damaged in ["", "{}", "{}\n", "no JSON\n"] {
            fs::write(&path, damaged).expect("it is altered");
            assert_eq!(read(folder.path(), &written.hash), None, "{damaged}");
        }
    }

    #[test]
    fn only_copies_that_nobody_ended_are_tidied_away_and_not_what_others_keep_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let [begun, other] = [format!("{}-7-0.part", file("a").hash), "second-half.part".into()];
        for name in [&begun, &other] {
            let made = fs::File::create(folder.path().join(name)).expect("it is made");
            made.set_modified(SystemTime::now() - 2 * LEFT_BEHIND).expect("it is ours");
        }
        tidy(folder.path(), &Snapshot::empty(&[]));
        assert!(!folder.path().join(&begun).exists() && folder.path().join(&other).exists());
    }

    #[test]
    fn memory_holds_what_is_recent_or_in_use_and_each_once() {
        let mut memory = Memory::default();
        let first = memory.put(file("1234567890"), 25);
        assert!(Arc::ptr_eq(&first, &memory.put(file("1234567890"), 25)));
        memory.put(file("abcdefghij"), 25);
        memory.put(file("ABCDEFGHIJ"), 25);
        assert_eq!((memory.recent.len(), memory.bytes), (2, 20));
        assert!(memory.get(&first.hash).is_some(), "it is still read by somebody");
        let hash = first.hash.clone();
        drop(first);
        assert!(memory.get(&hash).is_none());
        memory.drop_unless(|_| false);
        assert_eq!((memory.recent.len(), memory.bytes, memory.all.len()), (0, 0, 0));
    }
}
