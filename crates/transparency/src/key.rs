//! The private key of a log.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};

use super::note::{NoteSignature, Signs, VerifierKey, cosigned};

/// An Ed25519 key with the name of the log, or of the witness, that it signs for.
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<Ed25519KeyPair>,
    pkcs8: Arc<[u8]>,
    public: VerifierKey,
}

impl SigningKey {
    /// A new key that signs notes; `None` where the name cannot be one, or the operating system gives no key.
    pub fn generate(name: &str) -> Option<Self> {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).ok()?;
        Self::of_pkcs8(pkcs8.as_ref(), name, Signs::Notes)
    }

    /// A key that was made before (PKCS #8, DER).
    pub fn of_pkcs8(pkcs8: &[u8], name: &str, signs: Signs) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).ok()?;
        let public = VerifierKey::new(name, signs, pair.public_key().as_ref().try_into().ok()?)?;
        Some(Self { pair: Arc::new(pair), pkcs8: pkcs8.into(), public })
    }

    /// Its public half.
    pub fn public(&self) -> &VerifierKey {
        &self.public
    }

    /// The form that a file keeps (PKCS #8, DER).
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// Signs the text of a note. Always the same for the same text.
    pub fn sign(&self, text: &str) -> NoteSignature {
        self.signature(self.pair.sign(text.as_bytes()).as_ref().to_vec())
    }

    /// Signs that a checkpoint was seen at `time`, in seconds since 1970.
    pub fn cosign(&self, time: u64, text: &str) -> NoteSignature {
        let signature = self.pair.sign(cosigned(time, text).as_bytes());
        self.signature([&time.to_be_bytes()[..], signature.as_ref()].concat())
    }

    fn signature(&self, bytes: Vec<u8>) -> NoteSignature {
        NoteSignature { name: self.public.name.clone(), id: self.public.id, bytes }
    }
}

/// Never the key itself.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Note, Unsigned};

    #[test]
    fn a_cosignature_says_when_and_holds_for_that_time_alone() {
        let pkcs8 = SigningKey::generate("w.example").expect("a key").pkcs8().to_vec();
        let witness = SigningKey::of_pkcs8(&pkcs8, "w.example", Signs::Cosignatures).expect("a key");
        let text = "yangli.example/v1/log\n1\nAAAA\n";
        let cosignature = witness.cosign(1_679_315_147, text);
        assert_eq!(witness.public().time_of(text, &cosignature), Some(1_679_315_147));
        let mut later = cosignature.clone();
        later.bytes[7] ^= 1;
        assert_eq!(witness.public().time_of(text, &later), None);
        let note = Note { text: text.into(), signatures: vec![witness.sign(text)] };
        assert_eq!(note.verify(&[witness.public().clone()]), Err(Unsigned::Forged), "it signs no notes");
        let read: VerifierKey = witness.public().to_string().parse().expect("a key");
        assert_eq!(&read, witness.public());
    }
}
