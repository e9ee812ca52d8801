//! Whom a mirror believes: the checkpoints that a source signs, its keys, and the witnesses that have to have cosigned.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    source::{Source, SourceTrouble},
    verify::{Cursor, Refusal},
};
use crate::{
    register::changes::Seq,
    transparency::{Checkpoint, Hash, Note, Quorum, VerifierKey, is_consistent},
};

/// How long after new lines the source is asked who else has signed them.
pub const WITNESSES: Duration = Duration::from_secs(5);
/// How often it is asked whether enough of them have.
const AGAIN: Duration = Duration::from_millis(500);

/// Keys and witnesses that the operator trusts, and the keys by which each source is known.
pub struct Trust {
    /// The keys of logs that are trusted; without any, those that a source names when it is first asked.
    keys: Vec<VerifierKey>,
    /// The witnesses that have to have cosigned a checkpoint.
    quorum: Quorum,
    /// The keys of the log of each source, once they are known, by its place among the sources.
    known: Mutex<BTreeMap<usize, Vec<VerifierKey>>>,
}

/// A checkpoint of a source's log that was verified.
pub struct Signature {
    /// Size and root of the log.
    pub checkpoint: Checkpoint,
    /// The text that the checkpoint was read from, with its signatures.
    note: String,
    /// The keys of this log among those that are trusted.
    keys: Vec<VerifierKey>,
    /// The end of the lines that were asked about, which the log begins with.
    pub end: Cursor,
}

/// The history that a source shows, and has to have signed.
pub struct History<'a> {
    /// The end of the lines that were taken before.
    pub from: &'a Cursor,
    /// The end of the lines that have come since.
    pub end: Cursor,
    /// The last line of the log, as the source says.
    pub head: Seq,
}

impl Trust {
    /// Trusts these keys and witnesses; `known` are the keys that each source was known by before, in the order of the sources.
    pub fn new(keys: Vec<VerifierKey>, quorum: Quorum, known: impl IntoIterator<Item = Vec<VerifierKey>>) -> Self {
        Self { keys, quorum, known: Mutex::new(known.into_iter().enumerate().collect()) }
    }

    /// Checks that the log of the source at place `at`, as it signs it, begins with the lines of `history` and with all that it
    /// signed before, and is as long as the source says. `None` where there is nothing yet.
    pub async fn signature(
        &self,
        at: usize,
        source: &Source,
        History { from, end, head }: History<'_>,
    ) -> Result<Option<Signature>, SourceTrouble> {
        if end.seq == 0 {
            return Ok(None);
        }
        let before = from.signed().filter(|before| before.size > from.edge.size());
        let least = before.as_ref().and_then(|before| Seq::try_from(before.size).ok()).unwrap_or(0).max(head);
        let keys = self.keys_of(source, from).await?;
        let note = self.cosigned(source, least).await?;
        let (checkpoint, _) = Checkpoint::open(&note, &keys).map_err(Refusal::from)?;
        if Seq::try_from(checkpoint.size).is_ok_and(|size| size < least.max(end.seq)) {
            return Err(SourceTrouble::Unreachable("its checkpoint is behind its log".into()));
        }
        must_extend(source, &end, before.as_ref(), &checkpoint).await.inspect_err(|trouble| {
            if let SourceTrouble::Refused(refusal @ (Refusal::Forked(_) | Refusal::Contradicted(_))) = trouble {
                log::error!("mirror: {}: {refusal}. This is what it signed:\n{note}", source.address());
            }
        })?;
        // Of those that a source names, only what it signs with is known to be its own.
        let keys = match self.keys.is_empty() && from.keys.is_empty() {
            true => keys.into_iter().filter(|key| Checkpoint::open(&note, std::slice::from_ref(key)).is_ok()).collect(),
            false => keys.into_iter().filter(|key| key.name == checkpoint.origin).collect::<Vec<_>>(),
        };
        self.must_be_the_only_one(at, &keys)?;
        Ok(Some(Signature { checkpoint, note, keys, end }))
    }

    /// The newest checkpoint of a source, of at least so many lines. Where witnesses are needed, they get some time.
    async fn cosigned(&self, source: &Source, lines: Seq) -> Result<String, SourceTrouble> {
        let begin = Instant::now();
        loop {
            let note = source.checkpoint(lines).await?;
            match self.quorum.check(&Note::read(&note).unwrap_or_default()) {
                Ok(_) => return Ok(note),
                Err(few) if begin.elapsed() >= WITNESSES => return Err(SourceTrouble::Unreachable(few.to_string())),
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    /// The keys by which the log of a source is known: those that the operator trusts, else those that it named first. A log
    /// does not change its name.
    async fn keys_of(&self, source: &Source, cursor: &Cursor) -> Result<Vec<VerifierKey>, SourceTrouble> {
        let known = if self.keys.is_empty() { &cursor.keys } else { &self.keys };
        if !known.is_empty() {
            let is_its = |key: &&VerifierKey| cursor.origin().is_none_or(|origin| key.name == origin);
            return Ok(known.iter().filter(is_its).cloned().collect());
        }
        let keys = source.log_keys().await?;
        let named: Vec<_> = keys.iter().map(ToString::to_string).collect();
        log::info!("mirror: {}: its log is known from now on by {}", source.address(), named.join(" "));
        Ok(keys)
    }

    /// Checks that no other source is the log with one of these keys.
    fn must_be_the_only_one(&self, at: usize, keys: &[VerifierKey]) -> Result<(), Refusal> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut others = known.iter().filter(|(other, _)| **other != at).flat_map(|(_, theirs)| theirs);
        if let Some(key) = others.find(|key| keys.contains(key)) {
            return Err(Refusal::SameLog(key.name.clone()));
        }
        known.insert(at, keys.to_vec());
        Ok(())
    }
}

impl Signature {
    /// Moves what `cursor` says of the checkpoints of the source on to this one.
    pub fn note_in(&self, cursor: &mut Cursor) {
        cursor.believe(&self.note, &self.keys);
    }

    /// Says whether its source signed more lines in it than were taken, and than in any checkpoint before.
    pub fn is_ahead_of(&self, cursor: &Cursor) -> bool {
        let is_longer = cursor.signed().is_none_or(|before| before.size < self.checkpoint.size);
        is_longer && self.checkpoint.size > cursor.edge.size()
    }
}

/// Checks that a log with this checkpoint begins with the lines up to `end`, and with those that its source signed `before`.
async fn must_extend(
    source: &Source,
    end: &Cursor,
    before: Option<&Checkpoint>,
    checkpoint: &Checkpoint,
) -> Result<(), SourceTrouble> {
    end.must_be_under(checkpoint, &proof(source, end.edge.size(), checkpoint).await?)?;
    let Some(before) = before else { return Ok(()) };
    let proof = proof(source, before.size, checkpoint).await?;
    match is_consistent((before.size, before.root), (checkpoint.size, checkpoint.root), &proof) {
        true => Ok(()),
        false => Err(Refusal::Contradicted(before.size).into()),
    }
}

/// The proof that a log with this checkpoint begins with its first `size` lines.
async fn proof(source: &Source, size: u64, checkpoint: &Checkpoint) -> Result<Vec<Hash>, SourceTrouble> {
    match size < checkpoint.size {
        true => source.consistency(size, checkpoint.size).await,
        false => Ok(Vec::new()),
    }
}
