//! Checkpoints (C2SP tlog-checkpoint): what a log signs of itself at one moment.

use std::fmt;

use super::{
    hash::Hash,
    note::{Note, Signs, Unsigned, VerifierKey},
    tile::number,
};

/// How many leaves a log has, and the root of their tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root of the tree.
    pub root: Hash,
}

/// Why a text is no checkpoint of a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCheckpoint {
    /// It is not written as one.
    #[error("it is not a signed checkpoint")]
    Unreadable,
    /// Its signatures.
    #[error(transparent)]
    Unsigned(#[from] Unsigned),
    /// Another log signed it.
    #[error("it is of the log {0}")]
    OtherLog(String),
}

impl Checkpoint {
    /// Reads the text of a note.
    pub fn read(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.strip_suffix('\n')?.split('\n').collect();
        let [origin, size, root, more @ ..] = &lines[..] else { return None };
        if origin.is_empty() || more.iter().any(|line| line.is_empty()) {
            return None;
        }
        Some(Self { origin: (*origin).into(), size: number(size)?, root: Hash::of_base64(root)? })
    }

    /// Reads a signed note: a checkpoint of the log that these keys are of, signed by at least one of them.
    pub fn open(note: &str, keys: &[VerifierKey]) -> Result<(Self, Note), NoCheckpoint> {
        let note = Note::read(note).ok_or(NoCheckpoint::Unreadable)?;
        let checkpoint = Self::read(&note.text).ok_or(NoCheckpoint::Unreadable)?;
        // A key of another log, or of a witness, does not sign for this log.
        let signs_it = |key: &&VerifierKey| key.name == checkpoint.origin && key.signs == Signs::Notes;
        let own: Vec<_> = keys.iter().filter(signs_it).cloned().collect();
        if own.is_empty() {
            return Err(NoCheckpoint::OtherLog(checkpoint.origin));
        }
        note.verify(&own)?;
        Ok((checkpoint, note))
    }
}

/// The text of its note.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "yangli.example/v1/log".into(), size: 378, root: Hash::of_leaf(b"a") }
    }

    #[test]
    fn a_checkpoint_is_read_back_and_nothing_that_only_looks_like_one() {
        let text = checkpoint().to_string();
        assert_eq!(Checkpoint::read(&text), Some(checkpoint()));
        assert_eq!(Checkpoint::read(&format!("{text}more\n")), Some(checkpoint()), "extension lines are passed over");
        for wrong in [
            String::new(),
            text.trim_end().into(),
            format!("{text}\n"),
            text.replace("378", "0378"),
            text.replace("378", "+378"),
            text.replace("378", "-1"),
            text.replace("yangli.example/v1/log", ""),
            text.replace('=', ""),
        ] {
            assert_eq!(Checkpoint::read(&wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_checkpoint_opens_with_a_key_of_its_log_alone() {
        let (key, other) = (
            SigningKey::generate("yangli.example/v1/log").expect("a key"),
            SigningKey::generate("other").expect("a key"),
        );
        let note = Note { text: checkpoint().to_string(), signatures: vec![key.sign(&checkpoint().to_string())] };
        let keys = [key.public().clone()];
        assert_eq!(Checkpoint::open(&note.to_string(), &keys).map(|(read, _)| read), Ok(checkpoint()));
        let opened = |note: &Note, keys: &[VerifierKey]| Checkpoint::open(&note.to_string(), keys).map(|_| ());
        assert_eq!(opened(&note, &[other.public().clone()]), Err(NoCheckpoint::OtherLog(checkpoint().origin)));
        let theirs = Note { signatures: vec![other.sign(&note.text)], ..note.clone() };
        assert_eq!(opened(&theirs, &[other.public().clone()]), Err(NoCheckpoint::OtherLog(checkpoint().origin)));
        let both = [other.public().clone(), key.public().clone()];
        assert_eq!(opened(&theirs, &both), Err(Unsigned::Nobody.into()), "a key of one log does not sign for another");
        let witness = SigningKey::of_pkcs8(key.pkcs8(), "yangli.example/v1/log", Signs::Cosignatures).expect("a key");
        let watched = Note { signatures: vec![witness.cosign(1, &note.text)], ..note.clone() };
        assert!(opened(&watched, &[witness.public().clone(), key.public().clone()]).is_err(), "nor does a witness");
        let forged = Note { text: note.text.replace("378", "379"), ..note.clone() };
        assert_eq!(opened(&forged, &keys), Err(Unsigned::Forged.into()));
        let by_both = Note { signatures: vec![other.sign(&note.text), key.sign(&note.text)], ..note };
        assert_eq!(opened(&by_both, &keys), Ok(()), "signatures of unknown keys are passed over");
    }
}
