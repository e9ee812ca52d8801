//! The checkpoint that a register gives out of its log: signed once for each state, never one that contradicts another.
//!
//! **Invariant:** what is signed was folded from the log and extends every checkpoint that was given out before: the last one
//! is kept beside the keys, on which all replicas agree.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::web::Bytes;
use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::{
    base::threads,
    problem::{Code, Problem},
    register::{
        catalog::{Catalog, Snapshot},
        log_keys::{Keeper, LogKeyError, LogKeys},
    },
    transparency::{Checkpoint, Note, NoteSignature, Tree, VerifierKey},
};

/// How long they take, unless a test has a reason for something else.
const USUAL: Times = Times { patience: Duration::from_secs(5), again: Duration::from_secs(5) };

/// Signs checkpoints, or repeats those of the log that this one copies.
pub struct Notary {
    voice: Voice,
    keys: ArcSwap<Vec<VerifierKey>>,
    current: watch::Sender<Option<Arc<SignedCheckpoint>>>,
    fails: AtomicBool,
    times: ArcSwap<Times>,
}

/// How long things take.
struct Times {
    /// How long a reader waits for a checkpoint that is about to be signed.
    patience: Duration,
    /// How long after a failure it is tried again.
    again: Duration,
}

enum Voice {
    Own(LogKeys, Keeper),
    Repeats,
}

/// A checkpoint as it is given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// The size and root of the log.
    pub checkpoint: Checkpoint,
    /// The checkpoint as a text, signed by the log and the witnesses that have answered so far.
    pub note: Note,
    /// The note as text.
    pub text: Bytes,
}

/// Why no checkpoint is signed.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The database is older than what was given out.
    #[error(
        "the log ends at line {ends}, but a checkpoint of {given_out} lines was given out: an older database was restored. To go on \
         would fork the log; docs/TRANSPARENCY.md says what can be done"
    )]
    Older {
        /// The last line.
        ends: u64,
        /// The size of the checkpoint.
        given_out: u64,
    },
    /// It is another history.
    #[error(
        "the first {0} lines of the log are not those of the checkpoint that was given out: run `qingdan verify log`"
    )]
    Forked(u64),
    /// The lines are not those that the tree was made of.
    #[error("some of the first {0} lines of the log are not those that were written: run `qingdan verify log`")]
    Altered(u64),
    /// The keys, or the kept checkpoint.
    #[error(transparent)]
    Keys(#[from] LogKeyError),
    /// The thread ended early.
    #[error("worker: {0}")]
    Worker(#[from] tokio::task::JoinError),
}

impl Notary {
    /// Signs with these keys and keeps what it gives out there.
    pub fn new(keys: LogKeys, keeper: Keeper) -> Self {
        let public = ArcSwap::from_pointee(keys.public());
        Self {
            voice: Voice::Own(keys, keeper),
            keys: public,
            current: watch::Sender::new(None),
            fails: AtomicBool::default(),
            times: ArcSwap::from_pointee(USUAL),
        }
    }

    /// Repeats the checkpoints of another log, line by line the same.
    pub fn repeating() -> Self {
        Self {
            voice: Voice::Repeats,
            keys: ArcSwap::default(),
            current: watch::Sender::new(None),
            fails: AtomicBool::default(),
            times: ArcSwap::from_pointee(USUAL),
        }
    }

    /// Sets the patience of readers, and how long after a failure the next try follows: for tests, which decide
    /// by themselves when something is signed.
    #[doc(hidden)]
    pub fn set_times(&self, patience: Duration, again: Duration) {
        self.times.store(Arc::new(Times { patience, again }));
    }

    /// The public keys of the log: none where it repeats another and does not know them yet.
    pub fn public_keys(&self) -> Arc<Vec<VerifierKey>> {
        self.keys.load_full()
    }

    /// The checkpoint that is given out now.
    pub fn current(&self) -> Option<Arc<SignedCheckpoint>> {
        self.current.borrow().clone()
    }

    /// Whether it was not fit to sign when it last tried.
    pub fn fails(&self) -> bool {
        self.fails.load(Ordering::Relaxed)
    }

    /// Hears of every checkpoint.
    pub fn listen(&self) -> watch::Receiver<Option<Arc<SignedCheckpoint>>> {
        self.current.subscribe()
    }

    /// The first checkpoint of at least `size` lines: 503 when none is signed in time.
    pub async fn reach(&self, size: u64) -> Result<Arc<SignedCheckpoint>, Problem> {
        let mut listening = self.listen();
        let long_enough =
            |signed: &Option<Arc<SignedCheckpoint>>| signed.as_ref().is_some_and(|it| it.checkpoint.size >= size);
        let patience = self.times.load().patience;
        let signed = tokio::time::timeout(patience, listening.wait_for(long_enough)).await;
        let signed = signed.ok().and_then(Result::ok).and_then(|signed| signed.clone());
        signed.ok_or_else(|| {
            Problem::with_detail(
                Code::Unavailable,
                format!("前 {size} 条变更的检查点尚未签署"),
                format!("no checkpoint of {size} lines has been signed yet"),
            )
        })
    }

    /// Signs every state of the register that comes, for ever.
    pub async fn keep_up_for_ever(&self, catalog: &Catalog) {
        let mut moved = catalog.listen();
        loop {
            moved.borrow_and_update();
            let signed = self.sign(catalog.snapshot()).await;
            self.fails.store(signed.is_err(), Ordering::Relaxed);
            match signed {
                // It fails only where nothing moves any more.
                Ok(()) => drop(moved.changed().await),
                Err(unfit) => {
                    log::error!("no checkpoint is given out of the log as it is now: {unfit}");
                    let again = self.times.load().again;
                    let _ = tokio::time::timeout(again, moved.changed()).await;
                }
            }
        }
    }

    /// Signs the log as this state of the register has it, and gives it out.
    pub async fn sign(&self, register: Arc<Snapshot>) -> Result<(), Unfit> {
        let Voice::Own(keys, keeper) = &self.voice else { return Ok(()) };
        let size = register.tree().size();
        if self.current().is_some_and(|current| current.checkpoint.size >= size) {
            return Ok(());
        }
        let (keys, keeper) = (keys.clone(), keeper.clone());
        let signed = threads::spawn(move || {
            let root = register.tree().root(size).ok_or(Unfit::Altered(size))?;
            let checkpoint = Checkpoint { origin: keys.origin().into(), size, root };
            let note = keys.sign(&checkpoint);
            keeper.keep(&keys, (&checkpoint, &note), |last| match last.size <= size {
                true => must_extend(last, register.tree()),
                // Another replica is ahead of this one.
                false => Ok(()),
            })?;
            Ok::<_, Unfit>(SignedCheckpoint::new(checkpoint, note))
        });
        self.give_out(signed.await??, &self.public_keys());
        Ok(())
    }

    /// Gives out a checkpoint of the log that this one repeats, which was verified with these keys.
    pub fn repeat(&self, checkpoint: Checkpoint, note: Note, keys: &[VerifierKey]) {
        let (text, keys) = (note.text.clone(), Arc::new(keys.to_vec()));
        self.give_out(SignedCheckpoint::new(checkpoint, note), &keys);
        if self.current().is_some_and(|current| current.note.text == text) {
            self.keys.store(keys);
        }
    }

    /// Gives a checkpoint out: a longer one takes the place of the one before, and the same one where more have signed it, or
    /// where the log has other keys now.
    fn give_out(&self, signed: SignedCheckpoint, keys: &[VerifierKey]) {
        self.current.send_if_modified(|current| {
            let is_more = current.as_ref().is_none_or(|it| match it.note.text == signed.note.text {
                true => it.note.signatures.len() < signed.note.signatures.len() || it.note.verify(keys).is_err(),
                false => it.checkpoint.size < signed.checkpoint.size,
            });
            if is_more {
                *current = Some(Arc::new(signed));
            }
            is_more
        });
    }

    /// Adds a cosignature to the checkpoint with this text, if it is still the one that is given out, in the place of an earlier one
    /// of the same witness.
    pub fn add(&self, text: &str, cosignature: NoteSignature) {
        self.current.send_if_modified(|current| {
            let Some(signed) = current.as_ref().filter(|signed| signed.note.text == text) else { return false };
            if signed.note.signatures.contains(&cosignature) {
                return false;
            }
            let mut note = signed.note.clone();
            note.signatures.retain(|other| (&other.name, other.id) != (&cosignature.name, cosignature.id));
            note.signatures.push(cosignature);
            *current = Some(Arc::new(SignedCheckpoint::new(signed.checkpoint.clone(), note)));
            true
        });
    }
}

impl SignedCheckpoint {
    fn new(checkpoint: Checkpoint, note: Note) -> Self {
        Self { text: note.to_string().into(), checkpoint, note }
    }

    /// The note with the signatures of the log alone: what a witness is asked about.
    pub fn log_note(&self) -> String {
        let own = self.note.signatures.iter().filter(|signature| signature.name == self.checkpoint.origin);
        Note { text: self.note.text.clone(), signatures: own.cloned().collect() }.to_string()
    }
}

/// Whether the log whose tree this is begins with what a checkpoint says.
pub fn must_extend(last: &Checkpoint, tree: &Tree) -> Result<(), Unfit> {
    match tree.root(last.size) {
        None => Err(Unfit::Older { ends: tree.size(), given_out: last.size }),
        Some(root) if root != last.root => Err(Unfit::Forked(last.size)),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transparency::{Hash, SigningKey};

    #[test]
    fn those_who_sign_later_are_handed_on_and_strangers_do_not_pile_up() {
        let key = |name| SigningKey::generate(name).expect("a key");
        let (log, notary) = (key("yangli.example/v1/log"), Notary::repeating());
        let checkpoint = Checkpoint { origin: log.public().name.clone(), size: 2, root: Hash::of_leaf(b"a") };
        let text = checkpoint.to_string();
        let repeat = |others: &[&SigningKey]| {
            let signatures = [&log].into_iter().chain(others.iter().copied()).map(|key| key.sign(&text)).collect();
            notary.repeat(checkpoint.clone(), Note { text: text.clone(), signatures }, &[log.public().clone()]);
            notary.current().expect("it is given out").note.signatures.len()
        };
        let strangers = [key("a"), key("b"), key("c")];
        assert_eq!(repeat(&[]), 1);
        assert_eq!(repeat(&[&strangers[0]]), 2);
        assert_eq!(repeat(&[&strangers[1]]), 2);
        assert_eq!(repeat(&[&strangers[1], &strangers[2]]), 3);
        assert_eq!(repeat(&[]), 3, "an older answer takes nothing away");
        let next = key("yangli.example/v1/log");
        let by_next = Note { text: text.clone(), signatures: vec![next.sign(&text)] };
        notary.repeat(checkpoint.clone(), by_next.clone(), &[next.public().clone()]);
        assert_eq!(notary.current().map(|signed| signed.note.clone()), Some(by_next), "the log has another key now");
        assert_eq!(*notary.public_keys(), [next.public().clone()]);
    }
}
