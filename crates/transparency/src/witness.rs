//! The messages between a log and its witnesses (C2SP tlog-witness), and how many of them a checkpoint needs.

use super::{
    hash::Hash,
    note::{Note, NoteSignature, Signs, VerifierKey},
};

/// The question whether a witness cosigns a checkpoint: the size that it cosigned last, the proof from there, and the note.
pub fn add_checkpoint(old: u64, proof: &[Hash], note: &str) -> String {
    let proof: String = proof.iter().map(|hash| format!("{hash}\n")).collect();
    format!("old {old}\n{proof}\n{note}")
}

/// The cosignature of this witness in its answer, if it holds for the checkpoint; lines of unknown keys are passed over.
pub fn cosignature_in(answer: &str, text: &str, witness: &VerifierKey) -> Option<NoteSignature> {
    let mut lines = answer.lines().filter_map(NoteSignature::read);
    lines.find(|line| witness.signed(text, line))
}

/// The number of these witnesses that have to have seen a checkpoint besides the log. By default none.
#[derive(Clone, Debug, Default)]
pub struct Quorum {
    witnesses: Vec<VerifierKey>,
    needed: usize,
}

/// Fewer witnesses than are needed cosigned a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cosigned} of these witnesses cosigned the checkpoint, {needed} are needed")]
pub struct TooFew {
    cosigned: usize,
    needed: usize,
}

impl Quorum {
    /// So many of these witnesses, or all of them.
    pub fn of(witnesses: Vec<VerifierKey>, needed: Option<usize>) -> Self {
        let needed = needed.unwrap_or_else(|| witnesses_in(&witnesses));
        Self { witnesses, needed }
    }

    /// How many cosigned the checkpoint, and how many there are, if they are enough.
    pub fn check(&self, note: &Note) -> Result<(usize, usize), TooFew> {
        let cosigned = cosigned_by(note, &self.witnesses);
        match cosigned < self.needed {
            true => Err(TooFew { cosigned, needed: self.needed }),
            false => Ok((cosigned, witnesses_in(&self.witnesses))),
        }
    }
}

/// How many of these witnesses cosigned a checkpoint.
pub fn cosigned_by(note: &Note, witnesses: &[VerifierKey]) -> usize {
    each_once(witnesses.iter().filter(|witness| note.signatures.iter().any(|line| witness.signed(&note.text, line))))
}

/// How many witnesses these keys are of.
fn witnesses_in(keys: &[VerifierKey]) -> usize {
    each_once(keys.iter())
}

/// A witness that is named twice, or has two keys, is one.
fn each_once<'a>(keys: impl Iterator<Item = &'a VerifierKey>) -> usize {
    let mut counted: Vec<&VerifierKey> = Vec::new();
    for key in keys.filter(|key| key.signs == Signs::Cosignatures) {
        if !counted.iter().any(|other| other.is_of_one_with(key)) {
            counted.push(key);
        }
    }
    counted.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;

    #[test]
    fn a_question_is_written_as_the_specification_shows_it() {
        let hash = Hash::of_leaf(b"a");
        assert_eq!(add_checkpoint(7, &[hash], "a\n8\nb\n\n"), format!("old 7\n{hash}\n\na\n8\nb\n\n"));
        assert_eq!(add_checkpoint(0, &[], "a\n"), "old 0\n\na\n");
    }

    #[test]
    fn only_a_witness_that_is_known_and_signed_just_this_counts() {
        let key = |name| {
            let pkcs8 = SigningKey::generate(name).expect("a key").pkcs8().to_vec();
            SigningKey::of_pkcs8(&pkcs8, name, Signs::Cosignatures).expect("a key")
        };
        let (one, other, text) = (key("w.example/1"), key("w.example/2"), "log\n1\nAAAA\n");
        let keys = [one.public().clone(), other.public().clone()];
        let (good, stale) = (one.cosign(5, text), other.cosign(5, "log\n0\nAAAA\n"));
        let answer = format!("{stale}\n{good}\nnonsense\n");
        assert_eq!(cosignature_in(&answer, text, one.public()), Some(good.clone()));
        assert_eq!(cosignature_in(&answer, text, other.public()), None);
        let note = Note { text: text.into(), signatures: vec![good.clone(), good.clone(), stale, other.sign(text)] };
        assert_eq!(cosigned_by(&note, &keys), 1);
        assert_eq!(cosigned_by(&note, &keys[1..]), 0);
        let both = Note { signatures: vec![good, other.cosign(9, text)], ..note };
        assert_eq!(cosigned_by(&both, &keys), 2);
    }

    #[test]
    fn a_witness_counts_once_however_often_it_is_named() {
        let of = |pkcs8: &[u8], name, signs| SigningKey::of_pkcs8(pkcs8, name, signs).expect("a key");
        let new = || SigningKey::generate("any").expect("a key").pkcs8().to_vec();
        let (first, next, text) = (new(), new(), "log\n1\nAAAA\n");
        let one = of(&first, "w.example/1", Signs::Cosignatures);
        let renewed = of(&next, "w.example/1", Signs::Cosignatures);
        let renamed = of(&first, "w.example/2", Signs::Cosignatures);
        let log = of(&new(), "w.example/3", Signs::Notes);
        let all = [&one, &one, &renewed, &renamed, &log];
        let keys = all.map(|key| key.public().clone());
        let cosigned = all.map(|key| key.cosign(5, text));
        let signatures = cosigned.into_iter().chain([log.sign(text)]).collect();
        assert_eq!(cosigned_by(&Note { text: text.into(), signatures }, &keys), 1);
        assert_eq!((witnesses_in(&keys), witnesses_in(&keys[4..])), (1, 0));
    }
}
