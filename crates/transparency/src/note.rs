//! Signed notes (C2SP signed-note): a text, an empty line, and a line for each signature.

use std::fmt;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// Signatures of one note that are read; the specification asks for at least 16.
const MOST_SIGNATURES: usize = 64;
const DASH: &str = "\u{2014} ";
/// Algorithms by their byte.
const ED25519_NOTE: u8 = 1;
const COSIGNATURE_V1: u8 = 4;

/// A text and who signed it; nothing of it is checked yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The text, with the line feed at its end.
    pub text: String,
    /// The signatures, in their order.
    pub signatures: Vec<NoteSignature>,
}

/// A signature under a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// Name of the key.
    pub name: String,
    /// Number of the key: only together with the name does it tell which one is meant.
    pub id: [u8; 4],
    /// The output of the algorithm.
    pub bytes: Vec<u8>,
}

/// The kind of text that a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signs {
    /// The text of a note (Ed25519).
    Notes,
    /// That a checkpoint was seen at some time, and that it follows from all that were seen before (C2SP tlog-cosignature,
    /// version 1).
    Cosignatures,
}

/// A public key: `<name>+<id>+<Base64 of algorithm and key>`, as logs publish it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    /// Its name; of a log, its origin.
    pub name: String,
    /// Its number.
    pub id: [u8; 4],
    /// The kind of text that it signs.
    pub signs: Signs,
    public: [u8; 32],
}

/// Why a note is not to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// None of the keys that are known signed it.
    #[error("none of the known keys signed it")]
    Nobody,
    /// A signature of a known key is not one.
    #[error("it has a forged signature")]
    Forged,
}

impl Note {
    /// Reads a note; `None` where it is none.
    pub fn read(note: &str) -> Option<Self> {
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return None;
        }
        let at = note.rfind("\n\n")?;
        let (text, lines) = (&note[..=at], &note[at + 2..]);
        let lines = lines.strip_suffix('\n')?.split('\n').map(NoteSignature::read);
        let signatures: Vec<_> = lines.take(MOST_SIGNATURES + 1).collect::<Option<_>>()?;
        (signatures.len() <= MOST_SIGNATURES).then(|| Self { text: text.into(), signatures })
    }

    /// Checks that at least one of these keys signed it, and that nothing that claims to be of one of them is forged.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<(), Unsigned> {
        let mut is_signed = false;
        for signature in &self.signatures {
            let Some(key) = keys.iter().find(|key| key.made(signature)) else { continue };
            key.time_of(&self.text, signature).ok_or(Unsigned::Forged)?;
            is_signed = true;
        }
        if is_signed { Ok(()) } else { Err(Unsigned::Nobody) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl NoteSignature {
    /// Reads a line, without the line feed at its end.
    pub fn read(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = STANDARD.decode(signature).ok()?;
        let (id, bytes) = bytes.split_first_chunk::<4>()?;
        (is_name(name) && !bytes.is_empty()).then(|| Self { name: name.into(), id: *id, bytes: bytes.into() })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id[..], &self.bytes].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }
}

impl VerifierKey {
    /// The public half of a key; `None` where it cannot have this name.
    pub fn new(name: &str, signs: Signs, public: [u8; 32]) -> Option<Self> {
        let id = id_of(name, signs, &public);
        is_name(name).then(|| Self { name: name.into(), id, signs, public })
    }

    /// Reads the key of a log.
    pub fn of_log(text: &str) -> Result<Self, &'static str> {
        let key: Self = text.parse()?;
        match key.signs {
            Signs::Notes => Ok(key),
            Signs::Cosignatures => {
                Err("this is the key of a witness, for cosignatures (04); the key of a log is of type 01")
            }
        }
    }

    /// Reads the key of a witness.
    pub fn of_witness(text: &str) -> Result<Self, &'static str> {
        let key: Self = text.parse()?;
        match key.signs {
            Signs::Cosignatures => Ok(key),
            Signs::Notes => {
                Err("this is the key of a log (01); the key of a witness is one for cosignatures, of type 04")
            }
        }
    }

    /// Whether both are of one signer: of one name, or of one key under two.
    pub fn is_of_one_with(&self, other: &Self) -> bool {
        self.name == other.name || self.public == other.public
    }

    /// Whether a signature says that it is of this key.
    pub fn made(&self, signature: &NoteSignature) -> bool {
        (self.name.as_str(), self.id) == (signature.name.as_str(), signature.id)
    }

    /// Whether a signature says that it is of this key, and is.
    pub fn signed(&self, text: &str, signature: &NoteSignature) -> bool {
        self.made(signature) && self.time_of(text, signature).is_some()
    }

    /// When a text was signed, in seconds since 1970, if this key signed it; 0 where its signatures do not say.
    pub fn time_of(&self, text: &str, signature: &NoteSignature) -> Option<u64> {
        let public = UnparsedPublicKey::new(&ED25519, self.public);
        match self.signs {
            Signs::Notes => public.verify(text.as_bytes(), &signature.bytes).ok().map(|()| 0),
            Signs::Cosignatures => {
                let (time, bytes) = signature.bytes.split_first_chunk::<8>()?;
                let time = u64::from_be_bytes(*time);
                public.verify(cosigned(time, text).as_bytes(), bytes).ok().map(|()| time)
            }
        }
    }

    /// The number as it is written: eight hex digits.
    pub fn id_text(&self) -> String {
        qingdan_base::values::hex(&self.id)
    }
}

/// The text that a witness signs of a checkpoint that it saw at `time`.
pub fn cosigned(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

impl std::str::FromStr for VerifierKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "write it as a log publishes it: NAME+ID+KEY";
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else { return Err(WRONG) };
        let key = STANDARD.decode(key).map_err(|_| WRONG)?;
        let (algorithm, public) = key.split_first().ok_or(WRONG)?;
        let signs = match *algorithm {
            ED25519_NOTE => Signs::Notes,
            COSIGNATURE_V1 => Signs::Cosignatures,
            _ => return Err("its algorithm is not known here: Ed25519 (01), or cosignatures with it (04)"),
        };
        let key = public.try_into().ok().and_then(|public| Self::new(name, signs, public)).ok_or(WRONG)?;
        if key.id_text() == id { Ok(key) } else { Err("its number is not that of the key: was it copied whole?") }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.signs.algorithm()], &self.public[..]].concat();
        write!(f, "{}+{}+{}", self.name, self.id_text(), STANDARD.encode(key))
    }
}

impl Signs {
    fn algorithm(self) -> u8 {
        match self {
            Self::Notes => ED25519_NOTE,
            Self::Cosignatures => COSIGNATURE_V1,
        }
    }
}

fn id_of(name: &str, signs: Signs, public: &[u8; 32]) -> [u8; 4] {
    let hash =
        Sha256::new().chain_update(name).chain_update([b'\n', signs.algorithm()]).chain_update(public).finalize();
    hash.first_chunk().copied().unwrap_or_default()
}

/// Whether a key, and so a log, can have this name.
pub fn is_name(name: &str) -> bool {
    let is_refused = |c: char| c.is_whitespace() || c == '+' || qingdan_base::values::is_hidden(c);
    !name.is_empty() && !name.chars().any(is_refused)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of the specification and the key that signed it (golang.org/x/mod/sumdb/note documents the key).
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn key() -> VerifierKey {
        KEY.parse().expect("a key")
    }

    #[test]
    fn a_name_is_read_as_it_is_written() {
        assert!(is_name("yangli.example/v1/log") && is_name("洋里乡"));
        for wrong in ["", "a b", "a+b", "a\nb", "a\u{1b}b", "a\u{9b}b", "a\u{202e}b", "a\u{2066}b"] {
            assert!(!is_name(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_note_signed_by_other_software_is_believed_and_an_altered_one_is_not() {
        let note = Note::read(NOTE).expect("a note");
        assert_eq!(note.verify(&[key()]), Ok(()));
        assert_eq!(note.to_string(), NOTE);
        assert_eq!(key().to_string(), KEY);
        assert_eq!(note.verify(&[]), Err(Unsigned::Nobody));
        let altered = Note::read(&NOTE.replace("answer", "Answer")).expect("a note");
        assert_eq!(altered.verify(&[key()]), Err(Unsigned::Forged));
    }

    #[test]
    fn what_is_written_wrongly_is_no_note_and_no_key() {
        let without_end = NOTE.trim_end();
        let spaced = NOTE.replace("PeterNeumann ", "Peter Neumann ");
        let controlled = NOTE.replace("answer", "answer\t");
        for wrong in ["", "a\n", "a\n\n", "a\n\n\n", without_end, &spaced, &controlled, &NOTE.replace('\u{2014}', "-")]
        {
            assert_eq!(Note::read(wrong), None, "{wrong:?}");
        }
        for wrong in ["", "a", "a+b", &KEY[1..], &KEY.replace("+c7", "+c8"), &KEY.replace("+AR", "+BR"), "+c74f20a3+AR"]
        {
            assert!(wrong.parse::<VerifierKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_is_of_a_log_or_of_a_witness() {
        let watching = VerifierKey::new("PeterNeumann", Signs::Cosignatures, key().public).expect("a key");
        let (log, witness) = (KEY, watching.to_string());
        assert_eq!(VerifierKey::of_log(log), Ok(key()));
        assert_eq!(VerifierKey::of_witness(&witness), Ok(watching));
        assert!(VerifierKey::of_log(&witness).is_err_and(|told| told.contains("key of a witness")));
        assert!(VerifierKey::of_witness(log).is_err_and(|told| told.contains("key of a log")));
        assert!(VerifierKey::of_log("a+b").is_err() && VerifierKey::of_witness("a+b").is_err());
    }

    #[test]
    fn too_many_signatures_are_not_read() {
        let line = NOTE.lines().last().expect("a line");
        let many = |lines: usize| format!("a\n\n{}", format!("{line}\n").repeat(lines));
        assert!(Note::read(&many(MOST_SIGNATURES)).is_some());
        assert_eq!(Note::read(&many(MOST_SIGNATURES + 1)), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}", lines in "(\u{2014} [a ]{0,3} [A-Za-z+/=]{0,12}\n){0,3}") {
            let _ = Note::read(&text);
            let _ = Note::read(&format!("{text}\n\n{lines}"));
            let _ = text.parse::<VerifierKey>();
        }
    }
}
