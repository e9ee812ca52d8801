//! Walking through a whole register to check it, without keeping any of it but the last checkpoint that was seen.

use std::{fs, io, path::Path, time::Duration};

use super::{
    address::Address,
    gather,
    source::{Source, SourceTrouble},
    verify::{Cursor, Erasures, Refusal},
};
use crate::{
    base::{secret_files, threads},
    register::{
        changes::{Change, check_lines},
        db::DbError,
    },
    transparency::{Checkpoint, Hash, Note, VerifierKey},
    values::code_lists::Action,
};

/// A log as it was seen before: the keys that are trusted, and its tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    keys: Vec<VerifierKey>,
    size: u64,
    root: Hash,
}

/// A register that is whole.
#[derive(Clone, Debug)]
pub struct Walked {
    /// The size and root of its log, as it signed them.
    pub checkpoint: Checkpoint,
    /// The checkpoint as a text, with everybody who signed it.
    pub note: Note,
    /// The part that is to be remembered for the next time.
    pub seen: Seen,
    /// Texts that have the digests in their lines.
    pub texts: u64,
    /// Texts that were erased.
    pub erased: u64,
}

impl Seen {
    /// The keys that are trusted.
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// Lines that were seen.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads what was written; `None` where nothing was.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, format!("{} cannot be read", path.display()));
        Self::parse(&text).map(Some).ok_or_else(damaged)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (size, root) = (lines.next()?.parse().ok()?, Hash::of_base64(lines.next()?)?);
        let keys = lines.map(str::parse).collect::<Result<_, _>>().ok()?;
        Some(Self { keys, size, root })
    }

    /// Remembers it.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        secret_files::create_directory(secret_files::folder_of(path))?;
        let keys: String = self.keys.iter().map(|key| format!("{key}\n")).collect();
        secret_files::replace(path, &format!("{}\n{}\n{keys}", self.size, self.root))
    }
}

/// Takes every line of a register, checks it, and compares the tree with what the log signs now, and with what was seen of it
/// `before`.
pub async fn walk(address: Address, trusted: Vec<VerifierKey>, before: Option<Seen>) -> Result<Walked, SourceTrouble> {
    let client = |error: reqwest::Error| SourceTrouble::Unreachable(error.to_string());
    let source = Source::new(address).map_err(client)?;
    let keys = match (trusted.is_empty(), &before) {
        (false, _) => trusted,
        (true, Some(before)) => before.keys.clone(),
        (true, None) => source.log_keys().await?,
    };
    let note = source.checkpoint(before.as_ref().map_or(0, |before| to_seq(before.size))).await?;
    let (checkpoint, note) = Checkpoint::open(&note, &keys).map_err(Refusal::from)?;
    if let Some(before) = before.as_ref().filter(|before| before.size > checkpoint.size) {
        let (taken, head) = (to_seq(before.size), to_seq(checkpoint.size));
        return Err(Refusal::WentBack { taken, head }.into());
    }
    let mut walk = Walk { before, ..Walk::default() };
    while walk.cursor.edge.size() < checkpoint.size {
        let page = gather::page(&source, walk.cursor.seq, to_seq(checkpoint.size), Duration::ZERO).await?;
        let lines: Vec<_> = page.lines.into_iter().filter(|line| line.seq <= to_seq(checkpoint.size)).collect();
        if lines.is_empty() {
            return Err(SourceTrouble::Unreachable(format!("it gives no lines after {}", walk.cursor.seq)));
        }
        walk = threads::spawn(move || walk.with(&lines)).await.map_err(DbError::from)??;
    }
    walk.cursor.must_be_under(&checkpoint, &[])?;
    if let Some((seq, _)) = walk.bare.iter().find(|(seq, digest)| !walk.erasures.erases(*seq, digest)) {
        return Err(Refusal::Withheld(*seq).into());
    }
    let seen = Seen { keys, size: checkpoint.size, root: checkpoint.root };
    Ok(Walked { checkpoint, note, seen, texts: walk.texts, erased: walk.bare.len() as u64 })
}

#[derive(Default)]
struct Walk {
    cursor: Cursor,
    before: Option<Seen>,
    bare: Vec<(i64, String)>,
    erasures: Erasures,
    texts: u64,
}

impl Walk {
    fn with(mut self, lines: &[Change]) -> Result<Self, Refusal> {
        check_lines(self.cursor.seq, self.cursor.published_at, lines)?;
        self.erasures.note(lines);
        for line in lines {
            self.cursor.add(line)?;
            match (&line.body, line.action) {
                (Some(_), _) => self.texts += 1,
                (None, Action::Erase) => {}
                (None, _) => self.bare.push((line.seq, line.body_digest.clone())),
            }
            let then = self.before.as_ref().filter(|seen| seen.size == self.cursor.edge.size());
            if then.is_some_and(|seen| seen.root != self.cursor.edge.root()) {
                return Err(Refusal::RewrittenBefore(line.seq));
            }
        }
        Ok(self)
    }
}

fn to_seq(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
