//! The keys that a register signs checkpoints of its log with, and the last checkpoint that it gave out: files in the directory of
//! its private keys.
//!
//! `log-<id>.pem` is a private key, `log-<id>.pub` its public half as verifiers know it; a public half by itself is of a key that is
//! retired. All have the name of the log, its origin. `checkpoint` is the last one given out: whoever restores an older
//! database finds there that the log went further.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::{
    base::{config::given, secret_files},
    transparency::{Checkpoint, NoCheckpoint, Note, SigningKey, Signs, VerifierKey, is_name},
};

const FILE: (&str, &str, &str) = ("log-", "pem", "pub");
const CHECKPOINT: &str = "checkpoint";
const LOCK: &str = "checkpoint.lock";
/// The name of a log that nobody gave one.
const UNNAMED: &str = "unnamed.invalid/v1/log";

/// Why the keys of the log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogKeyError {
    /// The directory or a file.
    #[error("QINGDAN_KEYS_DIR: {0}: {1}")]
    File(String, io::Error),
    /// A file that holds no key of a log.
    #[error("QINGDAN_KEYS_DIR: {0} holds no key of a log")]
    NoKey(String),
    /// Keys of several logs.
    #[error("QINGDAN_KEYS_DIR: the keys of the log have different names, {0} and {1}")]
    Names(String, String),
    /// There is none.
    #[error(
        "QINGDAN_KEYS_DIR: {0} has no key of the log: make one with `qingdan keys log init`, once, and give it to every replica"
    )]
    Missing(String),
    /// There was one.
    #[error(
        "QINGDAN_KEYS_DIR: {0} has what is left of a log, and no key that signs it. A new key would be another log: put the old one back \
         (docs/TRANSPARENCY.md, a lost key)"
    )]
    Lost(String),
    /// The directory is gone, or another.
    #[error(
        "QINGDAN_KEYS_DIR: the log is {0}, and {1} has no key of it: put the directory of its keys back (docs/TRANSPARENCY.md, a lost key)"
    )]
    NotOf(String, String),
    /// There is one already.
    #[error("QINGDAN_KEYS_DIR: {0} has a key of the log {1} already; `keys log add` makes another for it")]
    Present(String, String),
    /// No such key.
    #[error("no key of the log has the number {0}, or it is the only one that signs")]
    Unknown(String),
    /// It cannot be the name of a log.
    #[error("the name of a log has no spaces and no +: such as yangli.example/v1/log")]
    Name,
    /// The operating system gave no key.
    #[error("no key could be made")]
    Generate,
    /// The file of the last checkpoint.
    #[error("QINGDAN_KEYS_DIR: the last checkpoint that was given out, {0}: {1}")]
    Checkpoint(String, NoCheckpoint),
}

/// The keys of one log.
#[derive(Clone, Debug)]
pub struct LogKeys {
    signing: Vec<SigningKey>,
    retired: Vec<VerifierKey>,
}

impl LogKeys {
    /// The key that lives as long as the process: for tests, and for registers in memory.
    pub fn in_memory() -> Result<Self, LogKeyError> {
        static KEY: OnceLock<Option<SigningKey>> = OnceLock::new();
        let key = KEY.get_or_init(|| SigningKey::generate(UNNAMED)).clone();
        Ok(Self { signing: vec![key.ok_or(LogKeyError::Generate)?], retired: Vec::new() })
    }

    /// The keys of this directory; `None` where it never had any.
    pub fn load(directory: &Path) -> Result<Option<Self>, LogKeyError> {
        let failed = |error| LogKeyError::File(directory.display().to_string(), error);
        let mut keys = Self { signing: Vec::new(), retired: Vec::new() };
        for file in secret_files::list(directory, FILE.0, &format!(".{}", FILE.2)).map_err(failed)? {
            keys.read(&file)?;
        }
        let first = keys.signing.first().map(|key| key.public().name.clone());
        let other = first.as_ref().and_then(|first| keys.public().into_iter().find(|key| key.name != *first));
        match (first, other) {
            (None, _) if keys.retired.is_empty() && !directory.join(CHECKPOINT).exists() => Ok(None),
            (None, _) => Err(LogKeyError::Lost(directory.display().to_string())),
            (Some(first), Some(other)) => Err(LogKeyError::Names(first, other.name)),
            (Some(_), None) => Ok(Some(keys)),
        }
    }

    fn read(&mut self, public: &Path) -> Result<(), LogKeyError> {
        let failed = |error| LogKeyError::File(public.display().to_string(), error);
        let no_key = || LogKeyError::NoKey(public.display().to_string());
        let key: VerifierKey = fs::read_to_string(public).map_err(failed)?.parse().map_err(|_| no_key())?;
        let private = public.with_extension(FILE.1);
        match secret_files::read_key(&private) {
            Ok(pkcs8) => {
                let pkcs8 = pkcs8.ok_or_else(|| LogKeyError::NoKey(private.display().to_string()))?;
                let read = SigningKey::of_pkcs8(&pkcs8, &key.name, Signs::Notes).filter(|read| *read.public() == key);
                self.signing.push(read.ok_or_else(no_key)?);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.retired.push(key),
            Err(error) => return Err(LogKeyError::File(private.display().to_string(), error)),
        }
        Ok(())
    }

    /// The keys of this directory, and the first one of a log with this name where it never had any: processes that start together
    /// make one.
    pub fn load_or_create(directory: &Path, origin: &str) -> Result<Self, LogKeyError> {
        let _turn = turn(directory)?;
        match Self::load(directory)? {
            Some(keys) => Ok(keys),
            None => Self::first(directory, origin),
        }
    }

    /// Makes the first key of a log with this name.
    pub fn create(directory: &Path, origin: &str) -> Result<Self, LogKeyError> {
        let _turn = turn(directory)?;
        match Self::load(directory)? {
            Some(keys) => Err(LogKeyError::Present(directory.display().to_string(), keys.origin().to_owned())),
            None => Self::first(directory, origin),
        }
    }

    fn first(directory: &Path, origin: &str) -> Result<Self, LogKeyError> {
        Ok(Self { signing: vec![generate(directory, origin)?], retired: Vec::new() })
    }

    /// Makes another key for the same log: from the next start of the servers on both sign.
    pub fn add(directory: &Path) -> Result<VerifierKey, LogKeyError> {
        let _turn = turn(directory)?;
        let missing = || LogKeyError::Missing(directory.display().to_string());
        let keys = Self::load(directory)?.ok_or_else(missing)?;
        Ok(generate(directory, keys.origin())?.public().clone())
    }

    /// Removes the private half of the key with this number. What it signed can still be verified.
    pub fn retire(directory: &Path, id: &str) -> Result<(), LogKeyError> {
        let _turn = turn(directory)?;
        let missing = || LogKeyError::Missing(directory.display().to_string());
        let keys = Self::load(directory)?.ok_or_else(missing)?;
        let is_known = keys.signing.iter().any(|key| key.public().id_text() == id);
        if !is_known || keys.signing.len() == 1 {
            return Err(LogKeyError::Unknown(id.into()));
        }
        let path = directory.join(format!("{}{id}.{}", FILE.0, FILE.1));
        fs::remove_file(&path).map_err(|error| LogKeyError::File(path.display().to_string(), error))
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        self.signing.first().map_or(UNNAMED, |key| &key.public().name)
    }

    /// The public keys: those that sign, then those that did.
    pub fn public(&self) -> Vec<VerifierKey> {
        let signing = self.signing.iter().map(|key| key.public().clone());
        signing.chain(self.retired.iter().cloned()).collect()
    }

    /// The number of keys that sign.
    pub fn signing(&self) -> usize {
        self.signing.len()
    }

    /// Signs a checkpoint with every key that signs.
    pub fn sign(&self, checkpoint: &Checkpoint) -> Note {
        let text = checkpoint.to_string();
        let signatures = self.signing.iter().map(|key| key.sign(&text)).collect();
        Note { text, signatures }
    }
}

/// Takes the turn of this process among those with the same directory, until it is dropped.
fn turn(directory: &Path) -> Result<fs::File, LogKeyError> {
    let locked = secret_files::create_directory(directory).and_then(|()| secret_files::lock(&directory.join(LOCK)));
    locked.map_err(|error| LogKeyError::File(directory.display().to_string(), error))
}

fn generate(directory: &Path, origin: &str) -> Result<SigningKey, LogKeyError> {
    if !is_name(origin) {
        return Err(LogKeyError::Name);
    }
    let key = SigningKey::generate(origin).ok_or(LogKeyError::Generate)?;
    let path = directory.join(format!("{}{}.{}", FILE.0, key.public().id_text(), FILE.1));
    let failed = |error| LogKeyError::File(path.display().to_string(), error);
    secret_files::write_key(&path, key.pkcs8()).map_err(failed)?;
    secret_files::replace(&path.with_extension(FILE.2), &format!("{}\n", key.public())).map_err(failed)?;
    Ok(key)
}

/// The name that a log has by the address of its register (C2SP tlog-tiles): without scheme, with the path of the log. Without an
/// address, one that no other log will have.
pub fn origin_of(public_url: Option<&str>) -> Result<String, LogKeyError> {
    match given(public_url) {
        Some(url) => {
            let place = url.split_once("://").map_or(url, |(_, place)| place);
            Ok(format!("{}/v1/log", place.trim_end_matches('/')))
        }
        None => {
            let mut random = [0; 8];
            getrandom::fill(&mut random).map_err(|_| LogKeyError::Generate)?;
            Ok(format!("{}.{UNNAMED}", crate::values::hex(&random)))
        }
    }
}

/// The place where the last checkpoint that was given out is kept.
#[derive(Clone, Debug)]
pub struct Keeper(Option<PathBuf>);

impl Keeper {
    /// Keeps it in this directory, or nowhere.
    pub fn new(directory: Option<PathBuf>) -> Self {
        Self(directory)
    }

    /// The last checkpoint that was given out; `None` before the first.
    pub fn last(&self, keys: &LogKeys) -> Result<Option<Checkpoint>, LogKeyError> {
        let Some(path) = self.0.as_ref().map(|directory| directory.join(CHECKPOINT)) else { return Ok(None) };
        match fs::read_to_string(&path) {
            Ok(note) => {
                let unusable = |error| LogKeyError::Checkpoint(path.display().to_string(), error);
                Checkpoint::open(&note, &keys.public()).map(|(last, _)| Some(last)).map_err(unusable)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LogKeyError::File(path.display().to_string(), error)),
        }
    }

    /// Puts the last checkpoint aside, so that a log that contradicts it can be signed: the file that it is kept in now, beside all
    /// that were put aside before.
    pub fn give_up(&self, last: &Checkpoint) -> Result<Option<PathBuf>, LogKeyError> {
        let Some(directory) = &self.0 else { return Ok(None) };
        let _turn = turn(directory)?;
        let aside = secret_files::unused(
            &directory.join(format!("{CHECKPOINT}.contradicted-{}", last.size)),
            secret_files::is_there,
        );
        let failed = |error| LogKeyError::File(aside.display().to_string(), error);
        fs::rename(directory.join(CHECKPOINT), &aside).map_err(failed)?;
        Ok(Some(aside))
    }

    /// Keeps a checkpoint that is about to be given out, unless a longer one was. `agrees` is asked of the last one first, and
    /// where it says no, nothing is kept.
    pub fn keep<E: From<LogKeyError>>(
        &self,
        keys: &LogKeys,
        (checkpoint, note): (&Checkpoint, &Note),
        agrees: impl FnOnce(&Checkpoint) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(directory) = &self.0 else { return Ok(()) };
        let failed = |error| LogKeyError::File(directory.display().to_string(), error);
        let _turn = turn(directory)?;
        let last = self.last(keys)?;
        if let Some(last) = &last {
            agrees(last)?;
        }
        if last.is_none_or(|last| last.size < checkpoint.size) {
            secret_files::replace(&directory.join(CHECKPOINT), &note.to_string()).map_err(failed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;
    use crate::transparency::Hash;

    const ORIGIN: &str = "yangli.example/v1/log";

    fn checkpoint(size: u64) -> Checkpoint {
        Checkpoint { origin: ORIGIN.into(), size, root: Hash::of_leaf(&size.to_be_bytes()) }
    }

    #[test]
    fn a_log_has_one_name_and_a_key_is_made_once() {
        let directory = tempdir().expect("a directory");
        assert!(LogKeys::load(directory.path()).expect("readable").is_none());
        let made = LogKeys::create(directory.path(), ORIGIN).expect("a key");
        let read = LogKeys::load(directory.path()).expect("readable").expect("a key");
        assert_eq!(read.public(), made.public());
        assert_eq!(read.origin(), ORIGIN);
        assert!(matches!(LogKeys::create(directory.path(), ORIGIN), Err(LogKeyError::Present(..))));
        let another = tempdir().expect("a directory");
        assert!(matches!(LogKeys::create(another.path(), "a b"), Err(LogKeyError::Name)));
    }

    #[test]
    fn processes_that_start_together_make_one_key() {
        let directory = tempdir().expect("a directory");
        let (keys, others) = (directory.path().join("keys"), directory.path().join("others"));
        let made: Vec<_> = at_once(|| LogKeys::load_or_create(&keys, ORIGIN).expect("a key").public());
        assert!(made.iter().all(|keys| *keys == made[0]), "{made:?}");
        let created = at_once(|| LogKeys::create(&others, ORIGIN).is_ok());
        assert_eq!(created.into_iter().filter(|is_made| *is_made).count(), 1);
    }

    fn at_once<T: Send>(make: impl Fn() -> T + Sync) -> Vec<T> {
        std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8).map(|_| scope.spawn(&make)).collect();
            makers.into_iter().map(|maker| maker.join().expect("it ends")).collect()
        })
    }

    #[test]
    fn a_directory_that_lost_its_keys_gets_no_other_log() {
        let directory = tempdir().expect("a directory");
        let keys = LogKeys::create(directory.path(), ORIGIN).expect("a key");
        let file = |end: &str| directory.path().join(format!("log-{}.{end}", keys.public()[0].id_text()));
        let is_lost = || {
            let lost = |refused| match refused {
                Err(LogKeyError::Lost(named)) => named == directory.path().display().to_string(),
                _ => false,
            };
            lost(LogKeys::load(directory.path()).map(|_| ()))
                && lost(LogKeys::create(directory.path(), ORIGIN).map(|_| ()))
                && lost(LogKeys::load_or_create(directory.path(), ORIGIN).map(|_| ()))
                && lost(LogKeys::add(directory.path()).map(|_| ()))
        };
        assert!(!is_lost());
        fs::remove_file(file("pem")).expect("it is there");
        assert!(is_lost(), "only its public half is left");
        fs::write(directory.path().join(CHECKPOINT), "").expect("written");
        fs::remove_file(file("pub")).expect("it is there");
        assert!(is_lost(), "only what it signed is left");
        fs::remove_file(directory.path().join(CHECKPOINT)).expect("it is there");
        LogKeys::create(directory.path(), ORIGIN).expect("nothing tells of a log");
    }

    #[test]
    fn two_keys_sign_until_one_is_retired_and_both_verify_for_ever() {
        let directory = tempdir().expect("a directory");
        let old = LogKeys::create(directory.path(), ORIGIN).expect("a key");
        let old_id = old.public()[0].id_text();
        assert!(matches!(LogKeys::retire(directory.path(), &old_id), Err(LogKeyError::Unknown(_))), "none would sign");
        let new = LogKeys::add(directory.path()).expect("a key");
        let both = LogKeys::load(directory.path()).expect("readable").expect("keys");
        let note = both.sign(&checkpoint(1));
        assert_eq!(note.signatures.len(), 2);
        assert!(note.verify(&old.public()).is_ok() && note.verify(std::slice::from_ref(&new)).is_ok());
        LogKeys::retire(directory.path(), &old_id).expect("it is known");
        let left = LogKeys::load(directory.path()).expect("readable").expect("a key");
        assert_eq!(left.sign(&checkpoint(2)).signatures.len(), 1);
        assert_eq!((left.public().len(), left.signing()), (2, 1));
    }

    #[test]
    fn the_last_checkpoint_is_the_longest_and_one_that_disagrees_is_not_kept() {
        let directory = tempdir().expect("a directory");
        let keys = LogKeys::create(directory.path(), ORIGIN).expect("a key");
        let keeper = Keeper::new(Some(directory.path().into()));
        let keep =
            |size, agrees| {
                let given = checkpoint(size);
                keeper.keep(&keys, (&given, &keys.sign(&given)), |_| {
                    if agrees { Ok(()) } else { Err(LogKeyError::Generate) }
                })
            };
        assert_eq!(keeper.last(&keys).expect("none"), None);
        for size in [2, 5, 3] {
            keep(size, true).expect("it agrees");
        }
        assert_eq!(keeper.last(&keys).expect("readable"), Some(checkpoint(5)));
        assert!(keep(7, false).is_err());
        assert_eq!(keeper.last(&keys).expect("readable"), Some(checkpoint(5)));
        fs::write(directory.path().join(CHECKPOINT), "nonsense").expect("written");
        assert!(matches!(keeper.last(&keys), Err(LogKeyError::Checkpoint(..))));
    }

    #[test]
    fn what_is_contradicted_twice_is_kept_twice() {
        let directory = tempdir().expect("a directory");
        let keys = LogKeys::create(directory.path(), ORIGIN).expect("a key");
        let keeper = Keeper::new(Some(directory.path().into()));
        let other = Checkpoint { root: Hash::of_leaf(b"other"), ..checkpoint(5) };
        let mut kept = Vec::new();
        for given in [checkpoint(5), other.clone(), other] {
            let note = keys.sign(&given);
            keeper.keep(&keys, (&given, &note), |_| Ok::<_, LogKeyError>(())).expect("kept");
            let aside = keeper.give_up(&given).expect("it is put aside").expect("a file");
            kept.push((aside, note.to_string()));
        }
        assert_eq!(keeper.last(&keys).expect("none"), None);
        for (aside, note) in &kept {
            assert_eq!(&fs::read_to_string(aside).expect("readable"), note, "{}", aside.display());
        }
        assert!(kept[0].0.ends_with("checkpoint.contradicted-5") && kept[2].0.ends_with("checkpoint.contradicted-5-3"));
    }

    #[test]
    fn a_log_is_named_by_its_address_and_never_twice_without_one() {
        let named = |url| origin_of(url).expect("a name");
        assert_eq!(named(Some("https://yangli.example/")), ORIGIN);
        assert_eq!(named(Some("https://a.example/lists")), "a.example/lists/v1/log");
        assert_ne!(named(None), named(None));
        assert!(is_name(&named(None)));
    }
}
